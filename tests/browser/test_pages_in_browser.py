"""Pages in Chromium: no sideways scroll on the smallest phone, the right direction, nothing refused, nothing from elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.sample import Sample
from tests.browser.serving import BROWSER, serving

pytestmark = pytest.mark.browser
playwright = pytest.importorskip(
    "playwright.async_api", reason="playwright is not installed: pages are not tried in a browser"
)
if not BROWSER.exists():
    pytest.skip(
        "Chromium is not installed: pages are not tried in a browser", allow_module_level=True
    )

PAGES = [
    "/",
    "/agenda",
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
    "gone",
]


class Opened:
    """A browser, the sample it looks at, and what it complained about."""

    def __init__(self, browser: object, base: str, sample: Sample) -> None:
        self.browser, self.base, self.sample = browser, base, sample
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []

    async def open(self, page: str, language: str, width: int, **more: object) -> object:
        context = await self.browser.new_context(  # type: ignore[attr-defined]
            viewport={"width": width, "height": 720},
            locale=language,
            java_script_enabled=True,
            **more,
        )
        tab = await context.new_page()
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("request", lambda request: self._note(request.url))
        await tab.goto(self.base + (page if page.startswith("/") else getattr(self.sample, page)))
        return tab

    def _note(self, url: str) -> None:
        if not url.startswith(self.base):
            self.elsewhere.append(url)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    async with serving(tmp_path) as (base, sample), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(BROWSER))
        try:
            yield Opened(browser, base, sample)
        finally:
            await browser.close()


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_no_page_scrolls_sideways_on_the_smallest_phone(
    opened: Opened, language: str, tmp_path: Path
) -> None:
    wide = []
    for page in PAGES:
        tab = await opened.open(page, language, 320)
        name = page.strip("/").replace("/", "-") or "home"
        await tab.screenshot(path=tmp_path / f"{name}-{language}.png")  # type: ignore[attr-defined]
        if await tab.evaluate("document.documentElement.scrollWidth") > 320:  # type: ignore[attr-defined]
            wide.append(page)
        await tab.context.close()  # type: ignore[attr-defined]
    assert wide == []


@pytest.mark.parametrize(("language", "side"), [("ar", "rtl"), ("en", "ltr"), ("fr", "ltr")])
async def test_the_page_begins_on_the_side_its_readers_begin(
    opened: Opened, language: str, side: str
) -> None:
    tab = await opened.open("/", language, 1280)
    brand = await tab.locator(".brand").bounding_box()  # type: ignore[attr-defined]
    assert await tab.evaluate("getComputedStyle(document.body).direction") == side  # type: ignore[attr-defined]
    assert (brand["x"] > 640) is (side == "rtl")


async def test_the_browser_has_nothing_to_complain_about(opened: Opened) -> None:
    for page in PAGES:
        tab = await opened.open(page, "ar", 1280)
        await tab.context.close()  # type: ignore[attr-defined]
    about_status = "Failed to load resource: the server responded with a status of"
    assert [each for each in opened.complaints if not each.startswith(about_status)] == []


async def test_no_page_asks_another_server(opened: Opened) -> None:
    for page in ("/", "actor", "event", "statement", "note"):
        tab = await opened.open(page, "en", 1280)
        await tab.context.close()  # type: ignore[attr-defined]
    assert opened.elsewhere == []


async def test_the_icons_are_drawn(opened: Opened) -> None:
    tab = await opened.open("event", "en", 1280)
    drawn = "[...document.querySelectorAll('use')].map(use => use.getBoundingClientRect().width)"
    widths = await tab.evaluate(drawn)  # type: ignore[attr-defined]
    assert widths
    assert min(widths) > 0


async def test_choosing_a_language_stays_on_the_page(opened: Opened) -> None:
    tab = await opened.open("event", "en", 1280)
    await tab.get_by_role("button", name="العربية").click()  # type: ignore[attr-defined]
    assert tab.url == opened.base + opened.sample.event  # type: ignore[attr-defined]
    assert await tab.evaluate("document.documentElement.lang") == "ar"  # type: ignore[attr-defined]


async def test_pages_work_without_scripts(opened: Opened) -> None:
    tab = await opened.open("/", "en", 390)
    assert await tab.locator("script").count() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(opened: Opened, scheme: str) -> None:
    faint = []
    for page in ("/", "event", "request", "statement"):
        tab = await opened.open(page, "ar", 390, color_scheme=scheme)
        faint += await tab.evaluate(CONTRASTS)  # type: ignore[attr-defined]
        await tab.context.close()  # type: ignore[attr-defined]
    assert faint == []


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
