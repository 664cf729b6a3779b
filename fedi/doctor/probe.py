"""Addresses that tell what really arrived here through the proxies: only to who knows the token of a run under way.

A request enters; its line, headers and the size of its body leave as JSON. For everybody else there is nothing here.
"""

import asyncio
import hashlib
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fedi.doctor.pass_file import is_announced
from fedi.errors import NotFound
from fedi.faces.asker import signed_request
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.vocab.terms import ACTIVITY_JSON, AS2
from fedi.web.negotiate import wants_activity
from inbox.routes import read_body

PREFIX: Final = "/.well-known/fedi-probe/"
FACE: Final = "face"
BYTES_MAX: Final = 1_000_000
_BODY_SHOWN: Final = 4_096


def routes(instance: Instance) -> list[Route]:
    """The probe, and a face of both kinds for trying caches. Any `Host` may be asked: finding that is the point."""
    at = endpoint(instance)
    return [
        Route(f"{PREFIX}{{token}}/{FACE}", at(_face), methods=["GET"]),
        Route(f"{PREFIX}{{token}}", at(_echo), methods=["GET", "POST"]),
        Route(f"{PREFIX}{{token}}/{{rest:path}}", at(_echo), methods=["GET", "POST"]),
    ]


async def _echo(instance: Instance, request: Request) -> Response:
    await _check_pass(instance, request)
    body = await read_body(request, BYTES_MAX)
    arrived = signed_request(request)
    client = request.scope.get("client")
    document: dict[str, Any] = {
        "probe": request.path_params["token"],
        "method": arrived.method,
        "target": arrived.target,
        "headers": arrived.headers,
        "scheme": request.scope["scheme"],
        "client": client[0] if client else "unix",
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "body": body.decode("latin-1") if len(body) <= _BODY_SHOWN else "",
    }
    return JSONResponse(document, headers={"cache-control": "private, no-store"})


async def _face(instance: Instance, request: Request) -> Response:
    """As publications are served: two faces, one address, and headers that tell caches so (S74)."""
    await _check_pass(instance, request)
    headers = {"vary": "Accept", "cache-control": "public, max-age=180"}
    if wants_activity(request.headers.get("accept")):
        uri = instance.urls.base + request.url.path
        document = {"@context": AS2, "id": uri, "type": "Note", "content": "probe"}
        return JSONResponse(document, media_type=ACTIVITY_JSON, headers=headers)
    page = "<!doctype html><html lang=en><title>probe</title><p>probe"
    return Response(page, media_type="text/html", headers=headers)


async def _check_pass(instance: Instance, request: Request) -> None:
    folder, now = instance.config.data_folder, instance.clock.now()
    token = request.path_params["token"]
    if not (token.isascii() and await asyncio.to_thread(is_announced, folder, token, now)):
        raise NotFound(detail="probe")
