"""Reading everything stored once more after an upgrade that asks for it, while the server goes on."""

from typing import Final

from fedi import chores
from fedi.instance import Instance
from fedi.publications.reindex import Portion, read_portion
from fedi.unit import Unit

# One chore reads so many portions at most, far within its lease; the next goes on from there, also after a crash.
PORTIONS: Final = 20


async def go_on(instance: Instance, subject: str) -> int:
    """Index what follows the row that the subject names; how many publications were read."""
    seen, after = 0, int(subject)
    for turn in range(1, PORTIONS + 1):

        def work(unit: Unit, after: int = after, turn: int = turn) -> Portion:
            portion = read_portion(unit, after)
            if portion.last is not None and turn == PORTIONS:
                chores.add(unit, chores.REINDEX, str(portion.last))
            return portion

        portion = await instance.change(work)
        seen += portion.seen
        if portion.last is None:
            break
        after = portion.last
    return seen
