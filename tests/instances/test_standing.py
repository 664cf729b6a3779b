"""What is decided about somebody is asked once in a transaction, and is what both questions would have answered."""

import pytest

from actors import blocks
from fedi.unit import Unit
from tests.harness.world import world

HERE = "agora.test"
EVE = "https://a.there.test/eve"


async def test_it_is_what_was_decided_by_name_by_host_and_by_domain() -> None:
    def seen(unit: Unit) -> tuple[bool, bool]:
        found = blocks.standing(unit, EVE)
        asked = (
            blocks.is_actor_blocked(unit.tx, EVE, "a.there.test"),
            blocks.is_limited(unit.tx, EVE),
        )
        assert (found.is_shut_out, found.is_limited) == asked
        return asked

    def work(unit: Unit) -> list[tuple[bool, bool]]:
        told = [seen(unit)]
        for target, kind in (("there.test", blocks.HOST), (EVE, blocks.ACTOR)):
            blocks.limit(unit, target, kind)
            told.append(seen(unit))
            blocks.add(unit, blocks.INSTANCE, target, kind)
            told.append(seen(unit))
            blocks.unlimit(unit, target)
            told.append(seen(unit))
            blocks.let_in(unit, target)
            told.append(seen(unit))
        blocks.close_or_open(unit, is_closed=True, own_host=HERE)
        told.append(seen(unit))
        blocks.add(unit, blocks.INSTANCE, "a.there.test", blocks.ALLOWED)
        told.append(seen(unit))
        blocks.disallow(unit, "a.there.test")
        told.append(seen(unit))
        blocks.close_or_open(unit, is_closed=False, own_host=HERE)
        return [*told, seen(unit)]

    neither, limited, both, out = (False, False), (False, True), (True, True), (True, False)
    async with world(HERE) as made:
        told = await made[HERE].change(work)
    assert told == [neither, *[limited, both, out, neither] * 2, out, neither, out, neither]


@pytest.mark.parametrize("undo", [True, False])
async def test_a_block_that_is_taken_back_by_its_activity_is_seen_at_once(undo: bool) -> None:
    def work(unit: Unit) -> bool:
        blocks.add(unit, blocks.INSTANCE, EVE, blocks.ACTOR, f"{EVE}/block")
        assert blocks.standing(unit, EVE).is_shut_out
        if undo:
            blocks.remove_by_activity(unit, blocks.INSTANCE, f"{EVE}/block")
        return blocks.standing(unit, EVE).is_shut_out

    async with world(HERE) as made:
        assert await made[HERE].change(work) is not undo
