"""An agenda or one event for the websites of others: `/embed`, `/event/{id}/embed`, and `/oembed` for those who ask what to put there.

These are the only pages that others may frame. They hold links and words: no form, no script, no cookie, nothing to press by mistake.
"""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from actors.store import list_collectives
from fedi.db.engine import Reader
from fedi.errors import Invalid, NotFound
from fedi.ids import is_public_id
from fedi.instance import Instance
from fedi.publications.event.model import EventDetails
from fedi.views.agenda import look_agenda
from fedi.views.conversation import find_readable
from fedi.views.listed import Listed
from fedi.web.answer import answer_text
from fedi.web.asked import parse_asked
from fedi.web.pages.frame import seen_here, show, visitor_here
from fedi.web.shown.cards import cards_of
from fedi.web.shown.embedded import FRAMED_POLICY, HEIGHT, HEIGHT_OF_ONE, WIDTH, frame_of
from fedi.web.site import Head, Site, site_of
from fedi.web.visitor import Visitor

EVENTS: Final = 6
EVENTS_MAX: Final = 12
_URL_MAX: Final = 2_000
_FRAMED: Final = {"content-security-policy": FRAMED_POLICY}


async def agenda(instance: Instance, request: Request) -> Response:
    """The next events that the same query asks for as on `/agenda`; `events` says how many."""
    visitor = visitor_here(instance, request)
    asked = parse_asked(request.query_params)
    asked.refuse()
    most = _most(request.query_params.get("events", ""))

    def look(rx: Reader) -> tuple[Site, list[Listed]]:
        full = asked.found(rx, instance.urls.host)
        full.refuse()
        page = look_agenda(rx, full.wanted(visitor.now, visitor.zone), most=most)
        site = site_of(instance.config, instance.urls, tuple(list_collectives(rx)))
        return site, list(page.items)[:most]

    site, listed = await instance.look(look)
    title = " – ".join((visitor.t("web.agenda.title"), *asked.named()))
    query = asked.query(view="", month="")
    return _framed(instance, request, visitor, site, listed, title, f"/agenda{query}")


async def event(instance: Instance, request: Request) -> Response:
    """One event."""
    visitor = visitor_here(instance, request)
    uri = _uri(instance, request.path_params["id"])

    def look(rx: Reader) -> tuple[Site, Listed | None]:
        site = site_of(instance.config, instance.urls, tuple(list_collectives(rx)))
        return site, find_readable(rx, uri)

    site, listed = await instance.look(look)
    if listed is None or not isinstance(listed.publication.details, EventDetails):
        raise NotFound(detail="no such event")
    return _framed(instance, request, visitor, site, [listed], "", "/agenda")


async def oembed(instance: Instance, request: Request) -> Response:
    """What to put in a page for the address of an event or of an agenda (oembed.com)."""
    visitor = visitor_here(instance, request)
    if request.query_params.get("format", "json") != "json":
        raise NotFound(detail="only JSON")
    address = request.query_params.get("url", "")[:_URL_MAX]
    base = instance.urls.base
    if not address.startswith(f"{base}/"):
        raise NotFound(detail="not an address of ours")
    parts = urlsplit(address)
    height = HEIGHT
    if parts.path == "/agenda":
        asked = parse_asked(dict(parse_qsl(parts.query, max_num_fields=50)))
        asked.refuse()
        source = f"{base}/embed{asked.query(view='', month='')}"
        title = visitor.t("web.agenda.title")
    else:
        uri = _uri(instance, parts.path.removeprefix("/event/"))
        listed = await instance.look(lambda rx: find_readable(rx, uri))
        if listed is None or not isinstance(listed.publication.details, EventDetails):
            raise NotFound(detail="no such event")
        source, height = f"{uri}/embed", HEIGHT_OF_ONE
        (card,) = cards_of([listed], visitor, seen_here(instance))
        title = card.title.text
    collectives = await instance.look(list_collectives)
    site = site_of(instance.config, instance.urls, collectives)
    document = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": site.name.text,
        "provider_url": f"{base}/",
        "width": WIDTH,
        "height": height,
        "html": frame_of(source, title, height),
    }
    return answer_text(request, msgspec.json.encode(document), "application/json")


def _framed(
    instance: Instance,
    request: Request,
    visitor: Visitor,
    site: Site,
    listed: list[Listed],
    title: str,
    path: str,
) -> Response:
    """A page that others may frame. `path` leads to the agenda it is from."""
    address = f"{instance.urls.base}{path}"
    return show(
        request,
        "embed.html",
        visitor,
        site,
        Head(title=title or site.name.text, canonical=address, is_indexed=False),
        headers=_FRAMED,
        cards=cards_of(listed, visitor, seen_here(instance)),
        title=title,
        address=address,
        base=instance.urls.base,
    )


def _uri(instance: Instance, public_id: str) -> str:
    if not is_public_id(public_id):
        raise NotFound(detail="not an id")
    return instance.urls.publication("event", public_id)


def _most(text: str) -> int:
    if not text:
        return EVENTS
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 0 < int(text) <= EVENTS_MAX):
        raise Invalid("embed.problem.events", field="events", most=EVENTS_MAX)
    return int(text)
