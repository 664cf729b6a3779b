"""The shortest way to a document that anybody may read and that was rendered before: no routing, no database."""

from collections.abc import Awaitable, Callable
from typing import Any

from fedi.cache import DocumentCache, Rendered
from fedi.faces.documents import is_known
from fedi.web.negotiate import wants_activity

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_WEBFINGER = b"/.well-known/webfinger"
# Accept headers repeat: a handful of programs ask most of the time.
_MEMORY_MAX = 512


def with_memory(app: ASGIApp, documents: DocumentCache) -> ASGIApp:
    """`app`, answering from memory what is there. Signed requests ask for more than that and always go through."""
    wanted: dict[bytes, bool] = {}

    def wants(accept: bytes) -> bool:
        known = wanted.get(accept)
        if known is None:
            if len(wanted) >= _MEMORY_MAX:
                wanted.clear()
            known = wanted[accept] = wants_activity(accept.decode("latin-1"))
        return known

    async def remembering(scope: Any, receive: Any, send: Any) -> None:
        entry = _find(documents, scope) if scope["type"] == "http" else None
        if entry is not None:
            accept, condition = _conditions(scope["headers"])
            if scope["raw_path"] == _WEBFINGER or wants(accept):
                await _send(scope, send, entry, condition)
                return
        await app(scope, receive, send)

    return remembering


def _find(documents: DocumentCache, scope: Any) -> Rendered | None:
    if scope["method"] not in ("GET", "HEAD"):
        return None
    query = scope["query_string"]
    return documents.find(scope["raw_path"] + b"?" + query if query else scope["raw_path"])


def _conditions(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes | None]:
    accept, condition = b"", None
    for name, value in headers:
        if name == b"accept":
            accept = value
        elif name == b"if-none-match":
            condition = value
    return accept, condition


async def _send(scope: Any, send: Any, entry: Rendered, condition: bytes | None) -> None:
    if condition is not None and is_known(condition.decode("latin-1"), entry.etag):
        kept = [
            pair for pair in entry.headers if pair[0] not in (b"content-length", b"content-type")
        ]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(entry.headers)})
    await send(
        {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else entry.body}
    )
