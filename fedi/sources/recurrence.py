"""Rules of repetition (RFC 5545 3.3.10) → the days they mean. Pure.

A rule of a stranger may mean every second until the end of time, or a day that never comes: it is walked period by period,
never past the days that are asked for, and no more than a given number of them are looked at.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from fedi.sources.times import read_basic

DAYS_MAX: Final = 100_000
# How many days are looked at for each period.
_COST: Final = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_DAYS: Final = {
    name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))
}
_UNDERSTOOD: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO", "WKST"}
)  # fmt: skip
_NOT_WITH_DAYS: Final = frozenset({"BYDAY", "BYWEEKNO"})
_PARTS_MAX: Final = 400


@dataclass(slots=True)
class Budget:
    """How many days may still be looked at for all rules of one source together."""

    days: int = DAYS_MAX


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was understood. Numbers as RFC 5545 writes them; a weekday with its place in the month or year, or 0."""

    often: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    months: frozenset[int] = frozenset()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    places: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    week_start: int = 0


def parse_rule(text: str) -> Rule | None:
    """The rule, or None for one that makes no sense or is about hours, minutes or seconds."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().split(";")[:20]:
        name, mark, value = part.partition("=")
        if not mark or name in parts:
            return None
        parts[name] = value
    often = parts.get("FREQ", "")
    if often not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or not parts.keys() <= _UNDERSTOOD:
        return None
    if "BYYEARDAY" in parts and (often != "YEARLY" or not parts.keys().isdisjoint(_NOT_WITH_DAYS)):
        return None
    try:
        weekdays = _weekdays(parts.get("BYDAY", ""))
        if "BYWEEKNO" in parts and (often != "YEARLY" or any(place for place, _ in weekdays)):
            return None
        return Rule(
            often=often,
            interval=_number(parts.get("INTERVAL", "1"), 1, 10_000),
            count=_number(parts["COUNT"], 1, 100_000) if "COUNT" in parts else None,
            until=parts.get("UNTIL", ""),
            months=frozenset(_numbers(parts.get("BYMONTH", ""), 12)),
            month_days=_numbers(parts.get("BYMONTHDAY", ""), 31),
            weekdays=weekdays,
            places=_numbers(parts.get("BYSETPOS", ""), 366),
            year_days=_numbers(parts.get("BYYEARDAY", ""), 366),
            weeks=_numbers(parts.get("BYWEEKNO", ""), 53),
            week_start=_DAYS[parts.get("WKST", "MO")],
        )
    except (ValueError, KeyError):
        return None


def days_of(
    rule: Rule, first: datetime, zone: tzinfo, since: date, until: date, budget: Budget
) -> list[date]:
    """The days of a series that began at `first` (on the clocks of `zone`), from `since` to `until`.

    Days that do not exist are left out: a series on the 31st has none in April, one on 29 February only leap years.
    """
    last = min(until, _last_day(rule, first, zone) or until)
    found: list[date] = []
    for counted, day in enumerate(_candidates(rule, first.date(), since, last, budget), 1):
        if rule.count is not None and counted > rule.count:
            break
        if day >= since:
            found.append(day)
    return found


def _candidates(rule: Rule, first: date, since: date, last: date, budget: Budget) -> Iterator[date]:
    period = _start_of(rule, first)
    if rule.count is None:
        # nothing has to be counted, so what is long over is stepped over
        period = _skip(rule, period, since)
    cost = _COST[rule.often] * max(1, len(rule.weekdays))
    while period <= last and budget.days > 0:
        budget.days -= cost
        for day in _chosen(rule, period, first):
            if day > last:
                return
            if day >= first:
                yield day
        following = _next(rule, period)
        if following is None:
            return
        period = following


def _chosen(rule: Rule, period: date, first: date) -> list[date]:
    days = sorted({day for day in _days_in(rule, period, first) if _fits(rule, day)})
    if not rule.places:
        return days
    return sorted(
        {
            days[place - 1 if place > 0 else place]
            for place in rule.places
            if 0 < abs(place) <= len(days)
        }
    )


def _days_in(rule: Rule, period: date, first: date) -> Iterator[date]:
    if rule.often == "DAILY":
        if not rule.weekdays or any(period.weekday() == day for _, day in rule.weekdays):
            yield period
    elif rule.often == "WEEKLY":
        wanted = {day for _, day in rule.weekdays} or {first.weekday()}
        yield from (day for day in _from(period, 7) if day.weekday() in wanted)
    elif rule.often == "MONTHLY":
        yield from _in_month(rule, period, first)
    else:
        yield from _in_year(rule, period, first)


def _in_month(rule: Rule, month: date, first: date) -> Iterator[date]:
    length = monthrange(month.year, month.month)[1]
    if rule.weekdays:
        yield from _on_weekdays(rule.weekdays, month, length)
    elif rule.month_days:
        yield from _from(month, length)
    elif first.day <= length:
        yield month.replace(day=first.day)


def _in_year(rule: Rule, year: date, first: date) -> Iterator[date]:
    length = (date(year.year, 12, 31) - year).days + 1
    if rule.year_days:
        wanted = {each if each > 0 else length + 1 + each for each in rule.year_days}
        yield from (day for number, day in enumerate(_from(year, length), 1) if number in wanted)
    elif rule.weeks:
        # where no day of the week is named, it is that of the first time
        days = {day for _, day in rule.weekdays} or {first.weekday()}
        yield from (
            day
            for day in _from(year, length)
            if day.weekday() in days and _is_in_weeks(day, rule.weeks, rule.week_start)
        )
    elif rule.weekdays and not rule.months:
        yield from _on_weekdays(rule.weekdays, year, length)
    else:
        months = sorted(rule.months) or (range(1, 13) if rule.month_days else [first.month])
        for month in months:
            yield from _in_month(rule, year.replace(month=month), first)


def _is_in_weeks(day: date, weeks: tuple[int, ...], week_start: int) -> bool:
    """The first week of a year has at least four of its days; numbers below 0 count from the end."""
    try:
        begin = day - timedelta(days=(day.weekday() - week_start) % 7)
        year = (begin + timedelta(days=3)).year
        first, following = _first_week(year, week_start), _first_week(year + 1, week_start)
    except (OverflowError, ValueError):
        # at either end of the calendar
        return False
    number, count = (begin - first).days // 7 + 1, (following - first).days // 7
    return number in weeks or number - count - 1 in weeks


def _first_week(year: int, week_start: int) -> date:
    inside = date(year, 1, 4)
    return inside - timedelta(days=(inside.weekday() - week_start) % 7)


def _on_weekdays(weekdays: tuple[tuple[int, int], ...], start: date, length: int) -> Iterator[date]:
    """Every such day of a month or year, or only the second, the last …"""
    for place, weekday in weekdays:
        days = [day for day in _from(start, length) if day.weekday() == weekday]
        if place == 0:
            yield from days
        elif abs(place) <= len(days):
            yield days[place - 1 if place > 0 else place]


def _fits(rule: Rule, day: date) -> bool:
    """What else the rule asks of a day."""
    if rule.months and day.month not in rule.months:
        return False
    if not rule.month_days:
        return True
    length = monthrange(day.year, day.month)[1]
    return day.day in rule.month_days or day.day - length - 1 in rule.month_days


def _from(start: date, length: int) -> Iterator[date]:
    return (start + timedelta(days=each) for each in range(length))


def _start_of(rule: Rule, day: date) -> date:
    """The first day of the period in which a day lies."""
    if rule.often == "WEEKLY":
        return day - timedelta(days=(day.weekday() - rule.week_start) % 7)
    if rule.often == "MONTHLY":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if rule.often == "YEARLY" else day


def _skip(rule: Rule, period: date, since: date) -> date:
    """The last period at or before the one of `since`, in whole steps."""
    goal = _start_of(rule, since)
    if goal <= period:
        return period
    if rule.often in ("DAILY", "WEEKLY"):
        step = rule.interval * (7 if rule.often == "WEEKLY" else 1)
        return period + timedelta(days=(goal - period).days // step * step)
    months = rule.interval * (12 if rule.often == "YEARLY" else 1)
    apart = (goal.year - period.year) * 12 + goal.month - period.month
    return _months_on(period, apart // months * months) or period


def _next(rule: Rule, period: date) -> date | None:
    """The period after this one; None beyond the end of the calendar."""
    if rule.often in ("MONTHLY", "YEARLY"):
        return _months_on(period, rule.interval * (12 if rule.often == "YEARLY" else 1))
    try:
        return period + timedelta(days=rule.interval * (7 if rule.often == "WEEKLY" else 1))
    except OverflowError:
        return None


def _months_on(first_of_month: date, months: int) -> date | None:
    number = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) if number // 12 < 9999 else None


def _last_day(rule: Rule, first: datetime, zone: tzinfo) -> date | None:
    """The last day on which it may begin, in its own zone. An UNTIL in UTC lies on the day that it is there."""
    told = read_basic(rule.until, None) if rule.until else None
    if told is None:
        return None
    if told.zone is None:
        end = told.local
    else:
        end = told.local.replace(tzinfo=told.zone).astimezone(zone).replace(tzinfo=None)
    is_before = not told.is_day and end.time() < first.time()
    return end.date() - timedelta(days=1) if is_before else end.date()


def _numbers(text: str, most: int) -> tuple[int, ...]:
    if not text:
        return ()
    numbers = tuple(int(each) for each in text.split(",", _PARTS_MAX)[:_PARTS_MAX])
    if any(each == 0 or abs(each) > most for each in numbers):
        raise ValueError(most)
    return numbers


def _number(text: str, least: int, most: int) -> int:
    number = int(text[:12])
    if not least <= number <= most:
        raise ValueError(number)
    return number


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    if not text:
        return ()
    return tuple((int(each[:-2] or 0), _DAYS[each[-2:]]) for each in text.split(",", 60)[:60])
