"""Finding words in the house: every spelling, one's own first, and of others only what they and the instance agree to."""

import re
from dataclasses import replace

import pytest

from actors import store as actor_store
from actors.model import Actor
from fedi.desk import search
from fedi.desk.collectives import NoOrder
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, a_note, a_statement, world

HERE, THERE = "agora.test", "beirut.test"
OTHERS = "[search]\nothers = true\n"


async def ask(browser: Browser, question: str, username: str = "agora", more: str = "") -> Page:
    page = await browser.get(f"/house/{username}/search?q={_quoted(question)}{more}")
    assert page.status == 200, page.text[-2000:]
    return page


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def hits(page: Page) -> list[str]:
    return re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a>", page.text)


async def wishes(made: World, actor: Actor, *, indexable: bool) -> None:
    """What we know of the wish of somebody elsewhere."""

    def work(unit: Unit) -> None:
        known = actor_store.load(unit.tx, actor.uri)
        actor_store.save(unit, replace(known, indexable=indexable))

    await made[HERE].change(work)


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("إعلان المدرسة", "اعلان"),
        ("مدرسة الحي", "المدرسه"),
        ("مَدْرَسَة", "مدرسة"),
        ("ســــاحة", "ساحة"),
        ("على الطريق", "علي"),
        ("Évènement à Orléans", "evenement orleans"),
        ("canción", "CANCION"),
        ("٣ خيام", "3"),
    ],
)
async def test_words_are_found_in_every_spelling(title: str, question: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        await made.publish(agora, a_statement(title))
        await made.publish(agora, a_statement("something else"))
        assert hits(await ask(ana, question)) == [title]


@pytest.mark.both_engines
async def test_all_words_count_and_kind_and_language_narrow() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        await made.publish(agora, a_statement("Bread and roses", "The word tent stands here."))
        await made.publish(agora, a_note("Bread only"))
        await made.publish(agora, a_statement("Du pain, bread", "Texte", "fr"))
        assert len(hits(await ask(ana, "bread"))) == 3
        assert hits(await ask(ana, "bread roses")) == ["Bread and roses"]
        assert hits(await ask(ana, "bread tents")) == []
        assert hits(await ask(ana, "bread", more="&kind=note")) == ["Bread only"]
        assert hits(await ask(ana, "bread", more="&language=fr")) == ["Du pain, bread"]
        assert "<mark>tent</mark>" in (await ask(ana, "tent")).text


async def test_pages_continue_where_the_last_one_ended() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        for number in range(45):
            await made.publish(agora, a_note(f"tent {number}"))
        seen: list[str] = []
        address: str | None = "/house/agora/search?q=tent"
        while address is not None:
            page = await ana.get(address)
            seen += hits(page)
            link = re.search(r'class="more" href="([^"]*)"', page.text)
            address = link[1].replace("&amp;", "&") if link else None
        assert seen == [f"tent {number}" for number in reversed(range(45))]


async def test_what_was_changed_or_withdrawn_is_found_as_it_is_now() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_statement("Oranges", "fruit"))
        changed = replace(
            said, texts={"en": replace(said.original, name="Lemons", content="<p>fruit</p>")}
        )
        await made.edit(agora, changed)
        assert hits(await ask(ana, "oranges")) == []
        assert hits(await ask(ana, "lemons")) == ["Lemons"]
        await made.delete(agora, changed)
        assert hits(await ask(ana, "lemons")) == []
        assert (await made.rows(HERE))["search_term"] == 0


@pytest.mark.both_engines
@pytest.mark.parametrize("is_allowed", [False, True])
@pytest.mark.parametrize("agrees", [False, True])
async def test_words_of_others_are_found_only_if_instance_and_author_agree(
    is_allowed: bool, agrees: bool
) -> None:
    async with world(HERE, THERE, settings=OTHERS if is_allowed else "") as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        await wishes(made, beirut, indexable=agrees)
        draft = a_statement("Cedars")
        said = await made.publish(beirut, draft)
        quiet = await made.publish(beirut, a_note("Cedars f", visibility=Visibility.FOLLOWERS))
        await made.settle()
        assert await made.find(HERE, said.uri) is not None
        assert await made.find(HERE, quiet.uri) is not None
        # our own publications state the wish themselves; what says nothing follows its author
        await made[HERE].change(_forget_wishes)
        await search.rebuild(made[HERE], NoOrder())
        found = hits(await ask(ana, "cedars"))
        assert found == (["Cedars"] if is_allowed and agrees else [])
        if found:
            await wishes(made, beirut, indexable=False)
            assert hits(await ask(ana, "cedars")) == []


async def test_a_publication_does_not_agree_in_place_of_its_author() -> None:
    """FEP-5feb: the author's no holds, whatever a publication says of itself; its own no holds too."""
    async with world(HERE, THERE, settings=OTHERS) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        await made.publish(beirut, a_statement("Cedars"))
        await made.settle()
        assert hits(await ask(ana, "cedars")) == ["Cedars"]
        await wishes(made, beirut, indexable=False)
        assert hits(await ask(ana, "cedars")) == []
        await search.rebuild(made[HERE], NoOrder())
        await wishes(made, beirut, indexable=True)
        assert hits(await ask(ana, "cedars")) == []
        await search.rebuild(made[HERE], NoOrder())
        assert hits(await ask(ana, "cedars")) == ["Cedars"]
        await made[HERE].change(_refuse)
        assert hits(await ask(ana, "cedars")) == []


def _refuse(unit: Unit) -> None:
    unit.tx.run("UPDATE publication SET indexable = FALSE WHERE NOT is_local")


def _forget_wishes(unit: Unit) -> None:
    unit.tx.run("UPDATE publication SET indexable = NULL WHERE NOT is_local")


async def test_nobody_finds_what_a_neighbour_said_to_few() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        atelier = await made.collective(HERE, "atelier")
        ana = await a_member(made, agora)
        mallory = await a_member(made, atelier, "Mallory")
        for visibility in (Visibility.FOLLOWERS, Visibility.LOCAL):
            await made.publish(agora, a_note("Verborgen1871 #Verborgen1871", visibility=visibility))
        assert len(hits(await ask(ana, "verborgen1871"))) == 2
        for question in ("verborgen1871", "#Verborgen1871"):
            page = await ask(mallory, question, "atelier")
            assert hits(page) == []
            assert page.text.count("erborgen1871") == 1, "only the question itself"


async def test_handles_hashtags_and_addresses_lead_where_they_point() -> None:
    async with world(HERE, THERE) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut", "Beirut People")
        ana = await a_member(made, agora)
        said = await made.publish(beirut, a_statement("Far away", "#نداء"))
        before = await made.rows(HERE)
        page = await ask(ana, "@beirut@beirut.test")
        assert await made.rows(HERE) == before, "looking asks nobody"
        page = await ana.send(page.form("/house/agora/search/elsewhere"))
        assert page.path.startswith("/house/agora/actor")
        assert "Beirut People" in page.text
        assert "Beirut People" in (await ask(ana, "beirut@beirut.test")).text
        page = await ask(ana, said.uri)
        page = await ana.send(page.form("/house/agora/search/elsewhere"))
        assert page.path.startswith("/house/agora/thread")
        assert "Far away" in page.text
        assert "Far away" in (await ask(ana, said.uri)).text
        assert hits(await ask(ana, "#نداء")) == []
        await made.follow(agora, beirut)
        assert hits(await ask(ana, "#نِداء")) == ["Far away"]


@pytest.mark.parametrize(
    "question",
    ["", " ", "%", "'; DROP TABLE search_term --", "\x00", "\ud7ff", "<script>alert(1)</script>", "ال", "a" * 1500,
     "\"*\" OR 1", "@", "@@", "https://", "http://[", "#", "\u202e\u2066", "🙂"],
)  # fmt: skip
async def test_no_question_breaks_anything_or_is_shown_raw(question: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        await made.publish(agora, a_note("x <b>bold</b> & more"))
        before = await made.rows(HERE)
        page = await ask(ana, question)
        assert "<script>alert" not in page.text
        form = (await ask(ana, "@a@b.test")).form("/house/agora/search/elsewhere")
        page = await ana.send(form, q=question)
        assert page.status in (400, 403), page.status
        assert "<script>alert" not in page.text
        assert await made.rows(HERE) == before


async def test_the_index_can_be_made_anew() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        for number in range(3):
            await made.publish(agora, a_note(f"word{number}"))
        before = await made.rows(HERE)
        await made[HERE].change(lambda unit: unit.tx.run("DELETE FROM search_term"))
        done = await search.rebuild(made[HERE], NoOrder())
        assert (done.seen, done.findable) == (3, 3)
        assert await made.rows(HERE) == before
