"""How somebody uses a page: with the pointer, or with the keyboard alone."""

from dataclasses import dataclass
from typing import Any

TABS_MAX = 250
IS_FOCUSED = "(each) => each === document.activeElement"


@dataclass(frozen=True, slots=True)
class Hands:
    """One person's hands on a tab. With `keyboard`, whatever they use has to be reached by Tab first."""

    tab: Any
    keyboard: bool = False

    async def write(self, name: str, text: str) -> None:
        """Write into the field of this name, in the place of what it held."""
        field = self.tab.locator(f'[name="{name}"]:visible').first
        if not self.keyboard:
            await field.fill(text)
            return
        await self._reach(field)
        # what a date or a time is typed as differs with the language of the browser
        if await field.get_attribute("type") in ("date", "time"):
            await field.fill(text)
            return
        await self.tab.keyboard.press("ControlOrMeta+a")
        await self.tab.keyboard.insert_text(text)

    async def choose(self, name: str, value: str) -> None:
        """Take this one of what a field offers."""
        radio = self.tab.locator(f'input[type="radio"][name="{name}"][value="{value}"]')
        if not await radio.count():
            field = self.tab.locator(f'select[name="{name}"]:visible').first
            if self.keyboard:
                await self._reach(field)
            await field.select_option(value)
        elif self.keyboard:
            # of a group of these, Tab reaches one, and the arrows lead on
            group = self.tab.locator(f'input[type="radio"][name="{name}"]')
            taken = self.tab.locator(f'input[type="radio"][name="{name}"]:checked')
            await self._reach(taken if await taken.count() else group.first)
            for _ in range(await group.count()):
                if await radio.is_checked():
                    return
                await self.tab.keyboard.press("ArrowDown")
            assert await radio.is_checked(), (name, value)
        else:
            await radio.check()

    async def tick(self, name: str) -> None:
        """Tick a box."""
        box = self.tab.locator(f'input[type="checkbox"][name="{name}"]').first
        if self.keyboard:
            await self._reach(box)
            await self.tab.keyboard.press("Space")
        else:
            await box.check()

    async def press(self, selector: str) -> None:
        """Press a button or follow a link, and wait for the page it leads to."""
        target = self.tab.locator(selector).locator("visible=true").first
        async with self.tab.expect_navigation():
            if self.keyboard:
                await self._reach(target)
                await self.tab.keyboard.press("Enter")
            else:
                await target.click()

    async def open(self, selector: str) -> None:
        """Unfold what is folded."""
        folded = self.tab.locator(selector).first
        if await folded.evaluate("(each) => each.open"):
            return
        summary = folded.locator("summary").first
        if self.keyboard:
            await self._reach(summary)
            await self.tab.keyboard.press("Enter")
        else:
            await summary.click()

    async def _reach(self, target: Any) -> None:
        await target.wait_for()
        for _ in range(TABS_MAX):
            if await target.evaluate(IS_FOCUSED):
                return
            await self.tab.keyboard.press("Tab")
        raise AssertionError(f"not reached by keyboard: {target}")
