"""The pages for everybody before the same judges as those of the house: axe and the Nu HTML checker, in four languages."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fedi.i18n.catalog import LANGUAGES
from tests.browser.house import playwright
from tests.browser.judges import Judges, call_judges
from tests.browser.look import pages_of
from tests.browser.serving import BROWSER, serving
from tests.harness.npm import NotInstallable

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
LOOKS = tuple((language, scheme) for language in LANGUAGES for scheme in ("light", "dark"))


@dataclass(slots=True)
class Told:
    """What the judges said, by page, language and scheme."""

    judges: Judges
    violations: dict[str, list[str]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One visit to every page in every look; skips, saying why, without judges or browser."""
    if not BROWSER.exists():
        pytest.skip("Chromium is not installed: pages are not tried in a browser")
    try:
        found = Told(call_judges())
    except NotInstallable as problem:
        pytest.skip(f"the judges of pages are not available: {problem}")
    asyncio.run(_visit(tmp_path_factory.mktemp("judged"), found))
    return found


async def _visit(folder: Path, found: Told) -> None:
    async with serving(folder) as (base, sample), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(BROWSER))
        for language, scheme in LOOKS:
            context = await browser.new_context(locale=language, color_scheme=scheme)
            tab = await context.new_page()
            for name, path in pages_of(sample).items():
                answer = await tab.goto(base + path)
                key = f"{name} {language} {scheme}"
                found.sources[key] = await answer.text()
                found.violations[key] = await found.judges.violations(tab)
            await context.close()
        await browser.close()


def test_axe_finds_no_violation(told: Told) -> None:
    assert len(told.violations) == 23 * len(LOOKS)
    assert {name: wrong for name, wrong in told.violations.items() if wrong} == {}


def test_the_nu_checker_finds_no_error(told: Told) -> None:
    if not told.judges.java:
        pytest.skip("the Nu HTML checker is not available: no java")
    assert told.judges.errors(told.sources) == []
