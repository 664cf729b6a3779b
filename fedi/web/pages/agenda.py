"""The agenda: one query as a page, as a calendar to subscribe to, and as news feeds."""

from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from actors.model import Actor
from actors.store import list_collectives
from fedi.db.engine import Reader
from fedi.i18n.catalog import LANGUAGES, OWN_NAMES
from fedi.instance import Instance
from fedi.views.agenda import Wanted, look_agenda
from fedi.views.calendar import list_withdrawn
from fedi.views.listed import Listed
from fedi.views.paging import PAGE_SIZE, Page
from fedi.web.asked import KM_USUAL, Asked, parse_asked
from fedi.web.pages.feeds import answer_calendar, answer_feed
from fedi.web.pages.frame import later_href, seen_here, show, visitor_here
from fedi.web.shown.cards import cards_of, months_of
from fedi.web.shown.embedded import frame_of, oembed_href
from fedi.web.shown.map import chart_of
from fedi.web.shown.month import grid_of, month_of, span_of
from fedi.web.site import ATOM, ICS, JSON_FEED, OEMBED, Alternate, Head, Site, site_of
from fedi.web.visitor import Visitor

ENTRIES_MAX: Final = 50
EVENTS_MAX: Final = 250
# What was lately, so that changes and cancellations still arrive.
LATELY: Final = timedelta(days=60)
LATELY_MAX: Final = 50
MONTH_MAX: Final = 300
MAP_MAX: Final = 300
DISTANCES_KM: Final = (5, 10, 25, 50, 100, 200)

Found = tuple[Asked, tuple[Actor, ...], Page[Listed]]


async def agenda(instance: Instance, request: Request) -> Response:
    """What is coming, or with `past` what was, by month, or one month as a grid; filtered by what the form asks."""
    visitor = visitor_here(instance, request)
    asked = parse_asked(request.query_params)

    def look(rx: Reader) -> Found:
        full = asked.found(rx, instance.urls.host)
        page: Page[Listed] = Page(())
        if not full.problems:
            wanted, most = wanted_of(full, visitor)
            after = None if full.is_month or full.is_map else visitor.after
            page = look_agenda(rx, wanted, after, most)
        return full, tuple(list_collectives(rx)), page

    asked, collectives, page = await instance.look(look)
    site = site_of(instance.config, instance.urls, collectives)
    title = visitor.t("agenda.past" if asked.past else "web.agenda.title")
    query = asked.query(view="", month="")
    head = Head(
        title=title,
        canonical=f"{instance.urls.base}/agenda{asked.query()}",
        description=visitor.t("web.agenda.description", name=site.name.text),
        alternates=(
            Alternate(f"/agenda.ics{query}", ICS, title),
            Alternate(f"/agenda.atom{query}", ATOM, title),
            Alternate(f"/agenda.json{query}", JSON_FEED, title),
            Alternate(oembed_href(f"{instance.urls.base}/agenda{query}"), OEMBED, title),
        ),
        is_indexed=site.is_indexed
        and visitor.after is None
        and not (asked.is_filtered or asked.is_month or asked.is_map),
    )
    return show(
        request,
        "agenda.html",
        visitor,
        site,
        head,
        status=400 if asked.problems else 200,
        names_authors=True,
        frame=""
        if asked.problems
        else frame_of(
            f"{instance.urls.base}/embed{asked.query(view='', month='', past='')}", title
        ),
        **agenda_values(instance, asked, visitor, page, "/agenda"),
    )


def wanted_of(asked: Asked, visitor: Visitor) -> tuple[Wanted, int]:
    """What a page looks for, and how many at most."""
    if asked.is_month:
        month = asked.month or month_of(visitor)
        return asked.between(*span_of(month, visitor), visitor.zone), MONTH_MAX
    return asked.wanted(visitor.now, visitor.zone), MAP_MAX if asked.is_map else PAGE_SIZE


def agenda_values(
    instance: Instance, asked: Asked, visitor: Visitor, page: Page[Listed], path: str
) -> dict[str, Any]:
    """What the templates of an agenda are given: the events as a list or as a month, and the form above them."""
    grid = months = chart = None
    if asked.is_month:
        grid = grid_of(asked.month or month_of(visitor), page.items, visitor, instance.urls)
    elif asked.is_map:
        chart = chart_of(page.items, asked, path, visitor, instance.urls)
    else:
        cards = cards_of(page.items, visitor, seen_here(instance))
        months = months_of(cards, page.items, visitor, latest_first=asked.past)
    return {
        "address": path,
        "grid": grid,
        "chart": chart,
        "months": months or (),
        "is_cut": page.next is not None,
        "next_href": None
        if asked.is_month or asked.is_map
        else later_href(instance, f"{path}{asked.query()}", page),
        **filters_of(asked, visitor),
    }


def filters_of(asked: Asked, visitor: Visitor) -> dict[str, Any]:
    """What the form above an agenda shows: what was asked, what can be chosen, what is wrong."""
    return {
        "asked": asked,
        "fields": asked.fields,
        "complaints": {
            each.field: visitor.t(each.message_key, **each.values) for each in asked.problems
        },
        "spoken": [(tag, OWN_NAMES[tag]) for tag in LANGUAGES],
        "distances": DISTANCES_KM,
        "km": asked.fields["km"] or str(KM_USUAL),
    }


async def agenda_calendar(instance: Instance, request: Request) -> Response:
    """The same query as a calendar: what is coming and what was lately."""
    asked, site, listed = await _look_feed(instance, request, EVENTS_MAX, LATELY_MAX)
    now, zone = instance.clock.now(), instance.config.instance.timezone
    gone = []
    if not asked.past and asked.since is None:
        wanted = asked.wanted(now, zone)
        gone = await instance.look(lambda rx: list_withdrawn(rx, now, wanted))
    title = _title(asked, site)
    return await answer_calendar(instance, request, listed, title, name="agenda.ics", gone=gone)


async def agenda_feed(instance: Instance, request: Request) -> Response:
    """The same query as Atom, RSS or JSON Feed: what is coming, in the order in which it begins."""
    asked, site, listed = await _look_feed(instance, request, ENTRIES_MAX, 0)
    query = asked.query(view="", month="")
    return await answer_feed(
        instance,
        request,
        title=_title(asked, site),
        page=f"/agenda{query}",
        address="/agenda",
        query=query,
        language=site.name.lang,
        listed=listed,
    )


async def _look_feed(
    instance: Instance, request: Request, most: int, lately_max: int
) -> tuple[Asked, Site, list[Listed]]:
    """Raises Invalid for a query that makes no sense."""
    now, zone = instance.clock.now(), instance.config.instance.timezone
    asked = parse_asked(request.query_params)
    asked.refuse()

    def look(rx: Reader) -> Found:
        full = asked.found(rx, instance.urls.host)
        full.refuse()
        found = list(look_agenda(rx, full.wanted(now, zone), most=most).items)
        if lately_max and not full.past and full.since is None:
            lately = full.lately(now, zone, LATELY)
            found[:0] = reversed(look_agenda(rx, lately, most=lately_max).items)
        return full, tuple(list_collectives(rx)), Page(found)

    asked, collectives, page = await instance.look(look)
    return asked, site_of(instance.config, instance.urls, collectives), list(page.items)


def _title(asked: Asked, site: Site) -> str:
    """The name of the instance, and what was asked for, so that two subscriptions are told apart."""
    return " – ".join((site.name.text, *asked.named()))
