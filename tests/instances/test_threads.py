"""Answers, thanks, passing on, changing and withdrawing between whole instances; and what comes too late."""

from dataclasses import replace

import pytest

from actors import follows, notifications, store
from actors.model import Actor
from fedi.desk import relations
from fedi.desk.relations import ReactionOrder
from fedi.publications import reactions, timeline
from fedi.publications import store as publication_store
from fedi.publications.model import Publication, Text
from fedi.views.conversation import look_conversation
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import (
    CONTEXT,
    Person,
    Stranger,
    a_note_of,
    changed,
    deliver,
    everything,
    say,
    stranger,
)

NEWER = "2026-01-02T00:00:00Z"


async def _told(made: World, actor: Actor) -> list[tuple[str, str, str]]:
    """What a collective was told: what, by whom, about what."""
    found = await made[actor.host].look(lambda rx: notifications.list_newest(rx, actor.uri))
    return sorted((each.kind, each.from_uri, each.about_uri) for each in found)


async def _timeline(made: World, actor: Actor) -> list[tuple[str, str | None]]:
    """What a collective has before it, and by whom it was passed on."""
    found = await made[actor.host].look(lambda rx: timeline.list_entries(rx, actor.uri, 50))
    return [(each.publication_uri, each.boosted_by) for each in found]


async def _thread(made: World, host: str, uri: str) -> list[tuple[str, int]]:
    """What hangs below a publication, with its depth."""
    found = await made[host].look(lambda rx: look_conversation(rx, uri))
    assert found is not None
    return [(each.listed.publication.uri, each.depth) for each in found.replies]


async def _count(made: World, host: str, kind: str, uri: str) -> int:
    return await made[host].look(lambda rx: reactions.count(rx, kind, uri))


async def _two(made: World) -> tuple[Actor, Actor, Publication]:
    """Agora, whose note Beirut read because it follows."""
    agora = await made.collective("agora.test", "agora")
    beirut = await made.collective("beirut.test", "beirut")
    await made.follow(beirut, agora)
    note = await made.publish(agora, a_note("Who comes?"))
    await made.settle()
    return agora, beirut, note


async def _reply(
    made: World, author: Actor, parent: Publication, words: str, to: Actor
) -> Publication:
    answered = await made[author.host].look(lambda rx: store.find(rx, to.uri))
    draft = a_note(words, in_reply_to=parent.uri)
    made.clock.advance(seconds=5)
    reply = await made.publish(author, draft, parent=parent, answered=answered)
    await made.settle()
    return reply


async def test_an_answer_and_the_answer_to_it_stand_in_one_thread_on_both_sides() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, note = await _two(made)
        first = await _reply(made, beirut, note, "We do.", agora)
        second = await _reply(made, agora, first, "Good.", beirut)
        thread = [(first.uri, 1), (second.uri, 2)]
        assert await _thread(made, "agora.test", note.uri) == thread
        assert await _thread(made, "beirut.test", note.uri) == thread


async def test_who_is_answered_is_told() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, note = await _two(made)
        reply = await _reply(made, beirut, note, "We do.", agora)
        told = [each for each in await _told(made, agora) if each[2] == reply.uri]
        assert told == [("mention", beirut.uri, reply.uri)]


async def test_an_answer_that_names_nobody_is_told_as_a_reply() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("Who comes?"))
        eve = there.person("eve")
        answer = a_note_of(eve, 1, inReplyTo=note.uri)
        await deliver(made, "agora.test", eve.key, say(eve, "Create", answer))
        await made.settle()
        assert await _told(made, agora) == [("reply", eve.uri, answer["id"])]


async def test_who_is_mentioned_is_told() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, _ = await _two(made)
        known = await made["agora.test"].look(lambda rx: store.find(rx, beirut.uri))
        draft = a_note("Listen, @beirut@beirut.test")
        note = await made.publish(agora, draft, mentioned={"@beirut@beirut.test": known})
        await made.settle()
        assert ("mention", agora.uri, note.uri) in await _told(made, beirut)


async def test_what_is_passed_on_appears_and_goes_when_that_is_taken_back() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        _, beirut, note = await _two(made)
        tunis = await made.collective("tunis.test", "tunis")
        await made.follow(tunis, beirut)
        await relations.boost(made["beirut.test"], ReactionOrder(which=note.uri))
        await made.settle()
        assert await _timeline(made, tunis) == [(note.uri, beirut.uri)]
        assert await _count(made, "agora.test", reactions.ANNOUNCE, note.uri) == 1
        await relations.unboost(made["beirut.test"], ReactionOrder(which=note.uri))
        await made.settle()
        assert await _timeline(made, tunis) == []
        assert await _count(made, "agora.test", reactions.ANNOUNCE, note.uri) == 0


async def test_thanks_are_counted_told_and_taken_back() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, note = await _two(made)
        await relations.like(made["beirut.test"], ReactionOrder(which=note.uri))
        await made.settle()
        assert await _count(made, "agora.test", reactions.LIKE, note.uri) == 1
        assert ("like", beirut.uri, note.uri) in await _told(made, agora)
        await relations.unlike(made["beirut.test"], ReactionOrder(which=note.uri))
        await made.settle()
        assert await _count(made, "agora.test", reactions.LIKE, note.uri) == 0


async def test_an_edit_reaches_who_read_the_first_words() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _, note = await _two(made)
        made.clock.advance(minutes=1)
        words = {"en": Text(None, None, "<p>All come.</p>", "All come.")}
        await made.edit(agora, replace(note, texts=words))
        await made.settle()
        assert await made.titles("beirut.test") == ["<p>All come.</p>"]


async def test_a_withdrawal_reaches_who_read_it_and_empties_the_timeline() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, note = await _two(made)
        await made.delete(agora, note)
        await made.settle()
        assert await made.find("beirut.test", note.uri) is None
        assert await _timeline(made, beirut) == []


async def _followed(made: World, there: Stranger) -> tuple[Actor, Person]:
    """A collective that follows somebody elsewhere, who decides everything."""
    agora = await made.collective("agora.test", "agora")
    eve = there.person("eve")

    await made["agora.test"].change(
        lambda unit: follows.ask(unit, agora.uri, eve.uri, f"{agora.uri}/follow")
    )
    await made["agora.test"].change(
        lambda unit: follows.decide(unit, agora.uri, eve.uri, follows.ACCEPTED)
    )
    return agora, eve


@pytest.mark.parametrize("was_seen", [True, False], ids=["seen before", "never seen"])
@pytest.mark.parametrize("kind", ["Create", "Update", "Announce"])
async def test_what_comes_after_its_withdrawal_changes_nothing(kind: str, was_seen: bool) -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        _, eve = await _followed(made, there)
        note = a_note_of(eve, 1, updated=NEWER)
        there.show(note["id"], {"@context": CONTEXT, **note})
        if was_seen:
            await deliver(made, "agora.test", eve.key, say(eve, "Create", note, "early"))
            await made.settle()
            assert await made.find("agora.test", note["id"]) is not None
        gone = say(eve, "Delete", {"id": note["id"], "type": "Tombstone"})
        await deliver(made, "agora.test", eve.key, gone)
        await made.settle()
        before = await everything(made, "agora.test")
        late = say(eve, kind, note["id"] if kind == "Announce" else note, "late")
        await deliver(made, "agora.test", eve.key, late)
        await made.settle()
        after = changed(before, await everything(made, "agora.test"))
        assert set(after) == {"inbox_activity"}
        assert await made.find("agora.test", note["id"]) is None


async def test_a_new_name_is_taken_from_the_actors_own_address() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        _, eve = await _followed(made, there)
        note = a_note_of(eve, 1)
        await deliver(made, "agora.test", eve.key, say(eve, "Create", note))
        await made.settle()
        there.show(eve.uri, eve.document(name="Eve of Sidon"))
        made.clock.advance(hours=1)
        told = say(eve, "Update", eve.document(name="Only said"))
        await deliver(made, "agora.test", eve.key, told)
        await made.settle()
        known = await made["agora.test"].look(lambda rx: store.find(rx, eve.uri))
        assert known is not None
        assert known.name == "Eve of Sidon"


async def test_who_leaves_takes_all_words_along() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora, eve = await _followed(made, there)
        notes = [a_note_of(eve, number) for number in range(3)]
        for number, note in enumerate(notes):
            await deliver(made, "agora.test", eve.key, say(eve, "Create", note, number))
        await made.settle()
        assert len(await made.titles("agora.test")) == 3
        await deliver(made, "agora.test", eve.key, say(eve, "Delete", eve.uri))
        await made.settle()
        assert await made.titles("agora.test") == []
        assert await _timeline(made, agora) == []
        dead = await made["agora.test"].look(
            lambda rx: [publication_store.find_tombstone(rx, each["id"]) for each in notes]
        )
        assert None not in dead
