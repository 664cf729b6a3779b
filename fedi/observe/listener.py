"""A listener of its own for whoever collects numbers: `GET /metrics`, and nothing else.

It says nothing about people, and yet how a server is doing is not everybody's business: it stands on loopback or a socket
unless a steward says otherwise. There it answers only to an address or `localhost` as its name, so that no page in a
browser on this machine reads it by having a name of its own lead here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fedi.config import is_this_machine
from fedi.http.door import DoorLimits
from fedi.http.server import serve
from fedi.instance import Instance
from fedi.observe.now import measure
from fedi.observe.text import MEDIA_TYPE, written

PATH: Final = "/metrics"
LIMITS: Final = DoorLimits(connections_max=16, connections_per_source_max=16)


async def serve_metrics(
    instance: Instance, stop: asyncio.Event, on_ready: Callable[[str], None]
) -> None:
    """Answer where `[metrics] bind` says, until `stop`. Raises SetupError when nobody can listen there."""
    settings = instance.config.metrics
    await serve(
        application(instance, any_name=settings.is_reached_from_elsewhere),
        bind=settings.bind,
        on_ready=on_ready,
        stop=stop,
        grace_s=1.0,
        limits=LIMITS,
    )


def application(
    instance: Instance, *, any_name: bool
) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """What answers. `any_name`: whatever the server is called there."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        response = await _response(instance, Request(scope, receive), any_name)
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    return answer


async def _response(instance: Instance, request: Request, any_name: bool) -> Response:
    if not any_name and not is_this_machine(_without_port(request.headers.get("host", ""))):
        return PlainTextResponse("There is nothing here under this name.\n", 421)
    if request.url.path != PATH:
        return PlainTextResponse(f"Ask for {PATH}.\n", 404)
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("GET\n", 405, {"allow": "GET, HEAD"})
    return PlainTextResponse(written(await measure(instance)), media_type=MEDIA_TYPE)


def _without_port(host: str) -> str:
    head, colon, port = host.rpartition(":")
    return head if colon and port.isdecimal() else host
