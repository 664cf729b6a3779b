"""The page of one of our collectives."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from actors.model import ROLE_COLLECTIVE, Actor
from actors.store import list_collectives
from fedi.clock import to_ms
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.media.seen import FULL
from fedi.text.direction import Direction, clean_line, direction_of
from fedi.text.excerpt import excerpt
from fedi.text.html import text_of
from fedi.views.profile import find_collective, look_profile
from fedi.web.pages.frame import later_href, seen_here, show, visitor_here
from fedi.web.sanitised import Sanitised
from fedi.web.shown.cards import cards_of
from fedi.web.shown.people import web_link, who_of
from fedi.web.site import ATOM, DOCUMENT, ICS, RSS, Alternate, Head, site_of

DESCRIPTION_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class Summary:
    """What a collective says of itself."""

    html: Sanitised
    description: str
    lang: str
    dir: Direction


@dataclass(frozen=True, slots=True)
class Line:
    """A field of a profile. `own`: the address that a collective of ours says is its too (`rel=me`); never of a stranger's words."""

    name: str
    value: Sanitised
    own: str


def profile_summary(actor: Actor) -> Summary:
    """The collective's own words about itself."""
    return Summary(
        html=Sanitised(actor.summary),
        description=excerpt(actor.summary, DESCRIPTION_CHARS_MAX),
        lang=actor.language or "",
        dir=direction_of(text_of(actor.summary[:2000]), actor.language),
    )


def own_link(value: str) -> str:
    """The address that a line of a profile consists of, else nothing."""
    text = text_of(value).strip()
    return web_link(text) or "" if value.startswith("<a ") else ""


async def profile(instance: Instance, request: Request) -> Response:
    """`/@{username}`."""
    username = request.path_params["username"]
    actor = await instance.look(lambda rx: find_collective(rx, username))
    if actor is None:
        raise NotFound("error.actor_not_found", detail="no such collective")
    return await page_for_actor(instance, request, actor)


async def page_for_actor(instance: Instance, request: Request, actor: Actor) -> Response:
    """The page behind the id of an actor of ours. Raises NotFound for one without a page."""
    if actor.role != ROLE_COLLECTIVE or actor.deleted_at is not None:
        raise NotFound("error.actor_not_found", detail=actor.uri)
    visitor = visitor_here(instance, request)
    urls, seen = instance.urls, seen_here(instance)
    collectives, found = await instance.look(
        lambda rx: (
            list_collectives(rx),
            look_profile(rx, actor, to_ms(visitor.now), visitor.after),
        )
    )
    site = site_of(instance.config, urls, collectives)
    summary = profile_summary(actor)
    path = f"/@{actor.username}"
    name = clean_line(actor.title, 100)
    who = who_of(actor, actor.uri, urls, seen)
    head = Head(
        title=f"{name} ({actor.handle})",
        canonical=urls.actor_page(actor.username),
        description=summary.description,
        type="profile",
        image=f"{urls.base}{who.icon}" if who.icon else None,
        alternates=(
            Alternate(actor.uri, DOCUMENT),
            Alternate(f"{path}/feed.atom", ATOM, name),
            Alternate(f"{path}/feed.rss", RSS, name),
            Alternate(f"{path}/events.ics", ICS, visitor.t("web.agenda.title")),
        ),
        is_indexed=actor.indexable and visitor.after is None,
    )
    banner = seen(actor.image.url, FULL) if actor.image else None
    return show(
        request,
        "actor.html",
        visitor,
        site,
        head,
        who=who,
        address=actor.uri,
        summary=summary,
        banner=banner,
        banner_alt=clean_line(actor.image.alt or "", 1500) if actor.image else "",
        fields=tuple(
            Line(clean_line(each.name, 200), Sanitised(each.value), own_link(each.value))
            for each in actor.fields
        ),
        path=path,
        names_authors=False,
        pinned=cards_of(found.pinned, visitor, seen),
        coming=cards_of(found.coming, visitor, seen),
        cards=cards_of(found.published.items, visitor, seen),
        next_href=later_href(instance, path, found.published),
        is_later=visitor.after is not None,
        first_href=path,
    )
