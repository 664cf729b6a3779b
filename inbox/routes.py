"""The doors for other servers: the shared inbox and one per actor. The only module here that knows the web framework."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors import store as actor_store
from actors.model import Actor
from fedi.errors import Gone, NotFound, TooLarge
from fedi.instance import Instance
from fedi.signatures.request import SignedRequest
from inbox.limits import HostLimits
from inbox.receive import Answer, receive


def routes(instance: Instance, limits: HostLimits) -> list[Route]:
    """POST only: what was sent here is nobody else's to read."""

    async def shared(request: Request) -> Response:
        return _response(await _receive(instance, limits, request, None))

    async def personal(request: Request) -> Response:
        path = request.url.path.removesuffix("/inbox")
        recipient = await instance.look(lambda rx: actor_store.find(rx, instance.urls.base + path))
        if recipient is None:
            raise NotFound("error.actor_not_found", detail="inbox")
        if recipient.deleted_at is not None:
            raise Gone("error.gone", detail="inbox")
        return _response(await _receive(instance, limits, request, recipient))

    return [
        Route("/inbox", shared, methods=["POST"]),
        Route("/actor/inbox", personal, methods=["POST"]),
        Route("/actor/{id}/inbox", personal, methods=["POST"]),
    ]


async def _receive(
    instance: Instance, limits: HostLimits, request: Request, recipient: Actor | None
) -> Answer:
    body = await read_body(request, instance.config.inbox.body_bytes_max)
    raw = (request.scope.get("raw_path") or request.scope["path"].encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.scope["headers"]
    )
    signed = SignedRequest("POST", f"{raw}?{query}" if query else raw, headers, body)
    return await receive(instance, limits, signed, recipient)


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The body, cut off at the limit whatever its announced length (S43). Raises TooLarge."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise TooLarge(detail="announced")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise TooLarge(detail="body")
        chunks.append(chunk)
    return b"".join(chunks)


def _response(answer: Answer) -> Response:
    headers = {} if answer.retry_after_s is None else {"retry-after": str(answer.retry_after_s)}
    return Response(status_code=answer.status, headers=headers)
