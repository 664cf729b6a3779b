"""The pages that are lists: home, needs, archive by kind, hashtag."""

from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.clock import to_ms
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications.kinds import KIND_NAMES
from fedi.text.direction import clean_line
from fedi.text.hashtags import normalise_hashtag
from fedi.views.archive import list_hashtag, list_kind
from fedi.views.home import look_home
from fedi.views.needs import list_open
from fedi.web.pages.frame import later_href, seen_here, show, visitor_here
from fedi.web.pages.profile import profile_summary
from fedi.web.shown.cards import cards_of
from fedi.web.site import ATOM, ICS, Alternate, Head, site_of

NEEDS_MAX = 50
HASHTAG_CHARS_MAX = 100


async def home(instance: Instance, request: Request) -> Response:
    """The first page."""
    visitor = visitor_here(instance, request)
    seen = seen_here(instance)
    found = await instance.look(lambda rx: look_home(rx, to_ms(visitor.now)))
    site = site_of(instance.config, instance.urls, found.collectives)
    summaries = tuple(profile_summary(each) for each in found.collectives)
    urls = instance.urls
    head = Head(
        title="",
        canonical=f"{urls.base}/",
        description=summaries[0].description if summaries else "",
        alternates=(
            Alternate("/feed.atom", ATOM, site.name.text),
            Alternate("/events.ics", ICS, visitor.t("web.agenda.title")),
        ),
        is_indexed=site.is_indexed,
    )
    return show(
        request,
        "home.html",
        visitor,
        site,
        head,
        profiles=tuple(zip(site.collectives, summaries, strict=True)),
        coming=cards_of(found.coming, visitor, seen),
        more_coming=found.more_coming,
        requests=cards_of(found.requests, visitor, seen),
        offers=cards_of(found.offers, visitor, seen),
        statements=cards_of(found.statements, visitor, seen),
        notes=cards_of(found.notes, visitor, seen),
        elsewhere=cards_of(found.elsewhere, visitor, seen),
    )


async def needs(instance: Instance, request: Request) -> Response:
    """What is needed and offered now."""
    visitor = visitor_here(instance, request)
    seen = seen_here(instance)
    now_ms = to_ms(visitor.now)
    collectives, requests, offers = await instance.look(
        lambda rx: (
            list_collectives(rx),
            list_open(rx, "request", now_ms, NEEDS_MAX),
            list_open(rx, "offer", now_ms, NEEDS_MAX),
        )
    )
    site = site_of(instance.config, instance.urls, collectives)
    head = Head(
        title=visitor.t("web.needs.title"),
        canonical=f"{instance.urls.base}/needs",
        description=visitor.t("web.needs.description", name=site.name.text),
        is_indexed=site.is_indexed,
    )
    return show(
        request,
        "needs.html",
        visitor,
        site,
        head,
        requests=cards_of(requests, visitor, seen),
        offers=cards_of(offers, visitor, seen),
    )


async def archive(instance: Instance, request: Request) -> Response:
    """Everything of one kind, newest first."""
    visitor = visitor_here(instance, request)
    seen = seen_here(instance)
    kind = request.path_params["kind"]
    if kind not in KIND_NAMES:
        raise NotFound(detail="no such kind")
    collectives, page = await instance.look(
        lambda rx: (list_collectives(rx), list_kind(rx, kind, visitor.after))
    )
    site = site_of(instance.config, instance.urls, collectives)
    title = visitor.t(f"web.archive.{kind}")
    head = Head(
        title=title,
        canonical=f"{instance.urls.base}/archive/{kind}",
        description=f"{title} – {site.name.text}",
        alternates=(Alternate(f"/archive/{kind}.atom", ATOM, title),),
        is_indexed=site.is_indexed and visitor.after is None,
    )
    return show(
        request,
        "archive.html",
        visitor,
        site,
        head,
        kind=kind,
        title=title,
        cards=cards_of(page.items, visitor, seen),
        next_href=later_href(instance, f"/archive/{kind}", page),
        is_later=visitor.after is not None,
        first_href=f"/archive/{kind}",
    )


async def hashtag(instance: Instance, request: Request) -> Response:
    """What carries a hashtag."""
    visitor = visitor_here(instance, request)
    seen = seen_here(instance)
    name = clean_line(request.path_params["name"], HASHTAG_CHARS_MAX).lstrip("#")
    if not normalise_hashtag(name):
        raise NotFound(detail="not a hashtag")
    collectives, page = await instance.look(
        lambda rx: (list_collectives(rx), list_hashtag(rx, name, visitor.after))
    )
    site = site_of(instance.config, instance.urls, collectives)
    address = instance.urls.hashtag(name)
    path = address.removeprefix(instance.urls.base)
    head = Head(
        title=f"#{name}",
        canonical=address,
        description=visitor.t("web.tag.description", name=name, site=site.name.text),
        is_indexed=False,
    )
    return show(
        request,
        "hashtag.html",
        visitor,
        site,
        head,
        name=name,
        cards=cards_of(page.items, visitor, seen),
        next_href=later_href(instance, path, page),
        is_later=visitor.after is not None,
        first_href=path,
    )
