"""Writing with scripts: kept by itself, also when the line breaks; tabs for languages; what it will look like beside it."""

import asyncio
import io
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from fedi.publications import drafts
from tests.browser.house import Neighbourhood, neighbourhood
from tests.browser.judges import call_judges
from tests.harness.members import PASSWORD, a_member
from tests.harness.npm import NotInstallable

pytestmark = pytest.mark.browser
ATTACKS = [
    "<img src=x onerror=window.hit=1>",
    '"><script>window.hit=1</script>',
    "'-window.hit=1-'",
    "javascript:window.hit=1",
    "[x](javascript:window.hit=1)",
    '![x](x" onerror="window.hit=1)',
    "<svg/onload=window.hit=1>",
    "</textarea><script>window.hit=1</script>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    '<a href="data:text/html,<script>window.hit=1</script>">x</a>',
    "${window.hit=1}{{window.hit=1}}",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
]


async def at_the_table(near: Neighbourhood, kind: str, **how: Any) -> Any:
    agora = await near.made.collective("agora.test", "agora", "ساحة الجيران", language="ar")
    await a_member(near.made, agora, "Amal", "editor", is_signed_in=False)
    tab = await near.tab("en", **how)
    await _enter(tab)
    await tab.goto(f"https://agora.test/house/agora/write?kind={kind}")
    return tab


async def words_on_their_way(tab: Any, words: str) -> asyncio.Event:
    """Words are written and being kept, which takes until what is answered here is set."""
    asked, released = asyncio.Event(), asyncio.Event()

    async def hold(route: Any) -> None:
        asked.set()
        await released.wait()
        await route.continue_()

    await tab.route("**/write", hold, times=1)
    await tab.fill("[name='text.ar']", words)
    async with asyncio.timeout(30):
        await asked.wait()
    return released


async def texts(near: Neighbourhood) -> list[str]:
    def look(rx: Any) -> list[str]:
        agora = rx.one("SELECT uri FROM actor WHERE role = 'collective'")[0]
        found = drafts.list_of(rx, agora, drafts.OPEN, 9)
        return [each.written.texts[0].source for each in found]

    return await near.made["agora.test"].look(look)


async def test_words_are_kept_by_themselves_and_survive_a_broken_line() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "statement")
        await tab.fill("[name='text.ar']", "السطر الأول")
        await tab.wait_for_url("**/draft/*")
        await tab.wait_for_selector("#saved:has-text('Kept at')")
        assert await texts(near) == ["السطر الأول"]
        await tab.wait_for_selector("#beside article")
        assert "السطر الأول" in await tab.inner_text("#beside")
        await tab.context.set_offline(True)
        await tab.fill("[name='text.ar']", "السطر الأول والثاني")
        await tab.wait_for_selector("#saved:has-text('No connection')")
        assert await texts(near) == ["السطر الأول"]
        await tab.context.set_offline(False)
        await tab.wait_for_selector("#saved:has-text('Kept at')")
        assert await texts(near) == ["السطر الأول والثاني"]
        assert (
            await tab.evaluate(
                "Object.keys(localStorage).filter((each) => each.startsWith('draft:')).length"
            )
            == 0
        )
        assert near.strangers == []


@pytest.mark.thorough
async def test_a_page_that_was_closed_without_a_line_offers_its_words_again() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        await tab.fill("[name='text.ar']", "أول")
        await tab.wait_for_url("**/draft/*")
        await tab.wait_for_selector("#saved:has-text('Kept at')")
        await tab.context.set_offline(True)
        await tab.fill("[name='text.ar']", "أول وثانٍ")
        await tab.wait_for_selector("#saved:has-text('No connection')")
        path = tab.url
        await tab.close()
        again = await near_tab(near, tab)
        await again.goto(path)
        # a browser may still have sent what the closed page wanted to say, once the line was back
        if await again.input_value("[name='text.ar']") != "أول وثانٍ":
            await again.click("button:has-text('Bring them back')")
            await again.wait_for_selector("#saved:has-text('Kept at')")
        assert await again.input_value("[name='text.ar']") == "أول وثانٍ"
        assert await texts(near) == ["أول وثانٍ"]


async def near_tab(near: Neighbourhood, tab: Any) -> Any:
    """Another tab of the same browser, with a line."""
    await tab.context.set_offline(False)
    return await tab.context.new_page()


@pytest.mark.thorough
async def test_a_button_pressed_while_words_are_on_their_way_overtakes_nobody() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note", worker=False)
        released = await words_on_their_way(tab, "قبل")
        await tab.fill("[name='text.ar']", "بعد")
        await tab.click("button[value=publish]")
        released.set()
        await tab.wait_for_url("**/publications/*")
        rows = await near.made["agora.test"].look(
            lambda rx: rx.all("SELECT texts FROM publication")
        )
        [(said,)] = rows
        assert json.loads(said)["ar"]["source"] == "بعد"


@pytest.mark.thorough
async def test_languages_are_tabs_and_a_missing_title_is_shown() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "event")
        await tab.click("summary:has-text('Add a language')")
        await tab.select_option("#f-add_language", "fr")
        await tab.click("button[value=add]")
        assert await tab.is_visible("[name='title.fr']")
        assert not await tab.is_visible("[name='title.ar']")
        await tab.fill("[name=starts_day]", "2030-05-04")
        await tab.click("button[value=publish]")
        assert await tab.is_visible("[name='title.ar']")
        assert near.complaints == []


@pytest.mark.thorough
async def test_no_attack_typed_into_any_field_runs() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "event")
        for attack in ATTACKS:
            await tab.goto("https://agora.test/house/agora/write?kind=event")
            await tab.evaluate(
                """(attack) => {
                  for (const field of document.querySelectorAll("form.composer input, form.composer textarea"))
                    if (field.tagName === "TEXTAREA") field.value = attack;
                    else if (["text", "url", "date", "time"].includes(field.type)) { field.type = "text"; field.value = attack; }
                  for (const each of document.querySelectorAll("details")) each.open = true;
                }""",
                attack,
            )
            await tab.click("button[value=look]")
            await tab.wait_for_url("**/look*")
            assert await tab.evaluate("window.hit") is None, attack
            await tab.click("a:has-text('Back to writing')")
            assert await tab.evaluate("window.hit") is None, attack
        await tab.goto("https://agora.test/house/agora/publications")
        assert await tab.evaluate("window.hit") is None
        assert near.strangers == []


@pytest.mark.thorough
async def test_judges_find_nothing_wrong_with_what_is_written_looked_at_and_published() -> None:
    try:
        judges = call_judges()
    except NotInstallable as problem:
        pytest.skip(f"the judges are not available: {problem}")
    async with neighbourhood("agora.test") as near:
        agora = await near.made.collective("agora.test", "agora", "ساحة الجيران", language="ar")
        await a_member(near.made, agora, "Amal", "editor", "", is_signed_in=False)
        paths = await _pages(near)
        wrong: dict[str, Any] = {}
        sources = {}
        for language, scheme in (("ar", "light"), ("en", "dark"), ("fr", "light"), ("es", "dark")):
            tab = await near.tab(language, size=(320, 640), scheme=scheme)
            await _enter(tab)
            for name, path in paths.items():
                answer = await tab.goto(f"https://agora.test{path}")
                assert answer.status == 200, path
                sources[f"{name} {language}"] = await answer.text()
                found = await judges.violations(tab)
                width = await tab.evaluate("document.documentElement.scrollWidth")
                if found or width > 320:
                    wrong[f"{name} {language} {scheme}"] = (found, width)
            await tab.context.close()
        assert wrong == {}
        if judges.java:
            assert judges.errors(sources) == []
        keys = re.compile(r">\s*((?:house|web|desk|error|writing)\.[a-z_.]+)\s*<")
        assert {
            name: keys.findall(text) for name, text in sources.items() if keys.search(text)
        } == {}


async def _enter(tab: Any) -> None:
    await tab.goto("https://agora.test/sign-in")
    await tab.fill("[name=name]", "Amal")
    await tab.fill("[name=password]", PASSWORD)
    await tab.click("button.main")


async def _pages(near: Neighbourhood) -> dict[str, str]:
    """An event in two languages with a picture, published, changed once, and about to be changed again."""
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "jpeg")
    tab = await near.tab("en")
    await _enter(tab)
    await tab.goto("https://agora.test/house/agora/write?kind=event")
    await tab.fill("[name='title.ar']", "أمسية الحي")
    await tab.fill("[name='text.ar']", "تعالوا #حي @nobody@nowhere.test")
    await tab.fill("[name=starts_day]", "2030-05-04")
    await tab.fill("[name=place_locality]", "تونس")
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    await tab.set_input_files("#f-upload", file)
    await tab.click("summary:has-text('Add a language')")
    await tab.select_option("#f-add_language", "fr")
    await tab.click("button[value=add]")
    await tab.fill("[name='title.fr']", "Soirée du quartier")
    await tab.click("button[value=look]")
    await tab.wait_for_url("**/look*")
    await tab.click("button[value=publish]")
    await tab.wait_for_url("**/publications/*")
    one = urlsplit(tab.url).path
    await tab.click("button:has-text('Change it')")
    await tab.fill("[name='title.ar']", "أمسية الحي الكبيرة")
    await tab.click("button[value=publish]")
    await tab.wait_for_url("**/publications/*")
    await tab.click("button:has-text('Change it')")
    await tab.wait_for_url("**/draft/*")
    draft = urlsplit(tab.url).path
    await tab.context.close()
    write = "/house/agora/write"
    return {
        "choose": write,
        **{kind: f"{write}?kind={kind}" for kind in ("event", "statement", "note", "aid_request")},
        "draft": draft,
        "look": f"{draft}/look",
        "own": "/house/agora/publications",
        "one": one,
        "names": "/house/agora/names?q=a",
    }
