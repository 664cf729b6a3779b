"""The form of a backup: a gzipped tar of a few known names, read and written as a stream, a piece at a time.

Any tar program can read it. We read it ourselves, since what comes may have been made by somebody else: only plain
files, only names of the table, each once, sizes within bounds, every byte under the digests at its end.
"""

import hashlib
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import msgspec

from fedi.errors import Invalid, NotFound
from fedi.media.places import MEDIA
from fedi.opening import DATABASE
from fedi.secret import SECRET

FORMAT: Final = 1
ABOUT: Final = "about.json"
CONFIG: Final = "config.toml"
DIGESTS: Final = "SHA256SUMS"
PIECE: Final = 256 * 1024
# What a hostile file may claim at most; ours are far below.
SMALL_MAX: Final = 1024 * 1024
MEDIA_MAX: Final = 64 * 1024 * 1024
DATABASE_MAX: Final = 1024**4
DIGEST_LINE: Final = 256

_BLOCK: Final = 512
_LEVEL: Final = 4
_GZIP: Final = 31
_MEDIA_NAME: Final = re.compile(
    rf"{MEDIA}/[0-9a-z]{{16,64}}(?:-[0-9a-z]{{1,16}})?\.(?:jpg|png|webp)", re.ASCII
)


class Damaged(Invalid):
    """Not a backup, or not a whole one. `detail` says where it breaks."""

    default_key = "backup.damaged"


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup says of itself first. `made_at_ms`: when the database was copied. `missing`: pictures that the
    database names and the disk had not."""

    format: int
    program: str
    base_url: str
    schema: int
    made_at_ms: int
    publications: int
    followers: int
    media: int
    missing: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to be packed: its name, its length, and how to open it."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


class Source(Protocol):
    """Something bytes are read from; nothing at the end."""

    def read(self, most: int, /) -> bytes: ...


def pack(
    entries: Iterable[Entry], count: Callable[[int], None] = lambda _n: None
) -> Iterator[bytes]:
    """The archive, piece by piece. `count` hears how many bytes of the files were taken."""
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    digests = []
    for entry in entries:
        digest = hashlib.sha256()
        try:
            opened = entry.open()
        except NotFound:
            # a picture that was withdrawn since it was counted
            continue
        yield squeeze.compress(_head(entry.name, entry.size))
        with opened as file:
            for piece in _exactly(file, entry):
                digest.update(piece)
                count(len(piece))
                yield squeeze.compress(piece)
        yield squeeze.compress(_padding(entry.size))
        digests.append(f"{digest.hexdigest()}  {entry.name}\n")
    listed = "".join(digests).encode()
    yield squeeze.compress(_head(DIGESTS, len(listed)) + listed + _padding(len(listed)))
    yield squeeze.compress(bytes(2 * _BLOCK))
    yield squeeze.flush()


class Pulled:
    """A stream of pieces, read as if it were a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, most: int = -1, /) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        if most < 0:
            most = len(self._rest)
        taken, self._rest = self._rest[:most], self._rest[most:]
        return taken


class Member:
    """A file of an archive that is being read; what is left of it is skipped when the next is asked for."""

    def __init__(self, name: str, size: int, source: "_Unzipped") -> None:
        self.name = name
        self.size = size
        self.left = size
        self.digest = hashlib.sha256()
        self._source = source

    def read(self, most: int = PIECE, /) -> bytes:
        """The next piece; nothing at the end. Raises Damaged."""
        piece = self._source.read(min(most, self.left))
        self.left -= len(piece)
        self.digest.update(piece)
        return piece

    def whole(self) -> bytes:
        """All of it. Only for what is small."""
        pieces = []
        while piece := self.read():
            pieces.append(piece)
        return b"".join(pieces)

    def skip(self) -> None:
        """Read what is left, for its digest."""
        while self.read():
            pass


def unpack(source: Source) -> Iterator[Member]:
    """The files of an archive in order, `ABOUT` first. Raises Damaged; only at its end is all of it proved."""
    plain = _Unzipped(source)
    seen: dict[str, str] = {}
    while (member := _next_member(plain)) is not None:
        if member.name == DIGESTS:
            _prove(member, seen)
            plain.end()
            return
        if member.name in seen or (not seen) != (member.name == ABOUT):
            raise Damaged(detail="order of files")
        yield member
        member.skip()
        plain.exactly(-member.size % _BLOCK)
        seen[member.name] = member.digest.hexdigest()
    raise Damaged(detail="no digests at the end")


def read_about(member: Member) -> About:
    """What the backup says of itself. Raises Damaged, or Invalid when a newer program made it."""
    try:
        about = msgspec.json.decode(member.whole(), type=About)
    except msgspec.MsgspecError as problem:
        raise Damaged(detail="about") from problem
    if about.format != FORMAT:
        raise Invalid("backup.newer", detail=f"format {about.format}")
    return about


def limit_of(name: str) -> int:
    """How large a file of this name may be; 0 for names that do not belong into a backup."""
    if name in (ABOUT, CONFIG, SECRET):
        return SMALL_MAX
    if name == DATABASE:
        return DATABASE_MAX
    # a line for each picture that there may be
    if name == DIGESTS:
        return DIGEST_LINE * 1_000_000
    return MEDIA_MAX if _MEDIA_NAME.fullmatch(name) else 0


class _Unzipped:
    """The archive without its compression, never more than asked for, whatever the compressed bytes promise."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._squeeze = zlib.decompressobj(_GZIP)
        self._waiting = b""

    def read(self, most: int, /) -> bytes:
        """At least one byte and at most so many, none when none are asked for. Raises Damaged at the end."""
        while most > 0:
            if self._squeeze.eof:
                raise Damaged(detail="ends too early")
            if not self._waiting:
                self._waiting = self._source.read(PIECE)
                if not self._waiting:
                    raise Damaged(detail="cut off")
            try:
                piece = self._squeeze.decompress(self._waiting, most)
            except zlib.error as problem:
                raise Damaged(detail="compression") from problem
            self._waiting = self._squeeze.unconsumed_tail
            if piece:
                return piece
        return b""

    def exactly(self, size: int) -> bytes:
        pieces = []
        while size > 0:
            piece = self.read(size)
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def end(self) -> None:
        """Nothing but the two empty blocks of a tar comes any more, and the stream below is at its end."""
        if any(self.exactly(2 * _BLOCK)):
            raise Damaged(detail="more after the end")
        while not self._squeeze.eof:
            try:
                if self._squeeze.decompress(self._waiting or self._more(), 1):
                    raise Damaged(detail="more after the end")
            except zlib.error as problem:
                raise Damaged(detail="compression") from problem
            self._waiting = self._squeeze.unconsumed_tail
        if self._squeeze.unused_data or self._source.read(1):
            raise Damaged(detail="more after the end")

    def _more(self) -> bytes:
        piece = self._source.read(PIECE)
        if not piece:
            raise Damaged(detail="cut off")
        return piece


def _next_member(plain: _Unzipped) -> Member | None:
    block = plain.exactly(_BLOCK)
    if not any(block):
        return None
    try:
        head = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeError, ValueError) as problem:
        raise Damaged(detail="head of a file") from problem
    # links, folders, devices and the long names of other tars have no business here, nor has any other name
    if head.type != tarfile.REGTYPE or not 0 <= head.size <= limit_of(head.name):
        raise Damaged(detail="a file that does not belong here")
    return Member(head.name, head.size, plain)


def _prove(listed: Member, seen: dict[str, str]) -> None:
    expected = "".join(f"{digest}  {name}\n" for name, digest in seen.items()).encode()
    if listed.size != len(expected) or listed.whole() != expected:
        raise Damaged(detail="digests")
    listed._source.exactly(-listed.size % _BLOCK)


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _exactly(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    left = entry.size
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise Damaged(detail=f"{entry.name} became shorter while it was read")
        left -= len(piece)
        yield piece
