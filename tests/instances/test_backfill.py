"""What was said before somebody listened, or while they were away, is read later; always within bounds."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from actors.model import Actor
from fedi import chores
from fedi.desk.shown import ShowOrder, show
from fedi.jobs.absence import note_running
from fedi.jobs.chores import do_chores
from fedi.publications import shelf
from fedi.vocab.audience import Visibility
from inbox.backfill import OUTBOX_ITEMS_MAX, REPLIES_MAX, reread_everybody
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import Document, Person, Stranger, a_note_of, deliver, say, stranger


async def test_following_brings_what_was_said_before_to_the_timeline() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        for title in ("First", "Second"):
            await made.publish(agora, a_statement(title))
            made.clock.advance(minutes=1)
        await made.publish(agora, a_statement("For followers", visibility=Visibility.FOLLOWERS))
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        assert await made.titles("beirut.test") == ["First", "Second"]


async def test_no_more_than_the_newest_few_are_read() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        for number in range(OUTBOX_ITEMS_MAX + 5):
            await made.publish(agora, a_note(f"note {number}"))
            made.clock.advance(minutes=1)
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        titles = await made.titles("beirut.test")
        assert len(titles) == OUTBOX_ITEMS_MAX
        assert "note 24" in titles[-1]


async def test_after_a_time_away_missed_words_are_read() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        await made.publish(agora, an_event("Missed"))
        await made["agora.test"].change(lambda unit: unit.tx.run("DELETE FROM delivery"))
        await made.settle()
        assert await made.titles("beirut.test") == []
        await reread_everybody(made["beirut.test"])
        await made.settle()
        assert await made.titles("beirut.test") == ["Missed"]


async def test_what_was_put_off_while_the_clock_was_ahead_does_not_wait_for_years() -> None:
    """A small machine without a battery starts in another year; then somebody sets its clock right."""
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        here = made["agora.test"]
        made.clock.advance(days=900)
        await note_running(here)
        made.wire.cut.add("beirut.test")
        await made.publish(agora, a_statement("Late"))
        await made.settle()  # the first attempt failed; the next one is appointed
        await here.change(
            lambda unit: chores.add(unit, chores.LOOK, f"{beirut.uri}/x", timedelta(minutes=1))
        )
        made.wire.cut.clear()
        made.clock.advance(days=-900)
        await note_running(here)
        await made.settle()
        assert await made.titles("beirut.test") == ["Late"]
        assert (await made.rows("agora.test"))["chore"] == 0


async def test_a_clock_that_is_put_right_by_a_second_hurries_nothing() -> None:
    async with world("agora.test") as made:
        here = made["agora.test"]
        await note_running(here)
        await here.change(
            lambda unit: chores.add(unit, chores.LOOK, "https://x.test/1", timedelta(hours=12))
        )
        made.clock.advance(seconds=-1)
        await note_running(here)
        assert await do_chores(here) == 0


async def test_an_instance_that_was_away_for_long_notices_and_reads_again() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        here = made["beirut.test"]
        assert await note_running(here) == 0
        made.clock.advance(minutes=5)
        assert await note_running(here) == 0
        made.clock.advance(hours=3)
        assert await note_running(here) == 1
        assert await here.look(lambda rx: rx.all("SELECT kind, subject FROM chore")) == [
            ("backfill", agora.uri)
        ]


async def test_what_an_outbox_claims_of_others_is_not_believed() -> None:
    async with world("beirut.test") as made, stranger(made, "there.test") as there:
        beirut = await made.collective("beirut.test", "beirut")
        liar = there.person("liar", outbox=there.url("/liar/outbox"))
        forged = {**a_note_of(liar, 1), "id": "https://elsewhere.test/notes/1"}
        foreign = {**a_note_of(liar, 2), "attributedTo": there.url("/other")}
        honest = a_note_of(liar, 3, "<p>mine</p>")
        page = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": there.url("/liar/outbox"),
            "type": "OrderedCollection",
            "orderedItems": [
                say(liar, "Create", note, number)
                for number, note in enumerate((forged, foreign, honest))
            ],
        }
        there.show(there.url("/liar/outbox"), page)
        await made["beirut.test"].change(
            lambda unit: unit.tx.run(
                "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
                beirut.uri, liar.uri, "https://beirut.test/activity/1", "accepted", 1,
            )
        )  # fmt: skip
        await deliver(made, "beirut.test", liar.key, say(liar, "Create", a_note_of(liar, 9), 9))
        await made.settle()
        await made["beirut.test"].change(lambda unit: chores.add(unit, chores.BACKFILL, liar.uri))
        await made.settle()
        assert await made.titles("beirut.test") == ["<p>words</p>", "<p>mine</p>"]


async def test_a_host_that_does_not_answer_is_asked_again_later_and_then_no_more() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        made.wire.cut.add("agora.test")
        here = made["beirut.test"]
        await here.change(lambda unit: chores.add(unit, chores.BACKFILL, agora.uri))
        attempts = 0
        for _ in range(10):
            attempts += await do_chores(here)
            made.clock.advance(hours=13)
        assert attempts == chores.ATTEMPTS_MAX
        assert await here.look(lambda rx: rx.one("SELECT COUNT(*) FROM chore")) == (0,)


async def test_the_parent_of_an_answer_is_fetched() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        tunis = await made.collective("tunis.test", "tunis")
        await made.follow(beirut, agora)
        await made.follow(tunis, beirut)
        event = await made.publish(agora, an_event("Assembly"))
        await made.settle()
        known = await made.find("beirut.test", event.uri)
        await made.publish(
            beirut, a_note("we come", in_reply_to=event.uri), parent=known, answered=agora
        )
        await made.settle()
        assert await made.find("tunis.test", event.uri) is not None


async def test_looking_at_a_thread_elsewhere_brings_the_answers_that_never_came() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        tunis = await made.collective("tunis.test", "tunis")
        event = await made.publish(agora, an_event("Assembly"))
        await made.settle()
        await made.follow(tunis, agora)
        known = await made.find("tunis.test", event.uri)
        reply = await made.publish(
            tunis, a_note("we come", in_reply_to=event.uri), parent=known, answered=agora
        )
        await made.settle()
        here = made["beirut.test"]
        await here.change(lambda unit: shelf.take_off(unit, reply.uri, is_local=False))
        await here.change(lambda unit: unit.tx.run("DELETE FROM tombstone"))
        await show(here, ShowOrder(which=event.uri))
        await made.settle()
        assert await made.find("beirut.test", reply.uri) is not None


AS2_CONTEXT = "https://www.w3.org/ns/activitystreams"


def _shown(there: Stranger, note: Document) -> Document:
    there.show(note["id"], {"@context": AS2_CONTEXT, **note})
    return note


def _conversation(there: Stranger, uri: str, items: Sequence[object]) -> None:
    there.show(
        uri,
        {
            "@context": AS2_CONTEXT,
            "id": uri,
            "type": "OrderedCollection",
            "totalItems": len(items),
            "first": f"{uri}/1",
        },
    )
    there.show(
        f"{uri}/1",
        {
            "@context": AS2_CONTEXT,
            "id": f"{uri}/1",
            "type": "OrderedCollectionPage",
            "partOf": uri,
            "orderedItems": list(items),
        },
    )


async def _heard(made: World, there: Stranger, context: object) -> tuple[Actor, Person, Document]:
    """Beirut follows eve, who began a conversation with this `context`."""
    beirut = await made.collective("beirut.test", "beirut")
    eve = there.person("eve")
    await made["beirut.test"].change(
        lambda unit: unit.tx.run(
            "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
            beirut.uri, eve.uri, "https://beirut.test/activity/1", "accepted", 1,
        )
    )  # fmt: skip
    root = _shown(there, a_note_of(eve, 0, "<p>who comes?</p>", context=context))
    await deliver(made, "beirut.test", eve.key, say(eve, "Create", root))
    await made.settle()
    assert await made.find("beirut.test", root["id"]) is not None
    return beirut, eve, root


async def _look(made: World, uri: str) -> None:
    here = made["beirut.test"]
    await here.change(lambda unit: chores.add(unit, chores.REPLIES, uri))
    await made.settle()


async def test_the_conversation_of_a_thread_elsewhere_is_read_each_word_from_its_own_origin() -> (
    None
):
    async with (
        world("beirut.test") as made,
        stranger(made, "there.test") as there,
        stranger(made, "far.test") as far,
    ):
        thread = there.url("/conversations/1")
        _, eve, root = await _heard(made, there, thread)
        zoe = far.person("zoe", 1)
        answer = _shown(far, a_note_of(zoe, 1, "<p>true</p>", inReplyTo=root["id"]))
        below = _shown(there, a_note_of(eve, 2, "<p>below</p>", inReplyTo=answer["id"]))
        aside = _shown(there, a_note_of(eve, 3, "<p>elsewhere</p>"))
        stray = _shown(there, a_note_of(eve, 4, inReplyTo=there.url("/nowhere")))
        private = _shown(there, a_note_of(eve, 5, inReplyTo=root["id"], to=[eve.followers], cc=[]))
        forged = {**answer, "content": "<p>forged</p>"}
        # what answers stands before what it answers
        listed = [below["id"], root["id"], forged, aside["id"], stray["id"], private["id"]]
        _conversation(
            there, thread, [*listed, "javascript:x", 7, None, thread, "https://10.0.0.1/x"]
        )
        await _look(made, root["id"])
        found = await made.find("beirut.test", answer["id"])
        assert found is not None
        assert found.texts["und"].content == "<p>true</p>"
        assert await made.find("beirut.test", below["id"]) is not None
        for each in (aside, stray, private):
            assert await made.find("beirut.test", each["id"]) is None


async def test_the_conversation_at_another_origin_is_not_asked_for() -> None:
    async with (
        world("beirut.test") as made,
        stranger(made, "there.test") as there,
        stranger(made, "far.test") as far,
    ):
        thread = far.url("/conversations/1")
        _, eve, root = await _heard(made, there, thread)
        answer = _shown(there, a_note_of(eve, 1, inReplyTo=root["id"]))
        _conversation(far, thread, [answer["id"]])
        await _look(made, root["id"])
        assert far.asked == []
        assert await made.find("beirut.test", answer["id"]) is None


@pytest.mark.parametrize(
    "context", ["tag:there.test,2026:x", "https://there.test/gone", ["a", "b"]]
)
async def test_a_conversation_that_cannot_be_read_leaves_the_answers(context: object) -> None:
    async with world("beirut.test") as made, stranger(made, "there.test") as there:
        _, eve, root = await _heard(made, there, context)
        answer = _shown(there, a_note_of(eve, 1, inReplyTo=root["id"]))
        _shown(there, {**root, "replies": {"type": "Collection", "items": [answer["id"]]}})
        await _look(made, root["id"])
        assert await made.find("beirut.test", answer["id"]) is not None


async def test_conversation_and_answers_together_have_one_bound() -> None:
    async with world("beirut.test") as made, stranger(made, "there.test") as there:
        thread = there.url("/conversations/1")
        _, eve, root = await _heard(made, there, thread)
        notes = [
            _shown(there, a_note_of(eve, number, inReplyTo=root["id"]))
            for number in range(1, 2 * REPLIES_MAX + 1)
        ]
        ids = [each["id"] for each in notes]
        _conversation(there, thread, [root["id"], *ids[:REPLIES_MAX]])
        replies = {"type": "Collection", "items": ids[REPLIES_MAX:]}
        _shown(there, {**root, "replies": replies})
        before = (await made.rows("beirut.test"))["publication"]
        await _look(made, root["id"])
        after = (await made.rows("beirut.test"))["publication"]
        assert after - before == REPLIES_MAX


async def test_words_of_strangers_in_a_conversation_wait_where_they_would_if_they_had_been_sent() -> (
    None
):
    async with (
        world("beirut.test", settings='[instance]\nposture = "guarded"\n') as made,
        stranger(made, "there.test") as there,
        stranger(made, "far.test") as far,
    ):
        thread = there.url("/conversations/1")
        _, eve, root = await _heard(made, there, thread)
        zoe = far.person("zoe", 1)
        strange = _shown(far, a_note_of(zoe, 1, inReplyTo=root["id"]))
        own = _shown(there, a_note_of(eve, 2, inReplyTo=root["id"]))
        _conversation(there, thread, [root["id"], strange["id"], own["id"]])
        await _look(made, root["id"])
        rows = await made["beirut.test"].look(
            lambda rx: rx.all("SELECT uri, is_held FROM publication WHERE in_reply_to IS NOT NULL")
        )
        assert {row[0]: bool(row[1]) for row in rows} == {strange["id"]: True, own["id"]: False}
