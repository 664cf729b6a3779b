"""The indexes of words and of agendas, made anew from what is stored: when the setting about others changed."""

from functools import partial

from fedi.desk.collectives import NoOrder
from fedi.desk.order import Result
from fedi.instance import Instance
from fedi.publications.reindex import read_portion


class Rebuilt(Result, frozen=True, kw_only=True):
    """How many publications were looked at, and how many can be found by their words."""

    seen: int
    findable: int


async def rebuild(instance: Instance, _order: NoOrder) -> Rebuilt:
    """Read everything once, a portion at a time, so that the server goes on meanwhile."""
    seen = findable = 0
    after: int | None = 0
    while after is not None:
        portion = await instance.change(partial(read_portion, after=after))
        seen, findable = seen + portion.seen, findable + portion.findable
        after = portion.last
    return Rebuilt(seen=seen, findable=findable)
