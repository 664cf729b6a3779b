"""Passwords: judged, hashed with Argon2id, compared. Owner of `password`.

Hashing takes tens of milliseconds and 32 MiB on purpose, so it is done beside the event loop and two at a time at most.
"""

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.errors import Invalid
from fedi.unit import Unit

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 200
# zxcvbn's scale of 0 to 4: 3 takes more than 10^8 guesses.
SCORE_MIN: Final = 3
_MEMORY_KIB: Final = 32 * 1024
_AT_ONCE: Final = 2

T = TypeVar("T")


async def check_new(password: str, about: Sequence[str]) -> None:
    """Raises Invalid when this password is too short, too long, or easily guessed by who knows the words `about`."""
    if len(password) < LENGTH_MIN:
        raise Invalid("password.short", field="password", least=LENGTH_MIN)
    if len(password) > LENGTH_MAX or "\x00" in password:
        raise Invalid("password.long", field="password", most=LENGTH_MAX)
    known = [each[:50] for each in about]
    if await _beside(lambda: _score(_told(password), known)) < SCORE_MIN:
        raise Invalid("password.weak", field="password")


async def hash_of(password: str) -> str:
    """The text to keep instead of the password."""
    return await _beside(lambda: _hasher().hash(_told(password)))


async def is_right(kept: str | None, password: str) -> bool:
    """Whether this is the password behind `kept`. For somebody without one it takes as long, and is False (S79)."""
    return await _beside(lambda: _compare(kept, _told(password[: LENGTH_MAX + 1])))


def save(unit: Unit, person_id: int, kept: str) -> None:
    """From now on this person signs in with the password behind `kept`."""
    unit.tx.run(
        "INSERT INTO password (person_id, hash, changed_at) VALUES (?, ?, ?) "
        "ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        person_id,
        kept,
        unit.now_ms,
    )


def find(rx: Reader, person_id: int) -> str | None:
    """What is kept instead of the password of this person."""
    row = rx.one("SELECT hash FROM password WHERE person_id = ?", person_id)
    return str(row[0]) if row else None


def changed_at(rx: Reader, person_id: int) -> datetime | None:
    """Since when the password is what it is; None without one."""
    row = rx.one("SELECT changed_at FROM password WHERE person_id = ?", person_id)
    return from_ms(row[0]) if row else None


def forget(unit: Unit, person_id: int) -> None:
    """This person does not sign in with a password any more."""
    unit.tx.run("DELETE FROM password WHERE person_id = ?", person_id)


def _told(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")


async def _beside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads(), work)


def _score(password: str, about: list[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - thirty thousand words, needed once in a while

    # longer ones take long to judge and are not guessed
    return int(zxcvbn(password[:72], user_inputs=about)["score"])


@lru_cache(maxsize=1)
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - needed by the first who signs in

    return PasswordHasher(time_cost=3, memory_cost=_MEMORY_KIB, parallelism=1)


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    """What a password is compared with when there is nobody of that name."""
    return _hasher().hash("nobody signs in with this")


def _compare(kept: str | None, password: str) -> bool:
    from argon2.exceptions import VerificationError  # noqa: PLC0415 - as above

    try:
        _hasher().verify(kept or _of_nobody(), password)
    except VerificationError:
        return False
    return kept is not None
