"""Pages in Chromium: no sideways scroll on the smallest phone, the right direction, nothing refused, nothing from elsewhere.

The pages are visited once; each test looks at what was seen. Pictures of all of them lie in the test's own folder.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.elsewhere import HOME
from tests.browser.sample import Sample
from tests.browser.serving import BROWSER, serving

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
playwright = pytest.importorskip(
    "playwright.async_api", reason="playwright is not installed: pages are not tried in a browser"
)
if not BROWSER.exists():
    pytest.skip(
        "Chromium is not installed: pages are not tried in a browser", allow_module_level=True
    )

PHONE = 320
PAGES = [
    "/",
    "/agenda",
    "/agenda?view=map",
    "/needs",
    "/about",
    "/archive/statement",
    "/archive/event",
    "/tag/تونس",
    "/nothing",
    "actor",
    "event",
    "cancelled",
    "statement",
    "request",
    "offer",
    "note",
    "edited",
    "history",
    "gone",
]
LOOKS = (("ar", "light"), ("en", "dark"))
# A missing page is a missing page; everything else a browser says is a complaint.
STATUS = "Failed to load resource: the server responded with a status of"


@dataclass
class Seen:
    """What one visit to every page showed, by (page, language)."""

    folder: Path
    widths: dict[tuple[str, str], int] = field(default_factory=dict)
    sides: dict[tuple[str, str], str] = field(default_factory=dict)
    scripts: dict[tuple[str, str], int] = field(default_factory=dict)
    icons: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    faint: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    brands: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    base: str = ""
    after_choice: tuple[str, str] = ("", "")
    empty: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    shifts: dict[tuple[str, str], float] = field(default_factory=dict)
    arrived: str = ""
    asked_first: tuple[str, str] = ("", "")
    followed: str = ""


async def visit(folder: Path, pictures: Path) -> Seen:
    seen = Seen(pictures)
    async with serving(folder) as (base, sample), playwright.async_playwright() as driver:
        seen.base = base
        browser = await driver.chromium.launch(executable_path=str(BROWSER))
        try:
            for language, scheme in LOOKS:
                await visit_in(browser, seen, sample, language, scheme)
            await choose_language(browser, seen, sample)
            await go_home(browser, seen, sample)
        finally:
            await browser.close()
    return seen


async def visit_in(browser: Any, seen: Seen, sample: Sample, language: str, scheme: str) -> None:
    context = await browser.new_context(
        viewport={"width": PHONE, "height": 720}, locale=language, color_scheme=scheme
    )
    tab = await context.new_page()
    tab.on("console", lambda message: seen.complaints.append(message.text))
    tab.on("request", lambda request: seen.requests.append(request.url))
    for page in PAGES:
        await tab.goto(seen.base + path_of(sample, page))
        key = (page, language)
        name = page.strip("/").replace("/", "-") or "home"
        await tab.screenshot(path=seen.folder / f"{name}-{language}-{scheme}.png")
        seen.widths[key] = await tab.evaluate("document.documentElement.scrollWidth")
        seen.sides[key] = await tab.evaluate("getComputedStyle(document.body).direction")
        seen.scripts[key] = await tab.locator("script").count()
        seen.icons[key] = await tab.evaluate(ICONS)
        before = await tab.evaluate("document.documentElement.scrollHeight")
        seen.empty[key] = await tab.evaluate(EMPTY_PICTURES)
        seen.shifts[key] = await tab.evaluate("document.documentElement.scrollHeight") - before
        seen.faint[key] = await tab.evaluate(CONTRASTS)
    await tab.set_viewport_size({"width": 1280, "height": 720})
    seen.brands[language] = (await tab.locator(".brand").bounding_box())["x"]
    await context.close()


async def choose_language(browser: Any, seen: Seen, sample: Sample) -> None:
    context = await browser.new_context(locale="en")
    tab = await context.new_page()
    await tab.goto(seen.base + sample.event)
    async with tab.expect_navigation():
        await tab.get_by_role("button", name="العربية").click()
    lang = await tab.evaluate("document.documentElement.lang")
    seen.after_choice = (tab.url.removeprefix(seen.base + sample.event), lang)
    await context.close()


async def go_home(browser: Any, seen: Seen, sample: Sample) -> None:
    """From a publication to the reader's own server: the same host, and one that is named first."""
    context = await browser.new_context(locale="en")
    await context.route(f"{HOME}/**", lambda route: route.fulfill(body="at home"))
    tab = await context.new_page()
    tab.on("console", lambda message: seen.complaints.append(message.text))
    await tab.goto(seen.base + sample.event)
    await tab.get_by_label("Your name on your own server").fill("@salma@mastodon.example")
    await tab.get_by_role("button", name="Write a reply to the event").click()
    await tab.wait_for_url(f"{HOME}/**")
    seen.arrived = tab.url
    await tab.goto(seen.base + sample.actor)
    await tab.get_by_label("Your name on your own server").fill("salma@old.example")
    async with tab.expect_navigation():
        await tab.get_by_role("button", name="Follow").click()
    seen.asked_first = (tab.url, await tab.locator("main").inner_text())
    await tab.get_by_role("link", name="Go to mastodon.example").click()
    await tab.wait_for_url(f"{HOME}/**")
    seen.followed = tab.url
    await context.close()


def path_of(sample: Sample, page: str) -> str:
    if page == "history":
        return f"{sample.edited}/history"
    return page if page.startswith("/") else str(getattr(sample, page))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Every page in both looks."""
    return asyncio.run(visit(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("pictures")))


def test_no_page_scrolls_sideways_on_the_smallest_phone(seen: Seen) -> None:
    assert [page for page, width in seen.widths.items() if width > PHONE] == []


def test_every_page_begins_on_the_side_its_readers_begin(seen: Seen) -> None:
    expected = {"ar": "rtl", "en": "ltr"}
    assert [key for key, side in seen.sides.items() if side != expected[key[1]]] == []


def test_the_name_stands_at_the_beginning_of_the_line(seen: Seen) -> None:
    assert {language: x > 640 for language, x in seen.brands.items()} == {"ar": True, "en": False}


def test_the_browser_has_nothing_to_complain_about(seen: Seen) -> None:
    assert [each for each in seen.complaints if not each.startswith(STATUS)] == []


def test_no_page_asks_another_server(seen: Seen) -> None:
    assert [url for url in seen.requests if not url.startswith(seen.base)] == []


def test_no_page_brings_a_script(seen: Seen) -> None:
    assert [page for page, count in seen.scripts.items() if count] == []


def test_the_icons_are_drawn(seen: Seen) -> None:
    assert [page for page, widths in seen.icons.items() if not widths or min(widths) == 0] == []


def test_text_stands_out_from_its_ground_in_light_and_dark(seen: Seen) -> None:
    assert {page: faint for page, faint in seen.faint.items() if faint} == {}


def test_choosing_a_language_stays_on_the_page(seen: Seen) -> None:
    assert seen.after_choice == ("", "ar")


def test_pictures_from_elsewhere_are_drawn(seen: Seen) -> None:
    assert {page: names for page, names in seen.empty.items() if names} == {}


def test_nothing_moves_when_pictures_arrive(seen: Seen) -> None:
    assert {page: by for page, by in seen.shifts.items() if by} == {}


def test_a_name_below_a_publication_opens_it_on_the_readers_own_server(seen: Seen) -> None:
    assert seen.arrived.startswith(f"{HOME}/interact?uri=http%3A%2F%2F127.0.0.1")
    assert "%2Fevent%2F" in seen.arrived


def test_another_host_than_the_one_typed_is_named_first(seen: Seen) -> None:
    address, words = seen.asked_first
    assert address == f"{seen.base}/own-server"
    assert "mastodon.example" in words
    assert seen.followed.startswith(f"{HOME}/interact?uri=http%3A%2F%2F127.0.0.1")


def test_there_is_a_picture_of_every_page(seen: Seen) -> None:
    assert {page for page, _ in seen.widths} == set(PAGES)
    assert len(list(seen.folder.glob("*.png"))) == len(seen.widths)


# Brought near one after the other, as a reader would; the names of those that stay empty.
EMPTY_PICTURES = """async () => {
  const pictures = [...document.querySelectorAll('img')];
  for (const each of pictures) {
    each.scrollIntoView();
    await each.decode().catch(() => {});
  }
  scrollTo(0, 0);
  return pictures.filter(each => each.naturalWidth === 0).map(each => each.src);
}"""
ICONS = "[...document.querySelectorAll('use')].map(use => use.getBoundingClientRect().width)"

# Every element with words of its own: colour against the nearest painted ground, WCAG 2.2 formula, 4.5 to 1.
CONTRASTS = """() => {
  const parts = text => (text.match(/[0-9.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const c = parts(getComputedStyle(node).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(node => [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(node => {
      const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
      return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), node.className || node.tagName];
    })
    .filter(([ratio]) => ratio < 4.5).map(([ratio, name]) => `${name} ${ratio.toFixed(2)}`);
}"""
