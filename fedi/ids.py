"""Identifiers: sortable ids for addresses and rows, unguessable tokens. Draws random numbers."""

import secrets
import threading
from datetime import datetime

from fedi.clock import to_ms

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: no i, l, o, u
PUBLIC_ID_LENGTH = 26

# Of an id that follows another in the same millisecond.
_CHANCE_BITS = 12

_row_lock = threading.Lock()
_row_last = 0
_row_ahead_ms = 0


def new_public_id(now: datetime) -> str:
    """26 characters that sort by time: 48 bits of milliseconds, then 80 random bits, so nobody can guess one (S81)."""
    number = (to_ms(now) << 80) | secrets.randbits(80)
    characters = []
    for _ in range(PUBLIC_ID_LENGTH):
        characters.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(characters))


def is_public_id(text: str) -> bool:
    """Whether `text` has the form of a public id."""
    return len(text) == PUBLIC_ID_LENGTH and all(character in _ALPHABET for character in text)


def new_row_id(now: datetime) -> int:
    """A 63-bit integer for a row: 43 bits of milliseconds, 20 bits that keep ids of one process distinct and rising.

    Several processes may draw at once, and all of them above the same row when a clock was ahead: some bits of each id are
    chance. Two that draw the same all the same find the column unique, and one of them draws again.
    """
    global _row_last  # noqa: PLW0603 - one counter for the process, guarded by its lock
    with _row_lock:
        candidate = (to_ms(now) + _row_ahead_ms << 20) | secrets.randbits(16)
        if candidate <= _row_last:
            step = (_row_last >> _CHANCE_BITS) + 1
            candidate = (step << _CHANCE_BITS) | secrets.randbits(_CHANCE_BITS)
        _row_last = candidate
        return candidate


def rise_above(row_id: int) -> None:
    """Every row of this process comes after this one: a clock that was set back between two starts turns no order round."""
    global _row_last  # noqa: PLW0603 - see above
    with _row_lock:
        _row_last = max(_row_last, row_id)


def go_ahead(ahead_ms: int) -> None:
    """Number rows as if it were so much later: as all processes do that share a database whose rows lie ahead, so that what
    came later to one of them comes after what came earlier to another."""
    global _row_ahead_ms  # noqa: PLW0603 - see above
    with _row_lock:
        _row_ahead_ms = ahead_ms


def ahead_of(now: datetime, row_id: int) -> int:
    """By how many milliseconds a row lies ahead of now; negative for one that lies behind."""
    return (row_id >> 20) - to_ms(now)


def new_token() -> str:
    """A secret of 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)
