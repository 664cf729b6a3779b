"""The pages of the house before judges: no violation for axe, no error for the Nu checker, no sideways scroll, nothing from
elsewhere, nothing a browser complains about; in four languages, light and dark."""

import asyncio
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from fedi.assets import shipped
from fedi.house.routes import DOORS
from fedi.i18n.catalog import LANGUAGES
from tests.browser.house import Neighbourhood, neighbourhood
from tests.browser.judges import Judges, call_judges
from tests.browser.tour import BEFORE, HOST, INSIDE, NEIGHBOUR, furnish, sign_in
from tests.harness.npm import NotInstallable

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

SMALL = (320, 640)
WEIGHT_MAX = 60_000
LOOKS = tuple((language, scheme) for language in LANGUAGES for scheme in ("light", "dark"))


@dataclass(slots=True)
class Told:
    """What was found, by page, language and scheme."""

    judges: Judges | None
    why_not: str = ""
    violations: dict[str, list[str]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def told() -> Told:
    """One tour through every page in every look; the tests look at what was seen."""
    return asyncio.run(_tour())


async def _tour() -> Told:
    try:
        found = Told(call_judges())
    except NotInstallable as problem:
        found = Told(None, str(problem))
    async with neighbourhood(HOST, NEIGHBOUR) as near:
        pages = {**INSIDE, **await furnish(near)}
        for language, scheme in LOOKS:
            await _look(near, found, pages, language, scheme)
        found.complaints, found.strangers = near.complaints, near.strangers
    return found


async def _look(
    near: Neighbourhood, found: Told, inside: Mapping[str, str], language: str, scheme: str
) -> None:
    tab = await near.tab(language, size=SMALL, scheme=scheme)
    for name, path in BEFORE.items():
        await _see(tab, found, f"{name} {language} {scheme}", path)
    await sign_in(tab)
    for name, path in inside.items():
        await _see(tab, found, f"{name} {language} {scheme}", path)
    await tab.context.close()


async def _see(tab: Any, found: Told, name: str, path: str) -> None:
    answer = await tab.goto(f"https://{HOST}{path}")
    assert answer.status == 200, (name, answer.status)
    found.paths.add(path)
    found.sources[name] = await answer.text()
    found.widths[name] = await tab.evaluate("document.documentElement.scrollWidth")
    if found.judges is not None:
        found.violations[name] = await found.judges.violations(tab)


# Pages that need more than an address, and answers that are no pages.
ELSEWHERE = {
    "/me/mail": "only where letters can be sent",
    "/house": "leads on to the first collective",
    "/house/mujawara/draft/{id}": "seen by the tests of writing",
    "/house/mujawara/draft/{id}/look": "seen by the tests of writing",
    "/me/factor/passkeys/{passkey}": "judged by the tests of passkeys",
    "/house/mujawara/suggest": "for the script of the form",
    "/steward/moderation/lists/export": "a file",
    "/house/mujawara/export/file": "a file",
    "/house/mujawara/attendance/{id}/attendance.csv": "a file",
}


def test_every_page_of_the_house_is_on_the_tour(told: Told) -> None:
    seen = {path.partition("?")[0] for path in told.paths}
    missing = []
    for door in DOORS:
        path = door.path.replace("{username}", "mujawara")
        pattern = re.compile(re.sub(r"\\\{[a-z]+\\\}", "[^/]+", re.escape(path)))
        if door.ask is not None and path not in ELSEWHERE and not any(map(pattern.fullmatch, seen)):
            missing.append(path)
    assert missing == []


def test_axe_finds_no_violation(told: Told) -> None:
    if told.judges is None:
        pytest.skip(f"axe-core is not available: {told.why_not}")
    assert told.violations
    assert {name: wrong for name, wrong in told.violations.items() if wrong} == {}


def test_the_nu_checker_finds_no_error(told: Told) -> None:
    if told.judges is None or not told.judges.java:
        pytest.skip(f"the Nu HTML checker is not available: {told.why_not or 'no java'}")
    # what is light and what is dark is the same text
    texts = {name.rpartition(" ")[0]: text for name, text in told.sources.items()}
    assert told.judges.errors(texts) == []


def test_no_page_scrolls_sideways_on_the_smallest_phone(told: Told) -> None:
    assert {name: width for name, width in told.widths.items() if width > SMALL[0]} == {}


def test_the_first_view_of_any_page_weighs_at_most_60_kilobytes(told: Told) -> None:
    assets = shipped().by_path
    heavy = {}
    for name, text in told.sources.items():
        files = {assets[path] for path in re.findall(r"/static/[\w.-]+", text) if path in assets}
        assert files, name
        weights = [
            len(each.gzipped or each.body) for each in files if each.media_type != "image/png"
        ]
        total = len(gzip.compress(text.encode(), 5)) + sum(weights)
        if total > WEIGHT_MAX:
            heavy[name] = total
    assert heavy == {}


def test_browsers_have_nothing_to_complain_about(told: Told) -> None:
    assert told.complaints == []


def test_nothing_is_asked_of_anybody_else(told: Told) -> None:
    assert told.strangers == []


def test_every_page_speaks_one_language_and_shows_no_key(told: Told) -> None:
    for name, text in told.sources.items():
        language = name.split(" ")[1]
        assert f'<html lang="{language}"' in text, name
        assert re.findall(r">\s*((?:house|web|desk|error|journal)\.[a-z_.]+)\s*<", text) == [], name


async def test_without_a_line_what_was_read_is_still_there_and_the_house_is_kept_nowhere() -> None:
    async with neighbourhood(HOST, NEIGHBOUR) as near:
        await furnish(near)
        tab = await near.tab("ar")
        await sign_in(tab)
        await tab.evaluate(UNTIL_KEPT)
        await tab.goto(f"https://{HOST}/@mujawara")
        await tab.goto(f"https://{HOST}/me")
        kept = await tab.evaluate(KEPT)
        assert [path for path in kept if path.startswith(("/house", "/me"))] == []
        assert "/@mujawara" in kept
        await tab.context.set_offline(True)
        await tab.goto(f"https://{HOST}/@mujawara")
        assert "مجاورة المجاز" in await tab.locator("h1").inner_text()
        await tab.goto(f"https://{HOST}/me")
        assert await tab.locator("h1").inner_text() == "لا اتصال"
        await tab.locator("#read-last a").first.wait_for()
        await tab.context.set_offline(False)
        # the page tries again by itself
        await tab.locator("details.menu summary").click()
        await tab.locator("form[action='/sign-out'] button").click()
        await tab.wait_for_url(f"https://{HOST}/")
        assert await tab.evaluate(KEPT) == []
        assert near.complaints == []


UNTIL_KEPT = """() => new Promise((done) => {
  if (navigator.serviceWorker.controller) done();
  else navigator.serviceWorker.addEventListener("controllerchange", () => done());
})"""
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const each of await (await caches.open(name)).keys()) found.push(new URL(each.url).pathname);
  }
  return found;
}"""
