"""Proving that a backup restores, without touching any instance: opened, unpacked, its database examined, its keys tried."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from actors import keys
from fedi.backup import envelope
from fedi.backup.archive import About, Damaged, Member, read_about, unpack
from fedi.backup.making import describe, list_media
from fedi.db.beside import Glance, glance
from fedi.db.migrate import list_migrations
from fedi.errors import FediError, Invalid, NotFound, Unavailable
from fedi.media.places import MEDIA
from fedi.opening import DATABASE
from fedi.secret import SECRET, SECRET_BYTES


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in a backup. `pictures`: their keys."""

    about: About
    pictures: frozenset[str]


def check(
    file: Path, identities: Sequence[str], folder: Path, on_bytes: Callable[[int], None]
) -> Proof:
    """Prove a backup. Raises FediError with what is wrong with it.

    The database has to lie on a disk to be examined: inside `folder`, without a name, so that it is gone with this process
    whatever ends it. `on_bytes` hears how much of the file was read.
    """
    try:
        with _unnamed(folder) as place:
            return _check(file, identities, place, on_bytes)
    except sqlite3.Error as problem:
        raise Damaged(detail="database") from problem
    except OSError as problem:
        raise Unavailable("backup.no_room_to_check", folder=str(folder)) from problem


def _check(
    file: Path, identities: Sequence[str], place: "_Place", on_bytes: Callable[[int], None]
) -> Proof:
    about: About | None = None
    secret, pictures, has_database = b"", set(), False
    with reading(file, identities, on_bytes) as members:
        for member in members:
            if about is None:
                about = read_about(member)
                refuse_newer(about)
            elif member.name == SECRET:
                secret = member.whole()
            elif member.name == DATABASE:
                has_database = True
                while piece := member.read():
                    place.file.write(piece)
            elif member.name.startswith(f"{MEDIA}/"):
                pictures.add(member.name.removeprefix(f"{MEDIA}/"))
    if about is None or not has_database:
        raise Damaged(detail="parts are missing")
    place.file.flush()
    with place.named() as path, glance(path, is_unchanging=True) as rx:
        examine(rx, secret, about, pictures)
    return Proof(about, frozenset(pictures))


@dataclass(frozen=True, slots=True)
class _Place:
    """A file without a name, where the system knows such files; `named` gives it one for a moment."""

    file: BinaryIO
    path: Path
    has_name: bool

    @contextmanager
    def named(self) -> Iterator[Path]:
        if not self.has_name:
            _name(self.file.fileno(), self.path)
        try:
            yield self.path
        finally:
            self.path.unlink(missing_ok=True)


@contextmanager
def _unnamed(folder: Path) -> Iterator[_Place]:
    path = folder / f".backup-check-{secrets.token_hex(8)}"
    try:
        descriptor, has_name = (
            os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600),
            False,
        )
    except (AttributeError, OSError):
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor, has_name = os.open(path, flags, 0o600), True
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield _Place(file, path, has_name)
    finally:
        path.unlink(missing_ok=True)


def _name(descriptor: int, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # with a folder given, the system follows the link to what is open
        os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


@contextmanager
def reading(
    file: Path, identities: Sequence[str], on_bytes: Callable[[int], None] = lambda _n: None
) -> Iterator[Iterator[Member]]:
    """The files inside a backup. Raises FediError; only leaving without an error proves that it is whole."""
    try:
        opened = file.open("rb")
    except OSError as problem:
        raise NotFound("backup.no_file", file=str(file), why=problem.strerror) from problem
    with opened, envelope.opened(_Counted(opened, on_bytes), identities) as inside:
        yield unpack(inside)


def refuse_newer(about: About) -> None:
    """Raises Invalid when a newer program made this."""
    known = len(list_migrations())
    if about.schema > known:
        raise Invalid("backup.newer", detail=f"schema {about.schema}, known {known}")


def examine(rx: Glance, secret: bytes, about: About, pictures: AbstractSet[str]) -> None:
    """Whether the parts are sound and belong together. Raises Damaged."""
    if len(secret) != SECRET_BYTES:
        raise Damaged(detail="secret")
    if rx.integrity() != "ok":
        raise Damaged(detail="database")
    found = describe(rx, about.base_url, about.made_at_ms, len(pictures), about.missing)
    counted = ("schema", "publications", "followers")
    if any(getattr(found, each) != getattr(about, each) for each in counted):
        raise Damaged(detail="counts")
    if pictures - set(list_media(rx)) or len(pictures) > about.media:
        raise Damaged(detail="pictures")
    _try_keys(rx, secret)


def _try_keys(rx: Glance, secret: bytes) -> None:
    """Open every private key: a secret of another instance opens none."""
    for (uri,) in rx.all("SELECT uri FROM actor_key WHERE private_sealed IS NOT NULL"):
        try:
            keys.load_signing_key(rx, secret, str(uri))
        except FediError as problem:
            raise Damaged(detail="keys") from problem


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes

    def read(self, most: int = -1, /) -> bytes:
        piece = self._file.read(most)
        self._on_bytes(len(piece))
        return piece

    def seek(self, place: int, /) -> int:
        return self._file.seek(place)
