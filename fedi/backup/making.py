"""Making a backup beside a running server: one moment of the database, its pictures, secret and settings, in one file.

Synchronous: it runs in the process of the command or in a thread. The file appears whole, proved by reading it back, or
not at all. The copy of the database rests in the data folder, where the database itself is, and has no name from the
moment it is complete: a process that is killed leaves nothing behind but what the next one sweeps away.
"""

import asyncio
import errno
import io
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from fedi.backup import envelope, shelf
from fedi.backup.archive import ABOUT, CONFIG, FORMAT, About, Damaged, Entry, Pulled, pack, unpack
from fedi.clock import to_ms
from fedi.config import DatabaseConfig
from fedi.db.beside import Glance, copy_moment, glance, weight
from fedi.db.engine import Reader
from fedi.db.moving import SqliteSide, copy_all
from fedi.errors import Conflict, SetupError, Unavailable
from fedi.media.places import MEDIA
from fedi.media.storage import FolderStorage, MediaStorage
from fedi.opening import DATABASE, lock_backups
from fedi.secret import SECRET, load, true_one

COPY: Final = "backup.copy"
# What stays free: the server has to go on writing.
ROOM_LEFT: Final = 50 * 1024 * 1024
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be backed up, where to, and for whom; without recipients nothing is encrypted."""

    data: Path
    folder: Path
    base_url: str
    recipients: Sequence[str]
    config_file: Path | None
    now: datetime
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    pictures: MediaStorage | None = None

    @property
    def media(self) -> MediaStorage:
        """Where the pictures are: in the data folder unless it was said."""
        return self.pictures or FolderStorage(self.data / MEDIA)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written and read back."""

    file: Path
    size_bytes: int
    about: About


@dataclass(frozen=True, slots=True)
class _Plan:
    about: About
    entries: Sequence[Entry]
    size_bytes: int


# How much of how much is done.
Progress = Callable[[int, int], None]


def free_bytes(folder: Path) -> int:
    """Room for this user on the disk of a folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def make(
    wish: Wish,
    progress: Progress = lambda _done, _of: None,
    *,
    room: Callable[[Path], int] = free_bytes,
) -> Made:
    """Write a backup. Raises Conflict when one is being written, Unavailable when there is no room, SetupError when the
    database is damaged or a folder cannot be used. `room`: how many bytes are free in a folder.
    """
    envelope.check_recipients(wish.recipients)
    with lock_backups(wish.data):
        try:
            wish.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shelf.sweep(wish.folder, wish.base_url)
            _check_room(wish, room)
            with _copied(wish) as (database, rx):
                return _write(wish, _plan(wish, database, rx), progress)
        except sqlite3.Error as problem:
            raise SetupError("backup.database", why=str(problem)) from problem
        except OSError as problem:
            if problem.errno in NO_ROOM:
                raise Unavailable("backup.no_room", retry_after_s=300) from problem
            raise SetupError(
                "backup.folder", folder=str(wish.folder), why=problem.strerror or ""
            ) from problem


class _Left(Exception):
    """Nobody waits for this backup any more."""


async def make_aside(wish: Wish, progress: Progress = lambda _done, _of: None) -> Made:
    """The same in a thread, which ends soon, and leaves nothing, when whoever waits for it is cancelled."""
    left = threading.Event()

    def go_on(done: int, of: int) -> None:
        if left.is_set():
            raise _Left
        progress(done, of)

    try:
        return await asyncio.to_thread(make, wish, go_on)
    finally:
        left.set()


def _check_room(wish: Wish, room: Callable[[Path], int]) -> None:
    """Refuse early what cannot end well. Text shrinks to less than half, pictures do not shrink."""
    copy = _weight(wish)
    media = wish.media.size()
    needs = [(wish.data, copy), (wish.folder, copy // 2 + media)]
    if wish.data.stat().st_dev == wish.folder.stat().st_dev:
        needs = [(wish.data, copy + copy // 2 + media)]
    for folder, need in needs:
        free = room(folder)
        if free < need + ROOM_LEFT:
            raise Unavailable(
                "backup.too_little_room",
                folder=str(folder),
                need=(need + ROOM_LEFT) // _MIB + 1,
                free=free // _MIB,
            )


def _weight(wish: Wish) -> int:
    if not wish.database.url:
        return weight(wish.data / DATABASE)
    from fedi.db.postgres_beside import weigh_beside  # noqa: PLC0415 - a library that most never need

    return weigh_beside(wish.database.url, wish.database.password)


def _copy(wish: Wish, copy: Path) -> None:
    """One moment of the database as a file, whichever engine it is kept in."""
    if not wish.database.url:
        # a copy is written anew: it would be sound without the rows that the damage hides
        with glance(wish.data / DATABASE) as rx:
            _check_sound(rx)
        copy_moment(wish.data / DATABASE, copy)
        return
    from fedi.db.postgres_beside import PostgresSide  # noqa: PLC0415 - a library that most never need

    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    source = PostgresSide(wish.database.url, wish.database.password, is_source=True)
    with closing(source), closing(SqliteSide(copy, is_source=False)) as target:
        copy_all(source, target)


def _check_sound(rx: Glance) -> None:
    found = rx.integrity()
    if found != "ok":
        raise SetupError("backup.database", why=found[:200])


@contextmanager
def _copied(wish: Wish) -> Iterator[tuple[BinaryIO, Reader]]:
    """One moment of the database: its bytes, and a look into it. Raises SetupError when it is damaged."""
    copy = wish.data / COPY
    for left in (copy, wish.data / f"{COPY}-journal"):
        left.unlink(missing_ok=True)
    try:
        _copy(wish, copy)
        with copy.open("rb") as file, glance(copy, is_unchanging=True) as rx:
            rx.one("SELECT 1 FROM schema_version")
            copy.unlink()
            _check_sound(rx)
            yield file, rx
    finally:
        copy.unlink(missing_ok=True)


def _plan(wish: Wish, database: BinaryIO, rx: Reader) -> _Plan:
    storage = wish.media
    # one list instead of a question for each picture: a store may be far away
    sizes = {each.key: each.content_bytes for each in storage.iterate()}
    named = list_media(rx)
    pictures = [
        Entry(f"{MEDIA}/{key}", sizes[key], partial(storage.open, key))
        for key in named
        if key in sizes
    ]
    missing = len(named) - len(pictures)
    about = describe(rx, wish.base_url, to_ms(wish.now), len(pictures), missing)
    small = {ABOUT: msgspec.json.encode(about)}
    if wish.config_file is not None and wish.config_file.is_file():
        small[CONFIG] = wish.config_file.read_bytes()
    small[SECRET] = true_one(wish.data, rx, load(wish.data, has_database=True))
    size = os.fstat(database.fileno()).st_size
    entries = [
        *(Entry(name, len(data), partial(io.BytesIO, data)) for name, data in small.items()),
        Entry(DATABASE, size, partial(_again, database)),
        *pictures,
    ]
    return _Plan(about, entries, sum(each.size for each in entries))


def describe(rx: Reader, base_url: str, made_at_ms: int, media: int, missing: int) -> About:
    """What a backup of this database says of itself."""
    return About(
        format=FORMAT,
        program=_program(),
        base_url=base_url,
        schema=_count(rx.one("SELECT MAX(version) FROM schema_version")),
        made_at_ms=made_at_ms,
        publications=_count(rx.one("SELECT COUNT(*) FROM publication WHERE is_local")),
        followers=_count(
            rx.one(
                "SELECT COUNT(*) FROM follow f JOIN actor a ON a.uri = f.followed_uri "
                "WHERE a.role <> 'remote' AND f.state = 'accepted'"
            )
        ),
        media=media,
        missing=missing,
    )


def list_media(rx: Reader) -> Sequence[str]:
    """The keys of all pictures that a database names."""
    rows = rx.all("SELECT media_key, small_key FROM media ORDER BY id")
    return [str(key) for row in rows for key in row if key]


def _count(row: Sequence[object] | None) -> int:
    return int(str(row[0])) if row and row[0] is not None else 0


def _again(file: BinaryIO) -> BinaryIO:
    """The same open file from its start; closing what is returned leaves it open."""
    file.seek(0)
    return os.fdopen(os.dup(file.fileno()), "rb")


def _write(wish: Wish, plan: _Plan, progress: Progress) -> Made:
    target = wish.folder / shelf.name_of(wish.base_url, wish.now, is_sealed=bool(wish.recipients))
    if target.exists():
        raise Conflict("backup.exists", file=str(target))
    part = wish.folder / f".{target.name}{shelf.UNFINISHED}"
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress(done, 2 * plan.size_bytes)

    # a key that nobody keeps, only for reading back what was written: then it is gone
    proving, prover = envelope.new_identity()
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o600), "w+b") as file:
            pieces = Pulled(pack(plan.entries, count))
            if wish.recipients:
                envelope.seal(pieces, file, [*wish.recipients, prover])
            else:
                while piece := pieces.read():
                    file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            # what is read back comes from the disk, not from memory
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            _read_back(file, plan, [proving], count)
            size = os.fstat(file.fileno()).st_size
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(wish.folder)
    return Made(target, size, plan.about)


def _read_back(
    file: BinaryIO, plan: _Plan, identities: Sequence[str], count: Callable[[int], None]
) -> None:
    expected = {each.name for each in plan.entries}
    found = set()
    with envelope.opened(file, identities) as inside:
        for member in unpack(inside):
            found.add(member.name)
            member.skip()
            count(member.size)
    # a picture may have been withdrawn in the meantime
    if {name for name in expected - found if not name.startswith(f"{MEDIA}/")} or found - expected:
        raise Damaged(detail="what was written is not what was meant")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the disk knows of such a thing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _program() -> str:
    try:
        return version("mujawara")
    except PackageNotFoundError:
        return "0"
