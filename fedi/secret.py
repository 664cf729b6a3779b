"""The instance secret: a file beside the database, never in it (S121), and what is done to exchange it.

The database keeps a mark of the secret that its sealed rows were made with. While the secret is being exchanged two files
lie in the folder, and the mark says which of them is true: whatever moment a machine dies at, one of them opens everything.
"""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors import factors, keys, mail, welcome
from fedi import settings
from fedi.db.engine import Reader
from fedi.errors import SetupError
from fedi.publications.event import attendance, farewell
from fedi.unit import Unit

SECRET: Final = "secret"  # noqa: S105 - the name of the file, not what is in it
NEXT: Final = "secret.next"
SECRET_BYTES: Final = 32
_MARK: Final = "secret.mark"

Rewrap = Callable[[Unit, bytes, bytes], None]
# Everybody who keeps something that the secret seals or proves.
REWRAPS: Final[tuple[Rewrap, ...]] = (
    keys.rewrap,
    factors.rewrap,
    mail.rewrap,
    welcome.rewrap,
    attendance.rewrap,
    farewell.rewrap,
)


def load(folder: Path, *, has_database: bool) -> bytes:
    """The secret in the file, made on the first start. Raises SetupError with what to do about it."""
    file = folder / SECRET
    if not file.exists():
        if has_database:
            raise SetupError(
                detail=f"{file}: is missing, but the database is there; put the secret back from a backup"
            )
        _write(file, secrets.token_bytes(SECRET_BYTES))
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SetupError(detail=f"{file}: other users may read it; run: chmod 600 {file}")
    secret = file.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise SetupError(
            detail=f"{file}: is damaged (not {SECRET_BYTES} bytes); put it back from a backup"
        )
    return secret


def true_one(folder: Path, rx: Reader, present: bytes) -> bytes:
    """The secret that fits this database: `present`, or the next one when an exchange was cut off after it counted."""
    mark = settings.find(rx, _MARK)
    if mark is None or _fits(mark, present):
        return present
    with suppress(FileNotFoundError):
        following = (folder / NEXT).read_bytes()
        if _fits(mark, following):
            return following
    raise SetupError(
        detail=f"{folder / SECRET}: does not belong to the database beside it; "
        "put back the file `secret` that was saved together with it"
    )


def tidy(folder: Path, present: bytes, true: bytes) -> None:
    """Bring an exchange that was cut off to its end, or back to its beginning: afterwards one file is left."""
    if present != true:
        _put_in_place(folder)
    else:
        _overwrite(folder / NEXT)


def exchange(unit: Unit, old: bytes, new: bytes) -> int:
    """Seal everything with `new` instead; how many people's codes on paper end. Raises SetupError when `old` does not fit."""
    ended = factors.count_with_codes(unit.tx)
    for rewrap in REWRAPS:
        rewrap(unit, old, new)
    settings.put(unit, _MARK, _mark(new))
    return ended


def write_next(folder: Path) -> bytes:
    """A fresh secret in a file of its own, on disk; it counts for nothing yet."""
    secret = secrets.token_bytes(SECRET_BYTES)
    (folder / NEXT).unlink(missing_ok=True)
    _write(folder / NEXT, secret)
    return secret


def _put_in_place(folder: Path) -> None:
    """The next secret takes the place of the old one, whose bytes are written over where the disk allows it."""
    with (folder / SECRET).open("r+b") as old:
        (folder / NEXT).replace(folder / SECRET)
        _sync(folder)
        _blank(old.fileno())


def _overwrite(file: Path) -> None:
    with suppress(FileNotFoundError), file.open("r+b") as open_file:
        _blank(open_file.fileno())
        file.unlink()
        _sync(file.parent)


def _blank(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    os.pwrite(descriptor, os.urandom(size), 0)
    os.fsync(descriptor)


def _write(file: Path, secret: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    _sync(file.parent)


def _sync(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mark(secret: bytes) -> str:
    return hmac.new(secret, b"mark of the instance secret", hashlib.sha256).hexdigest()


def _fits(mark: str, secret: bytes) -> bool:
    return len(secret) == SECRET_BYTES and hmac.compare_digest(mark, _mark(secret))
