"""Polls of others: shown with their options, voted in once."""

import pytest

from fedi.desk.polls import VoteOrder, vote
from fedi.errors import Conflict, Invalid
from tests.harness.world import World, world
from tests.hostile.stranger import CONTEXT, Stranger, stranger

OPTIONS = ["Tea", "قهوة"]


async def _poll(made: World, there: Stranger, **members: object) -> str:
    """The id of a poll that somebody published."""
    await made.collective("agora.test", "agora")
    author = there.person("author")
    kind = "anyOf" if members.pop("several", False) else "oneOf"
    question = {
        "@context": CONTEXT,
        "id": f"{author.uri}/polls/1",
        "type": "Question",
        "attributedTo": author.uri,
        "content": "<p>What shall we drink?</p>",
        "published": "2026-01-01T00:00:00Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        kind: [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}}
            for name in OPTIONS
        ],
        **members,
    }
    there.show(str(question["id"]), question)
    return str(question["id"])


async def test_a_vote_is_a_note_with_the_option_as_its_name_and_no_content() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        uri = await _poll(made, there)
        await vote(made["agora.test"], VoteOrder(which=uri, options=("قهوة",)))
        await made.settle()
        [post] = there.posts
        ballot = post.document["object"]
        assert (ballot["type"], ballot["name"], ballot["inReplyTo"]) == ("Note", "قهوة", uri)
        assert "content" not in ballot
        assert ballot["to"] == [there.url("/author")]
        assert ballot["cc"] == []


async def test_nobody_votes_twice() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        uri = await _poll(made, there)
        await vote(made["agora.test"], VoteOrder(which=uri, options=("Tea",)))
        with pytest.raises(Conflict):
            await vote(made["agora.test"], VoteOrder(which=uri, options=("قهوة",)))
        await made.settle()
        assert len(there.posts) == 1


async def test_several_options_are_several_ballots_where_that_is_allowed() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        uri = await _poll(made, there, several=True)
        await vote(made["agora.test"], VoteOrder(which=uri, options=("Tea", "قهوة", "Tea")))
        await made.settle()
        assert sorted(post.document["object"]["name"] for post in there.posts) == sorted(OPTIONS)


@pytest.mark.parametrize(
    ("members", "options", "reason"),
    [
        ({}, ("Water",), "unknown_option"),
        ({}, ("Tea", "قهوة"), "only_one"),
        ({"endTime": "2026-01-02T00:00:00Z"}, ("Tea",), "closed"),
        ({"closed": "2026-01-02T00:00:00Z"}, ("Tea",), "closed"),
        ({"type": "Note"}, ("Tea",), "no_poll"),
    ],
)
async def test_a_vote_that_cannot_count_is_not_sent(
    members: dict[str, object], options: tuple[str, ...], reason: str
) -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        uri = await _poll(made, there, **members)
        with pytest.raises(Invalid, match=reason):
            await vote(made["agora.test"], VoteOrder(which=uri, options=options))
        await made.settle()
        assert there.posts == []
