"""Pages of a list: where one ends and the next begins. A cursor names the last row seen, so nothing is skipped or doubled
when something is published in between.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

T = TypeVar("T")

PAGE_SIZE: Final = 20
_LARGEST: Final = 2**63 - 1
# Far beyond any moment that is stored: what somebody made up opens to a number beyond it.
_AT_MAX: Final = 2**48
_SEALED: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_WRITTEN: Final = re.compile(r"(-?\d{1,19})\.(\d{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a row in a list sorted by a moment (ms) and its row number."""

    at: int
    row_id: int

    def __str__(self) -> str:
        return f"{self.at}.{self.row_id}"


NEWEST: Final = Cursor(_LARGEST, _LARGEST)
OLDEST: Final = Cursor(-_LARGEST, 0)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor that continues after them; None at the end."""

    items: Sequence[T]
    next: Cursor | None = None


def parse_cursor(text: str | None) -> Cursor | None:
    """The cursor written in an address; None for none, and for anything that is not one."""
    match = _WRITTEN.fullmatch(text or "")
    if match is None:
        return None
    at, row_id = int(match[1]), int(match[2])
    return Cursor(at, row_id) if abs(at) <= _LARGEST and row_id <= _LARGEST else None


def seal_cursor(secret: bytes, cursor: Cursor) -> str:
    """A cursor as pages for everybody write it: rows are numbered by the moment they were made, which is not told (S92)."""
    plain = cursor.at.to_bytes(8, "big", signed=True) + cursor.row_id.to_bytes(8, "big")
    sealing = _cipher(secret).encryptor()
    return urlsafe_b64encode(sealing.update(plain) + sealing.finalize()).decode().rstrip("=")


def open_cursor(secret: bytes, text: str | None) -> Cursor | None:
    """A cursor that was sealed here; None for anything else."""
    if not _SEALED.fullmatch(text or ""):
        return None
    opening = _cipher(secret).decryptor()
    plain = opening.update(urlsafe_b64decode(f"{text}==")) + opening.finalize()
    at, row_id = int.from_bytes(plain[:8], "big", signed=True), int.from_bytes(plain[8:], "big")
    return Cursor(at, row_id) if abs(at) <= _AT_MAX and row_id <= _LARGEST else None


def _cipher(secret: bytes) -> Cipher[modes.ECB]:
    # a cursor is exactly one block, and the same place must always have the same address
    key = hmac.digest(secret, b"cursor", "sha256")
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - see above
