"""Events from elsewhere: calendars and pages of a stranger, as a mirror and as drafts, read again and again."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from actors import blocks
from actors.model import Actor
from fedi.cli.main import run
from fedi.desk import intake, lookup, sources, writing
from fedi.desk.sources import ActorOrder, AddOrder, DecideOrder, Line, Read, WhichOrder
from fedi.desk.writing import Hand, Slip
from fedi.doctor.run import examine
from fedi.errors import Conflict, FediError, NotFound
from fedi.jobs.sources import read_sources
from fedi.publications import drafts, shelf
from fedi.publications import store as publications
from fedi.publications.drafts import Draft, Typed
from fedi.sources import store
from fedi.unit import Unit
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, an_event, world
from tests.hostile.stranger import Stranger, stranger

HERE = "agora.test"
THERE = "town.test"
FEED = f"https://{THERE}/feed.ics"
SOURCES = "/house/agora/sources"


@dataclass(slots=True)
class Scene:
    made: World
    agora: Actor
    there: Stranger

    def day(self, days: int) -> datetime:
        start: datetime = self.made.clock.now() + timedelta(days=days)
        return start.replace(hour=18, minute=0, second=0, microsecond=0)

    def event(self, uid: str, title: str, days: int = 5, *lines: str) -> str:
        starts = self.day(days).strftime("%Y%m%dT%H%M%SZ")
        inside = [f"UID:{uid}", f"DTSTART:{starts}", f"SUMMARY:{title}", *lines]
        return "\r\n".join(["BEGIN:VEVENT", *inside, "END:VEVENT", ""])

    def write(self, *events: str, path: str = "/feed.ics", **headers: str) -> bytes:
        text = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Town\r\n" + "".join(events) + "END:VCALENDAR\r\n"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.there.pages[path] = (200, {"content-type": "text/calendar", **named}, text.encode())
        return text.encode()

    async def add(self, way: str = "mirror", address: str = FEED, **more: Any) -> Read:
        order = AddOrder(actor="agora", address=address, way=way, **more)
        return await sources.add(self.made[HERE], order)

    async def read(self, which: str = FEED) -> Read:
        return await sources.read(self.made[HERE], WhichOrder(which=which, actor="agora"))

    async def line(self) -> Line:
        found = await sources.list_all(self.made[HERE], ActorOrder(actor="agora"))
        return found.sources[0]

    async def drafts(self) -> dict[str, Draft]:
        """The open drafts by their titles."""
        listed = await self.made[HERE].look(
            lambda rx: drafts.list_of(rx, self.agora.uri, drafts.OPEN, 500)
        )
        return {each.written.texts[0].title: each for each in listed}

    async def write_on(self, title: str, words: str) -> None:
        """Somebody writes on a draft."""
        draft = (await self.drafts())[title]
        typed = Typed("en", title, words)
        written = drafts.Written((typed,), fields=draft.written.fields)
        slip = Slip("event", written, draft.id, draft.version)
        await writing.save(self.made[HERE], self.agora, Hand(1, may_publish=True), slip)

    async def agenda(self, path: str = "/agenda", language: str = "en") -> str:
        return (await Browser(self.made, HERE, language).get(path)).text


async def shut_out(scene: Scene, host: str) -> None:
    def work(unit: Unit) -> None:
        blocks.add(unit, blocks.INSTANCE, host, blocks.HOST)

    await scene.made[HERE].change(work)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with world(HERE) as made, stranger(made, THERE) as there:
        yield Scene(made, await made.collective(HERE, "agora"), there)


async def test_a_mirror_stands_in_the_agenda_with_where_it_is_from(scene: Scene) -> None:
    link = f"https://{THERE}/events/1"
    scene.write(
        scene.event("1", "Picnic", 5, f"URL:{link}", "LOCATION:Park", "CATEGORIES:food"),
        scene.event("2", "Choir", 6),
    )
    read = await scene.add(name="Our <b>town</b>")
    assert (read.new, read.changed, read.gone) == (2, 0, 0)
    page = await scene.agenda()
    assert f'href="{link}"' in page
    assert "Taken from" in page
    assert "Our &lt;b&gt;town&lt;/b&gt;" in page
    assert THERE in page
    assert "Picnic" in await scene.agenda("/agenda?place=park")
    assert "Choir" not in await scene.agenda("/agenda?tag=food")
    ana = await a_member(scene.made, scene.agora)
    assert "Picnic" in (await ana.get("/house/agora/agenda")).text
    calendar = Calendar.from_ical(await scene.agenda("/agenda.ics"))
    picnic = next(each for each in calendar.walk("VEVENT") if str(each["SUMMARY"]) == "Picnic")
    assert picnic["ORGANIZER"].params["CN"] == "Our <b>town</b>"
    assert str(picnic["ORGANIZER"]) == FEED
    assert (str(picnic["X-MUJAWARA-SOURCE"]), str(picnic["URL"])) == (link, link)


async def test_a_mirror_names_the_host_that_said_it_whatever_link_somebody_typed(
    scene: Scene,
) -> None:
    scene.write(scene.event("1", "Picnic", 5, "URL:https://trusted.example/1"))
    await scene.add(name="Trusted", link="https://trusted.example/")
    page = await scene.agenda()
    assert "Picnic" in page
    assert THERE in page


async def test_a_mirror_is_nobodys_word_here(scene: Scene) -> None:
    """It is sent to nobody, stands in no outbox, and can be neither answered nor passed on."""
    scene.write(scene.event("1", "Picnic"))
    before = await scene.made.rows(HERE)
    await scene.add()
    await scene.made.settle()
    after = await scene.made.rows(HERE)
    grown = {name for name, count in after.items() if count != before[name]}
    assert grown == {"event_source", "source_event", "publication", "publication_addressee", "event", "agenda_key"}  # fmt: skip
    [row] = await scene.made[HERE].look(lambda rx: rx.all("SELECT uri FROM publication"))
    here = scene.made[HERE]
    with pytest.raises(NotFound):
        await here.look(lambda rx: lookup.load(rx, here.urls, row[0]))
    ana = await a_member(scene.made, scene.agora)
    assert (await ana.get(f"/house/agora/thread?about={row[0]}")).status == 404
    assert "Picnic" not in await scene.agenda("/@agora")
    assert (
        json.loads(await scene.agenda("/agenda.json"))["items"][0]["authors"][0]["name"] == "Town"
    )


async def test_mirrors_are_where_their_source_is_for_the_doctor(scene: Scene) -> None:
    scene.write(scene.event("a", "Concert"))
    await scene.add()
    findings = {each.key async for each in examine(scene.made.configs[HERE], inside_only=True)}
    assert "doctor.rows.ok" in findings


async def test_reading_again_doubles_nothing_and_follows_what_changed(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"), scene.event("2", "Choir", 6))
    await scene.add()
    again = await scene.read()
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
    scene.write(
        scene.event("1", "Picnic", 8, "SEQUENCE:2", "STATUS:CANCELLED"), scene.event("3", "Film")
    )
    changed = await scene.read()
    assert (changed.new, changed.changed, changed.gone) == (1, 1, 1)
    page = await scene.agenda()
    assert page.count("Picnic</a>") == 1
    assert "Cancelled" in page
    assert "Choir" not in page
    # an older version that a cache still had
    scene.write(scene.event("1", "Picnic", 5, "SEQUENCE:1"), scene.event("3", "Film"))
    assert (await scene.read()).changed == 0


async def test_a_removed_source_takes_its_mirrors_along(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    before = await scene.made.rows(HERE)
    await scene.add()
    await sources.remove(scene.made[HERE], WhichOrder(which=FEED, actor="agora"))
    assert await scene.made.rows(HERE) == before
    assert "Picnic" not in await scene.agenda()


async def test_what_was_over_long_ago_is_forgotten(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    scene.made.clock.advance(days=5 + 91)
    scene.write(scene.event("2", "Choir"))
    assert await read_sources(scene.made[HERE]) == 2
    rows = await scene.made.rows(HERE)
    assert (rows["source_event"], rows["publication"], rows["agenda_key"] > 0) == (1, 1, True)


async def test_drafts_are_made_and_follow_the_source_until_somebody_writes_on_them(
    scene: Scene,
) -> None:
    scene.write(
        scene.event("1", "Picnic", 5, "DESCRIPTION:Bring **bread**", "LOCATION:Park", f"URL:https://{THERE}/1"),
        scene.event("2", "Choir", 6),
        scene.event("3", "Called off", 6, "STATUS:CANCELLED"),
    )  # fmt: skip
    assert (await scene.add("draft")).new == 2
    made = await scene.drafts()
    assert sorted(made) == ["Choir", "Picnic"]
    picnic = made["Picnic"].written
    assert picnic.texts[0].source == f"Bring \\*\\*bread\\*\\*\n\nhttps://{THERE}/1"
    assert (picnic.get("place_name"), picnic.get("starts_day")) == ("Park", scene.day(5).date().isoformat())  # fmt: skip
    assert "Picnic" not in await scene.agenda()
    await scene.write_on("Choir", "Ours now")
    scene.write(scene.event("1", "Picnic at night", 5), scene.event("2", "Choir moved", 7))
    read = await scene.read()
    assert (read.changed, read.asks) == (1, 1)
    made = await scene.drafts()
    assert sorted(made) == ["Choir", "Picnic at night"]
    assert made["Choir"].written.texts[0].source == "Ours now"
    [asking] = (await scene.line()).asking
    assert (asking.title, asking.state, asking.may_adopt) == ("Choir moved", "changed", True)
    assert (await scene.read()).asks == 0


async def test_a_person_decides_whether_a_draft_follows_what_changed(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"), scene.event("2", "Choir"))
    await scene.add("draft")
    for title in ("Picnic", "Choir"):
        await scene.write_on(title, "Ours now")
    scene.write(scene.event("1", "Picnic moved", 8), scene.event("2", "Choir moved", 8))
    await scene.read()
    here = scene.made[HERE]

    def decision(identity: str, what: str) -> DecideOrder:
        return DecideOrder(which=FEED, actor="agora", identity=identity, what=what)

    await sources.decide(here, decision("1", "adopt"))
    await sources.decide(here, decision("2", "keep"))
    assert sorted(await scene.drafts()) == ["Choir", "Picnic moved"]
    assert (await scene.line()).asking == []
    # what was taken over follows again
    scene.write(scene.event("1", "Picnic moved again", 9), scene.event("2", "Choir moved", 8))
    await scene.read()
    assert sorted(await scene.drafts()) == ["Choir", "Picnic moved again"]
    for wrong in (decision("1", "adopt"), decision("9", "keep"), decision("1", "burn")):
        with pytest.raises(FediError):
            await sources.decide(here, wrong)


async def test_what_was_thrown_away_stays_away_and_what_was_published_is_asked_about(
    scene: Scene,
) -> None:
    scene.write(
        scene.event("1", "Picnic", 5, "LOCATION:Park"), scene.event("2", "Choir"), scene.event("3", "Film")
    )  # fmt: skip
    await scene.add("draft")
    made = await scene.drafts()
    here = scene.made[HERE]
    await writing.discard(here, scene.agora, made["Choir"].id)
    ana = await a_member(scene.made, scene.agora)
    path = f"/house/agora/draft/{made['Picnic'].id}"
    page = await ana.send((await ana.get(path)).form(path), act="publish")
    assert "Published" in page.text
    scene.write(scene.event("1", "Picnic", 6, "LOCATION:Park"), scene.event("2", "Choir", 7))
    read = await scene.read()
    assert (read.new, read.changed, read.gone, read.asks) == (0, 0, 1, 1)
    assert await scene.drafts() == {}
    [asking] = (await scene.line()).asking
    assert (asking.title, asking.state, asking.may_adopt) == ("Picnic", "changed", False)
    assert asking.uri.startswith(f"https://{HERE}/event/")
    page = await ana.get(SOURCES)
    assert f"/house/agora/publications/{asking.uri.rpartition('/')[2]}" in page.text
    # what is no longer there, but was published here
    scene.write(scene.event("2", "Choir", 7))
    await scene.read()
    assert [each.state for each in (await scene.line()).asking] == ["gone"]


async def test_of_a_series_only_the_next_few_become_drafts(scene: Scene) -> None:
    scene.write(scene.event("1", "Tea", 1, "RRULE:FREQ=WEEKLY"), scene.event("2", "Choir"))
    assert (await scene.add("draft")).new == intake.SERIES_MAX + 1
    assert (await scene.add("mirror", f"{FEED}?again")).new > 50


async def test_only_so_many_drafts_wait_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "DRAFTS_MAX", 2)
    scene.write(*(scene.event(str(n), f"Event {n}", 5 + n) for n in range(4)))
    read = await scene.add("draft")
    assert (read.new, read.waiting) == (2, 2)
    made = await scene.drafts()
    assert sorted(made) == ["Event 0", "Event 1"]
    await writing.discard(scene.made[HERE], scene.agora, made["Event 0"].id)
    read = await scene.read()
    assert (read.new, read.waiting) == (1, 1)


# An address → why nothing is taken from it.
REFUSED = {
    "": "error.address",
    "ftp://town.test/x": "error.address",
    "file:///etc/passwd": "error.address",
    "https://user@town.test/": "error.address",
    f"https://{HERE}/agenda.ics": "sources.own",
    "https://10.0.0.1/feed.ics": "error.forbidden_address",
    "https://[::1]/feed.ics": "error.forbidden_address",
    "https://town.test:22/feed.ics": "error.forbidden_address",
    "http://town.test/feed.ics": "error.forbidden_address",
    f"https://{THERE}/nothing": "error.remote_gone",
    f"https://{THERE}/page": "sources.no_events",
    f"https://{THERE}/words": "sources.unreadable",
    f"https://{THERE}/large": "error.remote_malformed",
    f"https://{THERE}/away": "error.forbidden_address",
    f"https://{THERE}/named": "error.forbidden_address",
    "https://nowhere.test/feed.ics": "error.remote_unreachable",
    "https://shut.test/feed.ics": "error.host_blocked",
}


async def test_an_address_that_gives_no_events_is_refused_and_changes_nothing(scene: Scene) -> None:
    html = {"content-type": "text/html"}
    scene.there.pages |= {
        "/page": (200, html, b"<!doctype html><title>x</title><p>Hello"),
        "/words": (200, html, b"Hello"),
        "/large": (200, html, b"BEGIN:VCALENDAR\n" + b"X" * (2 * 1024 * 1024)),
        "/away": (302, {"location": "http://169.254.169.254/latest"}, b""),
        "/named": (200, html, b'<link rel="alternate" type="text/calendar" href="https://10.0.0.1/x.ics">'),
    }  # fmt: skip
    await shut_out(scene, "shut.test")
    before = await scene.made.rows(HERE)
    told = {}
    for address in REFUSED:
        with pytest.raises(FediError) as refused:
            await scene.add(address=address)
        told[address] = refused.value.message_key
    assert told == REFUSED
    assert await scene.made.rows(HERE) == before


async def test_an_address_is_taken_once_and_only_so_many(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    with pytest.raises(Conflict):
        await scene.add("draft", f"webcal://{THERE}/feed.ics")
    monkeypatch.setattr(store, "SOURCES_MAX", 1)
    monkeypatch.setattr(sources, "SOURCES_MAX", 1)
    with pytest.raises(Conflict):
        await scene.add(address=f"{FEED}?other")


async def test_what_did_not_change_is_not_sent_again(scene: Scene) -> None:
    seen: list[Mapping[str, str]] = []
    scene.made.wire.watchers.append(lambda request: seen.append(request.headers))
    moment = "Sat, 21 Nov 2026 07:00:00 GMT"
    scene.write(scene.event("1", "Picnic"), etag='"abc"', last_modified=moment)
    await scene.add()
    assert "If-None-Match" not in seen[-1]
    scene.there.pages["/feed.ics"] = (304, {}, b"")
    again = await scene.read()
    assert (seen[-1]["If-None-Match"], seen[-1]["If-Modified-Since"]) == ('"abc"', moment)
    assert (again.new, again.gone) == (0, 0)
    assert "Picnic" in await scene.agenda()
    await scene.read()
    assert seen[-1]["If-None-Match"] == '"abc"'


async def test_a_dead_source_is_asked_ever_more_seldom_and_says_so(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic", 60))
    await scene.add()
    here = scene.made[HERE]
    asked = len(scene.there.asked)
    assert await read_sources(here) == 0
    scene.made.wire.cut.add(THERE)
    waits = []
    for _ in range(7):
        line = await scene.line()
        assert line.due_at is not None
        waits.append((line.due_at - scene.made.clock.now()) / timedelta(hours=1))
        scene.made.clock.advance(hours=waits[-1])
        assert await read_sources(here) == 1
    assert [round(each) for each in waits] == [6, 6, 12, 24, 48, 96, 168]
    line = await scene.line()
    assert (line.problem, line.failures) == ("error.remote_unreachable", 7)
    ana = await a_member(scene.made, scene.agora)
    page = await ana.get(SOURCES)
    assert "The other server does not answer right now." in page.text
    assert "It did not work 7 times in a row." in page.text
    # who does not answer has taken nothing back
    assert "Picnic" in await scene.agenda()
    scene.made.wire.cut.clear()
    scene.made.clock.advance(days=7)
    assert await read_sources(here) == 1
    assert len(scene.there.asked) == asked + 1
    assert ((await scene.line()).problem, (await scene.line()).failures) == ("", 0)


async def test_a_server_that_asks_for_time_gets_it(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    scene.there.pages["/feed.ics"] = (503, {"retry-after": "80000"}, b"")
    with pytest.raises(FediError):
        await scene.read()
    due = (await scene.line()).due_at
    assert due is not None
    assert abs(due - scene.made.clock.now() - timedelta(seconds=80000)) < timedelta(seconds=1)


async def test_what_is_gone_three_times_in_a_row_has_been_taken_back(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic", 30))
    await scene.add()
    scene.there.pages.clear()
    for number in range(3):
        assert ("Picnic" in await scene.agenda()) is True, number
        scene.made.clock.advance(days=2)
        await read_sources(scene.made[HERE])
    assert "Picnic" not in await scene.agenda()
    # and comes back when it is there again
    scene.write(scene.event("1", "Picnic", 30))
    await scene.read()
    assert "Picnic" in await scene.agenda()


async def test_a_calendar_that_became_something_else_takes_nothing_back(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    scene.there.pages["/feed.ics"] = (200, {}, b"Please log in")
    with pytest.raises(FediError):
        await scene.read()
    assert "Picnic" in await scene.agenda()
    assert (await scene.line()).problem == "sources.unreadable"


async def test_a_page_is_read_and_the_calendar_that_it_names(scene: Scene) -> None:
    item = {"@type": "Event", "name": "Concert", "startDate": scene.day(3).isoformat(), "url": "/e"}
    html = f'<title>Hall</title><script type="application/ld+json">{json.dumps(item)}</script>'
    scene.there.pages["/page"] = (200, {"content-type": "text/html"}, html.encode())
    read = await scene.add(address=f"https://{THERE}/page")
    assert (read.new, read.name) == (1, "Hall")
    scene.write(scene.event("1", "Picnic"), path="/other.ics")
    html = '<title>Group</title><link rel="alternate" type="text/calendar" href="/other.ics">'
    scene.there.pages["/group"] = (200, {"content-type": "text/html"}, html.encode())
    assert (await scene.add(address=f"https://{THERE}/group")).name == "Town"
    page = await scene.agenda()
    assert "Concert" in page
    assert "Picnic" in page


async def test_who_mirrors_each_other_does_not_hold_each_others_mirrors(scene: Scene) -> None:
    """A mirror of a mirror would be kept alive by its own reflection."""
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    ours = (await scene.agenda("/agenda.ics")).encode()
    assert b":Picnic\r\n" in ours
    scene.there.pages["/back.ics"] = (200, {}, ours)
    assert (await scene.add(address=f"https://{THERE}/back.ics")).new == 0


async def test_an_event_that_came_by_two_roads_is_shown_once(scene: Scene) -> None:
    page = f"https://{THERE}/events/1"
    scene.write(scene.event("1", "Picnic", 5, f"URL:{page}"))
    await scene.add()
    scene.write(scene.event("x", "Picnic", 5, f"URL:{page}"), path="/second.ics")
    await scene.add(address=f"https://{THERE}/second.ics")
    assert (await scene.agenda()).count("Picnic</a>") == 1


async def test_a_mirror_gives_way_to_the_same_event_on_the_wire(scene: Scene) -> None:
    """However early it came, and although the page lies on neither server."""
    page = f"https://{THERE}/events/1"
    scene.write(scene.event("1", "Copied picnic", 5, f"URL:{page}"))
    await scene.add()
    await scene.made.start("near.test")
    near = await scene.made.collective("near.test", "near")
    await scene.made.follow(scene.agora, near)
    event = await scene.made.publish(near, an_event("Picnic", starts_at=scene.day(5)))
    await scene.made.settle()

    def lead_there(unit: Unit) -> None:
        known = publications.load(unit.tx, event.uri)
        shelf.exchange(unit, replace(known, url=page))

    await scene.made[HERE].change(lead_there)
    listed = await scene.agenda()
    assert "Picnic</a>" in listed
    assert "Copied picnic" not in listed


async def test_a_host_that_is_shut_out_later_is_no_longer_shown_or_asked(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    await scene.add()
    await shut_out(scene, THERE)
    assert "Picnic" not in await scene.agenda()
    asked = len(scene.there.asked)
    with pytest.raises(FediError):
        await scene.read()
    assert len(scene.there.asked) == asked


async def test_a_file_is_taken_and_a_newer_one_takes_its_place(scene: Scene) -> None:
    ana = await a_member(scene.made, scene.agora)
    file = scene.write(scene.event("1", "Picnic"), scene.event("2", "Choir"))
    form = (await ana.get(SOURCES)).form(SOURCES)
    page = await ana.send(form, files={"file": ("town.ics", file)}, way="mirror")
    assert page.status == 400
    assert "Say where people find the source" in page.text
    form = page.form(SOURCES)
    link = f"https://{THERE}/"
    page = await ana.send(form, files={"file": ("town.ics", file)}, way="mirror", link=link)
    assert "The source was read." in page.text
    file = scene.write(scene.event("1", "Picnic moved", 9))
    await ana.send(form, files={"file": ("town.ics", file)}, way="mirror", link=link)
    agenda = await scene.agenda()
    assert agenda.count("Picnic moved") == 1
    assert "Choir" not in agenda
    assert len((await sources.list_all(scene.made[HERE], ActorOrder())).sources) == 1
    # nobody asks for a file
    scene.made.clock.advance(days=30)
    assert await read_sources(scene.made[HERE]) == 0


async def test_the_page_reads_shows_decides_and_removes(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    ana = await a_member(scene.made, scene.agora)
    page = await ana.get(SOURCES)
    assert "Nothing is taken from elsewhere yet." in page.text
    page = await ana.send(page.form(SOURCES), address=f"https://{THERE}/none", name="Nowhere")
    assert page.status == 400
    assert 'value="Nowhere"' in page.text
    page = await ana.send(page.form(SOURCES), address=FEED, way="draft")
    assert "1 draft waits" in page.text
    await scene.write_on("Picnic", "Ours now")
    scene.write(scene.event("1", "Picnic moved", 8))
    change = f"{SOURCES}/change"
    page = await ana.send(page.form(change), act="read")
    assert "Changed at the source</span> <bdi>Picnic moved</bdi>" in page.text
    page = await ana.send(page.form(change, "identity"), act="adopt")
    assert sorted(await scene.drafts()) == ["Picnic moved"]
    page = await ana.send(page.form(change), act="remove")
    assert "Nothing more is taken from this source." in page.text
    assert sorted(await scene.drafts()) == ["Picnic moved"]
    journal = await ana.get("/house/agora/journal")
    assert "takes events from" in journal.text


async def test_the_page_speaks_every_language(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"), scene.event("2", ""))
    await scene.add("draft")
    for language in ("ar", "es", "fr"):
        ana = await a_member(scene.made, scene.agora, language, language=language)
        page = await ana.get(SOURCES)
        assert page.status == 200
        assert "sources." not in page.text
        assert "Remove" not in page.text


async def test_only_stewards_and_only_of_this_collective_name_sources(scene: Scene) -> None:
    scene.write(scene.event("1", "Picnic"))
    read = await scene.add()
    banat = await scene.made.collective(HERE, "banat")
    editor = await a_member(scene.made, scene.agora, "Edi", "editor")
    assert (await editor.get(SOURCES)).status == 403
    other = await a_member(scene.made, banat, "Bea")
    form = (await other.get("/house/banat/sources")).form("/house/banat/sources")
    token = dict(form.fields)["form_token"]
    page = await other.post(
        "/house/banat/sources/change",
        [("form_token", token), ("which", read.id), ("act", "remove")],
    )
    assert page.status == 400
    assert (await scene.line()).id == read.id


def test_sources_are_kept_from_the_keyboard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "BEGIN:VCALENDAR\nX-WR-CALNAME:Town\nBEGIN:VEVENT\nUID:1\nDTSTART:{day}T180000Z\nSUMMARY:{title}\nEND:VEVENT\nEND:VCALENDAR\n"
    day = datetime.now(UTC) + timedelta(days=9)

    def write(title: str) -> None:
        (tmp_path / "town.ics").write_text(text.format(day=f"{day:%Y%m%d}", title=title), "utf-8")

    def told(*words: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert run([*words, "--json"]) == status, words
        return json.loads(capsys.readouterr().out)

    assert run(["init", "--base-url", "https://agora.example", "--username", "agora"]) == 0
    write("Picnic")
    refused = told("source", "add", "town.ics", "--mirror", status=1)
    assert refused["error"]["key"] == "sources.link_missing"
    assert told("source", "add", "none.ics", status=1)["error"]["key"] == "cli.file_unreadable"
    added = told("source", "add", "town.ics", "--lang", "fr", "--zone", "Africa/Tunis")
    assert (added["new"], added["name"]) == (1, "Town")
    write("Picnic moved")
    assert told("source", "add", "town.ics")["changed"] == 1
    [line] = told("source", "list")["sources"]
    assert (line["events"], line["drafts"], line["way"]) == (1, 1, "draft")
    assert told("source", "read", line["id"], status=1)["error"]["key"] == "sources.is_file"
    told("source", "decide", line["id"], "9", "keep", status=1)
    told("source", "add", "town.ics", "--mirror", "--link", "https://town.example/")
    assert run(["source", "list"]) == 0
    assert "shown under their name" in capsys.readouterr().out.lower()
    told("source", "remove", line["id"])
    assert len(told("source", "list")["sources"]) == 1
