"""Files of members, with a type from our own table and nothing that a browser could run (S78)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.errors import Invalid, NotFound
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.media.places import aside
from fedi.media.recent import FOR_S, Recent
from fedi.media.storage import media_type_of

_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
}


def routes(instance: Instance) -> list[Route]:
    """The address of files."""

    def read(key: str) -> bytes:
        with instance.media.open(key) as file:
            return file.read()

    async def content(key: str) -> bytes:
        return await aside(read, key)

    async def is_there(key: str) -> bool:
        return await aside(instance.media.exists, key)

    # what rests on this machine is kept in memory by the system
    for_s = FOR_S if instance.config.bucket.name else 0.0
    recent = Recent(content, is_there, instance.clock.monotonic, for_s)

    async def answer(_: Instance, request: Request) -> Response:
        return await _file(recent, request)

    return [Route("/media/{key}", endpoint(instance)(answer), methods=["GET"])]


async def _file(recent: Recent, request: Request) -> Response:
    key = request.path_params["key"]
    etag = f'"{key}"'
    try:
        media_type = media_type_of(key)
        if request.headers.get("if-none-match") == etag:
            await recent.check(key)
            return Response(status_code=304, headers={**_HEADERS, "etag": etag})
        content = await recent.content(key)
    except (NotFound, Invalid) as problem:
        raise NotFound(detail="media") from problem
    return Response(content, media_type=media_type, headers={**_HEADERS, "etag": etag})
