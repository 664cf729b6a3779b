"""Others may quote our public words, and can prove that they may (FEP-044f)."""

from typing import Any

import pytest

from actors import refresh
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from outbox.actions.follow import follow
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Stranger, a_note_of, deliver, say, stranger


async def _ask(made: World, there: Stranger, object_uri: str, instrument: Any) -> dict[str, Any]:
    """The answer that an asker gets."""
    quoter = there.person("quoter")
    request = say(quoter, "QuoteRequest", object_uri, instrument=instrument)
    heard = await deliver(made, "agora.test", quoter.key, request)
    assert heard.status == 202
    await made.settle()
    [post] = [post for post in there.posts if post.document["object"]["type"] == "QuoteRequest"]
    return post.document


async def test_a_quote_of_public_words_is_stamped_and_the_stamp_can_be_looked_up() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoting = a_note_of(there.person("quoter"), 1, quote=note.uri)
        quote = quoting["id"]
        answer = await _ask(made, there, note.uri, quoting)
        assert answer["type"] == "Accept"
        assert answer["object"]["instrument"] == quote
        await made.start("reader.test")
        stamp = await made["reader.test"].http.fetch_document(answer["result"])
        assert stamp.document["type"] == "QuoteAuthorization"
        assert stamp.document["attributedTo"] == agora.uri
        assert stamp.document["interactingObject"] == quote
        assert stamp.document["interactionTarget"] == note.uri


async def test_words_for_followers_may_not_be_quoted() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        quoter = there.person("quoter")
        await deliver(made, "agora.test", quoter.key, say(quoter, "Follow", agora.uri))
        await made.settle()
        note = await made.publish(agora, a_note("words", visibility=Visibility.FOLLOWERS))
        answer = await _ask(made, there, note.uri, a_note_of(quoter, 1))
        assert answer["type"] == "Reject"


async def test_asking_twice_gives_the_same_stamp() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoter = there.person("quoter")
        for number in (1, 2):
            instrument = there.url("/quoter/notes/1")
            there.show(instrument, a_note_of(quoter, 1, id=instrument))
            request = say(quoter, "QuoteRequest", note.uri, number, instrument=instrument)
            await deliver(made, "agora.test", quoter.key, request)
            await made.settle()
        assert len({post.document["result"] for post in there.posts}) == 1
        assert len(there.posts) == 2


@pytest.mark.parametrize("is_inlined", [False, True])
async def test_nobody_asks_in_the_name_of_another_servers_quote(is_inlined: bool) -> None:
    async with (
        world("agora.test") as made,
        stranger(made, "there.test") as there,
        stranger(made, "elsewhere.test") as elsewhere,
    ):
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoter = there.person("quoter")
        shown = a_note_of(elsewhere.person("other", 1), 1)
        elsewhere.show(shown["id"], shown)
        # it may say of itself whatever it likes: what lies elsewhere is not theirs
        lie = shown | {"attributedTo": quoter.uri} if is_inlined else shown["id"]
        await deliver(
            made,
            "agora.test",
            quoter.key,
            say(quoter, "QuoteRequest", note.uri, instrument=lie),
        )
        await made.settle()
        assert there.posts == []
        assert elsewhere.posts == []


@pytest.mark.parametrize("to", [PUBLIC, "followers"])
async def test_a_quote_that_comes_along_as_mastodon_sends_it_is_believed_of_whoever_signs(
    to: str,
) -> None:
    """Of a quote for followers nothing can be fetched: the signature and the origin are what there is (wire: QuoteRequest)."""
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoter = there.person("quoter")
        quote = a_note_of(quoter, 1, to=[to if to == PUBLIC else quoter.followers], quote=note.uri)
        request = say(quoter, "QuoteRequest", note.uri, 2, instrument=quote)
        await deliver(made, "agora.test", quoter.key, request)
        await made.settle()
        assert [post.document["type"] for post in there.posts] == ["Accept"]


async def test_nobody_asks_for_the_quote_of_a_neighbour_on_the_same_server() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoter, other = there.person("quoter"), there.person("other", 1)
        shown, told, stored = (a_note_of(other, number) for number in (1, 2, 3))
        there.show(shown["id"], shown)
        known = await refresh.fetch_actor(made["agora.test"], other.uri)
        await made["agora.test"].change(lambda unit: follow(unit, agora, known))
        await made.settle()
        [asked] = [post.document for post in there.posts if post.document["type"] == "Follow"]
        await deliver(made, "agora.test", other.key, say(other, "Accept", asked["id"], 9))
        await made.settle()
        await deliver(made, "agora.test", other.key, say(other, "Create", stored))
        await made.settle()
        lie = stored | {"attributedTo": quoter.uri}
        for number, instrument in enumerate((shown["id"], told, lie, stored["id"]), 1):
            request = say(quoter, "QuoteRequest", note.uri, number, instrument=instrument)
            await deliver(made, "agora.test", quoter.key, request)
            await made.settle()
        assert [post for post in there.posts if post.document["type"] == "Accept"] == []
