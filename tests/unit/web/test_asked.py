"""The query of an agenda: what is read is what was written, what makes no sense has a name, nothing raises."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi.web.asked import NAMES, parse_asked

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag", "!!"),
        ("tag", "x" * 101),
        ("place", "—"),
        ("place", "one two three four"),
        ("language", "english language"),
        ("language", "e"),
        ("by", "https://elsewhere.example/" + "a" * 2048),
        ("near", "36.8"),
        ("near", "91, 10"),
        ("near", "36.8, 181"),
        ("near", "nan, nan"),
        ("near", "1e5, 2"),
        ("from", "2026-02-30"),
        ("from", "0001-01-01"),
        ("from", "9999-12-31"),
        ("from", "٢٠٢٦-٠١-٠١"),
        ("until", "tomorrow"),
        ("past", "yes"),
    ],
)
def test_what_makes_no_sense_is_a_problem_of_its_field(field: str, value: str) -> None:
    assert [each.field for each in parse_asked({field: value}).problems] == [field]


@pytest.mark.parametrize("km", ["0", "501", "-5", "12.5", "٢٥", "x" * 200])
def test_a_distance_has_limits(km: str) -> None:
    assert "near" in {each.field for each in parse_asked({"near": "36.8, 10.2", "km": km}).problems}


def test_the_last_day_is_not_before_the_first() -> None:
    asked = parse_asked({"from": "2026-12-05", "until": "2026-12-04"})
    assert [each.field for each in asked.problems] == ["until"]


def test_both_days_are_included_as_they_are_in_the_zone() -> None:
    wanted = parse_asked({"from": "2026-12-05", "until": "2026-12-05"}).wanted(NOW, "Africa/Tunis")
    assert wanted.since_ms == datetime(2026, 12, 4, 23, tzinfo=UTC).timestamp() * 1000
    assert wanted.until_ms == datetime(2026, 12, 5, 23, tzinfo=UTC).timestamp() * 1000


def test_the_past_ends_now() -> None:
    wanted = parse_asked({"past": "1", "until": "2030-01-01"}).wanted(NOW, "UTC")
    assert (wanted.past, wanted.until_ms) == (True, NOW.timestamp() * 1000)


def test_spellings_of_one_place_ask_the_same() -> None:
    assert (
        parse_asked({"place": "Sousse الحمّامات"}).place
        == parse_asked({"place": "SOUSSE  الحمامات"}).place
    )


def test_the_query_is_written_as_it_was_read() -> None:
    fields = {"tag": "عون", "near": "36.8, 10.2", "km": "50", "past": "1"}
    assert dict(parse_asked(fields).fields) == {name: fields.get(name, "") for name in NAMES}
    assert parse_asked(fields).query(past="", near="") == "?tag=%D8%B9%D9%88%D9%86"


def test_a_circle_across_the_date_line_asks_all_the_way_round() -> None:
    near = parse_asked({"near": "-17.7, 179.9", "km": "100"}).near
    assert near is not None
    assert (near.box[2:], near.holds(-17.7, -179.9), near.holds(-17.7, 170)) == (
        (-180.0, 180.0),
        True,
        False,
    )


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20), max_size=3))
def test_whatever_is_asked_is_obeyed_or_has_a_problem(query: dict[str, str]) -> None:
    asked = parse_asked(query)
    wanted = asked.wanted(NOW, "Africa/Tunis")
    assert wanted.near is None or all(-720 < each < 720 for each in wanted.near.box)
    assert asked.query() == "" or asked.query().isascii()
