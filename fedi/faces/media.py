"""Files of members, with a type from our own table and nothing that a browser could run (S78)."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.errors import Invalid, NotFound
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.media.storage import media_type_of

_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
}


def routes(instance: Instance) -> list[Route]:
    """The address of files."""
    return [Route("/media/{key}", endpoint(instance)(_file), methods=["GET"])]


async def _file(instance: Instance, request: Request) -> Response:
    key = request.path_params["key"]

    def read() -> bytes:
        with instance.media.open(key) as file:
            return file.read()

    try:
        media_type = media_type_of(key)
        content = await asyncio.to_thread(read)
    except (NotFound, Invalid) as problem:
        raise NotFound(detail="media") from problem
    etag = f'"{key}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={**_HEADERS, "etag": etag})
    return Response(content, media_type=media_type, headers={**_HEADERS, "etag": etag})
