"""Calendars of others: what is taken of them, and what they cannot make us do."""

from datetime import UTC, datetime, timedelta

import pytest

from fedi.errors import Invalid
from fedi.publications.place import Place
from fedi.sources.calendars import COMPONENTS_MAX, parse_calendar
from fedi.sources.model import EVENTS_MAX, Around, Found, Parsed

NOW = datetime(2026, 2, 1, tzinfo=UTC)
AROUND = Around("https://there.example/feed/ics", NOW, "Africa/Tunis")


def calendar(*events: str, head: str = "") -> Parsed:
    inside = "".join(f"BEGIN:VEVENT\r\n{each.strip()}\r\nEND:VEVENT\r\n" for each in events)
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{inside}END:VCALENDAR\r\n"
    return parse_calendar(text, AROUND)


def event(*lines: str, starts: str = "DTSTART:20260305T180000Z") -> Found:
    [found] = calendar("\r\n".join(["UID:a", starts, "SUMMARY:Meeting", *lines])).events
    return found


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def starts_of(*lines: str, starts: str) -> list[str]:
    found = calendar("\r\n".join(["UID:a", starts, "SUMMARY:Meeting", *lines])).events
    return [each.starts_at.strftime("%m-%dT%H:%M") for each in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART:20260305T180000Z", at(2026, 3, 5, 18)),
        ("DTSTART;TZID=Europe/Paris:20260305T180000", at(2026, 3, 5, 17)),
        ('DTSTART;TZID="Europe/Paris":20260305T180000', at(2026, 3, 5, 17)),
        ("DTSTART;TZID=W. Europe Standard Time:20260305T180000", at(2026, 3, 5, 17)),
        ("DTSTART;TZID=/mozilla.org/20070129_1/Europe/Paris:20260305T180000", at(2026, 3, 5, 17)),
        ("DTSTART;TZID=Nowhere/Nothing:20260305T180000", at(2026, 3, 5, 17)),
        ("DTSTART:20260305T180000", at(2026, 3, 5, 17)),
        ("DTSTART:20260305T240000Z", at(2026, 3, 6)),
        ("DTSTART:20260305T1800", at(2026, 3, 5, 17)),
        # the hour that Paris skips counts as it would have been without the change
        ("DTSTART;TZID=Europe/Paris:20260329T023000", at(2026, 3, 29, 1, 30)),
        # of the hour that comes twice the first one is meant
        ("DTSTART;TZID=Europe/Paris:20261025T023000", at(2026, 10, 25, 0, 30)),
    ],
)
def test_a_start_is_the_moment_that_its_writer_meant(line: str, expected: datetime) -> None:
    assert event(starts=line).starts_at == expected


@pytest.mark.parametrize(
    "line",
    ["DTSTART:20260229T180000Z", "DTSTART:20261301T000000Z", "DTSTART:20260305T250000Z", "DTSTART:never", "DTSTART:00010101", "X-NONE:1"],
)  # fmt: skip
def test_a_start_that_cannot_be_leaves_the_event_out_and_is_counted(line: str) -> None:
    found = calendar(
        f"UID:a\r\n{line}\r\nSUMMARY:Meeting", "UID:b\r\nDTSTART:20260305\r\nSUMMARY:Other"
    )
    assert [each.identity for each in found.events] == ["b"]
    assert found.unreadable == 1


def test_the_29th_of_february_is_a_day_when_there_is_one() -> None:
    found = parse_calendar(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20280229T180000Z\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR",
        Around("", datetime(2028, 1, 1, tzinfo=UTC), "UTC"),
    )
    assert [each.starts_at for each in found.events] == [at(2028, 2, 29, 18)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTEND:20260305T200000Z",), at(2026, 3, 5, 20)),
        (("DTEND:20260305T240000Z",), at(2026, 3, 6)),
        (("DURATION:PT1H30M",), at(2026, 3, 5, 19, 30)),
        ((), None),
        (("DTEND:20260305T170000Z",), None),
        (("DTEND:20260230T170000Z",), None),
        (("DTEND:20290305T170000Z",), None),
        (("DURATION:-PT1H",), None),
    ],
)
def test_an_end_that_is_missing_or_cannot_be_is_open(lines: tuple[str, ...], expected: object) -> None:  # fmt: skip
    assert event(*lines).ends_at == expected


def test_whole_days_end_at_the_midnight_after_the_last() -> None:
    one = event(starts="DTSTART;VALUE=DATE:20260305")
    three = event("DTEND;VALUE=DATE:20260308", starts="DTSTART;VALUE=DATE:20260305")
    same = event("DTEND;VALUE=DATE:20260305", starts="DTSTART;VALUE=DATE:20260305")
    assert (one.all_day, one.starts_at, one.ends_at) == (True, at(2026, 3, 4, 23), at(2026, 3, 5, 23))  # fmt: skip
    assert three.ends_at == at(2026, 3, 7, 23)
    assert same.ends_at == one.ends_at


def test_times_without_a_zone_are_in_that_of_the_calendar_and_told_in_it() -> None:
    found = calendar(
        "UID:a\r\nDTSTART:20260305T180000\r\nSUMMARY:floating",
        "UID:b\r\nDTSTART:20260305T180000Z\r\nSUMMARY:in UTC",
        head="X-WR-TIMEZONE:America/Bogota\r\nX-WR-CALNAME:Plaza\\, centro\r\n",
    )
    assert found.name == "Plaza, centro"
    assert {each.identity: (each.starts_at.hour, each.timezone) for each in found.events} == {
        "a": (23, "America/Bogota"),
        "b": (18, "America/Bogota"),
    }


def test_a_zone_that_a_calendar_makes_up_counts_when_it_never_changes() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETTO:+0330\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    found = calendar("UID:a\r\nDTSTART;TZID=Ours:20260305T180000\r\nSUMMARY:x", head=zone)
    assert [each.starts_at for each in found.events] == [at(2026, 3, 5, 14, 30)]


def test_words_are_cleaned_and_folded_lines_put_together() -> None:
    found = event(
        "DESCRIPTION:plain",
        'X-ALT-DESC;FMTTYPE="text/html":<p onclick="x()">Hello <b>you</b><script>ale',
        " rt(1)</script><img src=x onerror=y></p>",
        "LOCATION:Dar El\\, Ho",
        " uma",
        "GEO:36.8;10.18",
        "CATEGORIES:social event,Fête,#aid\\,now",
        "URL:https://there.example/e/1",
    )
    assert found.html == "<p>Hello <b>you</b></p>"
    assert found.place == Place(name="Dar El, Houma", latitude=36.8, longitude=10.18)
    assert found.tags == ("SocialEvent", "Fête", "aidnow")
    assert found.url == "https://there.example/e/1"


@pytest.mark.parametrize(
    "line",
    ["URL:javascript:alert(1)", "URL:file:///etc/passwd", "URL:https://a@b.example/", "URL:"],
)
def test_an_address_that_may_not_be_linked_is_none(line: str) -> None:
    assert event(line).url is None


def test_degrees_that_do_not_exist_are_none() -> None:
    for geo in ("GEO:91;10", "GEO:nan;nan", "GEO:0;0", "GEO:1", "GEO:inf;1"):
        assert event(geo, "LOCATION:Hall").place == Place(name="Hall")


def test_text_that_is_no_markup_stays_what_it_says() -> None:
    assert event("DESCRIPTION:1 < 2 & <script>\\n\\nsecond").html == (
        "<p>1 &lt; 2 &amp; &lt;script&gt;</p><p>second</p>"
    )


def test_no_control_character_is_left_in_a_text() -> None:
    assert event("DESCRIPTION:a\x1fb\x07 c").html == "<p>ab c</p>"


def test_an_event_of_gancio_is_read_as_it_writes_it() -> None:
    found = calendar(
        "UID:12@gancio.example\r\nSUMMARY:[Our town] Cena\r\nDTSTART:20260305T190000Z\r\nDTEND:20260305T220000Z\r\n"
        "URL:https://gancio.example/event/cena\r\nLOCATION:Casa - Via Roma 1\r\nSTATUS:CONFIRMED",
        "UID:13@gancio.example\r\nSUMMARY:[Our town] Talk\r\nDTSTART:20260306T190000Z\r\n"
        "LOCATION:online - https://meet.example/x",
    ).events
    assert [each.title for each in found] == ["Cena", "Talk"]
    assert found[0].place == Place(name="Casa", street="Via Roma 1")
    assert (found[1].place, found[1].online_url) == (None, "https://meet.example/x")


def test_an_event_of_mobilizon_is_read_as_it_writes_it() -> None:
    """No SEQUENCE, no VTIMEZONE, a name in the place of the organiser's address."""
    found = event(
        "DTSTAMP:20260101T000000Z",
        "DTEND;TZID=Europe/Paris:20260305T200000",
        "ORGANIZER:Framasoft",
        "GEO:45.76;4.83",
        "LOCATION:Halle\\, 1 rue X\\, 69000 Lyon",
        "STATUS:CANCELLED",
        starts="DTSTART;TZID=Europe/Paris:20260305T180000",
    )
    assert (found.status, found.timezone) == ("cancelled", "Europe/Paris")
    assert found.ends_at == at(2026, 3, 5, 19)


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        # the examples of RFC 5545 3.8.5.3, moved to this year
        ("FREQ=DAILY;COUNT=3", "20260302T090000", ["03-02", "03-03", "03-04"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", "20260302T090000", ["03-02", "03-12", "03-22"]),
        ("FREQ=WEEKLY;UNTIL=20260323T235959Z", "20260302T090000", ["03-02", "03-09", "03-16", "03-23"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH;COUNT=4", "20260303T090000", ["03-03", "03-05", "03-17", "03-19"]),
        ("FREQ=MONTHLY;BYDAY=1FR;COUNT=3", "20260306T090000", ["03-06", "04-03", "05-01"]),
        ("FREQ=MONTHLY;BYDAY=-2MO;COUNT=3", "20260323T090000", ["03-23", "04-20", "05-18"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=2", "20260329T090000", ["03-29", "04-28"]),
        ("FREQ=MONTHLY;BYMONTHDAY=2,15;COUNT=3", "20260302T090000", ["03-02", "03-15", "04-02"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "20260331T090000", ["03-31", "04-30", "05-29"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "20260313T090000", ["03-13", "11-13"]),
        ("FREQ=YEARLY;BYMONTH=6,7;COUNT=2", "20260610T090000", ["06-10", "07-10"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=1", "20260518T090000", ["05-18"]),
        ("FREQ=YEARLY;BYWEEKNO=20,21;BYDAY=MO;COUNT=2", "20260511T090000", ["05-11", "05-18"]),
        ("FREQ=YEARLY;BYWEEKNO=20;COUNT=1", "20260512T090000", ["05-12"]),
        # days that do not exist are left out
        ("FREQ=MONTHLY;COUNT=3", "20260331T090000", ["03-31", "05-31", "07-31"]),
        # a series that began long ago
        ("FREQ=WEEKLY;UNTIL=20260320T000000Z", "20190307T090000", ["02-05", "02-12", "02-19", "02-26", "03-05", "03-12", "03-19"]),
        ("FREQ=YEARLY", "20240229T090000", []),
    ],
)  # fmt: skip
def test_a_series_has_the_days_that_its_rule_means(rule: str, first: str, days: list[str]) -> None:
    found = starts_of(f"RRULE:{rule}", starts=f"DTSTART;TZID=Africa/Tunis:{first}")
    assert [each[:5] for each in found] == days


def test_a_series_keeps_its_hour_on_the_clocks_when_they_change() -> None:
    found = starts_of(
        "RRULE:FREQ=WEEKLY;COUNT=2", starts="DTSTART;TZID=Europe/Paris:20260324T180000"
    )
    assert found == ["03-24T17:00", "03-31T16:00"]


def test_of_a_series_single_times_are_left_out_added_moved_and_called_off() -> None:
    found = calendar(
        "UID:a\r\nDTSTART:20260302T180000Z\r\nDTEND:20260302T190000Z\r\nSUMMARY:Tea\r\nRRULE:FREQ=DAILY;COUNT=4\r\n"
        "EXDATE:20260303T180000Z\r\nRDATE:20260310T180000Z",
        "UID:a\r\nRECURRENCE-ID:20260304T180000Z\r\nDTSTART:20260304T200000Z\r\nSUMMARY:Late tea",
        "UID:a\r\nRECURRENCE-ID:20260305T180000Z\r\nDTSTART:20260305T180000Z\r\nSUMMARY:Tea\r\nSTATUS:CANCELLED",
    ).events
    assert [(each.title, each.starts_at.strftime("%dT%H"), each.status) for each in found] == [
        ("Tea", "02T18", "confirmed"),
        ("Late tea", "04T20", "confirmed"),
        ("Tea", "05T18", "cancelled"),
        ("Tea", "10T18", "confirmed"),
    ]
    assert len({each.identity for each in found}) == 4
    assert found[3].ends_at == found[3].starts_at + timedelta(hours=1)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=9", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=-1", "INTERVAL=1",
     "FREQ=WEEKLY;BYDAY=XX", "FREQ=YEARLY;BYWEEKNO=54", "FREQ=YEARLY;BYWEEKNO=0", "FREQ=MONTHLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=2MO",
     "FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=5", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;BYHOUR=1,2,3", "x" * 1000],
)  # fmt: skip
def test_a_rule_that_is_not_understood_leaves_its_first_time_and_is_counted(rule: str) -> None:
    found = calendar(f"UID:a\r\nDTSTART:20260305T180000Z\r\nSUMMARY:x\r\nRRULE:{rule}")
    assert [each.starts_at for each in found.events] == [at(2026, 3, 5, 18)]
    assert found.unreadable == 1


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;COUNT=100000", "FREQ=YEARLY;COUNT=100000;BYDAY=MO,TU,WE,TH,FR"]
)  # fmt: skip
def test_rules_without_end_take_no_more_than_all_rules_together_may(rule: str) -> None:
    events = [
        f"UID:{n}\r\nDTSTART:19700101T000000Z\r\nSUMMARY:x\r\nRRULE:{rule}" for n in range(200)
    ]
    found = calendar(*events)
    assert len(found.events) <= EVENTS_MAX


def test_more_events_than_may_be_are_left_and_counted() -> None:
    found = calendar("UID:a\r\nDTSTART:20260202T000000Z\r\nSUMMARY:x\r\nRRULE:FREQ=DAILY", *(
        f"UID:b{n}\r\nDTSTART:20260205T000000Z\r\nSUMMARY:x" for n in range(EVENTS_MAX)
    ))  # fmt: skip
    assert len(found.events) == EVENTS_MAX
    assert found.left > 300
    # the nearest are those that are taken
    assert found.events[0].starts_at == at(2026, 2, 2)
    many = calendar(
        *(f"UID:{n}\r\nDTSTART:20260205\r\nSUMMARY:x" for n in range(COMPONENTS_MAX + 5))
    )
    assert len(many.events) + many.left == COMPONENTS_MAX


def test_what_is_over_what_is_private_and_what_is_mirrored_there_is_not_taken() -> None:
    found = calendar(
        "UID:over\r\nDTSTART:20260131T100000Z\r\nSUMMARY:x",
        "UID:going on\r\nDTSTART:20260101T100000Z\r\nDTEND:20260301T100000Z\r\nSUMMARY:x",
        "UID:far\r\nDTSTART:20290101T100000Z\r\nSUMMARY:x",
        "UID:private\r\nDTSTART:20260305T100000Z\r\nSUMMARY:x\r\nCLASS:PRIVATE",
        "UID:mirrored\r\nDTSTART:20260305T100000Z\r\nSUMMARY:x\r\nX-MUJAWARA-SOURCE;VALUE=URI:https://c.example/1",
    )
    assert [each.identity for each in found.events] == ["going on"]


def test_of_several_versions_the_newest_counts() -> None:
    found = calendar(
        "UID:a\r\nDTSTART:20260305T100000Z\r\nSUMMARY:new\r\nSEQUENCE:2",
        "UID:a\r\nDTSTART:20260304T100000Z\r\nSUMMARY:old\r\nSEQUENCE:1",
    )
    assert [each.title for each in found.events] == ["new"]


def test_what_is_no_calendar_is_refused() -> None:
    with pytest.raises(Invalid, match=r"sources\.unreadable"):
        parse_calendar("<html>BEGIN:VCALENDAR", AROUND)


def test_a_calendar_that_breaks_off_gives_what_came() -> None:
    text = 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260305T100000Z\nSUMMARY:x\nLOCATION;X="un:ended\nEND'
    assert [each.title for each in parse_calendar(text, AROUND).events] == ["x"]
