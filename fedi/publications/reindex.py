"""Reading what is stored once more, so that it is found by its words and stands in agendas as the code of today has it."""

from dataclasses import dataclass
from typing import Final

from fedi.publications import shelf, store
from fedi.unit import Unit

PORTION: Final = 100


@dataclass(frozen=True, slots=True)
class Portion:
    """What one unit read: how many, how many of them are findable by their words, and the last row; None: no more follow."""

    seen: int
    findable: int
    last: int | None


def read_portion(unit: Unit, after: int) -> Portion:
    """Index what follows this row, as much as one unit should."""
    some = store.list_after(unit.tx, after, PORTION)
    for row_id, publication in some:
        shelf.find_by_words(unit, row_id, publication)
        shelf.find_by_date(unit, row_id, publication)
    findable = sum(1 for _, publication in some if shelf.is_findable(unit, publication))
    return Portion(len(some), findable, some[-1][0] if len(some) == PORTION else None)
