"""One incoming connection, bounded: uvicorn's protocol with the refusals and deadlines it lacks.

Made to be safe without a proxy in front. Bytes of strangers enter; well-formed requests reach the application,
everything else gets a short constant answer and the connection ends.
"""

import asyncio
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from fedi.http.stalls import Stalls

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# (method, target, headers in lower case) → (status line and header lines, body) when the whole answer is known already.
Shortcut = Callable[[bytes, bytes, Sequence[tuple[bytes, bytes]]], tuple[bytes, bytes] | None]

_REASONS: Final = {
    400: b"Bad Request",
    408: b"Request Timeout",
    414: b"URI Too Long",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}
_BAD_IN_TARGET: Final = re.compile(rb"[^\x21\x22\x24-\x7e]")


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """Bounds of connections and requests; times in seconds, sizes in bytes.

    A body must be complete after `body_s` and, once `rate_grace_s` have passed, have come at
    `body_rate_min` per second on average. For paths that begin with one of `patient_paths` (uploads from bad
    lines) `patient_body_s` holds instead of `body_s`.
    """

    connections_max: int = 500
    connections_per_source_max: int = 32
    request_line_max: int = 8 * 1024
    headers_bytes_max: int = 32 * 1024
    header_lines_max: int = 100
    pipelined_max: int = 8
    header_s: float = 10.0
    body_s: float = 20.0
    body_rate_min: int = 1000
    rate_grace_s: float = 5.0
    keep_alive_s: float = 30.0
    write_stall_s: float = 30.0
    patient_paths: tuple[bytes, ...] = ()
    patient_body_s: float = 300.0

    @property
    def tick_s(self) -> float:
        """How often deadlines are looked at: precise enough for the shortest of them."""
        shortest = min(self.header_s, self.body_s, self.rate_grace_s, self.write_stall_s)
        return min(1.0, shortest / 4)


class Door:
    """What all connections of one server share: who is here, and the round that ends what takes too long."""

    def __init__(
        self,
        limits: DoorLimits,
        exempt: Iterable[Network] = (),
        shortcut: Shortcut | None = None,
    ) -> None:
        self.limits = limits
        self.shortcut = shortcut
        self._exempt = tuple(exempt)
        self._sources: Counter[str] = Counter()
        self._round: asyncio.TimerHandle | None = None
        self.stalls: Stalls | None = None
        self.open: set[DoorProtocol] = set()

    def admit(self, connection: "DoorProtocol", client: tuple[str, int] | None) -> str | None:
        """Let a new connection in and give its source (empty when not counted); None when there is no room."""
        if len(self.open) >= self.limits.connections_max:
            return None
        source = "" if client is None else self._source_of(client[0])
        if source:
            if self._sources[source] >= self.limits.connections_per_source_max:
                return None
            self._sources[source] += 1
        self.open.add(connection)
        return source

    def release(self, connection: "DoorProtocol", source: str) -> None:
        """A connection that was let in has ended."""
        self.open.discard(connection)
        if source:
            self._sources[source] -= 1
            if self._sources[source] <= 0:
                del self._sources[source]

    def start(self) -> None:
        """Begin the rounds, on the running loop."""
        loop = asyncio.get_running_loop()
        self._round = loop.call_later(self.limits.tick_s, self._look_around, loop)

    def stop(self) -> None:
        """End the rounds and cut what is still open."""
        if self.stalls is not None:
            self.stalls.stop()
        if self._round is not None:
            self._round.cancel()
        for connection in tuple(self.open):
            connection.transport.abort()

    def _look_around(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self.open):
            connection.check_deadlines(now)
        if self.stalls is not None and self._round is not None:
            self.stalls.round(loop, self._round.when())
        self._round = loop.call_later(self.limits.tick_s, self._look_around, loop)

    def _source_of(self, host: str) -> str:
        """What counts as one source: an IPv4 address, a /64 of IPv6. Lives in memory only while connected."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return host
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self._exempt):
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            return str(int(address) >> 64)
        return str(address)


class _NoTrailers(list[tuple[bytes, bytes]]):
    """Stands where header lines after the body would be collected: they would join headers already checked."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        raise _Refused(400)


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


_NO_TRAILERS: Final = _NoTrailers()


def _status_of(cause: BaseException | None) -> int:
    """How a request is refused that could not be read. Whoever sent a good one for which there was no memory comes again."""
    if isinstance(cause, _Refused):
        return cause.status
    return 503 if isinstance(cause, MemoryError) else 400


class DoorProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a door keeper. Checks run once per request or per read, never per header line."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        door: Door,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.url = b""
        self._door = door
        self._limits = door.limits
        self._source: str | None = None
        self._ending_since: float | None = None
        # Nothing more is read, though an answer may still be under way.
        self._is_deaf = False
        # `_head_since`: a request head is being waited for or read; None while idle or after it.
        self._head_since: float | None = None
        self._head_bytes = 0
        self._body_since: float | None = None
        self._body_bytes = 0
        self._stalled_since: float | None = None
        self._chunk = 0
        # An answer that is sent as soon as the request is complete, and since when nothing came after one.
        self._ready: tuple[bytes, bytes] | None = None
        self._idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._source = self._door.admit(self, self.client)
        if self._source is None:
            self._refuse(503)
            return
        self._head_since = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._source is not None:
            self._door.release(self, self._source)
            self._source = None
        if exc is not None:
            self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if self._is_deaf or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._idle_since = None
        self._chunk = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserCallbackError as problem:
            self._refuse(_status_of(problem.__context__))
            return
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here; the request itself is answered, then the connection ends.
            self._end_after_answer()
            return
        except httptools.HttpParserError:
            self._refuse(400)
            return
        if self._head_since is not None:
            self._count_head(len(data))
        elif self._body_since is not None:
            self._body_bytes += len(data)
        elif self._is_idle():
            # An answer went out at once, or blank lines came between requests: the wait for the next one begins.
            self._idle_since = self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
            self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._check_head()
        if self._door.shortcut is not None and self._is_free():
            method = self.parser.get_method()
            self._ready = self._door.shortcut(method, self.url, self.headers)
            if self._ready is not None:
                self._head_since = None
                return
        super().on_headers_complete()
        self.headers = _NO_TRAILERS
        self._head_since = None
        self._body_since = self.loop.time()
        self._body_bytes = 0

    def on_message_complete(self) -> None:
        if self._ready is not None:
            self._answer_at_once(*self._ready)
            self._ready = None
            return
        self._body_since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        self._stalled_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stalled_since = None
        super().resume_writing()

    def check_deadlines(self, now: float) -> None:
        """End this connection if what it is doing has taken too long."""
        if self._ending_since is not None:
            if now - self._ending_since > self._limits.tick_s:
                self.transport.abort()
        elif self._stalled_since is not None:
            if now - self._stalled_since > self._limits.write_stall_s:
                self.transport.abort()
        elif self._idle_since is not None:
            if now - self._idle_since > self._limits.keep_alive_s:
                self.transport.close()
        else:
            self._check_arrival(now)

    def _check_arrival(self, now: float) -> None:
        if self._head_since is not None:
            if now - self._head_since > self._limits.header_s:
                self._refuse(408)
        elif self._body_since is not None:
            if self.flow.read_paused:
                # The application is slow, not the sender.
                self._body_since += self._limits.tick_s
            else:
                self._check_body_speed(now - self._body_since)

    def _check_body_speed(self, elapsed_s: float) -> None:
        limits = self._limits
        whole_s = limits.body_s
        if limits.patient_paths and self.url.startswith(limits.patient_paths):
            whole_s = limits.patient_body_s
        is_slow = (
            elapsed_s > limits.rate_grace_s and self._body_bytes < elapsed_s * limits.body_rate_min
        )
        if elapsed_s > whole_s or is_slow:
            self._refuse(408)

    def _count_head(self, received: int) -> None:
        limits = self._limits
        self._head_bytes += received
        if len(self.url) > limits.request_line_max:
            self._refuse(414)
        elif self._head_bytes > limits.request_line_max + limits.headers_bytes_max:
            self._refuse(431)

    def _check_head(self) -> None:
        """Raise `_Refused` for a head that must not reach the application."""
        limits, headers, url = self._limits, self.headers, self.url
        if len(url) > limits.request_line_max:
            raise _Refused(414)
        if len(headers) > limits.header_lines_max:
            raise _Refused(431)
        if self._head_bytes + self._chunk > limits.headers_bytes_max:
            size = sum(len(name) + len(value) + 4 for name, value in headers)
            if size > limits.headers_bytes_max:
                raise _Refused(431)
        names = [name for name, _ in headers]
        if names.count(b"host") != 1 or _BAD_IN_TARGET.search(url) is not None:
            raise _Refused(400)
        if b"transfer-encoding" in names or b"upgrade" in names:
            self._check_framing(names)
        if url[:1] != b"/":
            self._check_absolute(url)
        if len(self.pipeline) >= limits.pipelined_max:
            raise _Refused(400)

    def _check_framing(self, names: list[bytes]) -> None:
        """Refuse bodies whose end another reader might see elsewhere; `Upgrade` makes the parser drop a body."""
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        has_length = b"content-length" in names
        if b"upgrade" in names and (codings or has_length):
            raise _Refused(400)
        if not codings:
            return
        is_plain = len(codings) == 1 and codings[0].strip().lower() == b"chunked"
        if has_length or not is_plain or self.parser.get_http_version() != "1.1":
            raise _Refused(400)

    def _check_absolute(self, url: bytes) -> None:
        """An absolute target must name the same authority as `Host`, or two readers see two requests."""
        scheme, _, rest = url.partition(b"://")
        authority = rest.partition(b"/")[0].lower()
        host = next(value for name, value in self.headers if name == b"host")
        if scheme.lower() not in {b"http", b"https"} or authority != host.strip().lower():
            raise _Refused(400)

    def _refuse(self, status: int) -> None:
        """Answer shortly and end; say nothing if that would fall into the middle of another answer."""
        self._is_deaf = True
        self._ending_since = self.loop.time()
        if self._may_speak():
            wait = b"retry-after: 5\r\n" if status == 503 else b""
            reason = _REASONS[status]
            self.transport.write(
                b"HTTP/1.1 %d %s\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n%sconnection: close\r\n\r\n%s"
                % (status, reason, len(reason), wait, reason)
            )
        self.transport.close()

    def _may_speak(self) -> bool:
        cycle = self._current()
        if cycle is None:
            return True
        is_body_coming = self._body_since is not None
        if cycle.response_complete:
            # Answered early: another answer to the same request would be taken for the next one's.
            return not is_body_coming
        return is_body_coming and not cycle.response_started

    def _is_idle(self) -> bool:
        cycle = self._current()
        return (cycle is None or cycle.response_complete) and not self.pipeline

    def _is_free(self) -> bool:
        """Whether an answer may go out at once: nothing is under way before it, and the connection stays."""
        return (
            self._is_idle()
            and self._stalled_since is None
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
        )

    def _answer_at_once(self, head: bytes, body: bytes) -> None:
        """Without a task, a scope or an application: half of what an answer from memory would cost otherwise."""
        self.server_state.total_requests += 1
        own = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        self.transport.write(b"".join((head, *own, b"\r\n", body)))

    def _current(self) -> RequestResponseCycle | None:
        return self.cycle

    def _end_after_answer(self) -> None:
        self._is_deaf = True
        cycle = self._current()
        if cycle is None or cycle.response_complete:
            self.transport.close()
        else:
            cycle.keep_alive = False

    def _unsupported_upgrade_warning(self) -> None:
        """Strangers do not write into our log."""
