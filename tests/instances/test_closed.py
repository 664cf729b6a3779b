"""A closed instance speaks only with the hosts it lists, in both directions (S95)."""

import pytest

from actors import blocks, refresh
from actors.model import Actor
from fedi.errors import FediError
from outbox import store
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import deliver, say, stranger

CLOSED = '[instance]\nposture = "closed"\n'


async def _allow(made: World, host: str, allowed: str) -> None:
    await made[host].change(lambda unit: blocks.add(unit, blocks.INSTANCE, allowed, blocks.ALLOWED))


async def _friends(made: World) -> tuple[Actor, Actor]:
    """A closed agora and an open beirut that are listed with each other and follow."""
    await made.start("agora.test", CLOSED)
    await made.start("beirut.test")
    await _allow(made, "agora.test", "beirut.test")
    agora = await made.collective("agora.test", "agora")
    beirut = await made.collective("beirut.test", "beirut")
    await made.follow(beirut, agora)
    return agora, beirut


async def test_listed_hosts_hear_one_another() -> None:
    async with world() as made:
        agora, _ = await _friends(made)
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert len(await made.titles("beirut.test")) == 1


async def test_a_host_that_is_not_listed_is_refused_at_the_door_before_anything_is_asked_of_it() -> (
    None
):
    async with world() as made, stranger(made, "there.test") as there:
        agora, _ = await _friends(made)
        eve = there.person("eve")
        heard = await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri))
        assert heard.status == 403
        assert there.asked == []


async def test_a_closed_instance_fetches_nothing_from_hosts_that_are_not_listed() -> None:
    async with world() as made, stranger(made, "there.test") as there:
        await _friends(made)
        eve = there.person("eve")
        with pytest.raises(FediError):
            await refresh.fetch_actor(made["agora.test"], eve.uri)
        assert there.asked == []


async def test_what_waits_for_a_host_that_leaves_the_list_is_not_sent() -> None:
    async with world() as made:
        agora, _ = await _friends(made)
        await made["agora.test"].change(
            lambda unit: blocks.remove(unit, blocks.INSTANCE, "beirut.test")
        )
        note = await made.publish(agora, a_note("words"))
        await made.settle()
        assert await made.titles("beirut.test") == []
        listed = await made["agora.test"].look(lambda rx: store.list_deliveries(rx, note.uri))
        assert listed == []


async def test_neighbours_on_one_closed_instance_still_hear_one_another() -> None:
    async with world("agora.test", settings=CLOSED) as made:
        one = await made.collective("agora.test", "one")
        other = await made.collective("agora.test", "other")
        await made.follow(one, other)
        assert await made.followers(other) == [one.uri]


async def test_an_instance_that_opens_again_hears_everybody() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        here = made["agora.test"]
        await here.change(
            lambda unit: blocks.close_or_open(unit, is_closed=True, own_host="agora.test")
        )
        await here.change(
            lambda unit: blocks.close_or_open(unit, is_closed=False, own_host="agora.test")
        )
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri))
        await made.settle()
        assert await made.followers(agora) == [eve.uri]
