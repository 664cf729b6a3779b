"""Answers to our publications reach our followers elsewhere, byte for byte (ActivityPub 7.1.2)."""

import json

from tests.harness.world import World, an_event, world
from tests.hostile.stranger import Stranger, a_note_of, deliver, say, stranger


async def _with_followers(made: World, *listeners: Stranger) -> tuple[str, str]:
    """Agora's event and its followers collection, with an actor of each listener following."""
    agora = await made.collective("agora.test", "agora")
    for there in listeners:
        reader = there.person("reader")
        await deliver(made, "agora.test", reader.key, say(reader, "Follow", agora.uri))
    event = await made.publish(agora, an_event("Assembly"))
    await made.settle()
    for there in listeners:
        there.posts.clear()
    return event.uri, agora.followers or ""


async def test_an_answer_is_passed_on_to_the_followers_elsewhere_as_it_came() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "other.test") as other,
    ):
        event, followers = await _with_followers(made, one, other)
        speaker = one.person("speaker", 1)
        activity = say(speaker, "Create", a_note_of(speaker, 1, inReplyTo=event), cc=[followers])
        await deliver(made, "agora.test", speaker.key, activity)
        await made.settle()
        assert one.posts == []
        [forwarded] = other.posts
        assert forwarded.body == json.dumps(activity, ensure_ascii=False).encode()
        assert 'keyId="https://agora.test/' in forwarded.headers["Signature"]


async def test_an_answer_that_does_not_name_our_followers_is_not_passed_on() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "other.test") as other,
    ):
        event, _ = await _with_followers(made, other)
        speaker = one.person("speaker", 1)
        await deliver(
            made,
            "agora.test",
            speaker.key,
            say(speaker, "Create", a_note_of(speaker, 1, inReplyTo=event)),
        )
        await made.settle()
        assert other.posts == []


async def test_the_withdrawal_of_an_answer_is_passed_on_too() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "other.test") as other,
    ):
        event, followers = await _with_followers(made, other)
        speaker = one.person("speaker", 1)
        note = a_note_of(speaker, 1, inReplyTo=event)
        await deliver(made, "agora.test", speaker.key, say(speaker, "Create", note, cc=[followers]))
        await made.settle()
        gone = say(speaker, "Delete", {"id": note["id"], "type": "Tombstone"}, cc=[followers])
        await deliver(made, "agora.test", speaker.key, gone)
        await made.settle()
        assert [post.document["type"] for post in other.posts] == ["Create", "Delete"]


async def test_what_is_said_twice_is_passed_on_once() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "other.test") as other,
    ):
        event, followers = await _with_followers(made, other)
        speaker = one.person("speaker", 1)
        activity = say(speaker, "Create", a_note_of(speaker, 1, inReplyTo=event), cc=[followers])
        for _ in range(2):
            await deliver(made, "agora.test", speaker.key, activity)
            await made.settle()
        assert len(other.posts) == 1
