"""Where the bytes of media rest. A key and bytes enter, the same bytes leave; nothing here knows what a picture is.

Synchronous: callers run these functions in a thread. `FolderStorage` keeps files in a folder of this machine;
`BucketStorage` (bucket.py) in an object store, and another one has to pass the same contract tests.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from fedi.errors import Invalid, NotFound, Unavailable

_KEY: Final = re.compile(
    r"[0-9a-z]{16,64}(?:-[0-9a-z]{1,16})?\.(?P<extension>jpg|png|webp)", re.ASCII
)
_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_FANOUT: Final = re.compile(r"[0-9a-f]{2}", re.ASCII)
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNFINISHED: Final = ".part-"
_UNFINISHED_AFTER_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Stored:
    """One kept file: its key and its length."""

    key: str
    content_bytes: int


class MediaStorage(Protocol):
    """Keeps bytes under keys such as `<random id>.jpg` or `<random id>-small.webp`. A malformed key raises Invalid, a
    storage that cannot be reached Unavailable.
    """

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep `data` whole and durably, in place of what had this key. Raises Unavailable when there is no room."""

    def open(self, key: str) -> BinaryIO:
        """The bytes, to be read and closed by the caller. Raises NotFound."""

    def delete(self, key: str) -> bool:
        """Remove; True if something was there. Twice is harmless."""

    def exists(self, key: str) -> bool:
        """Whether something is kept under `key`."""

    def is_same(self, key: str, data: bytes) -> bool:
        """Whether exactly these bytes are kept under `key`."""

    def iterate(self) -> Iterator[Stored]:
        """Everything kept, in no order; for backups and for finding what nobody refers to."""

    def iterate_older(self, age_s: float) -> Iterator[Stored]:
        """What has been kept for longer than so many seconds."""

    def size(self) -> int:
        """Bytes kept in all."""

    def remove_unfinished(self) -> int:
        """Remove what an interrupted `put` left behind more than an hour ago; how many files that were."""


def is_key(name: str) -> bool:
    """Whether something could be kept under this name."""
    return _KEY.fullmatch(name) is not None


def media_type_of(key: str) -> str:
    """The media type our own table gives to a key, whatever a client said (S78). Raises Invalid."""
    matched = _KEY.fullmatch(key)
    if matched is None:
        raise Invalid("media.bad_key", detail="not a key of media")
    return _TYPES[matched["extension"]]


class FolderStorage:
    """Files under `root`, in two levels of folders. Folders 0700, files 0600; no symlink below `root` is followed (S77)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, key: str, data: bytes, media_type: str) -> None:
        if media_type_of(key) != media_type:
            raise Invalid("media.bad_key", detail=f"{media_type} does not go with this key")
        try:
            with self._folder_of(key, create=True) as folder:
                _write_whole(folder, key, data)
        except OSError as problem:
            if problem.errno in _NO_ROOM:
                raise Unavailable(
                    "media.no_room", detail="the disk of the media folder is full"
                ) from problem
            raise

    def open(self, key: str) -> BinaryIO:
        media_type_of(key)
        try:
            with self._folder_of(key) as folder:
                file = os.open(key, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError as problem:
            raise _absent(problem) from problem
        return os.fdopen(file, "rb")

    def delete(self, key: str) -> bool:
        media_type_of(key)
        try:
            with self._folder_of(key) as folder:
                os.unlink(key, dir_fd=folder)
                os.fsync(folder)
        except OSError as problem:
            if isinstance(_absent(problem), NotFound):
                return False
            raise
        return True

    def exists(self, key: str) -> bool:
        try:
            self.open(key).close()
        except NotFound:
            return False
        return True

    def is_same(self, key: str, data: bytes) -> bool:
        try:
            with self.open(key) as file:
                return file.read(len(data) + 1) == data
        except NotFound:
            return False

    def iterate(self) -> Iterator[Stored]:
        for entry in self._entries():
            if _KEY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                yield Stored(entry.name, entry.stat(follow_symlinks=False).st_size)

    def iterate_older(self, age_s: float) -> Iterator[Stored]:
        oldest = self._now() - age_s
        for entry in self._entries():
            if _KEY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                if found.st_mtime < oldest:
                    yield Stored(entry.name, found.st_size)

    def size(self) -> int:
        return sum(stored.content_bytes for stored in self.iterate())

    def remove_unfinished(self) -> int:
        """Remove what an interrupted `put` left behind more than an hour ago; how many files that were."""
        oldest_kept = self._now() - _UNFINISHED_AFTER_S
        removed = 0
        for entry in self._entries():
            if not entry.name.startswith(_UNFINISHED):
                continue
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < oldest_kept:
                    Path(entry.path).unlink()
                    removed += 1
        return removed

    def _now(self) -> float:
        """The time of a file made now: the clock is the one of the disk, which other machines may share."""
        probe = self._root / f"{_UNFINISHED}{secrets.token_hex(8)}"
        probe.touch(mode=0o600)
        now = probe.stat().st_mtime
        probe.unlink()
        return now

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        for outer in _folders_in(self._root):
            for inner in _folders_in(Path(outer.path)):
                with os.scandir(inner.path) as entries:
                    yield from entries

    @contextmanager
    def _folder_of(self, key: str, *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder of `key`, reached step by step so that a planted symlink stops the walk."""
        spread = hashlib.sha256(
            key.encode()
        ).hexdigest()  # ids sort by time, so their own beginning would not spread
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in (spread[:2], spread[2:4]):
                if create:
                    _make_folder(folder, name)
                inner = os.open(name, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _folders_in(parent: Path) -> list[os.DirEntry[str]]:
    with os.scandir(parent) as entries:
        return [e for e in entries if _FANOUT.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]


def _make_folder(parent: int, name: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, mode=0o700, dir_fd=parent)
        os.fsync(parent)


def _write_whole(folder: int, key: str, data: bytes) -> None:
    """Write beside, make durable, then rename: a reader sees the old bytes or the new ones, never a half."""
    part = f"{_UNFINISHED}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, key, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)
        raise
    os.fsync(folder)


def _absent(problem: OSError) -> OSError | NotFound:
    """A missing file and a planted symlink are both "nothing here"; a failing disk is not."""
    if problem.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR}:
        return NotFound("media.not_found", detail="no such file of media")
    return problem
