"""Chromium before whole instances: real TLS, real names, real cookies, one browser for each person.

async with neighbourhood("agora.test", "beirut.test") as near:
    tab = await near.tab("ar", width=390)
    await tab.goto("https://agora.test/sign-in")
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser.serving import BROWSER
from tests.harness.world import World, world

playwright = pytest.importorskip(
    "playwright.async_api", reason="playwright is not installed: pages are not tried in a browser"
)

PHONE = (390, 844)
DESKTOP = (1280, 900)


# without slots: Playwright leaves a mark on whoever listens to it
@dataclass
class Neighbourhood:
    """The instances, and browsers in front of them. `complaints`: what browsers said that they should not have to say."""

    made: World
    browser: Any
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def tab(
        self,
        language: str = "en",
        *,
        size: tuple[int, int] = DESKTOP,
        scripts: bool = True,
        scheme: str = "light",
        worker: bool = True,
    ) -> Any:
        """A fresh browser of somebody, with one tab. `worker`: ours for bad lines; what it asks no test can hold up."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme=scheme,
            java_script_enabled=scripts,
            ignore_https_errors=True,
            service_workers="allow" if worker else "block",
        )
        tab = await context.new_page()
        self.listen(tab)
        return tab

    def listen(self, tab: Any) -> None:
        """Note what this tab complains about, and whom it asks."""
        tab.on("console", self._heard)
        tab.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        tab.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        # that a page answers 400 or 404 is for the test to judge
        if message.type == "error" and "responded with a status of" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        host = request.url.split("/")[2] if "://" in request.url else ""
        if host and host not in self.made.sites:
            self.strangers.append(request.url)


@contextlib.asynccontextmanager
async def neighbourhood(*hosts: str, works: bool = False) -> AsyncIterator[Neighbourhood]:
    """Instances of these names with a browser. `works`: their workers run by themselves, as people are used to."""
    if not BROWSER.exists():
        pytest.skip("Chromium is not installed: pages are not tried in a browser")
    async with world(*hosts) as made, playwright.async_playwright() as driver:
        rules = ", ".join(f"MAP {host} 127.0.0.1:{made.wire.ports[host]}" for host in hosts)
        browser = await driver.chromium.launch(
            executable_path=str(BROWSER),
            # the authority lives as long as the test; contexts alone would not let a service worker through
            args=[f"--host-resolver-rules={rules}", "--ignore-certificate-errors"],
        )
        working = asyncio.create_task(_work(made)) if works else None
        try:
            yield Neighbourhood(made, browser)
        finally:
            if working is not None:
                working.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await working
            await browser.close()


async def _work(made: World) -> None:
    while True:
        await made.settle()
        await asyncio.sleep(0.2)
