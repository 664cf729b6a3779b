"""Moving house: followers are led to the new address when both addresses agree (FEP-7628)."""

import pytest

from actors import follows, refresh, store
from actors.model import Actor
from fedi.errors import Invalid
from outbox.actions.move import move, set_aliases
from tests.harness.world import World, world


async def _house(made: World) -> tuple[Actor, Actor, Actor]:
    old = await made.collective("old.test", "agora")
    new = await made.collective("new.test", "agora")
    reader = await made.collective("reader.test", "reader")
    await made.follow(reader, old)
    return old, new, reader


async def _move(made: World, old: Actor, new: Actor) -> None:
    target = await refresh.fetch_actor(made["old.test"], new.uri)
    await made["old.test"].change(lambda unit: move(unit, old, target))
    await made.settle()


async def test_followers_are_led_to_the_new_address() -> None:
    async with world("old.test", "new.test", "reader.test") as made:
        old, new, reader = await _house(made)
        await made["new.test"].change(lambda unit: set_aliases(unit, new, (old.uri,)))
        await _move(made, old, new)
        assert await made.followers(new) == [reader.uri]
        assert await made.followers(old) == []
        known = await made["reader.test"].look(lambda rx: store.load(rx, old.uri))
        assert known.moved_to == new.uri


async def test_nobody_moves_to_an_address_that_does_not_know_of_it() -> None:
    async with world("old.test", "new.test", "reader.test") as made:
        old, new, reader = await _house(made)
        with pytest.raises(Invalid, match="not_confirmed"):
            await _move(made, old, new)
        assert await made.followers(old) == [reader.uri]


async def test_a_moved_collective_takes_no_new_followers() -> None:
    async with world("old.test", "new.test", "reader.test") as made:
        old, new, _ = await _house(made)
        await made["new.test"].change(lambda unit: set_aliases(unit, new, (old.uri,)))
        await _move(made, old, new)
        late = await made.collective("reader.test", "late")
        await made.follow(late, old)
        asked = await made["reader.test"].look(lambda rx: follows.find(rx, late.uri, old.uri))
        assert asked is not None
        assert asked.state == follows.REFUSED


async def test_an_instance_that_does_not_follow_moves_only_takes_note() -> None:
    async with world("old.test", "new.test") as made:
        await made.start("reader.test", "[inbox]\nfollow_moves = false\n")
        old, new, reader = await _house(made)
        await made["new.test"].change(lambda unit: set_aliases(unit, new, (old.uri,)))
        await _move(made, old, new)
        assert await made.followers(old) == [reader.uri]
        assert await made.followers(new) == []
