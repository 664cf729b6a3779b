"""One subscription of a merged agenda, before and after a change, a cancellation and a withdrawal, read by programs of others.

icalendar, recurring-ical-events, vobject and khal have a Python environment of their own; ical.js and node-ical are programs
for Node.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fedi.publications import shelf
from fedi.publications.event.parts import Part
from fedi.publications.event.rules_of_time import days_of, parse_rule
from fedi.publications.model import Publication
from fedi.unit import Unit
from tests.browser.sample import at, open_pages
from tests.harness.chance import first_of
from tests.harness.npm import NotInstallable, ensure_installed
from tests.instances.test_agenda import follow, get, ours, theirs
from tests.peers.live.conftest import CACHE
from tests.peers.live.oracles import ensure_python_installed, python_of

pytestmark = pytest.mark.peer

PEERS = ("icalendar==7.3.0", "recurring-ical-events==3.8.2", "vobject==0.9.9", "khal==0.14.1")
PROGRAM = Path(__file__).parent / "calendar_program.py"
CONFIG = """[calendars]
[[one]]
path = {folder}/calendar
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M
longdatetimeformat = %Y-%m-%dT%H:%M
[sqlite]
path = {folder}/khal.db
"""
Read = Callable[[Path], list[dict[str, Any]]]
TITLE = "مائدة مفتوحة؛ للجميع, \\ 5 " * 5


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _python(reader: str) -> Read:
    home = ensure_python_installed(CACHE, PEERS)
    return lambda file: list(json.loads(_run(python_of(home), PROGRAM, reader, file)))


def _node(program: str) -> Read:
    node = shutil.which("node")
    if node is None:
        raise NotInstallable("there is no Node")
    home = ensure_installed(Path(__file__).parent / "calendars", "calendars", CACHE)
    return lambda file: list(json.loads(_run(node, home / program, file)))


def _khal() -> Read:
    home = ensure_python_installed(CACHE, PEERS)

    def read(file: Path) -> list[dict[str, Any]]:
        config = file.parent / "khal.conf"
        config.write_text(CONFIG.format(folder=file.parent), encoding="utf-8")
        (file.parent / "calendar").mkdir(exist_ok=True)
        shape = "{uid}|{start-long}|{status}|{title}"
        told = _run(home / "bin" / "khal", "-c", config, "printics", "-f", shape, file)
        rows = [line.split("|") for line in told.splitlines() if line.startswith("http")]
        return [
            {"uid": uid, "start": start, "status": status.strip() or None, "title": title}
            for uid, start, status, title in rows
        ]

    return read


READERS: Mapping[str, Callable[[], Read]] = {
    "icalendar": lambda: _python("icalendar"),
    "recurring-ical-events": lambda: _python("recurring"),
    "vobject": lambda: _python("vobject"),
    "ical.js": lambda: _node("read.mjs"),
    "node-ical": lambda: _node("read-node-ical.mjs"),
    "khal": _khal,
}


@pytest.mark.parametrize("name", READERS)
async def test_a_reader_sees_the_change_the_cancellation_and_the_withdrawal(
    name: str, tmp_path: Path
) -> None:
    try:
        read = READERS[name]()
    except NotInstallable as problem:
        pytest.skip(f"{name} is not available: {problem}")
    here = await open_pages(tmp_path)
    try:

        def work(unit: Unit) -> tuple[Publication, Publication, Publication]:
            follow(unit)
            mine = ours(unit, TITLE, at(5, 17), language="ar")
            return mine, theirs(unit, "theirs", at(6, 17)), ours(unit, "third", at(6, 9))

        mine, other, third = await here.change(work)

        async def subscribed() -> dict[str, dict[str, Any]]:
            file = tmp_path / "agenda.ics"
            file.write_bytes((await get(here, "/agenda.ics")).content)
            return {each["uid"]: each for each in read(file)}

        before = await subscribed()

        def change(unit: Unit) -> None:
            moved = replace(mine.event, starts_at=at(7, 17), ends_at=at(7, 19))
            shelf.exchange(unit, replace(mine, details=moved, updated_at=unit.now))
            shelf.exchange(unit, replace(other, details=replace(other.event, status="cancelled")))
            shelf.take_off(unit, third.uri, is_local=True)

        await here.change(change)
        after = await subscribed()
    finally:
        await here.db.close()
    assert before.keys() == after.keys() == {mine.uri, other.uri, third.uri}
    assert before[mine.uri]["title"] == mine.original.name
    assert [each[mine.uri]["start"] for each in (before, after)] == [
        f"{moment:%Y-%m-%dT%H:%M}" for moment in (at(5, 17), at(7, 17))
    ]
    assert "CANCELLED" not in str(before[other.uri]["status"])
    assert "CANCELLED" in str(after[other.uri]["status"])
    assert "CANCELLED" in str(after[third.uri]["status"])
    assert (before[third.uri]["title"], after[third.uri]["title"]) == ("third", "Withdrawn")
    assert before[third.uri]["start"] == after[third.uri]["start"]
    if "sequence" in after[mine.uri]:
        for each in (mine, third):
            assert [int(read[each.uri]["sequence"]) for read in (before, after)] == [1, 2]


def _session(key: str, title: str, day: int, **more: Any) -> Part:
    return Part(
        key=key,
        starts_at=at(day, 10),
        ends_at=at(day, 11),
        names={"en": title, "ar": f"{title} بالعربية"},
        room="Hall, 1; left",
        **more,
    )


@pytest.mark.parametrize("kind", ["programme", "tour"])
@pytest.mark.parametrize("name", first_of(READERS))
async def test_a_reader_sees_a_programme_and_a_tour_before_and_after_a_change(
    name: str, kind: str, tmp_path: Path
) -> None:
    try:
        read = READERS[name]()
    except NotInstallable as problem:
        pytest.skip(f"{name} is not available: {problem}")
    here = await open_pages(tmp_path)
    is_tour = kind == "tour"

    def stop(key: str) -> dict[str, Any]:
        uri = f"https://mobilizon.example/events/{key}"
        return {"uri": uri, "host": "https://mobilizon.example/@friends", "is_agreed": True} if is_tour else {}  # fmt: skip

    before = (_session("a", "Opening", 5, **stop("a")), _session("b", "Seeds", 6, **stop("b")))
    after = (
        _session("a", "Opening", 7, **stop("a")),
        _session("b", "Seeds", 6, status="cancelled", **stop("b")),
    )
    try:
        event = await here.change(
            lambda unit: ours(
                unit, TITLE, at(5, 9), end=at(8, 9), language="ar", parts=before, is_tour=is_tour
            )
        )

        async def taken() -> dict[str, dict[str, Any]]:
            file = tmp_path / "event.ics"
            path = f"/event/{event.uri.rpartition('/')[2]}/event.ics"
            file.write_bytes((await get(here, path)).content)
            return {each["uid"]: each for each in read(file)}

        first = await taken()
        moved = replace(event.event, parts=after)
        await here.change(
            lambda unit: shelf.exchange(unit, replace(event, details=moved, updated_at=unit.now))
        )
        second = await taken()
    finally:
        await here.db.close()
    one, other = [each.uri or f"{event.uri}#{each.key}" for each in before]
    assert first.keys() == second.keys() == {event.uri, one, other}
    assert [each[one]["start"] for each in (first, second)] == [
        f"{moment:%Y-%m-%dT%H:%M}" for moment in (at(5, 10), at(7, 10))
    ]
    assert first[other]["start"] == second[other]["start"]
    assert "CANCELLED" not in str(first[other]["status"])
    assert "CANCELLED" in str(second[other]["status"])
    assert "CANCELLED" not in str(second[one]["status"])
    assert "Opening" in first[one]["title"]


RULES = [
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2,-1",
    "FREQ=MONTHLY;BYDAY=MO,SU;BYSETPOS=2,3",
    "FREQ=YEARLY;BYWEEKNO=1,20;BYDAY=MO,TH",
    "FREQ=YEARLY;BYDAY=1MO,20MO,-1SU",
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO,-1FR",
]
SERIES = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//y//EN\r
BEGIN:VEVENT\r
UID:a\r
DTSTAMP:20270101T000000Z\r
DTSTART:20270104T090000Z\r
DTEND:20270104T100000Z\r
SEQUENCE:0\r
STATUS:CONFIRMED\r
SUMMARY:Tea\r
RRULE:{rule}\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["recurring-ical-events", "ical.js", "node-ical"])
def test_a_reader_knows_the_days_of_a_rule_that_we_know(
    name: str, rule: str, tmp_path: Path
) -> None:
    if name == "ical.js" and "YEARLY" in rule:
        pytest.skip(
            "it takes each Monday for every week of a year: one more reason why we send single events"
        )
    try:
        read = READERS[name]()
    except NotInstallable as problem:
        pytest.skip(f"{name} is not available: {problem}")
    file = tmp_path / "series.ics"
    file.write_bytes(SERIES.format(rule=rule).encode())
    found = sorted(each["start"][:10] for each in read(file))
    days = days_of(parse_rule(rule), date(2027, 1, 4), date(2030, 12, 31))
    assert found == [each.isoformat() for each in days]
