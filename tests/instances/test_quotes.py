"""Others may quote our public words, and can prove that they may (FEP-044f)."""

from typing import Any

from actors import refresh
from fedi.vocab.audience import Visibility
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


async def test_nobody_asks_in_the_name_of_another_servers_quote() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words"))
        quoter = there.person("quoter")
        request = say(quoter, "QuoteRequest", note.uri, instrument="https://elsewhere.test/notes/1")
        await deliver(made, "agora.test", quoter.key, request)
        await made.settle()
        assert there.posts == []


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
