"""The agenda as a map: spots that lead to a list, from outlines of our own."""

import re
from pathlib import Path
from typing import Any

import pytest

from fedi.publications.place import Place
from fedi.unit import Unit
from tests.browser.sample import PagesOnly, at, open_pages
from tests.harness.members import a_member
from tests.harness.world import an_event, world
from tests.instances.test_agenda import get, ours

TOWNS = {"Tunis": (36.8, 10.18, 8), "صفاقس": (34.74, 10.76, 3), "Roubaix": (50.69, 3.18, 1)}


@pytest.fixture
async def here(tmp_path: Path) -> Any:
    instance = await open_pages(tmp_path)

    def work(unit: Unit) -> None:
        for name, (latitude, longitude, count) in TOWNS.items():
            for number in range(count):
                place = Place(locality=name, latitude=latitude + number / 100, longitude=longitude)
                ours(unit, f"{name} {number}", at(1 + number, 9), place=place)
        ours(unit, "online", at(3, 9), place=None, is_online=True)
        ours(unit, "over", at(-3, 9))

    await instance.change(work)
    yield instance
    await instance.db.close()


def spots_of(html: str) -> dict[str, tuple[str, str]]:
    """The spots of a map: where each leads → what it is called, and what is there."""
    links = re.findall(r'<a href="#(spot-\d+)" aria-label="([^"]*)">', html)
    there = dict(re.findall(r'<section class="spot" id="(spot-\d+)">(.*?)</section>', html, re.S))
    assert sorted(there) == sorted(number for number, _ in links)
    return {number: (name, there[number]) for number, name in links}


async def test_each_spot_leads_to_its_part_of_the_list(here: PagesOnly) -> None:
    html = (await get(here, "/agenda?view=map")).text
    spots = spots_of(html)
    assert [name for name, _ in spots.values()] == ["Tunis: 11 events", "Roubaix: 1 event"]
    assert "Roubaix 0" in spots["spot-2"][1]
    assert re.findall(r'<path class="land"[^>]* d="M', html)
    assert html.count(">online<") == 1
    assert ">over<" not in html
    assert "<script" not in html


async def test_who_looks_closer_sees_the_spots_apart_and_can_come_to_all_of_them(
    here: PagesOnly,
) -> None:
    html = (await get(here, "/agenda?view=map")).text
    _, there = spots_of(html)["spot-1"]
    closer, every = [
        each.replace("&amp;", "&") for each in re.findall(r'href="(/agenda\?[^"]*)"', there)
    ]
    names = [name for name, _ in spots_of((await get(here, closer)).text).values()]
    assert names == ["Tunis: 8 events", "صفاقس: 3 events"]
    listed = (await get(here, every)).text
    assert {
        f">{name} {number}<" in listed for name in ("Tunis", "صفاقس") for number in range(3)
    } == {True}
    assert ">Roubaix 0<" not in listed


@pytest.mark.parametrize("query", ["place=nowhere", "tag=unknown", "by=us&until=2026-11-21"])
async def test_a_map_of_nothing_says_so(here: PagesOnly, query: str) -> None:
    html = (await get(here, f"/agenda?view=map&{query}")).text
    assert "<path class=" not in html
    assert "None of these events says where on the map it is." in html


@pytest.mark.parametrize(
    "place",
    [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (85.1, 179.99), (0.0, 0.0)],
)
async def test_the_ends_of_the_world_are_on_the_map(
    here: PagesOnly, place: tuple[float, float]
) -> None:
    def work(unit: Unit) -> None:
        far = Place(name="</text><script>", latitude=place[0], longitude=place[1])
        ours(unit, "far", at(2, 9), place=far)

    await here.change(work)
    answered = await get(here, "/agenda?view=map")
    assert answered.status_code == 200
    assert "<script" not in answered.text
    inside = re.findall(r'<circle cx="(-?[\d.]+)%" cy="(-?[\d.]+)%"', answered.text)
    assert inside
    assert sum(int(each) for each in re.findall(r": (\d+) event", answered.text)) == 13
    assert all(0 <= float(each) <= 100 for pair in inside for each in pair)


async def test_members_have_a_map_too() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.publish(agora, an_event("Assembly"))
        ana = await a_member(made, agora)
        page = await ana.get("/house/agora/agenda?view=map")
        assert [name for name, _ in spots_of(page.text).values()] == ["Tunis: 1 event"]
