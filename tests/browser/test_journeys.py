"""The way of a publication through two houses, by hand: with scripts, without any, and by keyboard alone.

A steward moves in, in Arabic, and lets four people in; an author writes an event in Arabic and French with a picture; an editor
publishes; it arrives elsewhere; an answer and a wish to follow come back and are answered; somebody who leaves is out at once.
"""

import io
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from fedi.desk import people as desk
from fedi.desk.collectives import NoOrder
from tests.browser.hands import Hands
from tests.browser.house import PHONE, Neighbourhood, neighbourhood
from tests.harness.members import PASSWORD, a_member

pytestmark = pytest.mark.browser

OURS, THEIRS = "majaz.test", "beirut.test"
HOUSE = f"https://{OURS}/house/majaz"
TITLE = "عشاء الجيران الطويل"
TITRE = "Le grand dîner des voisins"
ROLES = {"بلال": "editor", "Inès": "author", "Jo": "reader", "نور": "steward"}


@dataclass(frozen=True, slots=True)
class Way:
    """How the pages are used."""

    scripts: bool
    keyboard: bool


WAYS = {
    "with scripts": Way(True, False),
    "without scripts": Way(False, False),
    "by keyboard": Way(True, True),
}


def a_picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), (160, 40, 20)).save(made, "JPEG")
    return made.getvalue()


async def hands(near: Neighbourhood, way: Way, language: str, size: tuple[int, int]) -> Hands:
    return Hands(await near.tab(language, size=size, scripts=way.scripts), way.keyboard)


async def move_in(near: Neighbourhood, way: Way) -> Hands:
    """Six questions, in Arabic, on a phone."""
    await near.made.collective(OURS, "collective")
    address = (await desk.welcome(near.made[OURS], NoOrder())).url
    salma = await hands(near, way, "ar", PHONE)
    await salma.tab.goto(address)
    await salma.write("collective", "مجاورة المجاز")
    await salma.write("username", "majaz")
    await salma.write("name", "سلمى")
    await salma.write("password", PASSWORD)
    await salma.write("again", PASSWORD)
    await salma.press("main button.main")
    assert salma.tab.url == f"{HOUSE}/first"
    await salma.write("text", "نحن هنا، في الطابق الأرضي.")
    await salma.press("main form[action$='/first'] button.main")
    # whoever wants to follow is to be looked at first
    await salma.tab.goto(f"{HOUSE}/profile")
    await salma.tick("approves_followers")
    await salma.press("main form[action$='/profile'] button.main")
    return salma


async def let_in(near: Neighbourhood, way: Way, salma: Hands, name: str, role: str) -> Hands:
    """A link made by the steward, opened on another machine."""
    await salma.tab.goto(f"{HOUSE}/people/new")
    await salma.write("name", name)
    await salma.choose("role", role)
    await salma.press("main form[action$='/people/new'] button.main")
    link = await salma.tab.input_value("#f-link")
    theirs = await hands(near, way, "fr" if name == "Inès" else "ar", PHONE)
    await theirs.tab.goto(link)
    await theirs.write("password", PASSWORD)
    await theirs.write("again", PASSWORD)
    await theirs.press("main button.main")
    assert theirs.tab.url == HOUSE, await theirs.tab.inner_text("main")
    return theirs


async def write_the_event(ines: Hands) -> None:
    await ines.tab.goto(f"{HOUSE}/write?kind=event")
    first = await ines.tab.locator("[name='languages']").first.get_attribute("value")
    if first != "ar":
        await ines.open("details:has(#f-add_language)")
        await ines.choose("add_language", "ar")
        await ines.press("button[value='add']")
    await ines.write("title.ar", TITLE)
    await ines.write("text.ar", "نأكل معًا **في الشارع**. كلٌّ يحمل طبقًا. #جيرة")
    await ines.write("starts_day", "2030-05-04")
    await ines.write("starts_hour", "19:00")
    await ines.write("place_name", "زقاق الخبازين")
    if not await ines.tab.locator("[name='title.fr']").count():
        await ines.open("details:has(#f-add_language)")
        await ines.choose("add_language", "fr")
        await ines.press("button[value='add']")
    await ines.write("title.fr", TITRE)
    await ines.write("text.fr", "On mange ensemble dans la rue.")
    await ines.tab.set_input_files("#f-upload", {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": a_picture()})  # fmt: skip
    await ines.press("button[value='upload']")
    await ines.tab.locator("[name^='alt.']").first.wait_for()
    alt = await ines.tab.locator("[name^='alt.']").first.get_attribute("name")
    await ines.write(alt, "طاولات طويلة في زقاق ضيق")
    await ines.press("form.composer button.main[value='look']")
    assert TITLE in await ines.tab.inner_text(".seen-here")
    await ines.press("button[value='ask']")


async def publish_it(bilal: Hands) -> None:
    await bilal.tab.goto(HOUSE)
    await bilal.press(f"main a:has-text('{TITLE}')")
    await bilal.press("button[value='publish']")


async def arrives(tab: Any, address: str, text: str) -> None:
    """Look again until it is there, as somebody does who waits for it."""
    for _ in range(60):
        await tab.goto(address)
        if await tab.get_by_text(text).count():
            return
        await tab.wait_for_timeout(250)
    raise AssertionError(f"{text} did not arrive at {address}: {await tab.inner_text('main')}")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("without scripts", marks=pytest.mark.thorough),
        pytest.param("by keyboard", marks=pytest.mark.thorough),
        "with scripts",
    ],
)
async def test_a_publication_goes_its_way_through_two_houses(name: str) -> None:
    way = WAYS[name]
    async with neighbourhood(OURS, THEIRS, works=True) as near:
        beirut = await near.made.collective(THEIRS, "beirut", "بيروت")
        await a_member(near.made, beirut, "Rami", "steward", "", is_signed_in=False)
        salma = await move_in(near, way)
        people = {name: await let_in(near, way, salma, name, role) for name, role in ROLES.items()}

        rami = await hands(near, way, "ar", PHONE)
        await rami.tab.goto(f"https://{THEIRS}/sign-in")
        await rami.write("name", "Rami")
        await rami.write("password", PASSWORD)
        await rami.press("main button.main")
        there = f"https://{THEIRS}/house/beirut"
        await rami.tab.goto(f"{there}/neighbours")
        await rami.write("who", f"@majaz@{OURS}")
        await rami.press("main form[action$='/neighbours/follow'] button.main")

        # the wish arrives and is granted from the first page
        await arrives(salma.tab, HOUSE, f"@beirut@{THEIRS}")
        await salma.press("button[value='approve']")

        await write_the_event(people["Inès"])
        await publish_it(people["بلال"])

        await arrives(rami.tab, f"{there}/timeline", TITLE)
        await rami.press(f"main a:has-text('{TITLE}')")
        main = await rami.tab.inner_text("main")
        assert "زقاق الخبازين" in main
        assert await rami.tab.locator(".languages-of a[lang='fr']").count() == 1
        assert await rami.tab.locator("img[alt='طاولات طويلة في زقاق ضيق']").count() == 1

        await rami.write("words", "سنأتي من بيروت بخبز كثير.")
        await rami.press("form[action$='/answer'] button.main")
        await arrives(people["بلال"].tab, HOUSE, "سنأتي من بيروت بخبز كثير.")
        await people["بلال"].press("main .button:has-text('سنأتي')")
        await people["بلال"].write("words", "والزيتون علينا!")
        await people["بلال"].press("form[action$='/answer'] button.main")
        await arrives(rami.tab, there, "والزيتون علينا!")

        # who is removed is out with the next page
        await salma.tab.goto(f"{HOUSE}/people")
        await salma.press("main li:has-text('Inès') a")
        await salma.tick("sure")
        await salma.press("main form[action$='/remove'] button")
        await people["Inès"].tab.goto(HOUSE)
        assert "/sign-in" in people["Inès"].tab.url
        assert near.complaints == []
        assert near.strangers == []
