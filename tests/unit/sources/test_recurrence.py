"""Weeks of the year and places among days: what a library names, whichever day weeks begin on."""

from datetime import UTC, date, datetime

import pytest
from dateutil.rrule import rrulestr

from fedi.sources.recurrence import Budget, days_of, parse_rule

SINCE, UNTIL = date(2019, 12, 1), date(2033, 2, 1)


@pytest.mark.parametrize("start", ["MO", "SU", "TH"])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYWEEKNO=1,52,53;BYDAY=MO,WE,SU",
        "FREQ=YEARLY;BYWEEKNO=-1,20;BYDAY=FR,SA,SU",
        "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=-2,9;BYDAY=TU",
        "FREQ=YEARLY;BYWEEKNO=5,6,30;BYDAY=MO,TU;BYSETPOS=1,-1",
        "FREQ=YEARLY;BYWEEKNO=10,23;BYMONTH=3;BYDAY=MO,TH",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,1",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SA;BYSETPOS=-1",
        "FREQ=YEARLY;BYDAY=SU;BYSETPOS=26,-1",
    ],
)
def test_the_days_are_those_of_the_standard(rule: str, start: str) -> None:
    text = f"{rule};WKST={start}"
    first = datetime(2020, 1, 1, 9, tzinfo=UTC)
    parsed = parse_rule(text)
    assert parsed is not None
    wanted = rrulestr(text, dtstart=first).between(
        datetime(2019, 12, 1, tzinfo=UTC), datetime(2033, 2, 1, 12, tzinfo=UTC), inc=True
    )
    found = days_of(parsed, first, UTC, SINCE, UNTIL, Budget())
    assert found == [each.date() for each in wanted]
