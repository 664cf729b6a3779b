"""Time on signatures: the text of a `Date` header or a timestamp goes in, "inside the window or not" comes out (S6)."""

import re
from datetime import UTC, datetime
from typing import Final

WINDOW_S: Final = 3600

# The weekday is not compared: the draft's own examples have a wrong one.
_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_STAMP: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def read_http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date (RFC 9110) in UTC; None for everything else, naive dates included."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        moment = datetime(
            int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return moment.timestamp()


def read_stamp(text: str) -> float | None:
    """Seconds since 1970 of a `created` or `expires` parameter; None if it is no plain number."""
    return float(text) if _STAMP.fullmatch(text) else None


def is_current(at_s: float | None, now: datetime) -> bool:
    """Whether something made at `at_s` may be believed at `now`: an hour either way, as wire.md 2.3 advises."""
    return at_s is not None and abs(now.timestamp() - at_s) <= WINDOW_S


def is_expired(expires_s: float | None, created_s: float | None, now: datetime) -> bool:
    """Whether the sender's own limit has passed, cannot be read, or lies before the making."""
    if expires_s is None or expires_s < now.timestamp():
        return True
    return created_s is not None and expires_s < created_s
