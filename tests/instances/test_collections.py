"""What hangs on a publication can be read by other servers: answers, the conversation, how many thanked and passed on."""

from typing import Any

import pytest

from actors.model import Actor
from fedi.errors import RemoteGone
from fedi.faces import publication as face
from fedi.publications.model import Publication
from fedi.vocab.audience import Visibility
from outbox.actions.announce import announce
from outbox.actions.like import like
from tests.harness.browser import Browser
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import a_note_of, deliver, say, stranger


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


async def test_answers_of_servers_that_name_no_conversation_belong_to_it_too() -> None:
    async with world("agora.test", "asker.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        event = await made.publish(agora, an_event("Assembly"))
        eve = there.person("eve")
        first = a_note_of(eve, 1, inReplyTo=event.uri)
        to_us = {"cc": [agora.uri], "published": "2026-01-02T00:00:00Z"}
        second = a_note_of(eve, 2, inReplyTo=first["id"], **to_us)
        aside = a_note_of(eve, 3, inReplyTo=first["id"], to=[agora.uri], cc=[])
        for number, note in enumerate((first, second, aside)):
            there.show(note["id"], {"@context": "https://www.w3.org/ns/activitystreams", **note})
            await deliver(made, "agora.test", eve.key, say(eve, "Create", note, number))
            await made.settle()
        thread = (await made["asker.test"].http.fetch_document(f"{event.uri}/context")).document
        assert thread["orderedItems"] == [event.uri, first["id"], second["id"]]
        assert thread["totalItems"] == 3


async def test_a_conversation_that_somebody_else_began_is_not_ours_to_list() -> None:
    async with world("agora.test", "beirut.test") as made:
        _, _, event, reply = await _talk(made)
        assert reply.context == f"{event.uri}/context"
        with pytest.raises(RemoteGone):
            await made["agora.test"].http.fetch_document(f"{reply.uri}/context")


async def test_a_long_conversation_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "ITEMS_MAX", 4)
    monkeypatch.setattr(face, "PAGE_SIZE", 2)
    async with world("agora.test", "asker.test") as made:
        agora = await made.collective("agora.test", "agora")
        root = await made.publish(agora, a_note("Who comes?"))
        said = [root.uri]
        for number in range(4):
            made.clock.advance(seconds=1)
            draft = a_note(f"note {number}", in_reply_to=root.uri)
            said.append((await made.publish(agora, draft, parent=root, answered=agora)).uri)
        http = made["asker.test"].http
        thread: dict[str, Any] = (await http.fetch_document(f"{root.uri}/context")).document
        assert (thread["totalItems"], thread["attributedTo"]) == (5, agora.uri)
        assert "orderedItems" not in thread
        found, following = [], thread["first"]
        while following is not None:
            page = (await http.fetch_document(following)).document
            assert page["partOf"] == thread["id"]
            found += page["orderedItems"]
            following = page.get("next")
        assert found == said
        visitor, path = Browser(made, "agora.test"), root.uri.removeprefix("https://agora.test")
        for number in ("0", "4", "1" + "0" * 30, "9" * 5_000, "-1", "x"):
            asked = f"{path}/context/page/{number}"
            assert (await visitor.get(asked, Accept="application/activity+json")).status == 404
