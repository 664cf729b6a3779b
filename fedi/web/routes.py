"""Every address for people, and which page answers it. The documents for servers are routed in `actors`, `inbox`, `outbox`."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.errors import FediError
from fedi.instance import Instance
from fedi.web.pages import (
    about,
    agenda,
    attend,
    embed,
    feeds,
    files,
    history,
    language,
    lists,
    poster,
    profile,
)
from fedi.web.pages.errors import error_page
from fedi.web.pages.own_server import OwnServer

Page = Callable[[Instance, Request], Awaitable[Response]]

# Longer addresses before those that would swallow them.
GET_PAGES: tuple[tuple[str, Page], ...] = (
    ("/", lists.home),
    ("/agenda", agenda.agenda),
    ("/agenda.ics", agenda.agenda_calendar),
    ("/agenda.atom", agenda.agenda_feed),
    ("/agenda.rss", agenda.agenda_feed),
    ("/agenda.json", agenda.agenda_feed),
    ("/embed", embed.agenda),
    ("/oembed", embed.oembed),
    ("/needs", lists.needs),
    ("/archive/{kind}.atom", feeds.kind_feed),
    ("/archive/{kind}.rss", feeds.kind_feed),
    ("/archive/{kind}", lists.archive),
    ("/tag/{name}", lists.hashtag),
    ("/about", about.about),
    ("/about/privacy", about.about),
    ("/feed.atom", feeds.instance_feed),
    ("/feed.rss", feeds.instance_feed),
    ("/events.ics", feeds.instance_calendar),
    ("/event/{id}/event.ics", feeds.event_calendar),
    ("/event/{id}/stops.atom", feeds.tour_feed),
    ("/event/{id}/stops.rss", feeds.tour_feed),
    ("/event/{id}/stops.json", feeds.tour_feed),
    ("/event/{id}/poster", poster.poster),
    ("/event/{id}/embed", embed.event),
    ("/attendance/{token}", attend.stands),
    ("/{kind}/{id}/history", history.history),
    ("/@{username}/feed.atom", feeds.actor_feed),
    ("/@{username}/feed.rss", feeds.actor_feed),
    ("/@{username}/events.ics", feeds.actor_calendar),
    ("/@{username}/{kind}.atom", feeds.actor_kind_feed),
    ("/@{username}/{kind}.rss", feeds.actor_kind_feed),
    ("/@{username}", profile.profile),
    ("/static/{name}", files.static),
    ("/favicon.ico", files.favicon),
    ("/manifest.webmanifest", files.manifest),
    ("/robots.txt", files.robots),
)


def routes(instance: Instance) -> list[Route]:
    """Mount these before routes with a first segment that can be anything, such as `/{kind}/{id}`."""
    found = [
        Route(path, _answering(instance, page), methods=["GET"], include_in_schema=False)
        for path, page in GET_PAGES
    ]
    found.append(Route("/language", _answering(instance, language.choose), methods=["POST"]))
    form = attend.Attend()
    for path, method, page in (
        ("/event/{id}/attend", "GET", form.ask),
        ("/event/{id}/attend", "POST", form.tell),
        ("/attendance/{token}", "POST", attend.change_mind),
    ):
        found.append(Route(path, _answering(instance, page), methods=[method]))
    found.append(Route("/own-server", _answering(instance, OwnServer()), methods=["POST"]))
    return found


def _answering(instance: Instance, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await page(instance, request)
        except FediError as error:
            return await error_page(instance, request, error)

    return answer
