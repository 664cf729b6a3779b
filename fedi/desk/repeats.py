"""An event that repeats → one order for each time it takes place. Pure.

The hour stays the same on the clocks of the place, also across a change of the clocks.
"""

import re
from datetime import date, timedelta
from typing import Final

import msgspec

from fedi.desk.details import Reading
from fedi.desk.moments import ascii_digits
from fedi.desk.wishes import EventWish, PublishOrder
from fedi.errors import Invalid
from fedi.publications.event.rules_of_time import Rule, days_of, parse_rule

REPEATS: Final = ("weekly", "fortnightly", "monthly")
TIMES_MAX: Final = 52
# What has no end is made this far ahead.
HORIZON: Final = timedelta(days=100)
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(.*)", re.ASCII | re.DOTALL)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def spread(reading: Reading, order: PublishOrder, today: date | None = None) -> list[PublishOrder]:
    """The order once for every time, the first as it is; what is wrong is told in `reading`. `today`: from when the horizon counts."""
    wish = order.event
    once = bare(wish)
    first = msgspec.structs.replace(order, event=once)
    if not wish.repeat and not wish.rule:
        return [first]
    begin = day_of(wish.starts)
    rule = rule_of(reading, wish, begin)
    if begin is None or rule is None:
        return [first]
    found = [at_day(order, begin, day) for day in _days(reading, wish, rule, begin, today)]
    return found or [first]


def bare(wish: EventWish) -> EventWish:
    """The wish for one time."""
    return msgspec.structs.replace(wish, rule=None, repeat=None, times=None, until=None)


def at_day(order: PublishOrder, begin: date, day: date) -> PublishOrder:
    """The order of the time on this day, of what begins on `begin`."""
    return msgspec.structs.replace(order, event=_moved(bare(order.event), day - begin))


def near(begin: date, today: date | None) -> date:
    """Until when times of what has no end are made."""
    try:
        return max(today or begin, begin) + HORIZON
    except OverflowError:
        return date.max


def rule_of(reading: Reading, wish: EventWish, begin: date | None) -> Rule | None:
    """The rule, however it was said; None when it is none."""
    if wish.rule:
        return _typed_rule(reading, wish)
    if wish.repeat not in REPEATS:
        allowed = ", ".join(REPEATS)
        reading.wrong("repeat", "desk.choice", value=(wish.repeat or "")[:60], allowed=allowed)
        return None
    if wish.repeat == "monthly":
        if begin is None:
            return None
        # the second Tuesday of each month, say; months that have no fifth one are passed over
        which = ((begin.weekday(), (begin.day - 1) // 7 + 1),)
        return Rule("MONTHLY", by_day=which)
    return Rule("WEEKLY", interval=1 if wish.repeat == "weekly" else 2)


def _typed_rule(reading: Reading, wish: EventWish) -> Rule | None:
    if wish.repeat:
        reading.wrong("rule", "desk.rule_twice")
        return None
    try:
        return parse_rule(wish.rule or "")
    except Invalid as refusal:
        reading.refused(refusal)
        return None


def _days(
    reading: Reading, wish: EventWish, rule: Rule, begin: date, today: date | None
) -> list[date]:
    until = day_of(wish.until)
    if wish.until and until is None:
        reading.wrong("repeat_until", "desk.moment_form", text=(wish.until or "")[:40])
        return []
    is_open = bool(wish.rule) and rule.is_open and wish.times is None and until is None
    says_end = not rule.is_open
    if not is_open and not says_end and (wish.times is None) == (until is None):
        reading.wrong("repeat_times", "desk.repeat_end")
        return []
    if wish.times is not None and not 2 <= wish.times <= TIMES_MAX:
        reading.wrong("repeat_times", "desk.number_range", least=2, most=TIMES_MAX)
        return []
    # the rule itself knows how far anybody plans
    last = until or (near(begin, today) if is_open else date.max)
    found: list[date] = []
    for day in days_of(rule, begin, last):
        if len(found) == wish.times:
            break
        if len(found) == TIMES_MAX:
            if is_open:
                break
            reading.wrong("repeat_until", "desk.repeat_many", limit=TIMES_MAX)
            return []
        found.append(day)
    if len(found) < 2 and not is_open:
        reading.wrong("repeat_until", "desk.repeat_once")
    return found


def _moved(wish: EventWish, by: timedelta) -> EventWish:
    return msgspec.structs.replace(
        wish, starts=_shifted(wish.starts, by), ends=_shifted(wish.ends, by)
    )


def _shifted(text: str | None, by: timedelta) -> str | None:
    day = day_of(text)
    if not text or day is None:
        return text
    matched = _DAY.fullmatch(ascii_digits(text.strip()))
    assert matched is not None
    try:
        return f"{(day + by).isoformat()}{matched[2]}"
    except OverflowError:
        return text


def day_of(text: str | None) -> date | None:
    """The day of a moment as typed; None when there is none."""
    matched = _DAY.fullmatch(ascii_digits((text or "").strip()[:60]))
    if matched is None:
        return None
    try:
        return date.fromisoformat(matched[1])
    except ValueError:
        return None
