"""Conversations between whole instances: follow, publish, edit, delete, outage."""

import pytest

from tests.harness.world import an_event, world


@pytest.mark.both_engines
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


async def test_a_file_and_a_server_talk_to_each_other() -> None:
    async with world() as made:
        for host, engine in (("agora.test", "sqlite"), ("beirut.test", "postgres")):
            await made.start(host, engine=engine)
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(agora, beirut)
        await made.follow(beirut, agora)
        for author in (agora, beirut):
            await made.publish(author, an_event(title=author.name))
        await made.settle()
        assert await made.titles("beirut.test") == ["Agora"]
        assert await made.titles("agora.test") == ["Beirut"]
