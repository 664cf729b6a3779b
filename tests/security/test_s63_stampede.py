"""S63: what thousands of servers hear of in the same second is fetched by each at another moment of the next minute."""

from collections.abc import Callable
from pathlib import Path

import pytest

from actors import refresh
from fedi.config import parse_config
from fedi.desk import lookup
from fedi.opening import open_instance
from fedi.unit import SPREAD
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Document, Person, Stranger, a_note_of, deliver, say, stranger

HERE = "agora.test"
CONTEXT = {"@context": "https://www.w3.org/ns/activitystreams"}


async def followed(made: World, person: Person) -> None:
    """Somebody whom a collective of ours follows."""
    us = await made.collective(HERE, "agora")
    await made.follow(us, await refresh.fetch_actor(made[HERE], person.uri))
    row = await made[HERE].look(lambda rx: rx.one("SELECT activity_uri FROM follow"))
    assert row is not None
    await deliver(made, HERE, person.key, say(person, "Accept", row[0], to=[us.uri]))
    await made.settle()
    made.wire.sent.clear()


def shown(there: Stranger, person: Person, number: int = 1, **members: object) -> str:
    """A note that can be fetched; its id."""
    note = a_note_of(person, number) | members
    there.show(note["id"], CONTEXT | note)
    return str(note["id"])


def announces(person: Person, _author: Person, uri: str) -> Document:
    return say(person, "Announce", uri)


def passes_on(_person: Person, author: Person, uri: str) -> Document:
    return say(author, "Create", a_note_of(author, 1) | {"id": uri})


def answers(person: Person, _author: Person, uri: str) -> Document:
    return say(person, "Create", a_note_of(person, 7) | {"inReplyTo": uri})


def names_its_own(person: Person, _author: Person, _uri: str) -> Document:
    return say(person, "Create", f"{person.uri}/notes/5")


@pytest.mark.parametrize("speech", [announces, passes_on, answers, names_its_own])
@pytest.mark.parametrize("chance", [0.25, 0.999])
async def test_what_everybody_hears_of_is_asked_for_within_a_minute_and_not_at_once(
    speech: Callable[[Person, Person, str], Document], chance: float
) -> None:
    async with (
        world(HERE) as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        person, author = one.person("passer"), two.person("author", 1)
        await followed(made, person)
        uri = shown(two, author)
        wanted = {uri, shown(one, person, 5)} if speech is names_its_own else {uri}
        made.chance = chance
        heard = await deliver(made, HERE, person.key, speech(person, author, uri))
        assert heard.status == 202
        await made.settle()
        made.clock.advance(seconds=SPREAD.total_seconds() * chance - 1)
        await made.settle()
        assert asked(made) & wanted == set()
        made.clock.advance(seconds=2)
        await made.settle()
        assert asked(made) & wanted != set()
        assert "<p>words</p>" in await made.titles(HERE)


def asked(made: World) -> set[str]:
    return {url for method, url in made.wire.sent if method == "GET"}


async def test_what_is_known_already_is_not_put_off() -> None:
    async with world(HERE) as made, stranger(made, "one.test") as one:
        person = one.person("passer")
        await followed(made, person)
        ours = await made.collective(HERE, "square")
        note = await made.publish(ours, a_note("Ours"))
        made.chance = 0.9
        await deliver(made, HERE, person.key, say(person, "Announce", note.uri))
        await deliver(made, HERE, person.key, say(person, "Create", a_note_of(person, 2)))
        await made.settle()
        rows = await made[HERE].look(
            lambda rx: rx.all("SELECT state FROM inbox_activity WHERE type <> 'Accept'")
        )
        assert [row[0] for row in rows] == ["done", "done"]


async def test_what_a_person_waits_for_is_not_put_off() -> None:
    async with world(HERE) as made, stranger(made, "two.test") as two:
        author = two.person("author")
        us = await made.collective(HERE, "agora")
        made.chance = 0.999
        found = await lookup.find_or_fetch(made[HERE], shown(two, author))
        assert found.author == author.uri
        there = await refresh.find_or_fetch_actor(made[HERE], author.uri)
        await made.follow(us, there)
        assert "Follow" in {post.document["type"] for post in two.posts}


async def test_what_is_taken_back_before_it_was_fetched_stays_taken_back() -> None:
    async with world(HERE) as made, stranger(made, "one.test") as one:
        person = one.person("passer")
        await followed(made, person)
        made.chance = 0.5
        announce = say(person, "Announce", shown(one, one.person("author", 1)))
        await deliver(made, HERE, person.key, announce)
        await deliver(made, HERE, person.key, say(person, "Undo", announce))
        await made.settle()
        for _ in range(6):
            made.clock.advance(seconds=30)
            await made.settle()
        rows = await made[HERE].look(
            lambda rx: rx.all("SELECT type, state FROM inbox_activity WHERE type <> 'Accept'")
        )
        assert {tuple(row) for row in rows} == {("Announce", "done"), ("Undo", "done")}
        kept = await made[HERE].look(lambda rx: rx.one("SELECT COUNT(*) FROM reaction"))
        assert kept is not None
        assert kept[0] == 0


async def test_a_thousand_instances_do_not_arrive_together(tmp_path: Path) -> None:
    """The chance that runs in earnest, asked a thousand times."""
    config = parse_config(f'[storage]\nfolder = "{tmp_path}"\n', {})
    async with open_instance(config) as instance:
        waits = await instance.change(lambda unit: [unit.spread() for _ in range(1000)])
    seconds = [int(wait.total_seconds()) for wait in waits]
    assert set(seconds) <= set(range(60))
    assert max(seconds.count(each) for each in range(60)) < 60
