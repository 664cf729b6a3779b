"""What was said later stays later: whichever way it travels, and whatever our clock does meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actors import refresh
from fedi.publications import reactions
from inbox.contract import Incoming, Outcome
from inbox.handlers import BY_ACTIVITY
from outbox.actions.like import like
from outbox.actions.quote import revoke_quote
from outbox.actions.undo import undo_reaction
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Person, a_note_of, deliver, say, stranger

HERE, THERE = "agora.test", "there.test"


async def test_what_is_taken_back_goes_where_it_was_said() -> None:
    """Letters to one inbox never overtake each other; those to two inboxes of a host may."""
    async with world(HERE) as made, stranger(made, THERE) as there:
        agora, reader = await made.collective(HERE, "agora"), there.person("reader")
        theirs = a_note_of(reader, 1)
        there.show(theirs["id"], theirs)
        await _hear(made, reader, "Follow", agora.uri, 1)
        await _hear(made, reader, "Create", {**theirs, "cc": [agora.uri]}, 2)
        await made[HERE].change(lambda unit: like(unit, agora, theirs["id"]))
        await made[HERE].change(
            lambda unit: undo_reaction(unit, agora, reactions.LIKE, theirs["id"])
        )
        note = await made.publish(agora, a_note("Quote me"))
        quote = {"id": f"{reader.uri}/notes/2", "type": "Note", "quote": note.uri}
        there.show(quote["id"], {**a_note_of(reader, 2), **quote})
        await made.settle()
        await deliver(
            made, HERE, reader.key, say(reader, "QuoteRequest", note.uri, 3, instrument=quote)
        )
        await made.settle()
        [accept] = [post for post in there.posts if "result" in post.document]
        stamp = accept.document["result"]
        await made[HERE].change(lambda unit: revoke_quote(unit, agora, stamp))
        await made.settle()
        ways = {_what(post.document): post.path for post in there.posts}
        assert ways["Like"] == ways["Undo Like"] == "/reader/inbox"
        assert ways["Accept QuoteRequest"] == ways[f"Delete {stamp}"] == "/reader/inbox"


async def test_what_several_say_at_once_is_worked_in_the_order_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever else breaks us meanwhile: only that activity waits, and nothing of the others."""

    def broken(_unit: object, _incoming: Incoming) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setitem(BY_ACTIVITY, "Like", replace(BY_ACTIVITY["Like"], apply=broken))
    async with world(HERE) as made, stranger(made, THERE) as there:
        agora = await made.collective(HERE, "agora")
        note = await made.publish(agora, a_note("Like me"))
        people = [there.person(f"p{number}") for number in range(4)]
        for number in range(4):
            for person in people:
                words = {**a_note_of(person, 1, f"<p>words {number}</p>"), "cc": [agora.uri]}
                edited = {"updated": made.clock.now().isoformat()} if number else {}
                kind, thing = ("Update" if number else "Create"), {**words, **edited}
                if person is people[0] and number == 3:
                    kind, thing = "Delete", words["id"]
                elif person is people[1] and number == 1:
                    kind, thing = "Like", note.uri
                told = say(person, kind, thing, number, to=words["to"], cc=words["cc"])
                assert (await deliver(made, HERE, person.key, told)).status == 202
            made.clock.advance(seconds=1)
        await made.settle()
        stored = [await made.find(HERE, a_note_of(person, 1)["id"]) for person in people]
        assert [each and each.original.content for each in stored] == [
            None,
            *["<p>words 3</p>"] * 3,
        ]
        waiting = await made[HERE].look(
            lambda rx: rx.all("SELECT type FROM inbox_activity WHERE state = 'waiting'")
        )
        assert waiting == [("Like",)]


async def test_a_clock_that_is_set_back_loses_no_edit() -> None:
    async with world(HERE) as made, stranger(made, THERE) as there:
        agora, reader = await made.collective(HERE, "agora"), there.person("reader")
        said_at = made.clock.now()
        words = {**a_note_of(reader, 1), "cc": [agora.uri], "published": said_at.isoformat()}
        await _hear(made, reader, "Create", words, 1)
        made.clock.advance(minutes=-4)
        for number in (2, 3):
            at = (said_at + timedelta(seconds=number)).isoformat()
            edited = {**words, "content": f"<p>words {number}</p>", "updated": at}
            await _hear(made, reader, "Update", edited, number)
        stored = await made.find(HERE, words["id"])
        assert stored is not None
        assert stored.original.content == "<p>words 3</p>"


async def _hear(made: World, person: Person, kind: str, thing: object, number: int) -> None:
    known = await refresh.find_or_fetch_actor(made[HERE], person.uri)
    to = thing.get("to", []) if isinstance(thing, dict) else []
    cc = thing.get("cc", []) if isinstance(thing, dict) else []
    heard = await deliver(made, HERE, person.key, say(person, kind, thing, number, to=to, cc=cc))
    assert (known.uri, heard.status) == (person.uri, 202)
    await made.settle()


def _what(document: dict[str, object]) -> str:
    inner = document.get("object")
    if isinstance(inner, dict):
        return f"{document['type']} {inner['type']}"
    return f"{document['type']} {inner}" if document["type"] == "Delete" else str(document["type"])
