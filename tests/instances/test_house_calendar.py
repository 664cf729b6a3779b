"""The agenda of a collective in the calendar of a member's phone: an address that is a secret."""

import re

import pytest
from icalendar import Calendar

from actors import members, people
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, an_event, world

HERE, THERE = "agora.test", "beirut.test"


async def made_by(browser: Browser) -> tuple[Page, str]:
    """The page that tells the address, and its path."""
    page = await browser.get("/house/agora/agenda")
    page = await browser.send(page.form("/house/agora/agenda/calendar#calendar"), what="make")
    (path,) = re.findall(rf">https://{HERE}(/calendar/[\w-]+\.ics)<", page.text)
    return page, path


async def read(made: World, path: str) -> tuple[int, set[str], str]:
    """What a calendar program gets: the status, the titles, who may keep it."""
    answered = await Browser(made, HERE).get(path)
    if answered.status != 200:
        return answered.status, set(), ""
    events = Calendar.from_ical(answered.text).walk("VEVENT")
    titles = {str(each["summary"]) for each in events}
    return 200, titles, answered.headers.get("cache-control", "")


@pytest.mark.both_engines
async def test_a_phone_has_what_the_collective_follows_and_nothing_meant_for_it_alone() -> None:
    async with world(HERE, THERE) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(agora, beirut)
        await made.publish(beirut, an_event("Elsewhere"))
        await made.publish(beirut, an_event("For followers", visibility=Visibility.FOLLOWERS))
        await made.publish(agora, an_event("Here"))
        await made.settle()
        ana = await a_member(made, agora)
        assert "For followers" in (await ana.get("/house/agora/agenda")).text
        page, path = await made_by(ana)
        assert f"webcal://{HERE}{path}" in page.text
        assert path not in (await ana.get("/house/agora/agenda")).text
        assert await read(made, path) == (200, {"Elsewhere", "Here"}, "private, no-cache")
        assert (await read(made, f"{path}?by=agora"))[1] == {"Here"}
        assert (await read(made, f"{path}?near=x"))[0] == 400


async def test_a_new_address_ends_the_old_and_an_ended_one_opens_nothing() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        _, first = await made_by(ana)
        _, second = await made_by(ana)
        assert ((await read(made, first))[0], (await read(made, second))[0]) == (404, 200)
        page = await ana.get("/house/agora/agenda")
        await ana.send(page.form("/house/agora/agenda/calendar#calendar"), what="end")
        assert (await read(made, second))[0] == 404
        for token in ("x", "x" * 5_000):
            assert (await read(made, f"/calendar/{token}.ics"))[0] == 404


@pytest.mark.parametrize("end", ["role taken", "removed", "restored"])
async def test_an_address_ends_with_the_place_of_who_made_it(end: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, "Other", "steward")
        ana = await a_member(made, agora, "Ana", "reader")
        _, path = await made_by(ana)

        def work(unit: Unit) -> None:
            person = people.load(unit.tx, "Ana")
            if end == "role taken":
                members.take_role(unit, person, agora.uri, members.MACHINE)
            elif end == "removed":
                members.remove(unit, person, members.MACHINE)
            else:
                people.end_secrets(unit)

        await made[HERE].change(work)
        assert (await read(made, path))[0] == 404


async def test_only_the_print_of_an_address_is_kept() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        _, path = await made_by(ana)
        rows = await made[HERE].look(lambda rx: rx.all("SELECT * FROM api_token"))
        assert path.removeprefix("/calendar/").removesuffix(".ics") not in str(rows)
