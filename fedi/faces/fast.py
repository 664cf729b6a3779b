"""The shortest ways to a document that anybody may read and that was rendered before: no routing, no database.

The door itself answers what comes most often (`KnownAnswers`); whatever is a little unusual, a condition on the method or
a second name of ours, is answered from the same memory by the application (`with_memory`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fedi.cache import DocumentCache, Rendered
from fedi.faces.asker import Askers
from fedi.faces.documents import PROVED, ForProved, is_known
from fedi.instance import Instance
from fedi.web.negotiate import wants_activity

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_WEBFINGER = b"/.well-known/webfinger"
# Accept headers repeat: a handful of programs ask most of the time.
_MEMORY_MAX = 512
# Heads of answers ready to be sent, beside the bodies that the memory of documents bounds.
_HEADS_MAX = 4096
# While somebody's answer is being made, whoever asks for the same waits for it, but no longer than this: it may be one that
# hangs on somebody's key.
MAKING_S = 1.0
# With one of these, more follows or more is wanted than an answer.
_UNUSUAL = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class KnownAnswers:
    """What is in memory, as whole answers; a `Shortcut` for the door."""

    def __init__(
        self, documents: DocumentCache, host: bytes, always: Mapping[bytes, bytes]
    ) -> None:
        """`host`: our first name; `always`: the headers that each answer carries under it."""
        self._documents = documents
        self._host = host
        self._always = always
        self._wants = _wanting()
        self._heads: dict[bytes, tuple[Rendered, bytes, bytes]] = {}

    def __call__(
        self, method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> tuple[bytes, bytes] | None:
        """(status line and header lines, body), or None for what is not known or asked for in an unusual way."""
        entry = self._documents.find(target) if method == b"GET" else None
        if entry is None:
            return None
        asked, accept, condition = b"", b"", None
        for name, value in headers:
            if name == b"host":
                asked = value
            elif name == b"accept":
                accept = value
            elif name == b"if-none-match":
                condition = value
            elif name in _UNUSUAL:
                return None
        if asked != self._host or not (self._wants(accept) or _is_for_programs(target)):
            return None
        self._documents.at_door += 1
        _, whole, same = self._heads_of(target, entry)
        if condition is not None and is_known(condition.decode("latin-1"), entry.etag):
            return same, b""
        return whole, entry.body

    def _heads_of(self, target: bytes, entry: Rendered) -> tuple[Rendered, bytes, bytes]:
        found = self._heads.get(target)
        if found is None or found[0] is not entry:
            if len(self._heads) >= _HEADS_MAX:
                self._heads.clear()
            names = {name for name, _ in entry.headers}
            more = [pair for pair in self._always.items() if pair[0] not in names]
            whole = _lines(b"200 OK", [*entry.headers, *more])
            same = _lines(b"304 Not Modified", [*_of_unchanged(entry), *more])
            found = self._heads[target] = (entry, whole, same)
        return found


def with_memory(app: ASGIApp, documents: DocumentCache) -> ASGIApp:
    """`app`, answering from memory what is there."""
    wants = _wanting()
    making: dict[bytes, asyncio.Event] = {}

    def is_kept(target: bytes) -> bool:
        return any(documents.find(key) is not None for key in (target, PROVED + target))

    async def remembering(scope: Any, receive: Any, send: Any) -> None:
        target = _target(scope) if scope["type"] == "http" else b""
        accept, condition = _conditions(scope["headers"]) if target else (b"", None)
        if not target or not (wants(accept) or _is_for_programs(scope["raw_path"])):
            await app(scope, receive, send)
            return
        if target in making and not is_kept(target):
            with suppress(TimeoutError):
                async with asyncio.timeout(MAKING_S):
                    await making[target].wait()
        entry = documents.find(target)
        if entry is not None:
            documents.from_memory += 1
            await _send(scope, send, entry, condition)
            return
        if target in making:
            await app(scope, receive, send)
            return
        made = making[target] = asyncio.Event()

        async def telling(message: Any) -> None:
            # whoever reads slowly keeps nobody waiting
            end()
            await send(message)

        def end() -> None:
            made.set()
            if making.get(target) is made:
                del making[target]

        try:
            await app(scope, receive, telling)
        finally:
            end()

    return remembering


def with_proof(app: ASGIApp, instance: Instance) -> ASGIApp:
    """`app`, answering from memory who proves who they are, where documents are for known servers only (S87)."""
    if instance.config.instance.posture == "open":
        return app
    documents, askers = instance.documents, Askers(instance)
    wants = _wanting()

    async def proving(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            query = scope["query_string"]
            target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
            entry = documents.find(PROVED + target)
            headers = scope["headers"]
            if isinstance(entry, ForProved) and any(name == b"signature" for name, _ in headers):
                accept, condition = _conditions(headers)
                may = wants(accept) and await askers.may_be_told(target, headers, entry.author_uri)
                # looking the key up may take as long as its server likes, and the words may be withdrawn meanwhile
                if may and documents.find(PROVED + target) is entry:
                    documents.from_memory += 1
                    await _send(scope, send, entry, condition)
                    return
        await app(scope, receive, send)

    return proving


def _wanting() -> Callable[[bytes], bool]:
    """Whether an Accept header asks for a document rather than a page; what was asked before is remembered."""
    wanted: dict[bytes, bool] = {}

    def wants(accept: bytes) -> bool:
        known = wanted.get(accept)
        if known is None:
            if len(wanted) >= _MEMORY_MAX:
                wanted.clear()
            known = wanted[accept] = wants_activity(accept.decode("latin-1"))
        return known

    return wants


def _is_for_programs(target: bytes) -> bool:
    """Whether there is no page at this address, so that it does not matter what the asker would like."""
    return target.partition(b"?")[0] == _WEBFINGER


def _lines(status: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"".join((b"HTTP/1.1 %b\r\n" % status, *lines))


def _of_unchanged(entry: Rendered) -> list[tuple[bytes, bytes]]:
    """The headers of an answer without a body."""
    return [pair for pair in entry.headers if pair[0] not in (b"content-length", b"content-type")]


def _target(scope: Any) -> bytes:
    """What is asked for, as documents are remembered by; empty when nothing is read."""
    if scope["method"] not in ("GET", "HEAD"):
        return b""
    query = scope["query_string"]
    found: bytes = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
    return found


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
        await send({"type": "http.response.start", "status": 304, "headers": _of_unchanged(entry)})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(entry.headers)})
    await send(
        {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else entry.body}
    )
