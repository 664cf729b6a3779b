"""The agenda: who stands in it, in which order, under which filters, and in which forms."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx2
import pytest
from icalendar import Calendar

from actors import blocks, follows
from actors import store as actor_store
from actors.model import Actor
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.desk.speaker import load_speaker
from fedi.publications import reactions, shelf, store, timeline
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Tag, Text
from fedi.publications.place import Place
from fedi.unit import Unit
from fedi.views.agenda import Circle, Wanted, look_agenda, look_house_agenda
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from tests.browser.sample import (
    BASE,
    NOW,
    PagesOnly,
    application,
    at,
    collective,
    open_pages,
    put,
    stranger,
)
from tests.harness.members import a_member
from tests.harness.plans import Plan, plan_of
from tests.harness.world import an_event, world
from tests.instances.test_house_plans import Listening

NOW_MS = to_ms(NOW)
TUNIS = Place(name="Dar", locality="Tunis", latitude=36.8, longitude=10.18)
SFAX = Place(name="بيت", locality="صفاقس", latitude=34.74, longitude=10.76)


def ours(unit: Unit, title: str, start: datetime, *, who: str = "us", **more: Any) -> Publication:
    actor = actor_store.find_local(unit.tx, who)
    if actor is None:
        actor = collective(unit.urls, who, who.upper(), "", "en")
        actor_store.save(unit, actor)
    language = more.pop("language", "en")
    content = more.pop("content", "text")
    details = EventDetails(
        starts_at=start,
        ends_at=more.pop("end", start + timedelta(hours=2)),
        timezone="Africa/Tunis",
        place=more.pop("place", TUNIS),
        **more,
    )
    return put(unit, actor, "event", {language: (title, content)}, details=details)


def theirs(
    unit: Unit, title: str, start: datetime, host: str = "mobilizon.example", **more: Any
) -> Publication:
    actor = stranger(host, "friends", "Friends")
    actor_store.save(unit, actor)
    uri = f"https://{host}/events/{title.replace(' ', '-')}"
    details = EventDetails(
        starts_at=start, ends_at=start + timedelta(hours=2), timezone="UTC", place=TUNIS
    )
    publication = Publication(
        uri=uri,
        kind="event",
        type="Event",
        author=actor.uri,
        visibility=more.pop("visibility", Visibility.PUBLIC),
        to=(PUBLIC,),
        cc=(),
        texts={"fr": Text(title, None, "<p>texte</p>")},
        published_at=NOW - timedelta(days=1),
        url=more.pop("url", uri),
        details=details,
        tags=(Tag("hashtag", "Cuisine"),),
        **more,
    )
    shelf.put(unit, publication, is_local=False)
    return publication


def follow(unit: Unit, host: str = "mobilizon.example") -> Actor:
    us = actor_store.find_local(unit.tx, "us")
    if us is None:
        us = collective(unit.urls, "us", "US", "", "en")
        actor_store.save(unit, us)
    friends = stranger(host, "friends", "Friends")
    follows.ask(unit, us.uri, friends.uri, f"{us.uri}#{host}")
    follows.decide(unit, us.uri, friends.uri, follows.ACCEPTED)
    return us


@pytest.fixture
async def here(tmp_path: Path) -> Any:
    instance = await open_pages(tmp_path)
    yield instance
    await instance.db.close()


async def titles(here: PagesOnly, wanted: Wanted | None = None) -> list[str]:
    page = await here.look(lambda rx: look_agenda(rx, wanted or Wanted(NOW_MS)))
    return [str(each.publication.original.name) for each in page.items]


async def get(here: PagesOnly, path: str, **headers: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=application(here))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(path, headers={"accept": "text/html", **named})


async def test_events_stand_in_the_order_in_which_they_begin(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        ours(unit, "festival", at(2, 8), end=at(5, 8))
        ours(unit, "short", at(3, 8))
        ours(unit, "exhibition", at(-60, 8), end=at(40, 8))
        ours(unit, "over", at(-1, 8))
        ours(unit, "going on", NOW - timedelta(hours=1))

    await here.change(work)
    assert await titles(here) == ["exhibition", "going on", "festival", "short"]


async def test_others_are_shown_when_a_collective_follows_them_or_passed_it_on(
    here: PagesOnly,
) -> None:
    def work(unit: Unit) -> None:
        us = follow(unit)
        theirs(unit, "followed", at(1, 8))
        passed = theirs(unit, "passed on", at(2, 8), "gancio.example")
        theirs(unit, "unknown", at(3, 8), "other.example")
        reactions.add(unit, reactions.ANNOUNCE, passed.uri, us.uri, "", f"{us.uri}#a")

    await here.change(work)
    assert await titles(here) == ["followed", "passed on"]


@pytest.mark.parametrize(
    "reason", ["quiet", "followers", "held", "blocked", "limited", "refuses", "unlisted again"]
)
async def test_what_is_not_for_everybody_is_in_no_agenda(here: PagesOnly, reason: str) -> None:
    def work(unit: Unit) -> None:
        follow(unit)
        seen = {"quiet": Visibility.QUIET, "followers": Visibility.FOLLOWERS}.get(
            reason, Visibility.PUBLIC
        )
        wishes = {"indexable": False} if reason == "refuses" else {}
        found = theirs(unit, "secret", at(1, 8), visibility=seen, **wishes)
        if reason == "held":
            unit.tx.run("UPDATE publication SET is_held = TRUE WHERE uri = ?", found.uri)
        if reason == "unlisted again":
            shelf.exchange(unit, replace(found, visibility=Visibility.FOLLOWERS))
        if reason == "blocked":
            blocks.add(unit, blocks.INSTANCE, "mobilizon.example", blocks.HOST)
        if reason == "limited":
            blocks.limit(unit, "mobilizon.example", blocks.HOST)

    await here.change(work)
    assert await titles(here) == []


FILTERS = {
    "tag": ({"tag": "#CUISINE"}, ["theirs"]),
    "language": ({"language": "ar"}, ["sfax"]),
    "our organiser": ({"by": "others"}, ["neighbours"]),
    "their organiser": ({"by": "https://mobilizon.example/users/friends"}, ["theirs"]),
    "place": ({"place": "صفاقِس"}, ["sfax"]),
    "words of a place": ({"place": "tunis dar"}, ["tunis", "neighbours", "theirs"]),
    "distance": ({"near": "36.85,10.2", "km": "20"}, ["tunis", "neighbours", "theirs"]),
    "days": ({"from": "2026-12-05", "until": "2026-12-06"}, ["neighbours", "sfax"]),
    "kind": ({"kind": "movements politics"}, ["tunis"]),
    "kind in another script": ({"kind": "وَرشة"}, ["sfax"]),
    "online": ({"how": "online"}, ["neighbours"]),
    "on site": ({"how": "on_site", "place": "tunis"}, ["tunis", "theirs"]),
    "several": ({"place": "tunis", "language": "en", "by": "us"}, ["tunis"]),
    "past": ({"past": "1"}, ["yesterday", "long ago"]),
    "past of a place": ({"past": "1", "place": "sfax"}, []),
}


@pytest.fixture
async def several(here: PagesOnly) -> PagesOnly:
    day = datetime(2026, 12, 4, 18, tzinfo=NOW.tzinfo)

    def work(unit: Unit) -> None:
        follow(unit)
        ours(unit, "tunis", day, category="MOVEMENTS_POLITICS")
        ours(unit, "neighbours", day + timedelta(days=1), who="others", is_online=True)
        ours(
            unit, "sfax", day + timedelta(days=2), place=SFAX, language="ar", category="ورشة خياطة"
        )
        theirs(unit, "theirs", day + timedelta(days=9))
        ours(unit, "yesterday", NOW - timedelta(days=1))
        ours(unit, "long ago", NOW - timedelta(days=400))

    await here.change(work)
    return here


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_leaves_what_fits_in_every_form(several: PagesOnly, name: str) -> None:
    query, expected = FILTERS[name]
    params = str(httpx2.QueryParams(query))
    html = (await get(several, f"/agenda?{params}")).text
    assert sorted(each for each in ALL if f">{each}</a>" in html) == sorted(expected)
    items = json.loads((await get(several, f"/agenda.json?{params}")).content)["items"]
    assert [each["title"] for each in items] == expected
    calendar = Calendar.from_ical((await get(several, f"/agenda.ics?{params}")).content)
    named = {str(each.get("summary")) for each in calendar.walk("VEVENT")}
    assert named - {"yesterday"} == set(expected) - {"yesterday"}
    atom = fromstring((await get(several, f"/agenda.atom?{params}")).content)  # noqa: S314
    assert len(atom.findall("{http://www.w3.org/2005/Atom}entry")) == len(expected)


ALL = ["tunis", "neighbours", "sfax", "theirs", "yesterday", "long ago"]


@pytest.mark.parametrize(
    "query",
    [
        *("kind=a b c", "kind=!", "how=x"),
        *("near=x", "from=2026-02-30", "tag=!", "by=nobody", "past=2", "near=1,1&km=501"),
        *(f"near=1,1&km=00005{'9' * more}" for more in (20, 5_000)),
    ],
)
@pytest.mark.parametrize("form", ["", ".ics", ".atom", ".rss", ".json"])
async def test_a_query_that_makes_no_sense_is_told_so(
    several: PagesOnly, query: str, form: str
) -> None:
    answered = await get(several, f"/agenda{form}?{query}")
    assert answered.status_code == 400
    assert "text/html" in answered.headers["content-type"]
    assert [each for each in ALL if f">{each}</a>" in answered.text] == []
    if not form:
        assert 'aria-invalid="true"' in answered.text or "past=2" in query


@pytest.mark.parametrize("form", [".ics", ".atom", ".rss", ".json"])
async def test_who_has_the_latest_hears_so_until_something_changes(
    several: PagesOnly, form: str
) -> None:
    first = await get(several, f"/agenda{form}?place=tunis")
    again = await get(several, f"/agenda{form}?place=tunis", if_none_match=first.headers["etag"])
    assert (again.status_code, "last-modified" in first.headers) == (304, True)

    def change(unit: Unit) -> None:
        ours(unit, "another", at(3, 8))

    await several.change(change)
    later = await get(several, f"/agenda{form}?place=tunis", if_none_match=first.headers["etag"])
    assert later.status_code == 200


async def test_pages_of_the_past_and_of_what_comes_show_everything_once(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        for number in range(25):
            ours(unit, f"coming {number}", at(1 + number // 9, 10))
            ours(unit, f"gone {number}", at(-9 + number // 9, 10))
        ours(unit, "long", at(-30, 10), end=at(30, 10))

    await here.change(work)

    def walk(rx: Reader, wanted: Wanted) -> list[str]:
        found, after = [], None
        for _ in range(9):
            page = look_agenda(rx, wanted, after, 7)
            found += [str(each.publication.original.name) for each in page.items]
            after = page.next
            if after is None:
                return found
        raise AssertionError("it has no end")

    coming = await here.look(lambda rx: walk(rx, Wanted(NOW_MS)))
    assert sorted(coming) == sorted([*(f"coming {n}" for n in range(25)), "long"])
    gone = await here.look(lambda rx: walk(rx, Wanted(-(2**62), NOW_MS, past=True)))
    assert (len(gone), set(gone)) == (25, {f"gone {n}" for n in range(25)})


async def test_of_two_that_lead_to_one_page_the_one_from_there_stays(here: PagesOnly) -> None:
    page = "https://mobilizon.example/events/original"

    def work(unit: Unit) -> None:
        follow(unit)
        follow(unit, "mirror.example")
        theirs(unit, "copy", at(1, 8), "mirror.example", url=page)
        theirs(unit, "original", at(1, 8))
        theirs(unit, "another time", at(2, 8), "mirror.example", url=page)

    await here.change(work)
    assert await titles(here) == ["original", "another time"]


async def test_what_nobody_sees_here_hides_nothing(here: PagesOnly) -> None:
    page = "https://stranger.example/events/1"

    def work(unit: Unit) -> None:
        follow(unit)
        theirs(unit, "1", at(1, 8), "stranger.example")
        theirs(unit, "mirror", at(1, 8), url=page)

    await here.change(work)
    assert await titles(here) == ["mirror"]


async def test_a_change_of_place_and_day_changes_what_it_is_found_by(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        made = ours(unit, "moving", at(1, 8))
        details = replace(made.event, starts_at=at(9, 8), ends_at=at(9, 10), place=SFAX)
        shelf.exchange(unit, replace(made, details=details))

    await here.change(work)
    assert await titles(here, Wanted(NOW_MS, to_ms(at(5, 0)))) == []
    assert await titles(here, Wanted(NOW_MS, keys=("at:tunis",))) == []
    assert await titles(here, Wanted(NOW_MS, near=Circle(34.7, 10.7, 30))) == ["moving"]


async def test_what_is_taken_off_leaves_nothing_to_look_for(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        made = ours(unit, "gone", at(1, 8))
        shelf.take_off(unit, made.uri, is_local=True)

    await here.change(work)
    assert await here.look(lambda rx: rx.one("SELECT COUNT(*) FROM agenda_key")) == (0,)


WITHDRAWN = "Withdrawn"


async def struck_out(here: PagesOnly, path: str) -> dict[str, Any]:
    calendar = Calendar.from_ical((await get(here, path)).content)
    found = [each for each in calendar.walk("VEVENT") if str(each["status"]) == "CANCELLED"]
    return {str(each["uid"]): each for each in found}


async def test_a_calendar_strikes_out_what_was_withdrawn_and_keeps_nothing_it_said(
    several: PagesOnly,
) -> None:
    before = await get(several, "/agenda.ics")
    uris = {
        str(each["summary"]): str(each["uid"])
        for each in Calendar.from_ical(before.content).walk("VEVENT")
    }

    def work(unit: Unit) -> None:
        for name in ("tunis", "theirs"):
            shelf.take_off(unit, uris[name], is_local=name == "tunis")

    await several.change(work)
    again = await get(several, "/agenda.ics", if_none_match=before.headers["etag"])
    assert again.status_code == 200
    found = await struck_out(several, "/agenda.ics")
    assert found.keys() == {uris["tunis"], uris["theirs"]}
    mine = found[uris["tunis"]]
    assert (str(mine["summary"]), mine["sequence"]) == (WITHDRAWN, 2)
    assert {"description", "location", "geo", "url"}.isdisjoint(name.lower() for name in mine)
    for path in ("/events.ics", "/@us/events.ics", "/agenda.ics?place=tunis&by=us"):
        assert (await struck_out(several, path)).keys() == {uris["tunis"]}
    for query in ("place=sfax", "near=34.7,10.7&km=20", "until=2026-12-01", "past=1"):
        assert (await struck_out(several, f"/agenda.ics?{query}")).keys() == set()
    assert (await struck_out(several, "/agenda.ics?near=36.8,10.2&km=5")).keys() == found.keys()


async def test_what_nobody_asked_for_crowds_nothing_out_of_a_calendar(several: PagesOnly) -> None:
    def work(unit: Unit) -> list[str]:
        for number in range(120):
            found = theirs(unit, f"earlier {number}", at(1, 6))
            shelf.take_off(unit, found.uri, is_local=False)
        own = ours(unit, "ours", at(1, 8))
        shelf.take_off(unit, own.uri, is_local=True)
        return [own.uri]

    [uri] = await several.change(work)
    assert uri in await struck_out(several, "/events.ics")
    assert uri in await struck_out(several, "/@us/events.ics")


@pytest.mark.parametrize("reason", ["followers", "held", "blocked", "unfollowed", "forgotten"])
async def test_a_calendar_says_nothing_of_what_it_never_had(here: PagesOnly, reason: str) -> None:
    def work(unit: Unit) -> None:
        if reason != "unfollowed":
            follow(unit)
        seen = Visibility.FOLLOWERS if reason == "followers" else Visibility.PUBLIC
        found = theirs(unit, "secret", at(1, 8), visibility=seen)
        if reason == "held":
            unit.tx.run("UPDATE publication SET is_held = TRUE WHERE uri = ?", found.uri)
        if reason == "blocked":
            blocks.add(unit, blocks.INSTANCE, "mobilizon.example", blocks.HOST)
        if reason == "forgotten":
            shelf.let_go(unit, found.uri)
        else:
            shelf.take_off(unit, found.uri, is_local=False)

    await here.change(work)
    assert await struck_out(here, "/agenda.ics") == {}


async def test_members_have_what_came_before_their_collective_and_no_other(here: PagesOnly) -> None:
    def work(unit: Unit) -> tuple[Actor, Actor]:
        us = follow(unit)
        ours(unit, "neighbours", at(1, 8), who="others")
        private = theirs(unit, "for followers", at(2, 8), visibility=Visibility.FOLLOWERS)
        row_id = store.find_row_id(unit.tx, private.uri)
        assert row_id is not None
        timeline.add(unit, [us.uri], row_id, "event", unit.now_ms)
        return us, load_speaker(unit.tx, "others")

    us, others = await here.change(work)

    async def seen_by(actor: Actor) -> list[str]:
        page = await here.look(lambda rx: look_house_agenda(rx, actor, Wanted(NOW_MS)))
        return [str(each.publication.original.name) for each in page.items]

    assert (await seen_by(us), await seen_by(others)) == (
        ["neighbours", "for followers"],
        ["neighbours"],
    )
    assert await titles(here) == ["neighbours"]


LOOKS: dict[str, Wanted] = {
    "everything": Wanted(NOW_MS),
    "past": Wanted(0, NOW_MS, past=True),
    "filtered": Wanted(
        NOW_MS, keys=("tag:assembly", "at:tunis", "in:en"), near=Circle(36.8, 10.2, 25)
    ),
}


@pytest.mark.both_engines
@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("room", ["page", "house"])
async def test_no_agenda_reads_a_whole_table(name: str, room: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.publish(agora, an_event())

        def look(rx: Reader) -> list[tuple[str, Plan]]:
            listening = Listening(rx)
            if room == "page":
                look_agenda(listening, LOOKS[name])
            else:
                look_house_agenda(listening, agora, LOOKS[name])
            return [(sql, plan_of(rx, sql, *values)) for sql, values in listening.asked]

        plans = await made["agora.test"].look(look)
        assert [sql for sql, plan in plans if plan.whole] == []
        assert [sql for sql, plan in plans if plan.sorts] == []


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_a_month_has_each_of_its_days_once_and_whole_weeks(
    here: PagesOnly, language: str
) -> None:
    html = (await get(here, f"/agenda?view=month&month=2026-12&lang={language}")).text
    days = re.findall(r'<time datetime="(\d{4}-\d{2}-\d{2})">', html)
    assert len(days) % 7 == 0
    assert [each for each in days if each.startswith("2026-12")] == [
        f"2026-12-{n:02}" for n in range(1, 32)
    ]


async def test_a_festival_stands_on_each_of_its_days(several: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        ours(
            unit,
            "festival",
            datetime(2026, 12, 10, 9, tzinfo=UTC),
            end=datetime(2026, 12, 12, 23, tzinfo=UTC),
        )

    await several.change(work)
    html = (await get(several, "/agenda?view=month&month=2026-12")).text
    cells = [cell.split("</td>")[0] for cell in html.split("<td")[1:]]
    with_it = [re.findall(r'datetime="(.*?)"', cell)[0] for cell in cells if ">festival<" in cell]
    # where it happens, in Tunis, it ends at midnight
    assert with_it == ["2026-12-10", "2026-12-11", "2026-12-12"]


async def test_whoever_follows_every_month_comes_to_an_end(here: PagesOnly) -> None:
    todo, seen = ["/agenda?view=month"], set()
    while todo:
        path = todo.pop()
        seen.add(path)
        html = (await get(here, path)).text.replace("&amp;", "&")
        todo += set(re.findall(r'href="(/agenda\?view=month&month=[^"]*)"', html)) - seen
    assert 20 < len(seen) < 30


async def test_a_crowded_day_leads_to_its_list(here: PagesOnly) -> None:
    def work(unit: Unit) -> None:
        for number in range(6):
            ours(unit, f"event {number}", datetime(2026, 12, 10, 9 + number, tzinfo=UTC))

    await here.change(work)
    html = (await get(here, "/agenda?view=month&month=2026-12")).text
    assert "2 more" in html
    listed = (await get(here, "/agenda?from=2026-12-10&until=2026-12-10")).text
    assert [n for n in range(6) if f">event {n}</a>" in listed] == list(range(6))


@pytest.mark.parametrize(
    "query", ["view=year", "view=month&month=2026-13", "month=1969-12", "month=x"]
)
async def test_a_month_that_is_none_is_told_so(here: PagesOnly, query: str) -> None:
    answered = await get(here, f"/agenda?{query}")
    assert (answered.status_code, "<table" in answered.text) == (400, False)


async def test_members_have_an_agenda_of_their_own_with_the_same_form() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        await made.publish(agora, an_event("for members", visibility=Visibility.FOLLOWERS))
        browser = await a_member(made, agora)
        listed = await browser.get("/house/agora/agenda?place=tunis&from=2026-01-01")
        month = await browser.get("/house/agora/agenda?view=month&month=1969-01")
        assert ("for members" in listed.text, month.status) == (True, 400)


async def test_what_a_collective_has_coming_is_a_collection_that_its_document_names() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        later = await made.publish(
            agora, an_event("later", starts_at=made.clock.now() + timedelta(days=9))
        )
        first = await made.publish(agora, an_event("first"))
        secret = await made.publish(agora, an_event("secret", visibility=Visibility.FOLLOWERS))
        other = await made.collective("agora.test", "other")
        await made.publish(other, an_event("of others"))
        server = made["beirut.test"].http
        document = (await server.fetch_document(agora.uri)).document
        found = (await server.fetch_document(document["upcomingEvents"])).document
        assert secret.uri not in found["orderedItems"]
        assert (found["type"], found["orderedItems"]) == (
            "OrderedCollection",
            [first.uri, later.uri],
        )


async def test_a_merged_subscription_tells_a_change_and_a_cancellation(here: PagesOnly) -> None:
    """What is read back before and after, with the reader that most programs in Python use."""

    def work(unit: Unit) -> tuple[Publication, Publication]:
        follow(unit)
        mine = ours(unit, "مائدة مفتوحة، للجميع " * 6, at(5, 17), language="ar")
        return mine, theirs(unit, "theirs", at(6, 17))

    mine, other = await here.change(work)

    async def read() -> dict[str, Any]:
        raw = (await get(here, "/agenda.ics")).content
        assert max(len(line) for line in raw.split(b"\r\n")) <= 75
        raw.decode()
        return {str(each["uid"]): each for each in Calendar.from_ical(raw).walk("VEVENT")}

    before = await read()

    def change(unit: Unit) -> None:
        moved = replace(mine.event, starts_at=at(7, 17), ends_at=at(7, 19))
        shelf.exchange(unit, replace(mine, details=moved, updated_at=unit.now))
        shelf.exchange(unit, replace(other, details=replace(other.event, status="cancelled")))

    await here.change(change)
    after = await read()
    assert before.keys() == after.keys() == {mine.uri, other.uri}
    assert [after[uri]["sequence"] > before[uri]["sequence"] for uri in before] == [True, True]
    assert (before[other.uri]["status"], after[other.uri]["status"]) == ("CONFIRMED", "CANCELLED")
    assert after[mine.uri]["dtstart"].dt == at(7, 17)
    assert (after[mine.uri]["organizer"].params["CN"], str(after[mine.uri]["organizer"])) == (
        "US",
        mine.author,
    )
    assert after[mine.uri]["geo"].to_ical() == "36.8;10.18"
    assert str(after[mine.uri]["summary"]) == mine.original.name
