"""Pages of a list: where one ends and the next begins. A cursor names the last row seen, so nothing is skipped or doubled
when something is published in between.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

PAGE_SIZE: Final = 20
_LARGEST: Final = 2**63 - 1
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
