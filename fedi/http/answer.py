"""One answer of another server while it arrives: bounded at every byte, read by the parser of httptools.

A body counts only where the status is 2xx and the caller wants it whole; in every other case the status is the answer, and
what follows may be cut, broken or nonsense.
"""

import zlib
from typing import Any, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from fedi.errors import RemoteError, RemoteMalformed, RemoteUnreachable
from fedi.http.transport import Limits, Response

HEAD_BYTES_MAX: Final = 64 * 1024
HEADERS_MAX: Final = 200
INTERIM_MAX: Final = 8
# By how much gzip may be longer than what it packs: its head, and a few bytes for each block.
_PACKING: Final = 64 * 1024
_WITHOUT_BODY: Final = frozenset({204, 304})


class Answer:
    """What has arrived so far. `problem` is set at the first fault; `is_whole` when nothing more belongs to it."""

    __slots__ = (
        "_body",
        "_cuts",
        "_headers",
        "_held",
        "_interim",
        "_limits",
        "_names",
        "_parser",
        "_size",
        "_stays_open",
        "_url",
        "has_begun",
        "has_head",
        "is_followed",
        "is_whole",
        "problem",
        "status",
    )

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = url
        self._limits = limits
        self._headers: dict[str, str] = {}
        self._names = 0
        self._size = 0
        self._held = 0
        self._interim = 0
        self._body: _Bounded | None = None
        self._cuts = limits.cut
        self.status = 0
        self._stays_open = False
        self.has_begun = self.has_head = self.is_whole = self.is_followed = False
        self.problem: RemoteError | None = None
        self._parser = HttpResponseParser(self)
        # Line ends of other servers are not always theirs to choose; how long a body is, is never guessed.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def only_status_counts(self) -> bool:
        """Whether the head was read and says that the body is not needed whole."""
        return self.has_head and self._cuts

    def feed(self, data: bytes) -> bool:
        """Take what arrived; whether the answer is settled: it is whole, or has a problem."""
        self.has_begun = True
        self._held += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail(RemoteUnreachable(detail="protocol"))
        except HttpParserError:
            if self.is_whole:
                self.is_followed = True
            else:
                self._fail(RemoteUnreachable(detail="protocol"))
        if not self.has_head and self.problem is None:
            # the names and values that are not complete yet are held by the parser
            self._size += len(data)
            if self._size > 2 * HEAD_BYTES_MAX:
                self._fail(RemoteMalformed(detail="too_large"))
        elif self._held > 2 * HEAD_BYTES_MAX and not self.is_whole:
            # lines after a body in chunks, which the parser holds as well, and never ends to read
            self._fail(RemoteMalformed(detail="too_large", http_status=self.status))
        return self.is_whole or self.problem is not None

    def end(self) -> bool:
        """The connection was closed in an orderly way; whether that ends the body properly."""
        if self.has_head and not self.is_whole and self._lasts_until_the_end():
            self.is_whole = True
        return self.is_whole

    def may_stay_open(self) -> bool:
        """Whether another request may follow on the connection."""
        return self._stays_open and self.problem is None and not self.is_followed

    def response(self) -> Response:
        """The answer. Raises RemoteMalformed for a body that cannot be used and is needed."""
        if self.problem is not None and not self.only_status_counts:
            raise self.problem
        return Response(self.status, self._headers, self._collected(), self._url)

    def _collected(self) -> bytes:
        if self._body is None or (self.only_status_counts and self.problem is not None):
            return b""
        return self._body.collected() if self._cuts else self._body.finish()

    def _lasts_until_the_end(self) -> bool:
        coding = self._headers.get("transfer-encoding")
        if coding is not None:
            return not coding.rstrip().lower().endswith("chunked")
        return "content-length" not in self._headers

    def _fail(self, problem: RemoteError) -> None:
        if self.problem is None:
            self.problem = problem

    # What the parser calls. Nothing here may raise: it would only stop the parser, and say less.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._names += 1
        self._size += len(name) + len(value) + 4
        if self._names > HEADERS_MAX or self._size > HEAD_BYTES_MAX:
            self._fail(RemoteMalformed(detail="too_large"))
            return
        if self.has_head:
            # what follows a body in chunks is nothing that anybody announced
            return
        key = name.decode("ascii", "replace").lower()
        text = value.decode("utf-8", "surrogateescape").strip()
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self.is_whole:
            return
        self.status = self._parser.get_status_code()
        if self._parser.get_http_version() not in {"1.0", "1.1"}:
            self._fail(RemoteUnreachable(detail="protocol"))
        if self.status < 200:
            return
        self.has_head = True
        self._cuts = self._limits.cut or self.status >= 300
        if self.status in _WITHOUT_BODY:
            return
        try:
            encoding = self._headers.get("content-encoding", "")
            self._body = _Bounded(self._limits.body_bytes_max, encoding)
        except RemoteMalformed as problem:
            self._fail(problem)

    def on_body(self, chunk: bytes) -> None:
        self._held = 0
        if self._body is None or self.problem is not None or self.is_whole:
            return
        try:
            if self._body.add(chunk):
                return
        except zlib.error:
            self._fail(RemoteMalformed(detail="encoding", http_status=self.status))
            return
        if self._cuts:
            self.is_whole = self.is_followed = True
        else:
            self._fail(RemoteMalformed(detail="too_large", http_status=self.status))

    def on_message_complete(self) -> None:
        if self.is_whole:
            return
        if 100 <= self.status < 200 and not self.has_head:
            self._interim += 1
            self._headers.clear()
            if self._interim > INTERIM_MAX:
                self._fail(RemoteUnreachable(detail="protocol"))
        else:
            self.is_whole = True
            self._stays_open = self._parser.should_keep_alive()

    def on_message_begin(self) -> None:
        if self.is_whole:
            self.is_followed = True


class _Bounded:
    """Collects a body, decoding gzip, and never holds more than the limit. Raises RemoteMalformed for other encodings."""

    def __init__(self, limit: int, encoding: str) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._packed = 0
        self._gzip: Any = None
        encoding = encoding.strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding not in {"", "identity"}:
            raise RemoteMalformed(detail="encoding")

    def add(self, chunk: bytes) -> bool:
        """False when the limit is passed; what was collected until then stays. Raises zlib.error."""
        room = self._limit - self._size
        if self._gzip is not None:
            self._packed += len(chunk)
            if self._packed > self._limit + _PACKING:
                # packing makes nothing longer: this is padding, which is kept after the end and read for ever before it
                return False
            if self._gzip.eof:
                return True
            chunk = self._gzip.decompress(chunk, room + 1)
        self._parts.append(chunk[:room])
        self._size += min(len(chunk), room)
        return len(chunk) <= room

    def finish(self) -> bytes:
        """The whole body; refuses a compressed one that ended too early."""
        if self._gzip is not None and not self._gzip.eof:
            raise RemoteMalformed(detail="encoding")
        return self.collected()

    def collected(self) -> bytes:
        return b"".join(self._parts)
