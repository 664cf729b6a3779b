"""What hangs on a publication can be read by other servers: answers, the conversation, how many thanked and passed on."""

from actors.model import Actor
from fedi.publications.model import Publication
from fedi.vocab.audience import Visibility
from outbox.actions.announce import announce
from outbox.actions.like import like
from tests.harness.world import World, a_note, an_event, world


async def _talk(made: World) -> tuple[Actor, Actor, Publication, Publication]:
    agora = await made.collective("agora.test", "agora")
    beirut = await made.collective("beirut.test", "beirut")
    await made.follow(beirut, agora)
    event = await made.publish(agora, an_event("Assembly"))
    await made.settle()
    known = await made.find("beirut.test", event.uri)
    reply = await made.publish(
        beirut, a_note("we come", in_reply_to=event.uri), parent=known, answered=agora
    )
    await made.settle()
    return agora, beirut, event, reply


async def test_answers_and_conversation_list_the_reply() -> None:
    async with world("agora.test", "beirut.test") as made:
        _, _, event, reply = await _talk(made)
        asker = made["beirut.test"].http
        replies = await asker.fetch_document(f"{event.uri}/replies")
        thread = await asker.fetch_document(f"{event.uri}/context")
        assert replies.document["orderedItems"] == [reply.uri]
        assert thread.document["orderedItems"] == [event.uri, reply.uri]
        assert thread.document["attributedTo"] == event.author


async def test_a_private_answer_is_in_no_collection() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, beirut, event, reply = await _talk(made)
        known = await made.find("beirut.test", event.uri)
        await made.publish(
            beirut,
            a_note("between us", in_reply_to=event.uri, visibility=Visibility.DIRECT),
            parent=known,
            answered=agora,
        )
        await made.settle()
        for name in ("replies", "context"):
            found = await made["beirut.test"].http.fetch_document(f"{event.uri}/{name}")
            assert [uri for uri in found.document["orderedItems"] if uri != event.uri] == [
                reply.uri
            ]


async def test_thanks_and_announces_are_counted_but_not_named() -> None:
    async with world("agora.test", "beirut.test") as made:
        _, beirut, event, _ = await _talk(made)
        await made["beirut.test"].change(lambda unit: like(unit, beirut, event.uri))
        await made["beirut.test"].change(lambda unit: announce(unit, beirut, event.uri))
        await made.settle()
        for name in ("likes", "shares"):
            found = await made["beirut.test"].http.fetch_document(f"{event.uri}/{name}")
            assert found.document["totalItems"] == 1
            assert "orderedItems" not in found.document
