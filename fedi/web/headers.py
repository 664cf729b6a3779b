"""What every answer carries to keep browsers from doing more than reading (S71). A header already set is left as it is."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

CONTENT_POLICY: Final = (
    "default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    b"content-security-policy": CONTENT_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), interest-cohort=(), browsing-topics=()",
}
_OVER_HTTPS: Final = {b"strict-transport-security": b"max-age=31536000"}


def headers_for_all(*, https: bool) -> dict[bytes, bytes]:
    """What every answer under our first name carries. `https`: whether the configured address is (S73)."""
    return {**_ALWAYS, **(_OVER_HTTPS if https else {})}


def with_security_headers(app: ASGIApp, *, https: bool, onion: str = "") -> ASGIApp:
    """`app` with the headers on each of its answers. `https`: of the configured address, not of the request.

    `onion`: our second name, if any. There plain http is right, and pages elsewhere tell of it (S93).
    """
    first_name = headers_for_all(https=https)

    async def guarded(scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        is_onion = onion != "" and (b"host", onion.encode()) in (
            (name, value.lower()) for name, value in scope["headers"]
        )
        wanted = _ALWAYS if is_onion else first_name

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower(): value for name, value in headers}
                headers += [(name, value) for name, value in wanted.items() if name not in present]
                is_page = present.get(b"content-type", b"").startswith(b"text/html")
                if onion and not is_onion and is_page:
                    headers.append((b"onion-location", _here(scope, onion)))
                message["headers"] = headers
            await send(message)

        await app(scope, receive, send_with_headers)

    return guarded


def _here(scope: Any, host: str) -> bytes:
    """The same address under another name, byte for byte."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return b"http://" + host.encode() + path + (b"?" + query if query else b"")
