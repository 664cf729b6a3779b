"""News feeds and calendars over HTTP: look, hand to `fedi/feeds`, answer conditionally."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from actors.model import Actor
from actors.store import list_collectives
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.errors import NotFound
from fedi.feeds import atom, json_feed, rss
from fedi.feeds.entries import Feed, entries_of
from fedi.i18n.catalog import translator
from fedi.ids import is_public_id
from fedi.instance import Instance
from fedi.publications.event.gone import Gone
from fedi.publications.event.model import EventDetails
from fedi.publications.kinds import KIND_NAMES
from fedi.text.direction import clean_line
from fedi.text.excerpt import excerpt
from fedi.views.archive import list_author, list_kind, list_local
from fedi.views.calendar import list_calendar, list_withdrawn
from fedi.views.conversation import find_readable
from fedi.views.listed import Listed
from fedi.views.profile import find_collective
from fedi.web.answer import answer_text, is_known
from fedi.web.kept import Kept, state_of
from fedi.web.site import site_of

ENTRIES_MAX: Final = 50
_kept: Final = Kept()
_FORMS: Final[dict[str, tuple[Callable[[Feed], bytes], str]]] = {
    "atom": (atom.render_atom, atom.MEDIA_TYPE),
    "rss": (rss.render_rss, rss.MEDIA_TYPE),
    "json": (json_feed.render_json_feed, json_feed.MEDIA_TYPE),
}


async def instance_feed(instance: Instance, request: Request) -> Response:
    """Everything published here: `/feed.atom`, `/feed.rss`."""
    collectives, page = await instance.look(
        lambda rx: (list_collectives(rx), list_local(rx, most=ENTRIES_MAX))
    )
    site = site_of(instance.config, instance.urls, collectives)
    return await answer_feed(
        instance,
        request,
        title=site.name.text,
        page="/",
        address="/feed",
        language=site.name.lang,
        listed=page.items,
    )


async def kind_feed(instance: Instance, request: Request) -> Response:
    """Everything of one kind: `/archive/{kind}.atom`."""
    kind = _kind(request)
    collectives, page = await instance.look(
        lambda rx: (list_collectives(rx), list_kind(rx, kind, most=ENTRIES_MAX))
    )
    site = site_of(instance.config, instance.urls, collectives)
    title = f"{site.name.text} – {_kind_title(instance, kind)}"
    return await answer_feed(
        instance,
        request,
        title=title,
        page=f"/archive/{kind}",
        address=f"/archive/{kind}",
        language=site.name.lang,
        listed=page.items,
    )


async def actor_feed(instance: Instance, request: Request) -> Response:
    """Everything of one collective: `/@{username}/feed.atom`, `.rss`."""
    actor, listed = await instance.look(lambda rx: _of_actor(rx, request, None))
    name = clean_line(actor.title, 100)
    return await answer_feed(
        instance,
        request,
        title=f"{name} ({actor.handle})",
        subtitle=excerpt(actor.summary, 300),
        page=f"/@{actor.username}",
        address=f"/@{actor.username}/feed",
        language=actor.language or "",
        listed=listed,
    )


async def actor_kind_feed(instance: Instance, request: Request) -> Response:
    """Everything of one kind by one collective: `/@{username}/{kind}.atom`."""
    kind = _kind(request)
    actor, listed = await instance.look(lambda rx: _of_actor(rx, request, kind))
    title = f"{clean_line(actor.title, 100)} – {_kind_title(instance, kind)}"
    return await answer_feed(
        instance,
        request,
        title=title,
        page=f"/@{actor.username}",
        address=f"/@{actor.username}/{kind}",
        language=actor.language or "",
        listed=listed,
    )


async def instance_calendar(instance: Instance, request: Request) -> Response:
    """The agenda as a calendar to subscribe to: `/events.ics`."""
    now = instance.clock.now()
    collectives, listed, gone = await instance.look(
        lambda rx: (
            list_collectives(rx),
            list_calendar(rx, to_ms(now)),
            list_withdrawn(rx, now, is_here=instance.urls.is_ours),
        )
    )
    site = site_of(instance.config, instance.urls, collectives)
    return await answer_calendar(instance, request, listed, site.name.text, gone=gone)


async def actor_calendar(instance: Instance, request: Request) -> Response:
    """The events of one collective: `/@{username}/events.ics`."""
    now = instance.clock.now()

    def look(rx: Reader) -> tuple[Actor, list[Listed], list[Gone]]:
        actor = _actor(rx, request)
        gone = list_withdrawn(rx, now, author_uri=actor.uri)
        return actor, list_calendar(rx, to_ms(now), actor.uri), gone

    actor, listed, gone = await instance.look(look)
    title = clean_line(actor.title, 100)
    return await answer_calendar(instance, request, listed, title, gone=gone)


async def tour_feed(instance: Instance, request: Request) -> Response:
    """What the stops of a tour say: `/event/{id}/stops.atom`, `.rss`, `.json`."""
    public_id = request.path_params["id"]
    if not is_public_id(public_id):
        raise NotFound(detail="not an id")
    uri = instance.urls.publication("event", public_id)

    def look(rx: Reader) -> tuple[Listed | None, list[Listed]]:
        tour = find_readable(rx, uri)
        details = tour.publication.details if tour is not None else None
        if tour is None or not isinstance(details, EventDetails) or not details.is_tour:
            return None, []
        stops = [find_readable(rx, each.uri) for each in details.parts if each.uri]
        return tour, [each for each in stops if each is not None]

    tour, stops = await instance.look(look)
    if tour is None:
        raise NotFound(detail="no such tour")
    text = tour.publication.original
    return await answer_feed(
        instance,
        request,
        title=clean_line(text.name or "", 200),
        subtitle=clean_line(text.summary or "", 300),
        page=f"/event/{public_id}",
        address=f"/event/{public_id}/stops",
        language="" if tour.publication.language == "und" else tour.publication.language,
        listed=stops,
    )


async def event_calendar(instance: Instance, request: Request) -> Response:
    """One event: `/event/{id}/event.ics`."""
    public_id = request.path_params["id"]
    if not is_public_id(public_id):
        raise NotFound(detail="not an id")
    uri = instance.urls.publication("event", public_id)
    listed = await instance.look(lambda rx: find_readable(rx, uri))
    if listed is None or not isinstance(listed.publication.details, EventDetails):
        raise NotFound(detail="no such event")
    return await answer_calendar(instance, request, [listed], "", name="event.ics", with_parts=True)


def _of_actor(rx: Reader, request: Request, kind: str | None) -> tuple[Actor, list[Listed]]:
    actor = _actor(rx, request)
    return actor, list(list_author(rx, actor.uri, most=ENTRIES_MAX, kind=kind).items)


def _actor(rx: Reader, request: Request) -> Actor:
    actor = find_collective(rx, request.path_params["username"])
    if actor is None:
        raise NotFound("error.actor_not_found", detail="no such collective")
    return actor


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KIND_NAMES:
        raise NotFound(detail="no such kind")
    return kind


def _form(request: Request) -> str:
    form = request.url.path.rpartition(".")[2]
    return form if form in _FORMS else "atom"


def _kind_title(instance: Instance, kind: str) -> str:
    return translator(instance.config.instance.language)(f"web.archive.{kind}")


async def answer_feed(
    instance: Instance,
    request: Request,
    *,
    title: str,
    page: str,
    address: str,
    language: str,
    listed: Sequence[Listed],
    subtitle: str = "",
    query: str = "",
) -> Response:
    """The feed in the form that the end of the path names. `page` and `address` are paths, `address` without that end."""
    form = _form(request)
    render, media_type = _FORMS[form]
    own = f"{instance.urls.base}{address}.{form}{query}"

    def write() -> bytes:
        return render(
            Feed(
                title=title,
                subtitle=subtitle,
                address=own,
                page=f"{instance.urls.base}{page}",
                language=language or instance.config.instance.language,
                entries=entries_of(listed),
            )
        )

    state = state_of(f"{title} {subtitle}", own, listed)
    return await _answer(request, state, write, media_type, listed, {})


async def answer_calendar(
    instance: Instance,
    request: Request,
    listed: list[Listed],
    title: str,
    name: str = "events.ics",
    gone: Sequence[Gone] = (),
    *,
    with_parts: bool = False,
) -> Response:
    """These events as a calendar. `gone`: what was withdrawn of it not long ago; `with_parts`: with their programme."""
    # Here and not at the top: a server that starts needs no calendar yet, and loading takes long.
    from fedi.feeds import ical  # noqa: PLC0415

    gone_name = translator(instance.config.instance.language)("agenda.withdrawn")
    state = state_of(f"{title} {gone_name}", name, listed, gone)
    headers = {"content-disposition": f'inline; filename="{name}"'}
    write = partial(ical.render_calendar, listed, title, gone, gone_name, with_parts=with_parts)
    changes = [each.gone_at for each in gone]
    return await _answer(request, state, write, ical.MEDIA_TYPE, listed, headers, changes)


async def _answer(
    request: Request,
    state: str,
    write: Callable[[], bytes],
    media_type: str,
    listed: Sequence[Listed],
    headers: dict[str, str],
    changes: Sequence[datetime] = (),
) -> Response:
    """Who has this state hears so before anything is written."""
    own = [each.publication.updated_at or each.publication.published_at for each in listed]
    modified = max((*own, *changes), default=None)
    body = b"" if is_known(request, state, modified) else await _kept.get(state, write)
    return answer_text(request, body, media_type, modified=modified, etag=state, headers=headers)
