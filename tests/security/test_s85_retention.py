"""S85: what is kept for how long, that nothing of it remains when it goes, and that nothing goes which somebody needs."""

import asyncio
import io
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from PIL import Image

from actors import blocks, journal, keys, sessions
from actors import store as actor_store
from actors.model import Actor
from fedi.config import Config
from fedi.desk.attendance import SetOrder
from fedi.desk.attendance import change as set_gathering
from fedi.desk.house import pin
from fedi.desk.publishing import delete, edit, publish
from fedi.desk.purge import PurgeOrder, purge
from fedi.desk.quotes import RevokeOrder, revoke
from fedi.desk.relations import ReactionOrder, boost, like
from fedi.desk.speaker import load_speaker
from fedi.desk.wishes import DeleteOrder, EditOrder, Picture, PlaceWish, PublishOrder, Words
from fedi.jobs.retention import BATCH, RULES, apply, days_of, forget, weigh
from fedi.publications.model import Publication
from fedi.unit import Unit
from tests.harness.browser import Browser
from tests.harness.gathering import an_organiser, told
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import deliver, say, stranger

HERE, THERE = "agora.test", "beirut.test"
SENTENCE = "Nobody needs this sentence 1871"


async def neighbours(made: World) -> tuple[Actor, Actor]:
    """A collective here that follows one there."""
    agora = await made.collective(HERE, "agora")
    beirut = await made.collective(THERE, "beirut")
    await made.follow(agora, beirut)
    return agora, beirut


async def contents(made: World) -> bytes:
    """Every byte in the data folder here."""
    files = [file for file in made.sites[HERE].folder.rglob("*") if file.is_file()]
    return await asyncio.to_thread(lambda: b"".join(file.read_bytes() for file in files))


def png(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "png")
    return out.getvalue()


@pytest.mark.embedded
async def test_words_of_others_are_gone_after_ninety_days_with_all_that_hung_on_them() -> None:
    async with world(HERE, THERE) as made:
        await neighbours(made)
        empty = await made.rows(HERE)
        beirut = await made[THERE].look(lambda rx: load_speaker(rx, "beirut"))
        for number in range(30):
            said = await publish(
                made[THERE],
                PublishOrder(
                    kind="note",
                    words=(Words(source=f"{SENTENCE}, {number} #assembly"),),
                    actor="beirut",
                ),
            )
            await made.settle()
            await edit(
                made[THERE],
                EditOrder(which=said.uri, words=(Words(source=f"{SENTENCE}, once more {number}"),)),
            )
            await boost(made[THERE], ReactionOrder(which=said.uri))
        await made.settle()
        assert (await made.rows(HERE))["publication_edit"] == 30
        assert SENTENCE.encode() in await contents(made)
        made.clock.advance(days=89)
        await forget(made[HERE])
        assert (await made.rows(HERE))["publication"] == 30
        made.clock.advance(days=2)
        await forget(made[HERE])
        assert SENTENCE.encode() not in await contents(made)
        now = await made.rows(HERE)
        for table in ("publication", "publication_edit", "publication_hashtag", "publication_addressee",
                      "timeline_entry", "reaction", "notification", "event"):  # fmt: skip
            assert now[table] == empty[table], table
        assert now["tombstone"] == 0
        assert now["inbox_activity"] > 30  # ids stay, so that nothing happens twice
        # it comes back when somebody here refers to it
        assert (await like(made[HERE], ReactionOrder(which=said.uri))).changed
        assert (await made.find(HERE, said.uri)) is not None
        assert (await made[HERE].look(lambda rx: actor_store.find(rx, beirut.uri))) is not None


def answer_to(uri: str) -> PublishOrder:
    return PublishOrder(kind="note", words=(Words(source="we do"),), reply_to=uri)


async def liked(made: World, said: Publication, _agora: Actor, _beirut: Actor) -> None:
    await like(made[HERE], ReactionOrder(which=said.uri))


async def passed_on(made: World, said: Publication, _agora: Actor, _beirut: Actor) -> None:
    await boost(made[HERE], ReactionOrder(which=said.uri))


async def answered(made: World, said: Publication, _agora: Actor, _beirut: Actor) -> None:
    await publish(made[HERE], answer_to(said.uri))


async def answered_further_down(
    made: World, said: Publication, agora: Actor, beirut: Actor
) -> None:
    theirs = await publish(made[THERE], answer_to(said.uri))
    await made.settle()
    await publish(made[HERE], answer_to(theirs.uri))


async def quoted(made: World, said: Publication, agora: Actor, _beirut: Actor) -> None:
    ours = await made.publish(agora, a_note("look"))
    await made[HERE].change(
        lambda unit: unit.tx.run(
            "UPDATE publication SET quote = ? WHERE uri = ?", said.uri, ours.uri
        )
    )


async def pinned_there(made: World, said: Publication, _agora: Actor, _beirut: Actor) -> None:
    await pin(made[THERE], ReactionOrder(which=said.uri))


async def nothing(_made: World, _said: Publication, _agora: Actor, _beirut: Actor) -> None:
    return


Deed = Callable[[World, Publication, Actor, Actor], Awaitable[None]]


@pytest.mark.parametrize(
    ("deed", "is_kept"),
    [
        (liked, True),
        (passed_on, True),
        (answered, True),
        (answered_further_down, True),
        (quoted, True),
        (pinned_there, True),
        (nothing, False),
    ],
)
async def test_what_somebody_here_needs_stays(deed: Deed, is_kept: bool) -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        said = await made.publish(beirut, a_note(SENTENCE))
        await made.settle()
        await deed(made, said, agora, beirut)
        await made.settle()
        made.clock.advance(days=100)
        await forget(made[HERE])
        assert (await made.find(HERE, said.uri) is not None) == is_kept


async def test_what_is_for_us_or_answers_us_stays() -> None:
    async with world(HERE, THERE) as made:
        agora, _ = await neighbours(made)
        ours = await made.publish(agora, a_note("who comes?"))
        await made.settle()
        told = await publish(
            made[THERE], PublishOrder(kind="note", words=(Words(source="With @agora@agora.test"),))
        )
        answer = await publish(
            made[THERE],
            PublishOrder(kind="note", words=(Words(source="we do"),), reply_to=ours.uri),
        )
        await made.settle()
        below = await publish(made[THERE], answer_to(answer.uri))
        await made.settle()
        made.clock.advance(days=100)
        await forget(made[HERE])
        for uri in (told.uri, answer.uri, below.uri):
            assert await made.find(HERE, uri) is not None


async def test_what_participants_were_told_is_gone_after_a_week_and_for_nobody_else_before() -> (
    None
):
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await set_gathering(
            made[HERE], SetOrder(which=scene.which, place=PlaceWish(name="Cellar of 1871"))
        )
        await scene.reply(there.person("ada"), "yes")
        [letter] = told(there, "Create")
        assert "Cellar of 1871" in str(letter)
        kept = await made[HERE].look(lambda rx: rx.all("SELECT body FROM outbox_activity"))
        assert "Cellar of 1871" in str(kept)
        page = await Browser(made, HERE).get(
            letter["id"].removeprefix("https://agora.test"), Accept="application/activity+json"
        )
        assert (page.status, "Cellar" in page.text) == (404, False)
        made.clock.advance(days=6)
        await forget(made[HERE])
        assert "Cellar of 1871" in str(
            await made[HERE].look(lambda rx: rx.all("SELECT body FROM outbox_activity"))
        )
        made.clock.advance(days=2)
        await forget(made[HERE])
        left = await made[HERE].look(lambda rx: rx.all("SELECT body FROM outbox_activity"))
        assert "Cellar of 1871" not in str(left)
        assert scene.event.uri in str(left)


async def test_an_event_stays_until_it_is_over() -> None:
    async with world(HERE, THERE) as made:
        _, beirut = await neighbours(made)
        starts = made.clock.now() + timedelta(days=120)
        said = await made.publish(beirut, an_event(SENTENCE, starts_at=starts))
        await made.settle()
        made.clock.advance(days=119)
        await forget(made[HERE])
        assert await made.find(HERE, said.uri) is not None
        made.clock.advance(days=2)
        await forget(made[HERE])
        assert await made.find(HERE, said.uri) is None
        assert (await made.rows(HERE))["event"] == 0


async def test_accounts_that_nothing_is_about_go_with_their_keys_and_come_back_when_they_speak() -> (
    None
):
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        people = {name: mars.person(name) for name in ("ali", "shut_out", "follower", "gone")}
        for person in people.values():
            await deliver(made, HERE, person.key, say(person, "Follow", agora.uri))
        await made.settle()
        for name in ("ali", "shut_out", "gone"):
            person = people[name]
            follow = {"type": "Follow", "actor": person.uri, "object": agora.uri}
            await deliver(made, HERE, person.key, say(person, "Undo", follow))
        await deliver(
            made, HERE, people["gone"].key, say(people["gone"], "Delete", people["gone"].uri)
        )
        await made.settle()
        await made[HERE].change(
            lambda unit: blocks.add(unit, agora.uri, people["shut_out"].uri, "actor")
        )

        async def known() -> set[str]:
            rows = await made[HERE].look(
                lambda rx: rx.all("SELECT username FROM actor WHERE role = 'remote'")
            )
            return {row[0] for row in rows}

        made.clock.advance(days=89)
        await forget(made[HERE])
        assert await known() == set(people)
        made.clock.advance(days=200)  # the notice about the follow goes first
        await forget(made[HERE])
        await forget(made[HERE])
        assert await known() == {"shut_out", "follower", "gone"}
        ali = people["ali"]
        assert await made[HERE].look(lambda rx: keys.find_public(rx, ali.key.key_id)) is None
        assert made[HERE].keyring.recall(ali.key.key_id) is None
        heard = await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri, "again"))
        assert heard.status == 202
        await made.settle()
        assert ali.uri in await made.followers(agora)


async def test_who_may_quote_us_is_told_when_we_take_that_back_however_late() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        note = await made.publish(agora, a_note("Quote me"))
        eve = mars.person("eve")
        instrument = {
            "id": mars.url("/eve/notes/3"),
            "type": "Note",
            "attributedTo": eve.uri,
            "quote": note.uri,
        }
        asked = say(eve, "QuoteRequest", note.uri, 6, instrument=instrument)
        assert (await deliver(made, HERE, eve.key, asked)).status == 202
        await made.settle()
        for _ in range(3):
            made.clock.advance(days=200)
            await forget(made[HERE])
        mars.posts.clear()
        await revoke(made[HERE], RevokeOrder(which=instrument["id"]))
        await made.settle()
        assert "Delete" in [post.document["type"] for post in mars.posts]


async def test_who_is_forgotten_between_proof_and_turn_is_asked_for_again() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        await made[HERE].change(lambda unit: actor_store.forget(unit, ali.uri))
        await made.settle()
        assert await made.followers(agora) == [ali.uri]


async def test_what_waits_is_never_taken_for_old() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        made.clock.advance(days=400)
        await forget(made[HERE])
        await made.settle()
        assert await made.followers(agora) == [ali.uri]


async def test_pictures_go_with_what_showed_them_and_no_others() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        here = made[HERE]

        def keys_of() -> set[str]:
            return {stored.key for stored in here.media.iterate()}

        picture = (Picture(content=png(), name="a.png", alt="a"),)
        words = (Words(source="look"),)
        kept = await publish(here, PublishOrder(kind="note", words=words, pictures=picture))
        shown = keys_of()
        gone = await publish(here, PublishOrder(kind="note", words=words, pictures=picture))
        assert len(keys_of()) == 4
        await edit(here, EditOrder(which=kept.uri, pictures=()))
        await delete(here, DeleteOrder(which=gone.uri))
        made.clock.advance(hours=1)
        await forget(here)
        # an earlier version of what is published still shows its picture
        assert keys_of() == shown
        made.clock.advance(days=30)
        await forget(here)
        assert keys_of() == shown
        await delete(here, DeleteOrder(which=kept.uri))
        await forget(here)
        assert keys_of() == set()


async def test_files_that_no_row_knows_go_after_a_week_and_half_written_ones_after_an_hour() -> (
    None
):
    async with world(HERE) as made:
        storage = made[HERE].media
        for key in ("0123456789abcdef-old.png", "0123456789abcdef-new.png"):
            storage.put(key, png(), "image/png")
        (old,) = (made.sites[HERE].folder / "media").rglob("*-old.png")
        parts = [old.with_name(".part-old"), old.with_name(".part-new")]
        for part in parts:
            part.touch()
        now = old.stat().st_mtime
        os.utime(old, (now - 8 * 86_400,) * 2)
        os.utime(parts[0], (now - 4000,) * 2)
        shown = await purge(made[HERE], PurgeOrder())
        assert (shown.files, shown.files_bytes) == (1, len(png()))
        await forget(made[HERE])
        assert [stored.key for stored in storage.iterate()] == ["0123456789abcdef-new.png"]
        assert [part.exists() for part in parts] == [False, True]


async def test_showing_changes_nothing_and_says_what_applying_takes() -> None:
    async with world(HERE, THERE) as made:
        _, beirut = await neighbours(made)
        for number in range(BATCH + 3):
            await made.publish(beirut, a_note(f"{SENTENCE} {number}"))
        await made.settle()
        made.clock.advance(days=100)
        before = await made.rows(HERE)
        shown = await purge(made[HERE], PurgeOrder())
        assert await made.rows(HERE) == before
        lines = {line.rule: line for line in shown.lines}
        assert not shown.applied
        assert lines["remote_publications"].rows == BATCH + 3
        assert lines["remote_publications"].days == 90
        assert lines["remote_publications"].size_bytes > (BATCH + 3) * len(SENTENCE)
        applied = await purge(made[HERE], PurgeOrder(apply=True))
        assert applied.applied
        assert {line.rule: line.rows for line in applied.lines} == {
            name: line.rows for name, line in lines.items()
        }
        assert all(weight.rows == 0 for weight in await weigh(made[HERE]))


async def test_who_writes_meanwhile_waits_for_one_small_step_only() -> None:
    async with world(HERE, THERE) as made:
        _, beirut = await neighbours(made)
        for number in range(3 * BATCH):
            await made.publish(beirut, a_note(f"{SENTENCE} {number}"))
        await made.settle()
        made.clock.advance(days=100)
        left: list[int] = []

        def look(unit: Unit) -> int:
            row = unit.tx.one("SELECT COUNT(*) FROM publication")
            return int(row[0]) if row else 0

        working = asyncio.create_task(apply(made[HERE]))
        while not working.done():
            left.append(await made[HERE].change(look))
        steps = [before - after for before, after in pairwise(left)]
        assert sum(steps) > 0
        assert max(steps) <= BATCH


def test_every_number_is_one_line_of_the_configuration() -> None:
    assert len(RULES) == len({rule.name for rule in RULES})
    counted = Counter(rule.setting for rule in RULES)
    # who comes to events of ours, and to which of others we go, is forgotten after the same time
    assert {setting for setting, n in counted.items() if n > 1} == {
        ("retention", "attendance_days")
    }
    for rule in RULES:
        assert days_of(Config(), rule) > 0


async def test_a_number_in_the_configuration_counts() -> None:
    async with world(HERE, THERE, settings="[retention]\nremote_publications_days = 3\n") as made:
        _, beirut = await neighbours(made)
        said = await made.publish(beirut, a_note(SENTENCE))
        await made.settle()
        made.clock.advance(days=4)
        await forget(made[HERE])
        assert await made.find(HERE, said.uri) is None


async def test_sessions_that_are_over_and_the_old_journal_go() -> None:
    async with world(HERE) as made:
        here = made[HERE]

        def happen(unit: Unit) -> None:
            sessions.begin(unit, 1)
            journal.note(unit, journal.HOUSE, 1, "person.added", "salma")

        async def left() -> tuple[int, int]:
            rows = await made.rows(HERE)
            return rows["session"], rows["journal"]

        await here.change(happen)
        made.clock.advance(hours=11)
        await forget(here)
        assert await left() == (1, 1)
        made.clock.advance(hours=2)
        await forget(here)
        assert await left() == (0, 1)
        made.clock.advance(days=180)
        await forget(here)
        assert await left() == (0, 0)
