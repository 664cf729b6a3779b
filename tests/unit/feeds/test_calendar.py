"""Calendars: what a calendar program reads back is what was meant, and no text can add a line."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from fedi.feeds.ical import render_calendar
from fedi.publications.event.model import EventDetails
from fedi.publications.place import Place
from fedi.text.direction import clean_line
from tests.harness.chance import examples
from tests.unit.feeds.made import AT, AUTHOR, event, listed


def read(details: EventDetails | None = None, name: str = "لقاء", **more: Any) -> Any:
    raw = render_calendar([listed(name, details=details or event(), **more)], "مجاورة")
    return Calendar.from_ical(raw)


def event_of(calendar: Any) -> Any:
    (found,) = calendar.walk("VEVENT")
    return found


def test_the_title_is_read_back() -> None:
    assert str(event_of(read(name="لقاء؛ الجيران, 5\\6")).get("summary")) == "لقاء؛ الجيران, 5\\6"


def test_the_start_is_told_in_the_zone_of_the_place() -> None:
    start = event_of(read()).get("dtstart")
    assert start.params["TZID"] == "Africa/Tunis"
    assert start.dt.astimezone(UTC) == datetime(2026, 12, 5, 17, tzinfo=UTC)


def test_the_zone_is_described() -> None:
    assert [str(zone.get("tzid")) for zone in read().walk("VTIMEZONE")] == ["Africa/Tunis"]


def test_zones_are_described_once() -> None:
    raw = render_calendar([listed(details=event()), listed(details=event())], "")
    assert raw.count(b"BEGIN:VTIMEZONE") == 1


def test_an_event_with_a_bare_offset_is_told_in_utc() -> None:
    raw = render_calendar([listed(details=event(timezone=None, offset_minutes=60))], "")
    assert b"DTSTART:20261205T170000Z" in raw


@pytest.mark.parametrize(
    ("end", "after"),
    [
        (None, date(2026, 12, 6)),
        (datetime(2026, 12, 6, 23, tzinfo=UTC), date(2026, 12, 7)),
        (datetime(2026, 12, 6, 12, tzinfo=UTC), date(2026, 12, 7)),
    ],
)
def test_an_event_of_whole_days_ends_the_day_after_its_last(
    end: datetime | None, after: date
) -> None:
    details = event(starts_at=datetime(2026, 12, 4, 23, tzinfo=UTC), ends_at=end, all_day=True)
    found = event_of(read(details))
    assert (found.get("dtstart").dt, found.get("dtend").dt) == (date(2026, 12, 5), after)


@pytest.mark.parametrize(
    ("status", "written"),
    [
        ("confirmed", "CONFIRMED"),
        ("tentative", "TENTATIVE"),
        ("postponed", "TENTATIVE"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_the_status_is_one_that_calendars_know(status: str, written: str) -> None:
    assert str(event_of(read(event(status=status))).get("status")) == written


def test_a_change_raises_the_sequence_and_keeps_the_uid() -> None:
    before, after = event_of(read(version=1)), event_of(read(version=2))
    assert after.get("sequence") > before.get("sequence")
    assert str(after.get("uid")) == str(before.get("uid"))


def test_the_stamp_is_the_last_change() -> None:
    changed = AT + timedelta(hours=1)
    assert event_of(read(updated_at=changed)).get("dtstamp").dt == changed.replace(microsecond=0)


def test_the_place_is_there_for_people_and_for_maps() -> None:
    place = Place(name="بيت", street="12, نهج", locality="تونس", latitude=36.8, longitude=10.1)
    found = event_of(read(event(place=place)))
    assert str(found.get("location")) == "بيت, 12, نهج, تونس"
    assert found.get("geo").to_ical() == "36.8;10.1"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00\r\n"])
@pytest.mark.parametrize("where", ["name", "content", "place", "tag", "online", "calendar"])
def test_no_text_adds_a_line(end: str, where: str) -> None:
    poison = f"x{end}ATTENDEE:mailto:a@evil.example{end}URL:https://evil.example"
    details = event(
        place=Place(name=poison if where == "place" else "y"),
        online_url=f"https://a.example/{poison}" if where == "online" else None,
        is_online=where == "online",
    )
    item = listed(
        poison if where == "name" else "z",
        f"<pre>{poison}</pre>" if where == "content" else "",
        details=details,
        tags=(poison,) if where == "tag" else (),
    )
    raw = render_calendar([item], poison if where == "calendar" else "")
    lines = raw.replace(b"\r\n ", b"").split(b"\r\n")
    assert not [line for line in lines if line.startswith((b"ATTENDEE", b"URL:https://evil"))]
    assert not any(mark in raw.replace(b"\r\n", b"") for mark in (b"\r", b"\n"))


@examples(60)
@given(text=st.text(max_size=60))
def test_any_text_is_one_event_with_one_address(text: str) -> None:
    details = event(place=Place(name=text))
    raw = render_calendar([listed(text, text, details=details, tags=(text,))], text)
    (found,) = Calendar.from_ical(raw).walk("VEVENT")
    assert str(found.get("url")) == "https://here.example/event/01"
    assert found.get("attendee") is None
    assert str(found.get("summary")) == clean_line(text, 300)


def test_lines_are_folded_by_octets() -> None:
    raw = render_calendar([listed("لقاء " * 50, details=event())], "")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75


@examples(60)
@given(text=st.text("aé€😀", max_size=200))
def test_a_fold_never_cuts_a_letter(text: str) -> None:
    lines = render_calendar([listed(text, details=event())], "").split(b"\r\n")
    assert "".join(line.decode().removeprefix(" ") for line in lines).count("SUMMARY") == 1


@pytest.mark.parametrize(
    ("language", "told"), [("ar", "ar"), ("und", None), ('ar";X="', None), ("ar\nATTENDEE:x", None)]
)
def test_only_what_is_a_language_is_told_as_one(language: str, told: str | None) -> None:
    found = event_of(read(language=language))
    assert found.get("summary").params.get("LANGUAGE") == told


def test_the_organiser_keeps_their_name_whatever_is_in_it() -> None:
    author = replace(AUTHOR, name='بيت; "الحي", 12: نهج')
    assert event_of(read(author=author)).get("organizer").params["CN"] == "بيت; 'الحي', 12: نهج"


@pytest.mark.parametrize(
    ("latitude", "written"), [(0.00001, "0.00001"), (-33.0, "-33"), (0.0, "0"), (1e-9, "0")]
)
def test_degrees_have_no_exponent(latitude: float, written: str) -> None:
    place = Place(name="x", latitude=latitude, longitude=10.5)
    raw = render_calendar([listed(details=event(place=place))], "")
    assert f"\r\nGEO:{written};10.5\r\n".encode() in raw


@pytest.mark.parametrize("line", [b"VERSION:2.0", b"METHOD:PUBLISH", b"X-WR-CALNAME:"])
def test_programs_find_what_they_insist_on(line: bytes) -> None:
    assert line in render_calendar([listed(details=event())], "مجاورة")


def test_an_empty_calendar_is_a_calendar() -> None:
    assert Calendar.from_ical(render_calendar([], "x")).walk("VEVENT") == []


def test_what_people_ask_before_they_come_stands_in_the_description() -> None:
    details = event(spoken=("ar", "fr"), cost="5", wheelchair="fully", contact="a\nb@here.example")
    text = str(event_of(read(details, language="en")).get("description"))
    assert "Languages spoken: Arabic, French\nCost: 5\nWheelchair access: yes\n" in text
    assert "Contact: a b@here.example" in text
