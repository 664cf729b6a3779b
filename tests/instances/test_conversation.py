"""Conversations between whole instances: follow, publish, edit, delete, outage."""

from tests.harness.world import an_event, world


async def test_an_event_reaches_two_followers_even_after_an_outage() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        tunis = await made.collective("tunis.test", "tunis")
        await made.follow(beirut, agora)
        await made.follow(tunis, agora)
        assert sorted(await made.followers(agora)) == sorted([beirut.uri, tunis.uri])
        made.wire.cut.add("tunis.test")
        await made.publish(agora, an_event("Assembly"))
        await made.settle()
        assert await made.titles("beirut.test") == ["Assembly"]
        assert await made.titles("tunis.test") == []
        made.wire.cut.clear()
        made.clock.advance(minutes=2)
        await made.settle()
        assert await made.titles("tunis.test") == ["Assembly"]
