"""Which days a rule of RFC 5545 names. Pure.

Days are walked one by one within bounds, because a rule that names no day at all keeps a library busy until the year 9999.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from fedi.errors import Invalid

TEXT_MAX: Final = 200
INTERVAL_MAX: Final = 366
# Nobody plans farther.
YEARS_MAX: Final = 10
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """`by_day`: weekday from 0, Monday, with which of its month (0: every). Empty tuples: as the first day says."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()

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
    for number in range(min(last, farthest).toordinal() - begin.toordinal() + 1):
        day = begin + timedelta(days=number)
        if rule.until is not None and day > rule.until:
            return
        if day == begin or _is_named(rule, begin, day):
            found += 1
            yield day
            if rule.count is not None and found >= rule.count:
                return


def _rule(parts: dict[str, str]) -> Rule:
    """Raises ValueError."""
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"}
    frequency = parts.get("FREQ", "")
    if set(parts) - known or frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise ValueError
    if parts.get("WKST", "MO") != "MO" or ("COUNT" in parts and "UNTIL" in parts):
        raise ValueError
    by_day = tuple(_weekday(each) for each in _items(parts.get("BYDAY")))
    if frequency in ("DAILY", "WEEKLY") and any(which for _, which in by_day):
        raise ValueError
    return Rule(
        frequency=frequency,
        interval=_number(parts.get("INTERVAL", "1"), 1, INTERVAL_MAX),
        count=_number(parts["COUNT"], 1, 999) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        by_day=by_day,
        by_month_day=tuple(_month_day(each) for each in _items(parts.get("BYMONTHDAY"))),
        by_month=tuple(_number(each, 1, 12) for each in _items(parts.get("BYMONTH"))),
    )


def _items(text: str | None) -> list[str]:
    return text.split(",")[:32] if text is not None else []


def _weekday(text: str) -> tuple[int, int]:
    found = _BYDAY.fullmatch(text)
    if found is None:
        raise ValueError
    return _WEEKDAYS.index(found[2]), int(found[1] or 0)


def _month_day(text: str) -> int:
    number = _number(text, -31, 31)
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
    if rule.frequency == "YEARLY" and not rule.by_month:
        rule = replace(rule, by_month=(begin.month,))
    return rule


def _is_named(rule: Rule, begin: date, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if not _is_in_step(rule, begin, day):
        return False
    if rule.by_month_day and not _has_month_day(rule, day):
        return False
    return not rule.by_day or any(_is_weekday(day, *each) for each in rule.by_day)


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


def _is_weekday(day: date, weekday: int, which: int) -> bool:
    if day.weekday() != weekday:
        return False
    if which > 0:
        return (day.day - 1) // 7 + 1 == which
    if which < 0:
        after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return ((after - day).days - 1) // 7 + 1 == -which
    return True
