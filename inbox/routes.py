"""The doors for other servers: the shared inbox and one per actor. The only module here that knows the web framework."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from actors import store as actor_store
from actors.model import Actor
from fedi.errors import Gone, NotFound, TooLarge
from fedi.instance import Instance
from fedi.signatures.request import SignedRequest
from inbox.limits import HostLimits
from inbox.receive import Answer, receive

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

ACCEPT_SIGNATURE = 'sig1=("@method" "@target-uri" "content-digest");created;keyid'


def shared_inbox(instance: Instance, limits: HostLimits) -> ASGIApp:
    """The shared inbox as a plain application: during a flood nearly every request is for it."""

    async def shared(scope: Any, receive_message: Any, send: Any) -> None:
        try:
            body = await _body(scope, receive_message, instance.config.inbox.body_bytes_max)
        except TooLarge as problem:
            await _send(send, Answer(problem.status, problem.message_key))
            return
        if body is not None:
            await _send(send, await receive(instance, limits, _signed(scope, body), None))

    return shared


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
    return await receive(instance, limits, _signed(request.scope, body), recipient)


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The body, within the limit. Raises TooLarge."""
    body = await _body(request.scope, request.receive, bytes_max)
    if body is None:
        raise ClientDisconnect
    return body


def _signed(scope: Any, body: bytes) -> SignedRequest:
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return SignedRequest("POST", f"{raw}?{query}" if query else raw, headers, body)


async def _body(scope: Any, receive_message: Any, bytes_max: int) -> bytes | None:
    """The body, cut off at the limit whatever its announced length (S43); None when the sender left meanwhile.

    Raises TooLarge.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > bytes_max:
            raise TooLarge(detail="announced")
    chunks, size = [], 0
    while True:
        message = await receive_message()
        if message["type"] != "http.request":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            raise TooLarge(detail="body")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(send: Any, answer: Answer) -> None:
    headers = [(b"content-length", b"0")]
    headers += [(name.encode(), value.encode()) for name, value in _headers(answer).items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _response(answer: Answer) -> Response:
    return Response(status_code=answer.status, headers=_headers(answer))


def _headers(answer: Answer) -> dict[str, str]:
    headers = {}
    if answer.retry_after_s is not None:
        headers["retry-after"] = str(answer.retry_after_s)
    if answer.status == 401:
        # what a signature must cover, for whoever asks before knocking again (RFC 9421 5.1; Fedify does)
        headers["accept-signature"] = ACCEPT_SIGNATURE
    return headers
