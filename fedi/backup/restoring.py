"""Starting again from a backup, in an empty data folder: all of it or nothing.

A mark in the folder says that it is not finished; no server starts while it is there, and the next attempt begins by
removing what the one before left. Without the mark the folder holds a whole instance.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from fedi.backup import epoch
from fedi.backup.archive import CONFIG, About, Damaged, Member, read_about
from fedi.backup.checking import examine, reading, refuse_newer
from fedi.backup.making import NO_ROOM, ROOM_LEFT, free_bytes, sync_folder
from fedi.clock import Clock, from_ms, to_ms
from fedi.config import Config, load_config, parse_config
from fedi.db.beside import glance
from fedi.db.engine import Writer
from fedi.db.migrate import migrate
from fedi.db.moving import Side, SqliteSide, copy_all, refuse_full
from fedi.db.sqlite import open_sqlite
from fedi.errors import Conflict, Invalid, SetupError, Unavailable
from fedi.media.places import MEDIA, check_place, open_place
from fedi.media.storage import media_type_of
from fedi.opening import DATABASE, LOCK, RESTORING, lock_folder
from fedi.secret import SECRET, SECRET_BYTES
from fedi.unit import Unit
from fedi.urls import Urls

# What a new disk may hold of its own.
_NOTHING: Final = frozenset({LOCK, "lost+found"})
_JOURNALS: Final = ("-wal", "-shm", "-journal")
# A backup from the future is one of a machine whose clock is wrong: then nothing is known about what is old.
_AHEAD: Final = timedelta(hours=1)
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """`config_file`: where the settings belong; one that is there already counts instead of that of the backup.
    `resend`: send what waited when the backup was made, however old it is.
    """

    file: Path
    identities: Sequence[str]
    config_file: Path
    environment: Mapping[str, str]
    resend: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands again. `wrote_config`: whether the settings of the backup were written."""

    about: About
    config: Config
    wrote_config: bool
    ended: epoch.Ended


@dataclass(frozen=True, slots=True)
class _Small:
    """What comes before the database, and the database itself, not read yet."""

    about: About
    config: bytes | None
    secret: bytes
    database: Member


def restore(
    order: Order, clock: Clock, on_bytes: Callable[[int], None] = lambda _n: None
) -> Restored:
    """Restore into the empty data folder that the settings name. Raises FediError; then nothing of it is left there."""
    with contextlib.ExitStack() as stack:
        try:
            with reading(order.file, order.identities, on_bytes) as members:
                small = _read_small(members)
                _check_moment(small.about, clock)
                config, text = _choose_settings(order, small)
                finish = stack.enter_context(_prepared(config.data_folder))
                server = stack.enter_context(_server(config))
                keep = stack.enter_context(_pictures(config))
                pictures = _lay_down(config.data_folder, small, members, keep)
            # only now is it proved that the file is whole
            _examine(config.data_folder, small, pictures)
            ended = asyncio.run(_begin(order, config, small.about, clock))
            if server is not None:
                _carry(config.data_folder / DATABASE, server)
        except sqlite3.Error as problem:
            raise Damaged(detail="database") from problem
        except OSError as problem:
            raise _meaning(problem) from problem
        if text is not None:
            _write_config(order.config_file, text)
        finish()
        return Restored(small.about, config, text is not None, ended)


def _read_small(members: Iterator[Member]) -> _Small:
    about, config, secret = None, None, b""
    for member in members:
        if about is None:
            about = read_about(member)
            refuse_newer(about)
        elif member.name == CONFIG:
            config = member.whole()
        elif member.name == SECRET:
            secret = member.whole()
        elif member.name == DATABASE and len(secret) == SECRET_BYTES:
            return _Small(about, config, secret, member)
        else:
            break
    raise Damaged(detail="order of files")


def _check_moment(about: About, clock: Clock) -> None:
    """Made later than now means that a clock is wrong: then nobody knows what is old."""
    if from_ms(about.made_at_ms) > clock.now() + _AHEAD:
        raise Invalid("backup.from_the_future")


def _choose_settings(order: Order, small: _Small) -> tuple[Config, str | None]:
    """The settings, and their text if it is to be written. Those of this machine win over those of the backup."""
    text: str | None = None
    if order.config_file.is_file():
        config = load_config(order.config_file, order.environment)
    else:
        try:
            text = (small.config or b"").decode()
        except UnicodeDecodeError as problem:
            raise Damaged(detail="settings") from problem
        if small.config is None:
            text = f'[instance]\nbase_url = "{small.about.base_url}"\n'
        config = parse_config(text, order.environment, order.config_file)
    if config.instance.base_url != small.about.base_url:
        raise Conflict(
            "backup.other_base", known=small.about.base_url, base=config.instance.base_url
        )
    return config, text


@contextmanager
def _prepared(folder: Path) -> Iterator[Callable[[], None]]:
    """An empty folder, marked and locked. Unless `finish` was called, nothing of it stays. Raises Conflict, SetupError."""
    is_new = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark, is_finished = folder / RESTORING, False
    found = {each.name for each in folder.iterdir()} - _NOTHING
    if found and RESTORING not in found:
        raise Conflict("backup.not_empty", folder=str(folder))
    lock = lock_folder(folder)

    def finish() -> None:
        nonlocal is_finished
        sync_folder(folder)
        mark.unlink()
        sync_folder(folder)
        is_finished = True

    try:
        mark.touch(mode=0o600)
        sync_folder(folder)
        # what an attempt before this one left
        _clear(folder)
        yield finish
    finally:
        if not is_finished:
            _clear(folder)
            mark.unlink(missing_ok=True)
            (folder / LOCK).unlink(missing_ok=True)
            if is_new:
                with contextlib.suppress(OSError):
                    folder.rmdir()
        os.close(lock)


@contextmanager
def _server(config: Config) -> Iterator[Side | None]:
    """The empty database of a server, if the settings name one. Raises Conflict when it is not empty, SetupError."""
    if not config.database.url:
        yield None
        return
    from fedi.db.postgres_beside import PostgresSide  # noqa: PLC0415 - a library that most never need

    side = PostgresSide(config.database.url, config.database.password, is_source=False)
    with contextlib.closing(side):
        refuse_full(side)
        yield side


def _carry(file: Path, server: Side) -> None:
    """What was laid down as a file belongs on the server; the file is not needed any more."""
    with contextlib.closing(SqliteSide(file, is_source=True)) as source:
        copy_all(source, server)
    for each in (file, *(file.with_name(f"{file.name}{journal}") for journal in _JOURNALS)):
        each.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Remove what restoring puts into a folder, and nothing else."""
    shutil.rmtree(folder / MEDIA, ignore_errors=True)
    for name in (SECRET, DATABASE, *(f"{DATABASE}{each}" for each in _JOURNALS)):
        (folder / name).unlink(missing_ok=True)


@contextmanager
def _pictures(config: Config) -> Iterator[Callable[[str, bytes], None]]:
    """Keeps pictures where the settings say. What was brought into a bucket leaves it again when restoring fails."""
    check_place(config)
    storage, brought = open_place(config, MEDIA), []

    def keep(key: str, data: bytes) -> None:
        if config.bucket.name:
            # a store often outlives the machine
            if storage.is_same(key, data):
                return
            brought.append(key)
        storage.put(key, data, media_type_of(key))

    try:
        yield keep
    except BaseException:
        for key in brought:
            with contextlib.suppress(Unavailable):
                storage.delete(key)
        raise


def _lay_down(
    folder: Path, small: _Small, members: Iterator[Member], keep: Callable[[str, bytes], None]
) -> set[str]:
    """Write the files where they belong; the keys of the pictures among them."""
    need, free = small.database.size + ROOM_LEFT, free_bytes(folder)
    if free < need:
        raise Unavailable(
            "backup.too_little_room",
            folder=str(folder),
            need=need // _MIB + 1,
            free=free // _MIB,
        )
    _write(folder / SECRET, iter((small.secret,)))
    _write(folder / DATABASE, iter(small.database.read, b""))
    pictures = set()
    for member in members:
        key = member.name.removeprefix(f"{MEDIA}/")
        if key == member.name:
            raise Damaged(detail="order of files")
        keep(key, member.whole())
        pictures.add(key)
    return pictures


def _examine(folder: Path, small: _Small, pictures: set[str]) -> None:
    with glance(folder / DATABASE, is_unchanging=True) as rx:
        examine(rx, small.secret, small.about, pictures)


async def _begin(order: Order, config: Config, about: About, clock: Clock) -> epoch.Ended:
    """Bring the tables up to date and write down what ends."""
    database = await open_sqlite(config.data_folder / DATABASE, readers=1)
    try:
        await migrate(database, now_ms=to_ms(clock.now()))
        urls = Urls.of(config.instance.base_url, config.instance.onion_name)

        def work(tx: Writer) -> epoch.Ended:
            unit = Unit(tx, clock.now(), urls, config.instance.posture)
            return epoch.begin(unit, from_ms(about.made_at_ms), resend=order.resend)

        return await database.write(work)
    finally:
        await database.close()


def _write(file: Path, pieces: Iterator[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(file, flags, 0o600), "wb") as out:
        for piece in pieces:
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())


def _write_config(file: Path, text: str) -> None:
    try:
        _write(file, iter((text.encode(),)))
    except OSError as problem:
        raise SetupError("cli.config_unwritable", path=str(file)) from problem
    sync_folder(file.parent)


def _meaning(problem: OSError) -> SetupError | Unavailable:
    if problem.errno in NO_ROOM:
        return Unavailable("backup.no_room", retry_after_s=300)
    return SetupError(
        "backup.folder", folder=str(problem.filename or ""), why=problem.strerror or ""
    )
