"""What an edit took back, or who left, is not shown again by any road."""

import json
from dataclasses import replace

import pytest

from actors import refresh, store
from fedi.errors import RemoteGone
from fedi.publications.model import Text
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import deliver, say, stranger


async def _edited(made: World) -> tuple[str, str]:
    """The outbox page and the Create of a note from which a name was taken out."""
    agora = await made.collective("agora.test", "agora")
    note = await made.publish(agora, a_note("Call Samira."))
    await made.settle()
    made.clock.advance(minutes=1)
    await made.edit(
        agora, replace(note, texts={"en": Text(None, None, "<p>Call us.</p>", "Call us.")})
    )
    row = await made["agora.test"].look(
        lambda rx: rx.one("SELECT uri FROM outbox_activity WHERE type = 'Create'")
    )
    assert row is not None
    return f"{agora.outbox}/page", row[0]


async def test_the_outbox_and_the_activity_show_the_present_words() -> None:
    async with world("agora.test", "reader.test") as made:
        for address in await _edited(made):
            document = (await made["reader.test"].http.fetch_document(address)).document
            text = json.dumps(document)
            assert "Call us." in text
            assert "Samira" not in text


async def test_who_left_does_not_come_back_by_being_fetched() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri))
        await made.settle()
        await deliver(made, "agora.test", eve.key, say(eve, "Delete", eve.uri))
        await made.settle()
        with pytest.raises(RemoteGone):
            await refresh.fetch_actor(made["agora.test"], eve.uri)
        known = await made["agora.test"].look(lambda rx: store.find(rx, eve.uri))
        assert known is not None
        assert known.deleted_at is not None
        assert known.name == ""
