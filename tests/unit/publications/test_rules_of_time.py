"""Days of a rule: the same that a library names, and no rule keeps anybody busy."""

from datetime import date, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr

from fedi.errors import Invalid
from fedi.publications.event.rules_of_time import days_of, parse_rule

BEGIN = date(2027, 1, 4)  # a Monday
LAST = date(2031, 1, 4)
RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=10;COUNT=7",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270301",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1,2,3,4,5,6,7",
    "FREQ=MONTHLY;BYMONTHDAY=4,-1",
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO,-1FR;COUNT=9",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=1,6;BYMONTHDAY=4",
    "FREQ=DAILY;BYMONTH=1;BYDAY=MO,TU",
    # the first working day of the month, or the last of all Mondays of a year, counted among those named
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2,-1",
    "FREQ=MONTHLY;BYDAY=MO,SU;BYSETPOS=2,3;COUNT=11",
    "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,4,5,28,29,30,31;BYSETPOS=-2,2",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;BYSETPOS=1,-1",
    "FREQ=YEARLY;BYDAY=MO;BYSETPOS=1,-1",
    "FREQ=YEARLY;BYMONTH=1,2;BYDAY=1MO,2MO;BYSETPOS=1,4",
    "FREQ=DAILY;INTERVAL=3;BYSETPOS=1",
    "FREQ=YEARLY;BYDAY=1MO,20MO,-1SU",
    "FREQ=YEARLY;BYDAY=MO",
    "FREQ=YEARLY;BYWEEKNO=1,20,53;BYDAY=MO,SU",
    "FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO,FR,SA,SU",
    "FREQ=YEARLY;BYWEEKNO=1,-2,30;BYDAY=MO;BYMONTH=1,7",
    "FREQ=YEARLY;BYWEEKNO=1,10,20;BYDAY=MO,TU;BYSETPOS=1,-1",
]


@pytest.mark.parametrize("text", RULES)
def test_the_days_are_those_of_the_standard(text: str) -> None:
    wanted = rrulestr(text, dtstart=datetime(2027, 1, 4)).between(  # noqa: DTZ001 - days alone
        datetime(2027, 1, 4),  # noqa: DTZ001
        datetime(2031, 1, 4),  # noqa: DTZ001
        inc=True,
    )
    assert list(days_of(parse_rule(text), BEGIN, LAST)) == [each.date() for each in wanted]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weekly",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;INTERVAL=1",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;COUNT=2;UNTIL=20270301",
        "FREQ=WEEKLY;UNTIL=20270231",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=٣",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=0;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=2MO",
        "FREQ=MONTHLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=YEARLY;BYDAY=0MO",
        "FREQ=WEEKLY;WKST=SU",
        "FREQ=WEEKLY;BYDAY=" + "MO," * 200,
    ],
)
def test_what_is_no_rule_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"desk\.rule"):
        parse_rule(text)


def test_a_rule_that_names_no_day_is_not_followed_to_the_end_of_the_calendar() -> None:
    rule = parse_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31")
    assert list(islice(days_of(rule, BEGIN, date(9999, 12, 31)), 5)) == [BEGIN]


def test_places_that_no_day_has_end_like_a_rule_without_days() -> None:
    rule = parse_rule("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6")
    assert list(days_of(rule, BEGIN, date(9999, 12, 31))) == [BEGIN]
