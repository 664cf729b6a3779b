"""An event that repeats → one order for each time it takes place. Pure.

The hour stays the same on the clocks of the place, also across a change of the clocks.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import msgspec

from fedi.desk.details import Reading
from fedi.desk.moments import ascii_digits
from fedi.desk.wishes import EventWish, PublishOrder

REPEATS: Final = ("weekly", "fortnightly", "monthly")
TIMES_MAX: Final = 52
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(.*)", re.ASCII | re.DOTALL)


def spread(reading: Reading, order: PublishOrder) -> list[PublishOrder]:
    """The order once for every time, the first as it is; what is wrong is told in `reading`."""
    wish = order.event
    once = msgspec.structs.replace(wish, repeat=None, times=None, until=None)
    first = msgspec.structs.replace(order, event=once)
    if not wish.repeat:
        return [first]
    if wish.repeat not in REPEATS:
        allowed = ", ".join(REPEATS)
        reading.wrong("repeat", "desk.choice", value=wish.repeat[:60], allowed=allowed)
        return [first]
    begin = _day_of(wish.starts)
    if begin is None:
        return [first]
    found = [
        msgspec.structs.replace(order, event=_moved(once, day - begin))
        for day in _days(reading, wish, begin)
    ]
    return found or [first]


def _days(reading: Reading, wish: EventWish, begin: date) -> list[date]:
    until = _day_of(wish.until)
    if wish.until and until is None:
        reading.wrong("repeat_until", "desk.moment_form", text=wish.until[:40])
        return []
    if (wish.times is None) == (until is None):
        reading.wrong("repeat_times", "desk.repeat_end")
        return []
    if wish.times is not None and not 2 <= wish.times <= TIMES_MAX:
        reading.wrong("repeat_times", "desk.number_range", least=2, most=TIMES_MAX)
        return []
    found: list[date] = []
    for day in _walk(begin, wish.repeat or ""):
        if (until is not None and day > until) or len(found) == wish.times:
            break
        if len(found) == TIMES_MAX:
            reading.wrong("repeat_until", "desk.repeat_many", limit=TIMES_MAX)
            return []
        found.append(day)
    if len(found) < 2:
        reading.wrong("repeat_until", "desk.repeat_once")
    return found


def _walk(begin: date, repeat: str) -> Iterator[date]:
    """The days from the first on, to the end of the calendar."""
    try:
        if repeat == "monthly":
            yield from _same_weekday(begin)
            return
        step = timedelta(days=7 if repeat == "weekly" else 14)
        day = begin
        while True:
            yield day
            day += step
    except (OverflowError, ValueError):
        return


def _same_weekday(begin: date) -> Iterator[date]:
    """The second Tuesday of each month, say; months that have no fifth one are passed over."""
    which = (begin.day - 1) // 7
    year, month = begin.year, begin.month
    while True:
        first = date(year, month, 1)
        day = first + timedelta(days=(begin.weekday() - first.weekday()) % 7 + 7 * which)
        if day.month == month:
            yield day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _moved(wish: EventWish, by: timedelta) -> EventWish:
    return msgspec.structs.replace(
        wish, starts=_shifted(wish.starts, by), ends=_shifted(wish.ends, by)
    )


def _shifted(text: str | None, by: timedelta) -> str | None:
    day = _day_of(text)
    if not text or day is None:
        return text
    matched = _DAY.fullmatch(ascii_digits(text.strip()))
    assert matched is not None
    try:
        return f"{(day + by).isoformat()}{matched[2]}"
    except OverflowError:
        return text


def _day_of(text: str | None) -> date | None:
    matched = _DAY.fullmatch(ascii_digits((text or "").strip()[:60]))
    if matched is None:
        return None
    try:
        return date.fromisoformat(matched[1])
    except ValueError:
        return None
