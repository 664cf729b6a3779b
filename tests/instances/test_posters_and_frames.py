"""An event on paper, and events inside the pages of others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import segno

from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.web.headers import CONTENT_POLICY
from tests.browser.sample import BASE, PagesOnly, at, open_pages
from tests.instances.test_agenda import SFAX, follow, get, ours, theirs

TITLE = 'لقاء <الجيران> & "الحيّ"'


@pytest.fixture
async def here(tmp_path: Path) -> Any:
    instance = await open_pages(tmp_path)
    yield instance
    await instance.db.close()


async def put(here: PagesOnly, **more: Any) -> Publication:
    def work(unit: Unit) -> Publication:
        return ours(unit, TITLE, at(5, 17), language="ar", **more)

    return await here.change(work)


def path_of(publication: Publication) -> str:
    return publication.uri.removeprefix(BASE)


async def test_a_poster_says_all_and_carries_the_code_of_its_address(here: PagesOnly) -> None:
    event = await put(here, content="one")
    sheet = await get(here, f"{path_of(event)}/poster", accept_language="en")
    assert sheet.status_code == 200
    assert '<html lang="ar" dir="rtl">' in sheet.text
    for each in ("لقاء &lt;الجيران&gt; &amp; &#34;الحيّ&#34;", "Dar", event.uri, "one"):
        assert each in sheet.text
    path = re.findall(r' d="(M[^"]*)"', sheet.text)[-1]
    drawn = {(int(x) - 4, int(y) - 4) for x, y in re.findall(r"M(\d+) (\d+)h1v1", path)}
    matrix = segno.make(event.uri, error="m", micro=False).matrix
    assert drawn == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


@pytest.mark.parametrize(("paper", "sheet"), [("", "a4"), ("a5", "a5"), ('"><b', "a4")])
async def test_a_poster_is_for_paper_there_is(here: PagesOnly, paper: str, sheet: str) -> None:
    event = await put(here)
    html = (await get(here, f"{path_of(event)}/poster?paper={paper}")).text
    assert f'<main class="sheet {sheet} ">' in html


@pytest.mark.parametrize("end", ["poster", "embed"])
async def test_what_is_not_for_everybody_is_on_no_paper_and_in_no_frame(
    here: PagesOnly, end: str
) -> None:
    event = await put(here)
    await here.change(
        lambda unit: unit.tx.run("UPDATE publication SET visibility = ?", Visibility.FOLLOWERS)
    )
    for path in (f"{path_of(event)}/{end}", f"/event/nonsense/{end}", f"/event/01{'a' * 24}/{end}"):
        assert (await get(here, path)).status_code == 404
    assert (await get(here, f"/oembed?url={event.uri}")).status_code == 404


async def test_only_pages_without_anything_to_press_may_be_framed(here: PagesOnly) -> None:
    event = await put(here)
    for path in ("/embed", f"{path_of(event)}/embed"):
        framed = await get(here, path)
        policy = framed.headers["content-security-policy"].split("; ")
        assert "frame-ancestors *" in policy
        assert {"default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= set(policy)
        assert re.search(r"<(script|form|button|input|iframe)", framed.text) is None
        assert "set-cookie" not in framed.headers
        links = re.findall(r"<a [^>]*>", framed.text)
        assert links
        assert all('target="_blank"' in each and "noopener" in each for each in links)
    for path in ("/", "/agenda", path_of(event), f"{path_of(event)}/poster", "/embed?near=x"):
        answered = await get(here, path)
        assert answered.headers.get("content-security-policy", CONTENT_POLICY) == CONTENT_POLICY


async def test_a_frame_holds_what_the_same_query_finds_and_weighs_little(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        follow(unit)
        theirs(unit, "theirs", at(2, 8))
        ours(unit, "sfax", at(3, 8), place=SFAX)
        for number in range(15):
            ours(unit, f"long title of the event {number}", at(4 + number, 8))

    await here.change(work)
    framed = await get(here, "/embed")
    assert framed.text.count("<h2") == 6
    assert (await get(here, "/embed?events=12")).text.count("<h2") == 12
    style = re.findall(r'href="(/static/embed[^"]*)"', framed.text)[0]
    weight = len(framed.content) + len((await get(here, style)).content)
    assert weight < 10_000
    assert re.findall(
        r"<li.*?<h2[^>]*><a[^>]*>(.*?)</a>", (await get(here, "/embed?place=صفاقس")).text, re.S
    ) == ["sfax"]
    elsewhere = re.findall(r'href="(https://mobilizon[^"]*)"', framed.text)
    assert elsewhere == ["https://mobilizon.example/events/theirs"]


@pytest.mark.parametrize(
    "query", ["events=0", "events=13", "events=x", "events=٣", "past=2", "by=nobody"]
)
async def test_a_frame_that_makes_no_sense_is_told_so(here: PagesOnly, query: str) -> None:
    assert (await get(here, f"/embed?{query}")).status_code == 400


async def test_programs_learn_what_to_put_into_a_page(here: PagesOnly) -> None:
    event = await put(here)
    for page, source in (
        (path_of(event), f"{event.uri}/embed"),
        ("/agenda?place=tunis", f"{BASE}/embed?place=tunis"),
    ):
        html = (await get(here, page)).text
        told = re.findall(r'type="application/json\+oembed" href="([^"]*)"', html)[0]
        answered = await get(here, told.replace("&amp;", "&"))
        document = json.loads(answered.content)
        assert (document["version"], document["type"]) == ("1.0", "rich")
        assert document["html"].startswith(f'<iframe src="{source}"')
        # the same is there to be copied by hand
        assert f"&lt;iframe src=&#34;{source}&#34;" in html


@pytest.mark.parametrize(
    "query",
    [
        "",
        "url=https://evil.example/agenda",
        f"url={BASE}.evil.example/agenda",
        f"url={BASE}/about",
        "format=xml",
    ],
)
async def test_nothing_is_put_into_a_page_for_an_address_that_is_none(
    here: PagesOnly, query: str
) -> None:
    assert (await get(here, f"/oembed?{query}")).status_code == 404
