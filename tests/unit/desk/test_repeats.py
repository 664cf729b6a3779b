"""Events that repeat: every date, the hour as clocks show it, and the bounds."""

import pytest

from fedi.desk.details import Reading
from fedi.desk.repeats import spread
from fedi.desk.wishes import EventWish, PublishOrder


def dates(**wish: object) -> tuple[list[str], list[str]]:
    reading = Reading()
    found = spread(reading, PublishOrder(kind="event", event=EventWish(**wish)))  # type: ignore[arg-type]
    return [each.event.starts or "" for each in found], [
        each.message_key for each in reading.problems
    ]


@pytest.mark.parametrize(
    ("starts", "repeat", "times", "expected"),
    [
        (
            "2030-12-30T18:00",
            "weekly",
            3,
            ["2030-12-30T18:00", "2031-01-06T18:00", "2031-01-13T18:00"],
        ),
        ("2030-02-20", "fortnightly", 2, ["2030-02-20", "2030-03-06"]),
        ("2030-01-08", "monthly", 3, ["2030-01-08", "2030-02-12", "2030-03-12"]),
        # the fifth Wednesday: months that have none are passed over
        ("2030-01-30", "monthly", 3, ["2030-01-30", "2030-05-29", "2030-07-31"]),
        ("٢٠٣٠-٠٢-٢٠", "weekly", 2, ["2030-02-20", "2030-02-27"]),
    ],
)
def test_every_time_has_its_date(starts: str, repeat: str, times: int, expected: list[str]) -> None:
    assert dates(starts=starts, repeat=repeat, times=times) == (expected, [])


def test_the_end_moves_with_the_beginning() -> None:
    order = PublishOrder(
        kind="event",
        event=EventWish(
            starts="2030-05-03T22:00", ends="2030-05-04T02:00", repeat="weekly", times=2
        ),
    )
    assert [each.event.ends for each in spread(Reading(), order)] == [
        "2030-05-04T02:00",
        "2030-05-11T02:00",
    ]


def test_until_a_day_includes_that_day() -> None:
    found, wrong = dates(starts="2030-05-03", repeat="weekly", until="2030-05-17")
    assert (found[-1], len(found), wrong) == ("2030-05-17", 3, [])


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"times": 3, "until": "2030-06-01"}, "desk.repeat_end"),
        ({}, "desk.repeat_end"),
        ({"times": 1}, "desk.number_range"),
        ({"times": 53}, "desk.number_range"),
        ({"times": -1}, "desk.number_range"),
        ({"until": "2031-06-01"}, "desk.repeat_many"),
        ({"until": "2030-05-04"}, "desk.repeat_once"),
        ({"until": "2029-01-01"}, "desk.repeat_once"),
        ({"until": "soon"}, "desk.moment_form"),
    ],
)
def test_without_a_sensible_end_it_is_said_and_nothing_repeats(
    wish: dict[str, object], said: str
) -> None:
    found, wrong = dates(starts="2030-05-03", repeat="weekly", **wish)
    assert wrong == [said]
    assert len(found) == 1


def test_the_end_of_the_calendar_is_an_end() -> None:
    assert dates(starts="9999-12-25", repeat="monthly", times=9)[1] == ["desk.repeat_once"]
    assert len(dates(starts="9999-12-20", repeat="weekly", times=9)[0]) == 2
