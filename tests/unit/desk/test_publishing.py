"""Publishing at the desk, between instances: who is named is told, what is answered is fetched, all or nothing."""

import io

import pytest
from PIL import Image

from actors import notifications
from fedi.desk.order import Unfit
from fedi.desk.publishing import delete, edit, publish
from fedi.desk.relations import ReactionOrder, RelationOrder, boost, follow
from fedi.desk.wishes import DeleteOrder, EditOrder, Picture, PublishOrder, Words
from fedi.errors import Conflict, Forbidden, Gone, NotFound, RemoteUnreachable
from fedi.publications import store
from tests.harness.world import World, a_note, world


def note(source: str, **wishes: object) -> PublishOrder:
    return PublishOrder(kind="note", words=(Words(source=source),), **wishes)  # type: ignore[arg-type]


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "png")
    return out.getvalue()


async def files(made: World, host: str) -> int:
    return len(list(made[host].media.iterate()))


async def test_somebody_on_another_instance_who_is_named_is_told() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        told = await publish(made["agora.test"], note("With @beirut@beirut.test"))
        await made.settle()
        heard = await made["beirut.test"].look(lambda rx: notifications.list_newest(rx, beirut.uri))
        assert [(each.kind, each.about_uri) for each in heard] == [("mention", told.uri)]


async def test_an_answer_finds_what_it_answers_on_another_instance() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        asked = await made.publish(beirut, a_note("Who comes?"))
        await publish(made["agora.test"], note("We do", reply_to=asked.uri))
        await made.settle()
        answers = await made["beirut.test"].look(lambda rx: store.list_replies(rx, asked.uri, 5))
        assert [each.original.source or each.original.content for each in answers] == [
            "<p>We do</p>"
        ]


async def test_what_lives_elsewhere_can_be_passed_on_by_its_address_alone() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        said = await made.publish(beirut, a_note("Hello"))
        assert (await boost(made["agora.test"], ReactionOrder(which=said.uri))).changed
        assert not (await boost(made["agora.test"], ReactionOrder(which=said.uri))).changed


async def test_a_name_on_a_host_that_does_not_answer_stays_text() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("agora.test", "agora")
        made.wire.cut.add("beirut.test")
        told = await publish(made["agora.test"], note("With @beirut@beirut.test"))
        assert [each.key for each in told.notices] == ["desk.mention_unknown"]
        kept = await made.find("agora.test", told.uri)
        assert kept is not None
        assert [tag.kind for tag in kept.tags] == []


async def test_following_a_host_that_does_not_answer_names_it() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        made.wire.cut.add("beirut.test")
        with pytest.raises(RemoteUnreachable) as refusal:
            await follow(made["agora.test"], RelationOrder(who="@beirut@beirut.test"))
        assert refusal.value.values == {"host": "beirut.test"}


async def test_images_are_kept_only_with_their_publication() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        here = made["agora.test"]
        pictures = (Picture(content=png()), Picture(content=b"no image"))
        with pytest.raises(Unfit):
            await publish(here, note("Two", pictures=pictures))
        assert await files(made, "agora.test") == 0
        await publish(here, note("One", pictures=(Picture(content=png(), alt="x"),)))
        assert await files(made, "agora.test") == 2


async def test_images_alone_are_a_note() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        order = PublishOrder(kind="note", pictures=(Picture(content=png(), alt="x"),))
        kept = await made.find("agora.test", (await publish(made["agora.test"], order)).uri)
        assert kept is not None
        assert [(each.alt, each.role) for each in kept.attachments] == [("x", "image")]


async def test_a_direct_message_to_nobody_is_refused() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        with pytest.raises(Unfit) as refusal:
            await publish(made["agora.test"], note("Psst", visibility="direct"))
        assert [each.message_key for each in refusal.value.problems] == ["desk.nobody_addressed"]


async def test_many_long_languages_that_others_would_refuse_are_refused_here() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        words = tuple(
            Words(language=tag, title=tag, source="word " * 18_000)
            for tag in ("ar", "ber", "ckb", "de", "el", "en", "es", "fa", "fr", "he", "it")
        )
        with pytest.raises(Unfit) as refusal:
            await publish(made["agora.test"], PublishOrder(kind="statement", words=words))
        assert [each.message_key for each in refusal.value.problems] == ["desk.too_long_together"]


async def test_a_change_that_another_one_overtook_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        here = made["agora.test"]
        told = await publish(here, note("One"))
        change = EditOrder(which=told.uri, words=(Words(source="Two"),))

        async def meanwhile(*_: object, **__: object) -> list[object]:
            monkeypatch.undo()
            await edit(here, EditOrder(which=told.uri, words=(Words(source="Three"),)))
            return []

        monkeypatch.setattr("fedi.desk.publishing.pictures.keep", meanwhile)
        with pytest.raises(Conflict):
            await edit(here, change)


async def test_nobody_changes_or_withdraws_the_words_of_others() -> None:
    async with world("agora.test", "beirut.test") as made:
        await made.collective("agora.test", "agora")
        await made.collective("agora.test", "wharf")
        beirut = await made.collective("beirut.test", "beirut")
        here = made["agora.test"]
        said = await made.publish(beirut, a_note("Hello"))
        await boost(here, ReactionOrder(which=said.uri, actor="agora"))
        with pytest.raises(Forbidden):
            await delete(here, DeleteOrder(which=said.uri))
        ours = await publish(here, note("Ours", actor="agora"))
        with pytest.raises(Forbidden):
            await edit(here, EditOrder(which=ours.uri, actor="wharf", words=(Words(source="x"),)))


async def test_with_several_collectives_one_must_be_named() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        await made.collective("agora.test", "wharf")
        with pytest.raises(Exception, match=r"desk\.which_collective"):
            await publish(made["agora.test"], note("Who speaks?"))


async def test_what_was_withdrawn_is_gone_and_what_never_was_is_not_found() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        here = made["agora.test"]
        told = await publish(here, note("One"))
        await delete(here, DeleteOrder(which=told.id))
        with pytest.raises(Gone):
            await delete(here, DeleteOrder(which=told.uri))
        with pytest.raises(NotFound):
            await delete(here, DeleteOrder(which="01h00000000000000000000000"))
