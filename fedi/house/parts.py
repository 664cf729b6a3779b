"""A multipart body, read as it comes: texts whole, files as far as who sends them may bring any.

Bytes of files are counted and bounded before they rest anywhere. Nothing of what is not kept touches a disk: somebody without a
session may fill no temporary file, and still gets back the words that came beside a picture.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from fedi.errors import Invalid, TooLarge, Unavailable

PARTS_MAX: Final = 400
TEXT_BYTES_MAX: Final = 2 * 1024 * 1024
# Above it a file rests on the disk, without a name, until all of the form is here.
MEMORY_BYTES: Final = 1024 * 1024
# Of all forms that are under way in this process.
HELD_BYTES_MAX: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Brings:
    """Which files a form may bring: how many, how large each, and all of them together.

    Of what is larger one byte more is kept, so that whoever looks at it sees that it is too large and can say so beside the
    words that came with it.
    """

    files: int = 0
    each_bytes: int = 0
    all_bytes: int = 0


NOTHING: Final = Brings()


@dataclass(slots=True)
class Held:
    """How much of files is held by forms that are under way. One for the whole process."""

    most: int = HELD_BYTES_MAX
    bytes: int = 0

    @contextmanager
    def claim(self) -> Iterator["Claim"]:
        """Room for one form, given back at the end."""
        claim = Claim(self)
        try:
            yield claim
        finally:
            self.bytes -= claim.bytes


@dataclass(slots=True)
class Claim:
    """What one form takes of it."""

    held: Held
    bytes: int = 0

    def take(self, count: int) -> None:
        """So much more. Raises Unavailable when others hold all there is."""
        if self.held.bytes + count > self.held.most:
            raise Unavailable("media.busy", detail="forms under way", retry_after_s=30)
        self.bytes += count
        self.held.bytes += count


HELD: Final = Held()


@dataclass(slots=True)
class Part:
    """A field that came: `content` is what was kept of it; `file_name` is None for a text."""

    name: str
    file_name: str | None
    content: bytes = b""


async def read_parts(
    content_type: str, body: AsyncIterator[bytes], brings: Brings, claim: Claim | None
) -> list[Part]:
    """Every part, in order. Without a claim files come back empty.

    Raises Invalid for what is no such body or has too many parts, TooLarge, Unavailable.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    # browsers write in the encoding of the page; any other is a way to spell what no check expects
    if not boundary or options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise Invalid("house.form", detail="boundary or encoding")
    reading = _Reading(brings, claim)
    with closing(reading):
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": reading.begin,
                    "on_part_data": reading.take,
                    "on_part_end": reading.end,
                    "on_header_begin": reading.begin_header,
                    "on_header_field": reading.take_header_name,
                    "on_header_value": reading.take_header_value,
                    "on_headers_finished": reading.name,
                    "on_end": reading.finish,
                },
            )
            async for piece in body:
                parser.write(piece)
                await reading.write()
            parser.finalize()
        except FormParserError as problem:
            raise Invalid("house.form", detail="parts") from problem
        if not reading.is_whole:
            raise Invalid("house.form", detail="cut off")
        if reading.is_heavy:
            return await asyncio.to_thread(reading.collect)
        return reading.collect()


@dataclass(slots=True)
class _Under:
    """A part that is under way."""

    part: Part
    file: "SpooledTemporaryFile[bytes] | None" = None
    text: bytearray = field(default_factory=bytearray)
    kept: int = 0


class _Reading:
    """What the parser tells, put together."""

    def __init__(self, brings: Brings, claim: Claim | None) -> None:
        self.is_whole = False
        self._brings = brings
        self._claim = claim
        self._parts: list[_Under] = []
        self._files = self._text_bytes = self._file_bytes = 0
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: list[tuple[bytearray, bytearray]] = []
        self._waiting: list[tuple[SpooledTemporaryFile[bytes], bytes]] = []

    @property
    def is_heavy(self) -> bool:
        """Whether a file may have gone to the disk."""
        return self._file_bytes > MEMORY_BYTES

    def begin(self) -> None:
        if len(self._parts) >= PARTS_MAX:
            raise Invalid("house.form", detail="too many parts")
        self._headers = []

    # how many and how long header lines are is bounded by the parser
    def begin_header(self) -> None:
        self._header = (bytearray(), bytearray())
        self._headers.append(self._header)

    def take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def name(self) -> None:
        said = [value for name, value in self._headers if name.lower() == b"content-disposition"]
        _, options = parse_options_header(bytes(said[-1]) if said else b"")
        if b"name" not in options:
            raise Invalid("house.form", detail="a part without a name")
        under = _Under(Part(_text(options[b"name"]), None))
        if b"filename" in options:
            self._files += 1
            if self._files > self._brings.files:
                raise Invalid("house.form", detail="too many files")
            under.part.file_name = options[b"filename"].decode("utf-8", "replace")
            if self._claim is not None:
                under.file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed with the rest
        self._parts.append(under)

    def take(self, data: bytes, start: int, end: int) -> None:
        under = self._parts[-1]
        if under.part.file_name is None:
            self._text_bytes += end - start
            if self._text_bytes > TEXT_BYTES_MAX:
                raise TooLarge("house.form_large", detail="texts")
            under.text.extend(data[start:end])
        elif under.file is not None and self._claim is not None:
            room = min(
                self._brings.each_bytes + 1 - under.kept,
                self._brings.all_bytes + 1 - self._file_bytes,
            )
            count = min(end - start, room)
            if count > 0:
                self._claim.take(count)
                under.kept += count
                self._file_bytes += count
                self._waiting.append((under.file, data[start : start + count]))

    def end(self) -> None:
        under = self._parts[-1]
        if under.part.file_name is None:
            under.part.content = bytes(under.text)
            under.text = bytearray()

    def finish(self) -> None:
        self.is_whole = True

    async def write(self) -> None:
        """Put away what came of files."""
        if not self._waiting:
            return
        if self.is_heavy:
            await asyncio.to_thread(self._write)
        else:
            self._write()

    def _write(self) -> None:
        for file, piece in self._waiting:
            file.write(piece)
        self._waiting = []

    def collect(self) -> list[Part]:
        for under in self._parts:
            if under.file is not None:
                under.file.seek(0)
                under.part.content = under.file.read()
        return [under.part for under in self._parts]

    def close(self) -> None:
        for under in self._parts:
            if under.file is not None:
                under.file.close()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        raise Invalid("house.form", detail="a name") from problem
