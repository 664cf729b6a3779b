"""Groups elsewhere: what their members send for them, and what they pass on, arrives once and under the right name."""

from typing import Any

from actors.model import Actor
from tests.harness.world import World, world
from tests.hostile.stranger import CONTEXT, Person, Stranger, a_note_of, deliver, say, stranger


async def _following(made: World, group: Person) -> Actor:
    agora = await made.collective("agora.test", "agora")
    await made["agora.test"].change(
        lambda unit: unit.tx.run(
            "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
            agora.uri, group.uri, "https://agora.test/activity/1", "accepted", 1,
        )
    )  # fmt: skip
    return agora


def _event(there: Stranger, group: Person, member: Person) -> dict[str, Any]:
    event = {
        **a_note_of(member, 1),
        "type": "Event",
        "name": "Group assembly",
        "startTime": "2026-12-05T18:00:00+01:00",
        "actor": member.uri,
        "attributedTo": group.uri,
    }
    there.show(event["id"], {"@context": CONTEXT, **event})
    return event


async def test_an_event_that_a_member_sends_for_its_group_is_the_groups() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        group, member = there.person("group", type="Group"), there.person("member", 1)
        await _following(made, group)
        event = _event(there, group, member)
        await deliver(made, "agora.test", member.key, say(member, "Create", event))
        await made.settle()
        known = await made.find("agora.test", event["id"])
        assert known is not None
        assert known.author == group.uri


async def test_a_member_cannot_put_words_into_the_mouth_of_a_neighbour() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        group, member = there.person("group", type="Group"), there.person("member", 1)
        await _following(made, group)
        forged = {**a_note_of(member, 7, "<p>forged</p>"), "attributedTo": group.uri}
        there.show(forged["id"], {"@context": CONTEXT, **a_note_of(member, 7, "<p>own words</p>")})
        await deliver(made, "agora.test", member.key, say(member, "Create", forged))
        await made.settle()
        known = await made.find("agora.test", forged["id"])
        assert known is None or (known.author, known.original.content) == (
            member.uri,
            "<p>own words</p>",
        )


async def test_what_a_group_wraps_in_an_announce_is_read_from_its_own_address() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        group, member = there.person("group", type="Group"), there.person("member", 1)
        await _following(made, group)
        note = a_note_of(member, 3, "<p>to the group</p>")
        there.show(note["id"], {"@context": CONTEXT, **note})
        wrapped = say(member, "Create", {**note, "content": "<p>twisted</p>"})
        await deliver(made, "agora.test", group.key, say(group, "Announce", wrapped))
        await made.settle()
        assert await made.titles("agora.test") == ["<p>to the group</p>"]


async def test_the_bare_and_the_wrapped_announce_of_one_post_count_once() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        group, member = there.person("group", type="Group"), there.person("member", 1)
        await _following(made, group)
        note = a_note_of(member, 3)
        there.show(note["id"], {"@context": CONTEXT, **note})
        for number, subject in enumerate((note["id"], say(member, "Create", note))):
            await deliver(made, "agora.test", group.key, say(group, "Announce", subject, number))
        await made.settle()
        rows = await made["agora.test"].look(lambda rx: rx.all("SELECT object_uri FROM reaction"))
        assert rows == [(note["id"],)]
