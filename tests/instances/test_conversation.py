"""Conversations between whole instances: follow, publish, edit, delete, outage."""

from datetime import timedelta

import pytest

from fedi.clock import iso
from tests.harness.world import an_event, world
from tests.hostile.stranger import a_note_of, deliver, say, stranger


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


async def test_an_edit_counts_when_its_authors_clock_is_some_minutes_fast() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        ahead = made.clock.now() + timedelta(minutes=4)
        note = a_note_of(eve, 1, "<p>frist</p>", published=iso(ahead), to=[agora.uri])
        await deliver(made, "agora.test", eve.key, say(eve, "Create", note, 1, to=[agora.uri]))
        await made.settle()
        for number in (1, 2):
            made.clock.advance(seconds=2)
            edited = iso(ahead + timedelta(seconds=number))
            note |= {"content": f"<p>edited {number}</p>", "updated": edited}
            heard = say(eve, "Update", note, number, to=[agora.uri])
            await deliver(made, "agora.test", eve.key, heard)
            await made.settle()
            assert await made.titles("agora.test") == [f"<p>edited {number}</p>"]
