"""Days of a rule: the same that a library names, and no rule keeps anybody busy."""

from datetime import date, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr

from fedi.errors import Invalid
from fedi.publications.event.rules_of_time import days_of, parse_rule

BEGIN = date(2027, 1, 4)  # a Monday
LAST = date(2029, 1, 4)
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
]


@pytest.mark.parametrize("text", RULES)
def test_the_days_are_those_of_the_standard(text: str) -> None:
    wanted = rrulestr(text, dtstart=datetime(2027, 1, 4)).between(  # noqa: DTZ001 - days alone
        datetime(2027, 1, 4),  # noqa: DTZ001
        datetime(2029, 1, 4),  # noqa: DTZ001
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
