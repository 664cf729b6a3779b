"""What others pass on is looked up at its origin, and believed only from there."""

import pytest

from actors.model import Actor
from fedi.publications import store as publication_store
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, say, stranger


async def _followed(made: World, there: Stranger) -> tuple[Actor, Person]:
    """A collective of ours, and somebody elsewhere whom it follows and who passes things on."""
    agora = await made.collective("agora.test", "agora")
    passer = there.person("passer")
    await made["agora.test"].change(
        lambda unit: unit.tx.run(
            "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
            agora.uri, passer.uri, "https://agora.test/activity/1", "accepted", 1,
        )
    )  # fmt: skip
    return agora, passer


async def test_words_passed_on_by_somebody_we_follow_are_read_from_their_origin() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        _, passer = await _followed(made, one)
        author = two.person("author", 1)
        true_note = a_note_of(author, 1, "<p>as written</p>")
        two.show(
            true_note["id"], {"@context": "https://www.w3.org/ns/activitystreams", **true_note}
        )
        told = say(author, "Create", {**true_note, "content": "<p>as twisted</p>"})
        heard = await deliver(made, "agora.test", passer.key, told)
        assert heard.status == 202
        await made.settle()
        assert await made.titles("agora.test") == ["<p>as written</p>"]


async def test_what_was_never_said_is_not_there_to_be_read() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        _, passer = await _followed(made, one)
        author = two.person("author", 1)
        await deliver(made, "agora.test", passer.key, say(author, "Create", a_note_of(author, 1)))
        await made.settle()
        assert await made.titles("agora.test") == []


async def test_a_stranger_cannot_make_us_look() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        await made.collective("agora.test", "agora")
        author = two.person("author", 1)
        heard = await deliver(
            made, "agora.test", one.person("eve").key, say(author, "Create", a_note_of(author, 1))
        )
        assert heard.status == 401
        await made.settle()
        assert two.asked == []


async def test_a_passed_on_withdrawal_counts_only_when_the_origin_confirms_it() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        agora, passer = await _followed(made, one)
        event = await made.publish(agora, an_event("Assembly"))
        author = two.person("author", 1)
        notes = [
            a_note_of(author, number, f"<p>{number}</p>", inReplyTo=event.uri) for number in (1, 2)
        ]
        for number, note in enumerate(notes):
            two.show(note["id"], {"@context": "https://www.w3.org/ns/activitystreams", **note})
            await deliver(made, "agora.test", author.key, say(author, "Create", note, number))
        await made.settle()
        del two.pages["/author/notes/1"]
        for number, note in enumerate(notes):
            gone = say(author, "Delete", {"id": note["id"], "type": "Tombstone"}, number)
            assert (await deliver(made, "agora.test", passer.key, gone)).status == 202
        await made.settle()
        assert await made.titles("agora.test") == ["<p>2</p>"]


async def test_our_own_words_passed_back_to_us_change_nothing() -> None:
    async with world("agora.test") as made, stranger(made, "one.test") as one:
        agora, passer = await _followed(made, one)
        note = await made.publish(agora, a_note("words"))
        told = {**say(passer, "Delete", note.uri), "actor": agora.uri, "id": f"{agora.uri}/fake"}
        assert (await deliver(made, "agora.test", passer.key, told)).status == 403
        await made.settle()
        assert await made.find("agora.test", note.uri) is not None


async def test_private_words_that_are_not_shown_to_us_are_not_taken_for_gone() -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "one.test") as one,
        stranger(made, "two.test") as two,
    ):
        agora, passer = await _followed(made, one)
        author = two.person("author", 1)
        note = a_note_of(author, 1, "<p>for you</p>", to=[agora.uri], cc=[])
        await deliver(
            made, "agora.test", author.key, say(author, "Create", note, to=[agora.uri], cc=[])
        )
        await made.settle()
        gone = say(author, "Delete", {"id": note["id"], "type": "Tombstone"})
        assert (await deliver(made, "agora.test", passer.key, gone)).status == 202
        await made.settle()
        assert await made.titles("agora.test") == ["<p>for you</p>"]


@pytest.mark.parametrize(("posture", "titles"), [("guarded", []), ("open", ["<p>an answer</p>"])])
async def test_an_answer_that_is_passed_on_waits_like_one_that_was_sent(
    posture: str, titles: list[str]
) -> None:
    async with world() as made:
        await made.start("agora.test", f'[instance]\nposture = "{posture}"')
        async with stranger(made, "one.test") as one, stranger(made, "two.test") as two:
            agora, passer = await _followed(made, one)
            ours = await made.publish(agora, a_note("A question"))
            author = two.person("author", 1)
            answer = a_note_of(author, 1, "<p>an answer</p>") | {"inReplyTo": ours.uri}
            two.show(answer["id"], {"@context": "https://www.w3.org/ns/activitystreams", **answer})
            await deliver(made, "agora.test", passer.key, say(author, "Create", answer))
            await made.settle()
            made.clock.advance(minutes=2)
            await made.settle()
            stored = await made["agora.test"].look(
                lambda rx: rx.all("SELECT is_held FROM publication WHERE NOT is_local")
            )
            assert [bool(row[0]) for row in stored] == [posture == "guarded"]
            replies = await made["agora.test"].look(
                lambda rx: publication_store.list_replies(rx, ours.uri, 10)
            )
            assert [each.original.content for each in replies] == titles
