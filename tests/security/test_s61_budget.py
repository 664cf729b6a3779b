"""S61: what one activity may make us fetch, and for how long."""

import asyncio

import pytest

import inbox.process
from actors import refresh
from tests.harness.gallery import gallery
from tests.harness.world import World, world
from tests.hostile.stranger import Person, a_note_of, deliver, say, stranger

HERE = "agora.test"


async def followed(made: World, person: Person) -> None:
    """Somebody whom we follow, so that what they pass on is looked at."""
    us = await made.collective(HERE, "agora")
    await made.follow(us, await refresh.fetch_actor(made[HERE], person.uri))
    row = await made[HERE].look(lambda rx: rx.one("SELECT activity_uri FROM follow"))
    assert row is not None
    accept = say(person, "Accept", row[0], to=[us.uri])
    assert (await deliver(made, HERE, person.key, accept)).status == 202
    await made.settle()


async def test_hosts_that_never_answer_do_not_hold_a_worker_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox.process, "FETCHING_S_MAX", 0.2)
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        gallery(made, "silent.test") as silent,
    ):
        ali = mars.person("ali")
        await followed(made, ali)
        silent.held = asyncio.Event()
        announce = say(ali, "Announce", "https://silent.test/notes/1")
        assert (await deliver(made, HERE, ali.key, announce)).status == 202
        async with asyncio.timeout(5):
            await made.settle()
        row = await made[HERE].look(
            lambda rx: rx.one("SELECT state, reason FROM inbox_activity WHERE type = 'Announce'")
        )
        assert row is not None
        assert tuple(row) == ("waiting", "budget")


async def test_an_object_that_leads_from_one_to_the_next_is_not_followed_without_end() -> None:
    """Each answers the next: only so many ancestors are climbed."""
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        ali = mars.person("ali")
        await followed(made, ali)
        for number in range(60):
            note = {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": f"{ali.uri}/notes/{number}", "type": "Note", "attributedTo": ali.uri,
                "content": "<p>x</p>", "published": "2026-01-01T00:00:00Z",
                "inReplyTo": f"{ali.uri}/notes/{number + 1}",
                "to": ["https://www.w3.org/ns/activitystreams#Public"],
            }  # fmt: skip
            mars.show(note["id"], note)
        mars.asked.clear()
        first = a_note_of(ali, "first", inReplyTo=f"{ali.uri}/notes/0")
        assert (await deliver(made, HERE, ali.key, say(ali, "Create", first))).status == 202
        await made.settle()
        assert 10 <= len([path for path in mars.asked if "/notes/" in path]) <= 25
