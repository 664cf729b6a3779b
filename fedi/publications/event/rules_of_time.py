"""Which days a rule of RFC 5545 names. Pure.

Days are walked one by one within bounds, because a rule that names no day at all keeps a library busy until the year 9999.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from fedi.errors import Invalid

TEXT_MAX: Final = 200
INTERVAL_MAX: Final = 366
# Nobody plans farther.
YEARS_MAX: Final = 10
WEEKS_MAX: Final = 53
WEEKS_OF_MONTH: Final = 5
PLACES_MAX: Final = 366
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """`by_day`: weekday from 0, Monday, with which of its month, or of its year where no month is named (0: every). `by_week`:
    weeks of the year. `places`: which of the days that all this names in a week, month or year. Numbers below 0 count from the
    end. Empty tuples: as the first day says.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    places: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it never ends."""
        return self.count is None and self.until is None


def parse_rule(text: str) -> Rule:
    """`FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH`, with or without `RRULE:`. Raises Invalid("desk.rule") for what we do not know."""
    bare = text.strip().upper().removeprefix("RRULE:")
    if not bare or len(bare) > TEXT_MAX:
        raise Invalid("desk.rule", field="rule", text=text[:60])
    parts: dict[str, str] = {}
    for piece in bare.rstrip(";").split(";"):
        name, equals, value = piece.partition("=")
        if not equals or name in parts:
            raise Invalid("desk.rule", field="rule", text=text[:60])
        parts[name] = value
    try:
        return _rule(parts)
    except ValueError as problem:
        raise Invalid("desk.rule", field="rule", text=text[:60]) from problem


def days_of(rule: Rule, begin: date, last: date) -> Iterator[date]:
    """The days from the first on until `last`, which the rule itself may cut off earlier. The first always counts."""
    rule = _completed(rule, begin)
    found = 0
    farthest = date(min(begin.year + YEARS_MAX, date.max.year), 12, 30)
    placed: tuple[date, frozenset[date]] | None = None
    for number in range(min(last, farthest).toordinal() - begin.toordinal() + 1):
        day = begin + timedelta(days=number)
        if rule.until is not None and day > rule.until:
            return
        if rule.places and (placed is None or placed[0] != _period(rule, day)[0]):
            placed = (_period(rule, day)[0], _placed(rule, begin, day))
        is_named = day in placed[1] if placed is not None else _is_named(rule, begin, day)
        if day == begin or is_named:
            found += 1
            yield day
            if rule.count is not None and found >= rule.count:
                return


def _rule(parts: dict[str, str]) -> Rule:
    """Raises ValueError."""
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYWEEKNO", "BYSETPOS", "WKST"}  # fmt: skip
    frequency = parts.get("FREQ", "")
    if set(parts) - known or frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise ValueError
    if parts.get("WKST", "MO") != "MO" or ("COUNT" in parts and "UNTIL" in parts):
        raise ValueError
    by_day = tuple(_weekday(each) for each in _items(parts.get("BYDAY")))
    of_month = frequency == "MONTHLY" or "BYMONTH" in parts
    if of_month and any(abs(which) > WEEKS_OF_MONTH for _, which in by_day):
        raise ValueError
    by_week = tuple(_signed(each, WEEKS_MAX) for each in _items(parts.get("BYWEEKNO")))
    if (frequency in ("DAILY", "WEEKLY") or by_week) and any(which for _, which in by_day):
        raise ValueError
    # readers of calendars do not agree which day of the week is meant when none is named
    if by_week and (frequency != "YEARLY" or not by_day):
        raise ValueError
    return Rule(
        frequency=frequency,
        interval=_number(parts.get("INTERVAL", "1"), 1, INTERVAL_MAX),
        count=_number(parts["COUNT"], 1, 999) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        by_day=by_day,
        by_month_day=tuple(_signed(each, 31) for each in _items(parts.get("BYMONTHDAY"))),
        by_month=tuple(_number(each, 1, 12) for each in _items(parts.get("BYMONTH"))),
        by_week=by_week,
        places=tuple(_signed(each, PLACES_MAX) for each in _items(parts.get("BYSETPOS"))),
    )


def _items(text: str | None) -> list[str]:
    return text.split(",")[:32] if text is not None else []


def _weekday(text: str) -> tuple[int, int]:
    found = _BYDAY.fullmatch(text)
    if found is None:
        raise ValueError
    which = int(found[1] or 0)
    if abs(which) > WEEKS_MAX or (found[1] and which == 0):
        raise ValueError
    return _WEEKDAYS.index(found[2]), which


def _signed(text: str, most: int) -> int:
    number = _number(text, -most, most)
    if number == 0:
        raise ValueError
    return number


def _number(text: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise ValueError
    return int(text)


def _until(text: str) -> date:
    found = _UNTIL.fullmatch(text)
    if found is None:
        raise ValueError
    return date(int(found[1]), int(found[2]), int(found[3]))


def _completed(rule: Rule, begin: date) -> Rule:
    """With what the first day says where the rule says nothing."""
    if rule.frequency == "WEEKLY" and not rule.by_day:
        return replace(rule, by_day=((begin.weekday(), 0),))
    if rule.frequency in ("MONTHLY", "YEARLY") and not rule.by_day and not rule.by_month_day:
        rule = replace(rule, by_month_day=(begin.day,))
    if rule.frequency == "YEARLY" and not rule.by_month and not rule.by_day:
        rule = replace(rule, by_month=(begin.month,))
    return rule


def _is_named(rule: Rule, begin: date, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if not _is_in_step(rule, begin, day):
        return False
    if rule.by_month_day and not _has_month_day(rule, day):
        return False
    if rule.by_week and not _has_week(rule, day):
        return False
    of_year = rule.frequency == "YEARLY" and not rule.by_month
    return not rule.by_day or any(
        _is_weekday(day, weekday, which, of_year=of_year) for weekday, which in rule.by_day
    )


def _placed(rule: Rule, begin: date, day: date) -> frozenset[date]:
    """Which days of the week, month or year of this one are meant, by their place among those that are named."""
    first, length = _period(rule, day)
    named = [
        each
        for each in (first + timedelta(days=number) for number in range(length))
        if _is_named(rule, begin, each)
    ]
    return frozenset(
        named[place - 1 if place > 0 else place]
        for place in rule.places
        if abs(place) <= len(named)
    )


def _period(rule: Rule, day: date) -> tuple[date, int]:
    """The first day and the length of that of which a rule counts the places."""
    if rule.frequency == "DAILY":
        return day, 1
    if rule.frequency == "WEEKLY":
        return day - timedelta(days=day.weekday()), 7
    if rule.frequency == "MONTHLY":
        return day.replace(day=1), monthrange(day.year, day.month)[1]
    return date(day.year, 1, 1), 366 if isleap(day.year) else 365


def _has_week(rule: Rule, day: date) -> bool:
    """Weeks begin on Mondays; the first one of a year has its first Thursday."""
    year, week, _ = day.isocalendar()
    weeks = date(year, 12, 28).isocalendar().week
    return week in rule.by_week or week - weeks - 1 in rule.by_week


def _is_in_step(rule: Rule, begin: date, day: date) -> bool:
    if rule.frequency == "DAILY":
        passed = (day - begin).days
    elif rule.frequency == "WEEKLY":
        monday = begin - timedelta(days=begin.weekday())
        passed = (day - monday).days // 7
    elif rule.frequency == "MONTHLY":
        passed = (day.year - begin.year) * 12 + day.month - begin.month
    else:
        passed = day.year - begin.year
    return passed % rule.interval == 0


def _has_month_day(rule: Rule, day: date) -> bool:
    after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    from_the_end = day.day - 1 - (after - timedelta(days=1)).day
    return day.day in rule.by_month_day or from_the_end in rule.by_month_day


def _is_weekday(day: date, weekday: int, which: int, *, of_year: bool) -> bool:
    """Whether a day is such a weekday, and the `which`th of its month or year; below 0 from the end, 0 for every."""
    if day.weekday() != weekday:
        return False
    number = day.timetuple().tm_yday if of_year else day.day
    length = (366 if isleap(day.year) else 365) if of_year else monthrange(day.year, day.month)[1]
    return which in (0, (number - 1) // 7 + 1, -((length - number) // 7 + 1))
