"""People of the house, made in one line."""

import base64
import re
from functools import cache

from argon2 import PasswordHasher

from actors import onetime, passwords, people
from actors.model import Actor
from fedi.unit import Unit
from tests.harness.browser import Browser, Page
from tests.harness.world import World

PASSWORD = "زيتون وحجر ونافذة بلا ستارة"


async def a_member(
    made: World,
    actor: Actor,
    name: str = "Ana",
    role: str = "steward",
    language: str = "en",
    *,
    is_signed_in: bool = True,
) -> Browser:
    """The browser of somebody with this role for this collective; signed in unless told otherwise."""
    instance = made[actor.host]

    def work(unit: Unit) -> None:
        person = people.add(unit, name, language)
        people.grant(unit, person.id, actor.uri, role)
        passwords.save(unit, person.id, _kept())

    await instance.change(work)
    browser = Browser(made, actor.host, language)
    if is_signed_in:
        page = await browser.sign_in(name, PASSWORD)
        assert page.status == 200, page.text
        if page.path == "/me/factor":
            await _set_up(made, browser, page)
    return browser


@cache
def _kept() -> str:
    """The password as it is kept, made with little work: what a hash costs is written in it."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


async def _set_up(made: World, browser: Browser, page: Page) -> None:
    """A second factor, where the instance asks it of this role."""
    letters = re.search(r"<code dir=\"ltr\">([A-Z2-7 ]+)</code>", page.text)
    assert letters, page.text
    secret = base64.b32decode(letters[1].replace(" ", ""))
    code = onetime.code_at(secret, onetime.step_of(made.clock.now()))
    page = await browser.send(page.form("/me/factor"), code=code)
    assert page.status == 200, page.text
