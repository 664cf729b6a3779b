"""Posters as Chromium makes them a PDF: one sheet of the paper that was chosen, whatever the screen is like."""

import re
from pathlib import Path

import pytest

from tests.browser.serving import BROWSER, serving

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
playwright = pytest.importorskip(
    "playwright.async_api", reason="playwright is not installed: posters are not printed"
)
if not BROWSER.exists():
    pytest.skip("Chromium is not installed: posters are not printed", allow_module_level=True)

# in points
PAPERS = {"a4": (595, 842), "a5": (420, 595)}


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """The sizes of the pages of a PDF."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf)
    return [(round(float(wide)), round(float(high))) for wide, high in boxes]


async def test_a_poster_is_one_sheet_of_the_chosen_paper(tmp_path: Path) -> None:
    async with playwright.async_playwright() as driver, serving(tmp_path) as (base, sample):
        browser = await driver.chromium.launch(executable_path=str(BROWSER))
        page = await browser.new_page(color_scheme="dark", viewport={"width": 390, "height": 800})
        made = {
            (path, paper): await _print(page, f"{base}{path}/poster?paper={paper}")
            for path in (sample.event, sample.cancelled)
            for paper in PAPERS
        }
        await browser.close()
    found = {each: sheets(pdf) for each, pdf in made.items()}
    assert {each: len(pages) for each, pages in found.items()} == dict.fromkeys(made, 1)
    for (_, paper), pages in found.items():
        wide, high = PAPERS[paper]
        assert abs(pages[0][0] - wide) <= 1
        assert abs(pages[0][1] - high) <= 1


async def _print(page: "playwright.Page", address: str) -> bytes:
    await page.goto(address)
    pdf: bytes = await page.pdf(prefer_css_page_size=True)
    return pdf
