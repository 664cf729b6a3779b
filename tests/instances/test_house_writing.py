"""Members write together: drafts, languages, pictures, looking, letting it go out; all of it without scripts."""

import asyncio
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from actors import journal, people
from actors import store as actor_store
from actors.model import Actor
from actors.rules import Rule, set_rule
from fedi.desk.circles import MembersOrder, add
from fedi.publications import drafts, store
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import PASSWORD, a_member
from tests.harness.plans import plan_of
from tests.harness.world import World, a_note, world


def jpeg(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    Image.new("RGB", (400, 300), colour).save(out, "jpeg", exif=exif)
    return out.getvalue()


async def fresh(who: Browser, kind: str, username: str = "agora") -> Page:
    page = await who.get(f"/house/{username}/write?kind={kind}")
    assert page.status == 200, page.text
    return page


def composer(page: Page) -> str:
    """Where the form of the page goes."""
    [form] = [each for each in page.forms if ("kind" in dict(each.fields))]
    return form.action


async def send(
    who: Browser, page: Page, act: str = "save", files: object = None, **typed: str
) -> Page:
    named = {key.replace("__", "."): value for key, value in typed.items()}
    return await who.send(page.form(composer(page)), files, act=act, **named)  # type: ignore[arg-type]


async def published(made: World, actor: Actor) -> list[Publication]:
    def look(rx: object) -> list[Publication]:
        uris = store.list_uris_of_author(rx, actor.uri)  # type: ignore[arg-type]
        found = [store.load(rx, uri) for uri in uris]  # type: ignore[arg-type]
        return sorted(found, key=lambda each: each.uri)

    return await made[actor.host].look(look)


def bare(page: Page) -> Page:
    """The page without what its address was told."""
    return replace(page, path=page.path.partition("?")[0])


async def a_draft(who: Browser, kind: str = "note", language: str = "en", **typed: str) -> Page:
    page = await fresh(who, kind)
    return bare(await send(who, page, **(typed or {f"text__{language}": "Hello neighbours"})))


async def test_an_author_writes_an_event_in_two_languages_and_an_editor_lets_it_go_out() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora", "ساحة الجيران", language="ar")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        amal = await a_member(made, agora, "Amal", "author", "ar")
        page = await fresh(amal, "event")
        page = await send(
            amal,
            page,
            title__ar="أمسية الحي",
            text__ar="تعالوا جميعًا",
            add_language="fr",
            act="add",
        )
        assert "أمسية الحي" in page.text
        page = await send(
            amal, page, files={"upload": ("photo.jpg", jpeg())}, title__fr="Soirée du quartier", text__fr="Venez toutes et tous",
            starts_day="2030-05-04", starts_hour="18:00", ends_hour="21:00", zone="Africa/Tunis", place_name="دار الجيران",
            place_locality="تونس",
        )  # fmt: skip
        assert page.status == 200, page.text
        [alt] = [name for name, _ in page.form(composer(page)).fields if name.startswith("alt.")]
        page = await send(amal, page, "look", **{alt: "ساحة وأضواء"})
        assert page.path.endswith("/look")
        assert "Soirée du quartier" not in page.text
        assert "أمسية الحي" in page.text
        french = await amal.get(page.path + "?text=fr")
        assert "Soirée du quartier" in french.text
        assert all(("act", "publish") not in each.fields for each in page.forms)
        page = await amal.send(page.form(page.path), act="ask")
        assert await published(made, agora) == []

        hind = await a_member(made, agora, "Hind", "editor", "fr")
        listed = await hind.get("/house/agora/publications")
        assert "أمسية الحي" in listed.text
        page = await hind.get(page.path.partition("?")[0])
        page = await hind.send(page.form(page.path, "version"), act="publish")
        assert page.status == 200, page.text
        await made.settle()
        [here] = await published(made, agora)
        there = await made.find("beirut.test", here.uri)
        assert there is not None
        assert list(there.texts) == ["ar", "fr"]
        assert there.texts["fr"].name == "Soirée du quartier"
        [picture] = there.attachments
        assert picture.alt == "ساحة وأضواء"
        assert picture.role == "banner"
        kept = made["agora.test"].media.open(here.attachments[0].url.rpartition("/")[2])
        with kept:
            assert b"SecretCamera" not in kept.read()
        told = await made["agora.test"].look(lambda rx: journal.list_newest(rx, agora.uri, 5))
        assert [(each.person, each.done) for each in told] == [
            ("Hind", "journal.consented"),
            ("Amal", "journal.asked"),
        ]


async def test_a_form_sent_twice_is_one_draft_and_one_publication() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        empty = await fresh(ana, "note")
        for _ in range(2):
            page = await send(ana, empty, "save", text__en="Once")
            assert page.status == 200
        for _ in range(3):
            page = await send(ana, empty, "publish", text__en="Once")
            assert "/publications/" in page.path
        assert [each.original.source for each in await published(made, agora)] == ["Once"]
        rows = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM draft"))
        assert rows == (1,)


async def test_who_saves_later_sees_both_and_replaces_nothing_unknowingly() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "editor")
        hers = await a_draft(ana, text__en="We meet on Monday")
        theirs = await zeynep.get(hers.path)
        await send(ana, hers, text__en="We meet on Tuesday")
        page = await send(zeynep, theirs, text__en="We meet on Monday at noon")
        assert page.status == 409
        assert "<del>Tuesday</del>" in page.text
        assert "We meet on Monday at noon" in dict(page.form(composer(page)).fields)["text.en"]
        assert "Tuesday" in (await ana.get(hers.path)).text
        page = await send(zeynep, page)
        assert page.status == 200
        assert "Monday at noon" in dict(page.form(composer(page)).fields)["text.en"]
        page = await send(ana, hers, "publish", text__en="We meet on Wednesday")
        assert page.status == 409
        assert await published(made, agora) == []


async def test_who_saves_another_day_later_sees_both_days() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "editor")
        hers = bare(
            await send(ana, await fresh(ana, "event"), title__en="Feast", starts_day="2030-05-01")
        )
        theirs = await zeynep.get(hers.path)
        await send(ana, hers, starts_day="2030-05-02")
        page = await send(zeynep, theirs, starts_day="2030-05-03")
        assert page.status == 409
        assert "<del><bdi>2030-05-02</bdi></del> <ins><bdi>2030-05-03</bdi></ins>" in page.text


@pytest.mark.both_engines
async def test_of_many_who_press_at_once_one_publishes() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "editor")
        draft = await a_draft(ana)
        looks = [(who, await who.get(f"{draft.path}/look")) for who in (ana, zeynep)]
        pressed = [
            who.send(look.form(look.path, "version"), act="publish") for who, look in looks * 3
        ]
        pages = await asyncio.gather(*pressed)
        assert {page.status for page in pages} <= {200, 409}
        assert 200 in {page.status for page in pages}
        assert len(await published(made, agora)) == 1


@pytest.mark.both_engines
async def test_of_many_forms_sent_at_once_one_draft_is_made() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, "note")
        pages = await asyncio.gather(*(send(ana, page, text__en="Once") for _ in range(5)))
        assert {each.status for each in pages} == {200}
        assert len({bare(each).path for each in pages}) == 1


async def test_lists_of_drafts_and_publications_walk_along_indexes() -> None:
    plans = {
        "SELECT 1 FROM draft WHERE actor_uri = 'a' AND state = 'open' ORDER BY changed_at DESC, id DESC LIMIT 9": "draft_listed",
        "SELECT 1 FROM draft WHERE state = 'due' AND due_at <= 1 ORDER BY due_at LIMIT 9": "draft_due",
        "SELECT 1 FROM draft WHERE changes_uri = 'a' AND state <> 'done'": "draft_changes",
        "SELECT 1 FROM publication p WHERE p.author_uri = 'a' AND (p.published_at, p.id) < (1, 1) "
        "ORDER BY p.published_at DESC, p.id DESC LIMIT 9": "publication_author",
        "SELECT uri FROM actor WHERE username >= 'a' AND username <= 'b' AND host >= '' AND host < 'z' "
        "AND deleted_at IS NULL ORDER BY username, host LIMIT 9": "actor_username",
    }
    async with world("agora.test") as made:
        for sql, index in plans.items():
            plan = await made["agora.test"].look(lambda rx, sql=sql: plan_of(rx, sql))
            assert index in plan.text, plan
            assert not plan.sorts, plan


async def test_what_was_looked_at_is_what_goes_out() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "author")
        draft = await a_draft(zeynep, text__en="Bread for all")
        looked = await ana.get(draft.path + "/look")
        await send(zeynep, draft, text__en="Stones for all")
        page = await ana.send(looked.form(looked.path, "version"), act="publish")
        assert page.status == 409
        assert "Stones for all" in page.text
        assert await published(made, agora) == []
        page = await ana.send(page.form(looked.path, "version"), act="publish")
        assert len(await published(made, agora)) == 1


async def test_two_people_where_the_collective_wants_two() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made["agora.test"].change(lambda unit: set_rule(unit, agora.uri, Rule(True)))
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "editor")
        draft = await a_draft(ana)
        assert "publish" not in {value for _, value in draft.form(composer(draft)).fields}
        for path in (draft.path, f"{draft.path}/look"):
            form = (
                draft.form(draft.path)
                if path == draft.path
                else (await ana.get(path)).form(path, "version")
            )
            page = await ana.send(form, act="publish")
            assert page.status == 403, page.text
        look = await ana.get(f"{draft.path}/look")
        page = await ana.send(
            look.form(look.path, "version"), act="schedule", at_day="2030-01-01", at_hour="10:00"
        )
        assert page.status == 403
        page = await ana.send(look.form(look.path, "version"), act="ask")
        assert await published(made, agora) == []
        look = await zeynep.get(f"{draft.path}/look")
        page = await zeynep.send(look.form(look.path, "note"), act="back", note="Say when")
        assert page.status == 200
        assert "Say when" in (await ana.get(draft.path)).text
        look = await zeynep.get(f"{draft.path}/look")
        page = await zeynep.send(look.form(look.path, "version"), act="publish")
        assert "/publications/" in page.path
        assert len(await published(made, agora)) == 1


@pytest.mark.parametrize("role", ["author", "reader"])
async def test_who_may_not_publish_finds_no_way_to(role: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        draft = await a_draft(ana)
        said = await made.publish(agora, a_note("words"))
        which = said.uri.rpartition("/")[2]
        low = await a_member(made, agora, "Low", role)
        token = next(
            value for name, value in (await low.get("/me")).forms[0].fields if name == "form_token"
        )
        version = [("form_token", token), ("version", "1"), ("text.en", "x"), ("languages", "en")]
        for path, act in (
            (draft.path, "publish"), (f"{draft.path}/look", "publish"), (f"{draft.path}/look", "schedule"),
            (f"/house/agora/publications/{which}/pin", "pin"), (f"/house/agora/publications/{which}/retry", ""),
            (f"/house/agora/publications/{which}/delete", ""),
        ):  # fmt: skip
            fields = [
                *version,
                ("act", act),
                ("sure", "yes"),
                ("at_day", "2030-01-01"),
                ("at_hour", "10:00"),
            ]
            page = await low.post(path, fields)
            assert page.status in (403, 409), (path, page.status)
        assert [each.uri for each in await published(made, agora)] == [said.uri]
        if role == "reader":
            for path in (
                draft.path,
                "/house/agora/write",
                f"{draft.path}/look",
                "/house/agora/names",
                "/house/agora/suggest",
            ):
                assert (await low.get(path)).status == 403
            assert "Hello neighbours" not in (await low.get("/house/agora/publications")).text


async def test_drafts_and_publications_of_another_collective_are_not_there() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        ana, eve = await a_member(made, agora), await a_member(made, atelier, "Eve")
        draft = await a_draft(ana, text__en="Secret plan")
        said = await made.publish(agora, a_note("words"))
        which, mine = said.uri.rpartition("/")[2], draft.path.rpartition("/")[2]
        token = next(
            value for name, value in (await eve.get("/me")).forms[0].fields if name == "form_token"
        )
        for path in (f"draft/{mine}", f"draft/{mine}/look", f"publications/{which}"):
            for username in ("atelier", "agora"):
                page = await eve.get(f"/house/{username}/{path}")
                assert page.status == 404, path
                assert "Secret plan" not in page.text
        for path in ("discard", "look", ""):
            page = await eve.post(
                f"/house/atelier/draft/{mine}/{path}".rstrip("/"),
                [
                    ("form_token", token),
                    ("act", "publish"),
                    ("version", "1"),
                    ("text.en", "x"),
                    ("languages", "en"),
                ],
            )
            assert page.status == 404, path
        for path in ("change", "pin", "delete", "retry"):
            page = await eve.post(
                f"/house/atelier/publications/{which}/{path}",
                [("form_token", token), ("sure", "yes"), ("once", "x" * 20)],
            )
            assert page.status == 404, path
        assert "Secret plan" in (await ana.get(draft.path)).text
        assert [each.uri for each in await published(made, agora)] == [said.uri]


async def test_a_picture_of_another_collective_cannot_be_taken() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        ana, eve = await a_member(made, agora), await a_member(made, atelier, "Eve")
        page = await send(
            ana, await fresh(ana, "note"), "upload", {"upload": ("a.jpg", jpeg())}, text__en="Ours"
        )
        [key] = [value for name, value in page.form(composer(page)).fields if name == "files"]
        theirs = await fresh(eve, "note", "atelier")
        fields = [
            *theirs.form(composer(theirs)).fields,
            ("files", key),
            ("text.en", "Taken"),
            ("act", "publish"),
        ]
        page = await eve.post(composer(theirs), fields)
        assert page.status == 400
        assert await published(made, atelier) == []


async def test_what_goes_out_later_goes_once_and_also_after_a_restart() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        ana = await a_member(made, agora)
        draft = await a_draft(ana, text__en="Good morning")
        look = await ana.get(f"{draft.path}/look")
        for day, status in (("2001-01-01", 400), ("not a day", 400)):
            page = await ana.send(
                look.form(look.path, "at_day"), act="schedule", at_day=day, at_hour="10:00"
            )
            assert page.status == status
            assert day in page.text
        at = made.clock.now() + timedelta(hours=5)
        page = await ana.send(
            look.form(look.path, "at_day"),
            act="schedule",
            at_day=at.date().isoformat(),
            at_hour=at.strftime("%H:%M"),
        )
        assert page.status == 200, page.text
        await made.settle()
        assert await published(made, agora) == []
        assert (await ana.get(draft.path)).path.endswith("/look")
        made.clock.advance(hours=6)
        await made.settle()
        await made.settle()
        [said] = await published(made, agora)
        assert await made.find("beirut.test", said.uri) is not None
        assert bare(await ana.get(draft.path)).path.endswith(said.uri.rpartition("/")[2])


async def test_what_cannot_go_out_says_why_and_who_left_lets_nothing_go_out() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana, zeynep = await a_member(made, agora), await a_member(made, agora, "Zeynep", "editor")
        draft = await a_draft(zeynep)
        look = await zeynep.get(f"{draft.path}/look")
        await zeynep.send(
            look.form(look.path, "at_day"), act="schedule", at_day="2199-01-01", at_hour="10:00"
        )
        listed = await ana.get("/house/agora/publications")
        assert "Scheduled" in listed.text
        await made["agora.test"].change(
            lambda unit: people.remove(unit, people.load(unit.tx, "Zeynep").id)
        )

        def due_now(unit: Unit) -> None:
            [draft] = drafts.list_of(unit.tx, agora.uri, drafts.DUE, 5)
            assert draft.due_by is not None
            drafts.schedule(unit, draft, unit.now, draft.due_by)

        await made["agora.test"].change(due_now)
        made.clock.advance(hours=1)
        await made.settle()
        assert await published(made, agora) == []
        page = await ana.get(draft.path)
        assert "may no longer publish" in page.text
        assert "Hello neighbours" in page.text


async def test_an_event_that_repeats_is_one_for_each_time_after_everybody_saw_the_dates() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, "event")
        page = await send(
            ana, page, "publish", title__en="Assembly", starts_day="2030-03-12", starts_hour="18:00", ends_hour="20:00",
            zone="Europe/Paris", place_locality="Lyon", repeat="monthly", repeat_times="3",
        )  # fmt: skip
        assert page.path.endswith("/look")
        assert await published(made, agora) == []
        assert "Publish 3 events" in page.text
        page = await ana.send(page.form(page.path, "version"), act="publish")
        found = await published(made, agora)
        local = [
            each.event.starts_at.astimezone(each.event.zone).strftime("%a %d %H:%M")
            for each in found
        ]
        assert sorted(local) == ["Tue 09 18:00", "Tue 12 18:00", "Tue 14 18:00"]
        page = await send(
            ana, await fresh(ana, "event"), "publish", title__en="Too often", starts_day="2030-03-12", place_locality="Lyon",
            repeat="weekly", repeat_until="2040-01-01",
        )  # fmt: skip
        page = await ana.send(page.form(page.path, "version"), act="publish")
        assert page.status == 400
        assert "more than 52" in page.text
        assert len(await published(made, agora)) == 3


@pytest.mark.parametrize(
    ("precision", "kept", "gone"),
    [
        ("exact", ["Green house", "12 rue de la Paix", "36.8"], []),
        ("street", ["rue de la Paix", "Lac", "Tunis"], ["Green house", "12", "36.8"]),
        ("neighbourhood", ["Lac", "Tunis", "1053"], ["Green house", "Paix", "36.8"]),
        ("city", ["Tunis"], ["Lac", "Paix", "36.8", "Green house", "1053"]),
        ("nonsense", [], ["Green house", "Paix", "36.8"]),
    ],
)
async def test_what_is_finer_than_chosen_never_leaves(
    precision: str, kept: list[str], gone: list[str]
) -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        ana = await a_member(made, agora)
        await send(
            ana, await fresh(ana, "event"), "publish", title__en="Meeting", starts_day="2030-03-02", place_name="Green house",
            place_street="12 rue de la Paix", place_area="Lac", place_locality="Tunis", place_postal_code="1053",
            latitude="36.8", longitude="10.2", precision=precision,
        )  # fmt: skip
        await made.settle()
        rows = await made["agora.test"].look(
            lambda rx: [
                *rx.all("SELECT details, texts FROM publication"),
                *rx.all("SELECT body FROM outbox_activity"),
            ]
        )
        said = "\n".join(
            part.decode() if isinstance(part, bytes) else str(part) for row in rows for part in row
        )
        assert all(each in said for each in kept), said
        assert not any(each in said.replace("2030-03-02", "") for each in gone if each != "12"), (
            said
        )
        if precision == "street":
            assert "12 rue" not in said
        if precision == "nonsense":
            assert await published(made, agora) == []


async def test_changing_what_is_published_keeps_its_history_and_reaches_who_had_it() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.follow(await made.collective("beirut.test", "beirut"), agora)
        ana = await a_member(made, agora)
        page = await send(
            ana, await fresh(ana, "statement"), "publish", title__en="Water is a right", text__en="We ask for water on Monday.",
        )  # fmt: skip
        await made.settle()
        page = bare(page)
        page = await ana.send(page.form(page.path + "/change"))
        again = await ana.get("/house/agora/publications")
        assert "a change" in again.text
        page = await send(ana, page, "add", add_language="ar")
        page = await send(
            ana, page, "publish", text__en="We ask for water on Tuesday.", title__ar="الماء حق", text__ar="نطالب بالماء", original="ar",
        )  # fmt: skip
        assert "/publications/" in page.path, page.text
        assert "<del>Monday.</del><ins>Tuesday.</ins>" in page.text
        await made.settle()
        [here] = await published(made, agora)
        there = await made.find("beirut.test", here.uri)
        assert there is not None
        assert list(there.texts) == ["ar", "en"]
        page = bare(await ana.get(page.path))
        assert "beirut.test" in page.text
        page = await ana.send(page.form(page.path + "/delete"))
        assert page.status == 400
        page = await ana.get(f"/house/agora/publications/{here.uri.rpartition('/')[2]}")
        await ana.send(page.form(page.path + "/delete"), sure="yes")
        await made.settle()
        assert await made.find("beirut.test", here.uri) is None
        told = await made["agora.test"].look(lambda rx: journal.list_newest(rx, agora.uri, 9))
        assert [each.done for each in told] == [
            "journal.deleted",
            "journal.edited",
            "journal.published",
        ]


async def test_a_translation_taken_out_comes_back_with_its_words() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora", language="ar")
        ana = await a_member(made, agora)
        page = await send(
            ana, await fresh(ana, "statement"), "add", title__ar="نص", add_language="fr"
        )
        page = await send(ana, page, "drop.fr", title__fr="Un texte")
        assert "title.fr" not in dict(page.form(composer(page)).fields)
        page = await send(ana, page, "add", add_language="fr")
        assert dict(page.form(composer(page)).fields)["title.fr"] == "Un texte"


async def test_an_answer_is_written_under_what_it_answers() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(agora, beirut)
        asked = await made.publish(beirut, a_note("Who brings bread?"))
        await made.settle()
        ana = await a_member(made, agora)
        page = await ana.get(f"/house/agora/write?reply_to={asked.uri}")
        assert "Who brings bread?" in page.text
        page = await send(ana, page, "publish", text__en="We do")
        await made.settle()
        answers = await made["beirut.test"].look(lambda rx: store.list_replies(rx, asked.uri, 5))
        assert len(answers) == 1


async def test_nobody_answers_what_their_collective_may_not_read() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        hidden = await made.publish(
            atelier, a_note("Hidden words", visibility=Visibility.FOLLOWERS)
        )
        ana = await a_member(made, agora)
        page = await ana.get(f"/house/agora/write?reply_to={hidden.uri}")
        assert page.status == 404
        empty = await fresh(ana, "note")
        page = await ana.post(
            composer(empty),
            [
                *empty.form(composer(empty)).fields,
                ("reply_to", hidden.uri),
                ("text.en", "x"),
                ("act", "look"),
            ],
        )
        assert "Hidden words" not in page.text
        assert await published(made, agora) == []


async def test_a_session_that_ends_takes_nothing_with_it() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, "statement")
        form = page.form(composer(page))
        ana.cookies.clear()
        page = await ana.send(
            form, **{"title.en": "Long letter", "text.en": "Line one\n\nLine two", "act": "save"}
        )
        assert page.status == 401
        page = await ana.send(page.form("/sign-in"), name="Ana", password=PASSWORD)
        page = await ana.send(page.form("/house/agora/write"))
        assert page.status == 200
        fields = dict(page.form(composer(page)).fields)
        assert (fields["title.en"], fields["text.en"]) == ("Long letter", "Line one\n\nLine two")


BAD = {
    "an empty text": ({"text__en": " "}, "Write something first"),
    "text beyond every bound": ({"text__en": "x" * 150_000}, "too long"),
    "a nul": ({"text__en": "a\x00b", "visibility": "everyone"}, "everyone"),
    "an audience nobody knows": ({"text__en": "a", "visibility": "everyone"}, "everyone"),
    "a list that is not there": ({"text__en": "a", "visibility": "list", "circle": "none"}, ""),
    "a direct word to nobody": ({"text__en": "a", "visibility": "direct"}, "needs somebody"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_comes_back_as_it_was_typed_and_nothing_goes_out(name: str) -> None:
    typed, said = BAD[name]
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await send(ana, await fresh(ana, "note"), "publish", **typed)
        assert page.status in (400, 404), page.status
        assert said in page.text
        assert await published(made, agora) == []


EVENTS = [
    {"starts_day": ""}, {"starts_day": "2030-02-30"}, {"starts_day": "yesterday"}, {"starts_day": "2030-03-01", "zone": "Mars/Base"},
    {"starts_day": "2030-03-02", "ends_day": "2030-03-01"}, {"starts_day": "2030-03-01", "capacity": "many"},
    {"starts_day": "2030-03-01", "capacity": "-4"}, {"starts_day": "2030-03-01", "latitude": "95", "longitude": "1"},
    {"starts_day": "2030-03-01", "online_url": "javascript:alert(1)"}, {"starts_day": "2030-03-01", "join": "external"},
    {"starts_day": "2030-03-01", "status": "perhaps"}, {"starts_day": "9999-12-31"}, {"starts_day": "2030-03-01", "starts_hour": "25:61"},
    {"starts_day": "2030-03-31", "starts_hour": "02:30", "zone": "Europe/Paris"},
    {"starts_day": "2030-03-01", "repeat": "hourly", "repeat_times": "4"},
]  # fmt: skip


@pytest.mark.parametrize(
    "typed", EVENTS, ids=lambda each: ",".join(f"{k}={v}" for k, v in each.items())
)
async def test_an_event_that_makes_no_sense_is_kept_and_not_published(
    typed: dict[str, str],
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await send(
            ana,
            await fresh(ana, "event"),
            "publish",
            title__en="Kept title",
            place_locality="Tunis",
            **typed,
        )
        if page.path.endswith("/look"):
            page = await ana.send(page.form(page.path, "version"), act="publish")
        assert page.status == 400, page.text
        assert await published(made, agora) == []
        [kept] = await made["agora.test"].look(
            lambda rx: drafts.list_of(rx, agora.uri, drafts.OPEN, 5)
        )
        assert kept.written.texts[0].title == "Kept title"
        assert {name: kept.written.get(name) for name in typed} == typed
        assert (await ana.get(f"/house/agora/draft/{kept.id}/look")).status == 200


async def test_a_bad_picture_leaves_the_words_where_they_are() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, "note")
        polyglot = b"\xff\xd8\xff\xe0<script>alert(1)</script>" * 40
        page = await send(
            ana, page, "upload", {"upload": ("x.jpg", polyglot)}, text__en="Still here"
        )
        assert page.status == 400
        assert dict(page.form(composer(page)).fields)["text.en"] == "Still here"
        assert len(list(made["agora.test"].media.iterate())) == 0
        page = await send(ana, page, "upload", {"upload": ("x.jpg", jpeg())})
        assert page.status == 200
        assert page.text.count('class="kept-picture"') == 1


async def test_no_word_that_is_typed_becomes_a_tag_of_the_page() -> None:
    evil = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, "event")
        names = [
            name
            for name, _ in page.form(composer(page)).fields
            if name
            not in ("form_token", "version", "once", "kind", "languages", "act", "add_language")
        ]
        typed = dict.fromkeys(names, evil)
        page = await ana.send(page.form(composer(page)), **typed, act="save")
        pages = [
            page,
            await ana.get(f"{page.path}/look"),
            await ana.get("/house/agora/publications"),
        ]
        page = await ana.get("/house/agora/names?q=" + "%22%3E%3Cscript%3E")
        for each in (*pages, page):
            assert each.status == 200
            assert "<img src=x" not in each.text
            assert "<script>alert" not in each.text
            assert "49" not in re.findall(r"\{\{.*?\}\}|onerror.{0,20}", each.text)


async def test_names_are_completed_from_what_is_known() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(agora, beirut)
        await made.publish(agora, a_note("#Solidarity"))
        ana = await a_member(made, agora)
        assert "@beirut@beirut.test" in (await ana.get("/house/agora/suggest?q=%40bei")).text
        assert "#solidarity" in (await ana.get("/house/agora/suggest?q=%23soli")).text
        assert "@beirut@beirut.test" in (await ana.get("/house/agora/names?q=beirut%40b")).text
        for nothing in ("", "@", "#", "%40%25", "x" * 500):
            assert (await ana.get(f"/house/agora/suggest?q={nothing}")).text == '{"found":[]}'


async def test_who_reads_in_arabic_begins_to_write_in_arabic_unless_the_collective_says_otherwise() -> (
    None
):
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        salma = await a_member(made, agora, "سلمى", "editor", "ar")
        page = await salma.get("/house/agora/write?kind=note")
        assert ("languages", "ar") in page.form("/house/agora/write").fields
        await made["agora.test"].change(
            lambda unit: actor_store.save(unit, replace(agora, language="fr"))
        )
        page = await salma.get("/house/agora/write?kind=note")
        assert ("languages", "fr") in page.form("/house/agora/write").fields


FULL = [
    (
        "event",
        {
            "starts_day": "2030-06-01", "starts_hour": "18:30", "ends_day": "2030-06-02", "ends_hour": "01:00", "zone": "Africa/Tunis",
            "place_name": "Dar", "place_street": "12 rue X", "place_locality": "Tunis", "place_country": "TN", "latitude": "36.8",
            "longitude": "10.18", "online_url": "https://agora.example/live", "capacity": "40", "category": "MEETING",
            "join": "external", "join_url": "https://agora.example/join", "status": "tentative", "sensitive": "yes",
        },
    ),
    ("event", {"starts_day": "2030-06-01", "ends_day": "2030-06-03", "all_day": "yes", "zone": "Asia/Beirut", "place_locality": "Tripoli"}),
    ("event", {"starts_day": "2030-06-01", "starts_hour": "10:00", "online_url": "https://agora.example/room", "join": "none"}),
    (
        "aid_request",
        {"what": "food", "quantity": "12.5", "unit": "kilogram", "minimum": "1", "until": "2030-06-01", "place_locality": "Gabès"},
    ),
    ("aid_offer", {"what": "transport", "place_locality": "Sfax"}),
    ("statement", {"is_short": "yes", "sensitive": "yes"}),
    ("statement", {"abstract__en": "In one sentence."}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "typed"), FULL)
async def test_opening_a_publication_and_saving_it_changes_nothing_but_the_words_that_were_changed(
    kind: str, typed: dict[str, str]
) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await fresh(ana, kind)
        page = await send(
            ana, page, "publish", title__en="Title", text__en="Words\n\nand more", **typed
        )
        page = bare(page)
        assert "/publications/" in page.path, page.text
        [before] = await published(made, agora)
        made.clock.advance(minutes=5)
        page = await ana.send(page.form(page.path + "/change"))
        page = await send(ana, page, "publish", text__en="Words\n\nand less")
        assert "/publications/" in page.path, page.text
        [after] = await published(made, agora)
        assert after.details == before.details
        assert (after.type, after.kind, after.sensitive, after.visibility) == (
            before.type, before.kind, before.sensitive, before.visibility,
        )  # fmt: skip
        assert after.original.name == before.original.name
        assert after.original.source == "Words\n\nand less"
        if "abstract__en" in typed:
            assert after.original.summary == "In one sentence."


async def test_words_for_a_named_list_reach_those_on_it_alone() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        tunis = await made.collective("tunis.test", "tunis")
        await made.follow(tunis, agora)
        await add(made["agora.test"], MembersOrder(name="Neighbours", who=(beirut.handle,)))
        ana = await a_member(made, agora)
        page = await fresh(ana, "note")
        page = await send(
            ana, page, "publish", text__en="For us", visibility="list", circle="Neighbours"
        )
        await made.settle()
        [said] = await published(made, agora)
        assert await made.find("beirut.test", said.uri) is not None
        assert await made.find("tunis.test", said.uri) is None
