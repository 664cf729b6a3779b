"""The indexes of words and of agendas, made anew from what is stored: after an upgrade, or when the setting about others changed."""

from typing import Final

from fedi.desk.collectives import NoOrder
from fedi.desk.order import Result
from fedi.instance import Instance
from fedi.publications import shelf, store
from fedi.unit import Unit

PORTION: Final = 100


class Rebuilt(Result, frozen=True, kw_only=True):
    """How many publications were looked at, and how many can be found by their words."""

    seen: int
    findable: int


async def rebuild(instance: Instance, _order: NoOrder) -> Rebuilt:
    """Read everything once, a portion at a time, so that the server goes on meanwhile."""
    seen = findable = 0
    after = 0

    def work(unit: Unit) -> tuple[int, int, int]:
        some = store.list_after(unit.tx, after, PORTION)
        for row_id, publication in some:
            shelf.find_by_words(unit, row_id, publication)
            shelf.find_by_date(unit, row_id, publication)
        found = sum(1 for _, publication in some if shelf.is_findable(unit, publication))
        return len(some), found, some[-1][0] if some else after

    while True:
        count, found, after = await instance.change(work)
        seen, findable = seen + count, findable + found
        if count < PORTION:
            return Rebuilt(seen=seen, findable=findable)
