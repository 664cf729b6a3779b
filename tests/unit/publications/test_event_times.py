"""Days that are none, nights of 23 and of 25 hours, zones that change their rule: read, told again and written into calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from fedi.errors import Invalid
from fedi.feeds.ical import render_calendar
from fedi.publications.event.activitystreams import parse_event
from fedi.publications.event.model import EventDetails
from tests.harness.chance import examples
from tests.unit.feeds.made import event, listed


def read(start: str, zone: str | None = None, end: str | None = None) -> EventDetails:
    document: dict[str, Any] = {"type": "Event", "startTime": start}
    if zone is not None:
        document["timezone"] = zone
    if end is not None:
        document["endTime"] = end
    return parse_event(document)


@pytest.mark.parametrize(
    "start",
    [
        "2027-02-29T18:00:00Z",
        "2100-02-29T18:00:00Z",
        "2026-04-31T18:00:00Z",
        "2026-12-05T24:00:00Z",
        "2026-12-05T25:00:00Z",
        "2026-12-05T18:60:00Z",
        "2026-13-05T18:00:00Z",
        "2026-12-05",
        "",
    ],
)
def test_a_day_that_is_none_is_no_event(start: str) -> None:
    with pytest.raises(Invalid):
        read(start)


def test_the_leap_day_is_a_day() -> None:
    assert read("2028-02-29T18:00:00Z").starts_at == datetime(2028, 2, 29, 18, tzinfo=UTC)


@pytest.mark.parametrize("end", [None, "2026-12-05T24:00:00Z", "2027-02-29T20:00:00Z", "never"])
def test_an_end_that_is_none_leaves_the_end_open(end: str | None) -> None:
    details = read("2026-12-05T18:00:00Z", end=end)
    assert details.ends_at is None
    assert details.over_at > details.starts_at


@pytest.mark.parametrize(
    ("zone", "start", "moment"),
    [
        # with an offset the offset decides, whatever the clocks on the spot do
        ("Europe/Paris", "2027-03-28T02:30:00+01:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("Europe/Paris", "2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/Paris", "2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        # without one: the hour that is left out is the one after it, of the hour that comes twice it is the first
        ("Europe/Paris", "2027-03-28T02:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("Europe/Paris", "2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # half an hour of summer time, and a day that was left out
        ("Australia/Lord_Howe", "2026-12-05T18:00:00", datetime(2026, 12, 5, 7, tzinfo=UTC)),
        ("Pacific/Apia", "2027-01-02T08:00:00", datetime(2027, 1, 1, 19, tzinfo=UTC)),
        # an hour back for Ramadan
        ("Africa/Casablanca", "2027-02-20T18:00:00", datetime(2027, 2, 20, 18, tzinfo=UTC)),
        ("Africa/Casablanca", "2027-04-20T18:00:00", datetime(2027, 4, 20, 17, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_moment_that_clocks_on_the_spot_show(
    zone: str, start: str, moment: datetime
) -> None:
    assert read(start, zone).starts_at == moment


ZONES = (
    "Europe/Paris", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "America/Santiago",
    "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran", "Africa/Tunis", "UTC", "America/Sao_Paulo",
)  # fmt: skip
MOMENTS = st.integers(0, 8 * 366 * 24 * 4).map(
    lambda quarters: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
)


def written(details: EventDetails) -> Any:
    return Calendar.from_ical(render_calendar([listed(details=details)], ""))


@examples(150)
@given(zone=st.sampled_from(ZONES), start=MOMENTS, hours=st.integers(1, 30))
def test_a_calendar_tells_the_same_moment_in_every_zone_at_every_time(
    zone: str, start: datetime, hours: int
) -> None:
    end = start + timedelta(hours=hours)
    (found,) = written(event(starts_at=start, ends_at=end, timezone=zone)).walk("VEVENT")
    told = [found[name].dt for name in ("dtstart", "dtend")]
    assert [each.astimezone(UTC) for each in told] == [start, end]


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)],
    ids=["first", "second"],
)
def test_the_hour_that_comes_twice_is_told_as_the_one_that_is_meant(start: datetime) -> None:
    details = event(starts_at=start, ends_at=None, timezone="Europe/Paris")
    (found,) = written(details).walk("VEVENT")
    assert found["dtstart"].dt.astimezone(UTC) == start


@pytest.mark.parametrize("year", [2, 1900, 2051, 9998])
def test_a_year_far_away_is_told_in_utc_and_costs_nothing(year: int) -> None:
    start = datetime(year, 6, 1, 12, tzinfo=UTC)
    near = event(starts_at=datetime(2026, 6, 1, tzinfo=UTC), ends_at=start, timezone="Europe/Paris")
    far = event(starts_at=start, ends_at=None, timezone="Europe/Paris")
    raw = render_calendar([listed(details=near), listed(details=far)], "")
    assert len(raw) < 4_000
    assert f"DTSTART:{year:04d}0601T120000Z".encode() in raw


@pytest.mark.parametrize("zone", [each for each in ZONES if each != "UTC"])
def test_the_zone_in_a_calendar_knows_what_its_clocks_show(zone: str) -> None:
    """For programs that know no zones of their own."""
    months = [datetime(2026 + n // 12, n % 12 + 1, 20, 12, tzinfo=UTC) for n in range(36)]
    for moment in months:
        (described,) = written(event(starts_at=moment, ends_at=None, timezone=zone)).walk(
            "VTIMEZONE"
        )
        assert isinstance(described, Timezone)
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert (
            described.to_tz(lookup_tzid=False).utcoffset(local)
            == moment.astimezone(ZoneInfo(zone)).utcoffset()
        )
