"""The page of one publication, and of one that is gone."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.clock import iso
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event.told import with_attendance
from fedi.publications.model import Publication
from fedi.publications.store import Tombstone
from fedi.views.attending import look_attending
from fedi.views.calls import event_of, needs_of
from fedi.views.conversation import Conversation, look_conversation
from fedi.web.pages.errors import error_page
from fedi.web.pages.frame import seen_here, show, visitor_here
from fedi.web.shown.article import Article, article_of
from fedi.web.shown.cards import card_of
from fedi.web.shown.embedded import HEIGHT_OF_ONE, frame_of, oembed_href
from fedi.web.site import DOCUMENT, ICS, OEMBED, Alternate, Head, site_of


async def page_for_publication(
    instance: Instance, request: Request, publication: Publication
) -> Response:
    """The page behind the id of a publication of ours; what not everybody may read is not found (S81)."""
    visitor = visitor_here(instance, request)
    collectives, conversation = await instance.look(
        lambda rx: (list_collectives(rx), look_conversation(rx, publication.uri))
    )
    if conversation is None or not conversation.listed.is_local:
        return await error_page(instance, request, NotFound())
    site = site_of(instance.config, instance.urls, collectives)
    posture = instance.config.instance.posture
    attending, needs, event, details = await instance.look(
        lambda rx: (
            look_attending(rx, publication, posture),
            needs_of(rx, publication),
            event_of(rx, publication),
            with_attendance(rx, publication, posture).details,
        )
    )
    seen = seen_here(instance)
    article = article_of(conversation, visitor, seen)
    head = _head(conversation, article, instance.urls.base)
    return show(
        request,
        "publication.html",
        visitor,
        site,
        head,
        article=article,
        attending=attending,
        can_remind=_can_remind(publication, visitor.now),
        dates=details if isinstance(details, DatesDetails) else None,
        shows_votes=posture == "open",
        needs=[card_of(each, visitor, seen) for each in needs],
        for_event=card_of(event, visitor, seen) if event is not None else None,
        frame=""
        if article.event is None
        else frame_of(f"{publication.uri}/embed", article.title.text, HEIGHT_OF_ONE),
    )


async def page_gone(instance: Instance, request: Request, _tombstone: Tombstone) -> Response:
    """410: there was something here, and it is gone on purpose."""
    visitor = visitor_here(instance, request)
    collectives = await instance.look(list_collectives)
    site = site_of(instance.config, instance.urls, collectives)
    head = Head(
        title=visitor.t("web.error.410.title"),
        canonical=f"{instance.urls.base}/",
        is_indexed=False,
    )
    return show(request, "gone.html", visitor, site, head, status=410)


def _can_remind(publication: Publication, now: datetime) -> bool:
    """Whether it is an event of which somebody can still be reminded."""
    if publication.kind != "event":
        return False
    return publication.event.starts_at > now and publication.event.status != "cancelled"


def _head(conversation: Conversation, article: Article, base: str) -> Head:
    listed = conversation.listed
    publication, author = listed.publication, listed.author
    # Cards elsewhere get what lies here; they have no need of us to fetch the pictures of others.
    ours = (each for each in article.pictures if each.src.startswith("/media/"))
    picture = None if article.is_sensitive else next(ours, None)
    alternates = [Alternate(publication.uri, DOCUMENT)]
    if article.event is not None:
        alternates.append(Alternate(f"{article.href}/event.ics", ICS))
        if publication.visibility.is_public:
            alternates.append(Alternate(oembed_href(publication.uri), OEMBED))
    is_indexed = publication.indexable is not False and author is not None and author.indexable
    title = article.title.text
    return Head(
        title=title if article.has_name else f"{article.by.name.text}: {title}",
        canonical=publication.uri,
        description=article.description,
        type="article",
        image=f"{base}{picture.src}" if picture else None,
        image_alt=picture.alt if picture else "",
        published=iso(publication.published_at),
        modified=iso(publication.updated_at) if publication.updated_at else "",
        alternates=tuple(alternates),
        is_indexed=is_indexed and str(publication.visibility) == "public",
    )
