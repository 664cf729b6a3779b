"""Members write together: drafts, languages, pictures, looking, letting it go out; all of it without scripts."""

import io

from PIL import Image

from actors import journal
from actors.model import Actor
from fedi.publications import store
from fedi.publications.model import Publication
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, world


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


async def a_draft(who: Browser, kind: str = "note", language: str = "en", **typed: str) -> Page:
    page = await fresh(who, kind)
    return await send(who, page, **(typed or {f"text__{language}": "Hello neighbours"}))


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
