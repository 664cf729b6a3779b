"""Dates as people type them: what is understood, what is refused and why."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.desk.moments import Typed, day_after, end_of_day, parse_typed
from fedi.errors import Invalid
from tests.harness.chance import examples

TUNIS = ZoneInfo("Africa/Tunis")
PARIS = ZoneInfo("Europe/Paris")
CAIRO = ZoneInfo("Africa/Cairo")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-12-05T18:00", TUNIS, datetime(2026, 12, 5, 17, 0, tzinfo=UTC)),
        ("2026-12-05 18:00", TUNIS, datetime(2026, 12, 5, 17, 0, tzinfo=UTC)),
        ("2026-12-05T18:00:30", TUNIS, datetime(2026, 12, 5, 17, 0, 30, tzinfo=UTC)),
        ("2026-12-05T18:00+03:00", TUNIS, datetime(2026, 12, 5, 15, 0, tzinfo=UTC)),
        ("2026-12-05T18:00Z", TUNIS, datetime(2026, 12, 5, 18, 0, tzinfo=UTC)),
        ("٢٠٢٦-١٢-٠٥T١٨:٠٠", TUNIS, datetime(2026, 12, 5, 17, 0, tzinfo=UTC)),
        (" 2026-12-05T18:00 ", TUNIS, datetime(2026, 12, 5, 17, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_place(
    text: str, zone: ZoneInfo, expected: datetime
) -> None:
    assert parse_typed(text, zone, "starts_at") == Typed(expected, is_day=False)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tomorrow", "desk.moment_form"),
        ("", "desk.moment_form"),
        ("2026-12-05T18", "desk.moment_form"),
        ("05.12.2026", "desk.moment_form"),
        ("2026-12-05T18:00[Africa/Tunis]", "desk.moment_form"),
        ("2026-12-05T18:00\n2026", "desk.moment_form"),
        ("2026-02-30", "desk.moment_none"),
        ("2026-13-01", "desk.moment_none"),
        ("2026-12-05T24:00", "desk.moment_none"),
        ("2026-12-05T18:60", "desk.moment_none"),
        ("2026-12-05T18:00+99:00", "desk.moment_none"),
        ("0001-01-01", "desk.moment_far"),
        ("9999-12-31", "desk.moment_far"),
        ("2026-03-29T02:30", "desk.moment_skipped"),
    ],
)
def test_what_is_no_moment_is_refused_with_its_reason(text: str, key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_typed(text, PARIS, "starts_at")
    assert (refusal.value.message_key, refusal.value.field) == (key, "starts_at")


def test_an_hour_that_comes_twice_is_taken_the_first_time_and_said_so() -> None:
    typed = parse_typed("2026-10-25T02:30", PARIS, "starts_at")
    assert typed == Typed(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), False, was_repeated=True)


def test_an_offset_chooses_the_second_of_two_equal_hours() -> None:
    typed = parse_typed("2026-10-25T02:30+01:00", PARIS, "starts_at")
    assert typed == Typed(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), is_day=False)


def test_a_day_begins_at_midnight_of_the_place() -> None:
    typed = parse_typed("2026-12-05", TUNIS, "starts_at")
    assert typed == Typed(datetime(2026, 12, 4, 23, 0, tzinfo=UTC), is_day=True)


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_moment() -> None:
    typed = parse_typed("2024-04-26", CAIRO, "starts_at")  # 00:00 became 01:00
    assert typed.at.astimezone(CAIRO).isoformat() == "2024-04-26T01:00:00+03:00"


def test_the_day_after_the_last_one_ends_an_event_of_days() -> None:
    typed = parse_typed("2026-12-05", TUNIS, "ends_at")
    assert day_after(typed, TUNIS) == datetime(2026, 12, 5, 23, 0, tzinfo=UTC)


def test_a_deadline_given_as_a_day_ends_with_that_day() -> None:
    typed = parse_typed("2026-12-05", TUNIS, "until")
    assert end_of_day(typed, TUNIS).astimezone(TUNIS).date() == typed.at.astimezone(TUNIS).date()


@examples(200)
@given(st.text(max_size=50) | st.from_regex(r"\A\d{4}-\d\d-\d\d(T\d\d:\d\d(Z|[+-]\d\d:\d\d)?)?\Z"))
def test_whatever_is_typed_is_a_moment_or_refused(text: str) -> None:
    try:
        typed = parse_typed(text, CAIRO, "starts_at")
    except Invalid:
        return
    assert typed.at.utcoffset() == timedelta(0)
