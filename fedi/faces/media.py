"""Files of members, with a type from our own table and nothing that a browser could run (S78)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.errors import Invalid, NotFound
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.media.places import aside
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

    etag = f'"{key}"'

    def read() -> bytes:
        with instance.media.open(key) as file:
            return file.read()

    try:
        media_type = media_type_of(key)
        if request.headers.get("if-none-match") == etag:
            if not await aside(instance.media.exists, key):
                raise NotFound(detail="media")
            return Response(status_code=304, headers={**_HEADERS, "etag": etag})
        content = await aside(read)
    except (NotFound, Invalid) as problem:
        raise NotFound(detail="media") from problem
    return Response(content, media_type=media_type, headers={**_HEADERS, "etag": etag})
