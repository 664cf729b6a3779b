"""What stewards do at the desk with a collective's own house, seen from elsewhere."""

import pytest

from fedi.desk.house import ReportOrder, add_alias, move, pin, report, unpin
from fedi.desk.relations import ReactionOrder, RelationOrder
from fedi.errors import FediError, Forbidden
from fedi.moderation import flags
from fedi.publications import featured
from fedi.vocab.audience import Visibility
from tests.harness.world import a_note, world


async def test_a_pinned_publication_is_in_the_featured_collection_here_and_there() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        note = await made.publish(agora, a_note("words"))
        await pin(made["agora.test"], ReactionOrder(which=note.uri))
        await made.settle()
        document = (await made["beirut.test"].http.fetch_document(agora.featured or "")).document
        assert document["orderedItems"] == [note.uri]
        there = made["beirut.test"]
        assert await there.look(lambda rx: featured.list_uris(rx, agora.uri)) == [note.uri]
        await unpin(made["agora.test"], ReactionOrder(which=note.uri))
        await made.settle()
        assert await there.look(lambda rx: featured.list_uris(rx, agora.uri)) == []


async def test_only_public_words_can_be_pinned() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("words", visibility=Visibility.FOLLOWERS))
        with pytest.raises(Forbidden):
            await pin(made["agora.test"], ReactionOrder(which=note.uri))


async def test_a_report_reaches_the_stewards_of_the_other_server_in_the_name_of_ours() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.collective("beirut.test", "beirut")
        beirut = made["beirut.test"]
        await report(beirut, ReportOrder(who=agora.handle, words="This is not true."))
        await made.settle()
        [flag] = await made["agora.test"].look(flags.list_open)
        assert flag.content == "This is not true."
        assert flag.objects == (agora.uri,)
        assert flag.actor_uri == beirut.urls.server_actor()


async def test_moving_house_from_the_desk() -> None:
    async with world("old.test", "new.test", "reader.test") as made:
        old = await made.collective("old.test", "agora")
        new = await made.collective("new.test", "agora")
        reader = await made.collective("reader.test", "reader")
        await made.follow(reader, old)
        with pytest.raises(FediError):
            await move(made["old.test"], RelationOrder(who=new.handle))
        await add_alias(made["new.test"], RelationOrder(who=old.handle))
        await move(made["old.test"], RelationOrder(who=new.handle))
        await made.settle()
        assert await made.followers(new) == [reader.uri]
