"""Pictures from elsewhere at an address of ours: a path that one of our pages named goes in, a picture goes out.

Whatever goes wrong is said in one short line, never by sending the reader to the picture's own host.
"""

from typing import Final

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fedi.errors import FediError, NotFound, Unavailable
from fedi.faces.endpoint import endpoint
from fedi.instance import Instance
from fedi.media.remote import RemoteMedia
from fedi.media.seen import ROUTE, Seen
from fedi.web.answer import is_known

_HEADERS: Final = {
    "cache-control": "public, max-age=604800",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


def routes(instance: Instance, remote: RemoteMedia | None = None) -> list[Route]:
    """The address of pictures from elsewhere. `remote`: with limits other than the usual ones."""
    seen = Seen.of(instance.config, instance.urls, instance.keyring.secret)
    source = remote or RemoteMedia(instance)

    async def answer(_instance: Instance, request: Request) -> Response:
        try:
            return await _picture(seen, source, request)
        except FediError as problem:
            return _refusal(problem)

    return [Route(ROUTE, endpoint(instance)(answer), methods=["GET"])]


async def _picture(seen: Seen, source: RemoteMedia, request: Request) -> Response:
    variant = request.path_params["variant"]
    url = seen.read(variant, request.path_params["code"], request.path_params["encoded"])
    if url is None or request.url.query:
        raise NotFound(detail="not a path of ours")
    picture = await source.show(url, variant)
    noting = BackgroundTask(source.note_use, url) if picture.is_due else None
    headers = {**_HEADERS, "etag": f'"{picture.key}"'}
    if is_known(request, headers["etag"]):
        return Response(status_code=304, headers=headers, background=noting)
    return Response(
        picture.content, media_type=picture.media_type, headers=headers, background=noting
    )


def _refusal(problem: FediError) -> Response:
    headers = {"cache-control": "no-store"}
    if isinstance(problem, Unavailable):
        headers["retry-after"] = str(problem.retry_after_s)
    return PlainTextResponse(f"{problem.message_key}\n", problem.status, headers)
