"""Serve the sample on loopback and take pictures of its pages: `python tests/browser/look.py FOLDER [page …]`."""

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.async_api import Browser, async_playwright

from tests.browser.sample import BASE, Sample
from tests.browser.serving import BROWSER, serving

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}

# Pictures wait until somebody comes near.
DRAW = """() => Promise.all([...document.images].map(each => {
  each.loading = 'eager';
  return each.decode().catch(() => {});
}))"""


def pages_of(sample: Sample) -> dict[str, str]:
    return {
        "home": "/",
        "agenda": "/agenda",
        "month": "/agenda?view=month&month=2026-12",
        "map": "/agenda?view=map",
        "embed": "/embed",
        "embed-event": f"{sample.event}/embed",
        "poster": f"{sample.event}/poster",
        "poster-a5": f"{sample.event}/poster?paper=a5",
        "poster-cancelled": f"{sample.cancelled}/poster",
        "needs": "/needs",
        "statements": "/archive/statement",
        "actor": sample.actor,
        "event": sample.event,
        "cancelled": sample.cancelled,
        "statement": sample.statement,
        "request": sample.request,
        "note": sample.note,
        "edited": sample.edited,
        "history": f"{sample.edited}/history",
        "tag": "/tag/تونس",
        "about": "/about",
        "gone": sample.gone,
        "missing": "/nothing/here",
    }


async def take(browser: Browser, base: str, sample: Sample, folder: Path, only: set[str]) -> None:
    for device, (width, height) in WIDTHS.items():
        for language in ("ar", "en"):
            for scheme in ("light", "dark"):
                if scheme == "dark" and (device == "desktop") == (language == "ar"):
                    continue
                context = await browser.new_context(
                    viewport={"width": width, "height": height},
                    locale=language,
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                page = await context.new_page()
                for name, path in pages_of(sample).items():
                    if only and name not in only:
                        continue
                    await page.goto(base + path)
                    await page.evaluate(DRAW)
                    file = folder / f"{name}-{device}-{language}-{scheme}.png"
                    await page.screenshot(path=file, full_page=name not in ("statement",))
                    if name in ("statement", "event") and scheme == "light":
                        await page.emulate_media(media="print")
                        await page.screenshot(path=file.with_name(f"{file.stem}-print.png"))
                        await page.emulate_media(media="screen")
                await context.close()


async def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="look-"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        async with serving(Path(data), BASE) as (base, sample), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(BROWSER))
            try:
                await take(browser, base, sample, folder, set(sys.argv[2:]))
            finally:
                await browser.close()
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    asyncio.run(main())
