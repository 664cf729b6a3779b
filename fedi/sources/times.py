"""Dates, hours, lengths and zones as calendars and pages of others write them → moments. Pure; nothing here raises.

`24:00` is the midnight after; an hour that the clocks skip counts as it would have been without the change (RFC 5545 3.3.5).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from fedi.vocab.read import zone_of

YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2199
_BASIC: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?", re.ASCII)
_EXTENDED: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,12})?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_LENGTH: Final = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """A moment as it was written: on the clocks of a place, on a day of it. `zone` is None when none was named."""

    local: datetime
    is_day: bool
    zone: tzinfo | None = None

    def at(self, usual: tzinfo) -> datetime:
        """The moment in UTC."""
        return moment_at(self.local, self.zone or usual)


def moment_at(local: datetime, zone: tzinfo) -> datetime:
    """What the clocks of a zone show → the moment in UTC. Of an hour that comes twice the first one is meant."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def read_basic(text: str, zone: tzinfo | None) -> Told | None:
    """A date or time of a calendar: `20261205`, `20261205T180000`, `20261205T180000Z`."""
    found = _BASIC.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, mark = found.groups()
    return _told((year, month, day), (hour, minute, second), UTC if mark else zone)


def read_extended(text: object) -> Told | None:
    """A date or time of a page: `2026-12-05`, `2026-12-05T18:00`, with an offset or without."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    found = _EXTENDED.fullmatch(text.strip())
    if found is None:
        return read_basic(text, None)
    year, month, day, hour, minute, second, mark = found.groups()
    return _told((year, month, day), (hour, minute, second), offset_of(mark) if mark else None)


def read_length(text: str) -> timedelta | None:
    """`PT2H30M`, `P1D`, `P1W`; None for what is negative or no length."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None or found[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def offset_of(text: str) -> tzinfo | None:
    """`Z`, `+01:00`, `-0330`."""
    if text in ("Z", "z"):
        return UTC
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    length = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-length if found[1] == "-" else length)


def named_zone(name: str) -> tzinfo | None:
    """A zone by what calendars call it: its IANA name, that name at the end of a path, or what Windows calls it."""
    name = name.strip().strip('"')[:200]
    known = zone_of(WINDOWS_TO_OLSON.get(name, name))
    if known is not None:
        return known
    parts = name.strip("/").split("/")
    # as Mozilla and others write them: /mozilla.org/20070129_1/Europe/Paris
    for count in (3, 2):
        if len(parts) > count and (known := zone_of("/".join(parts[-count:]))) is not None:
            return known
    return None


def _told(
    day: tuple[str, str, str], clock: tuple[str | None, str | None, str | None], zone: tzinfo | None
) -> Told | None:
    try:
        on = date(*(int(each) for each in day))
    except ValueError:
        return None
    if not YEAR_MIN <= on.year <= YEAR_MAX:
        return None
    midnight = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - on the clocks of a place that is said beside it
    if clock[0] is None:
        return Told(midnight, is_day=True, zone=None)
    hour, minute, second = int(clock[0]), int(clock[1] or 0), min(int(clock[2] or 0), 59)
    if (hour, minute, second) == (24, 0, 0):
        return Told(midnight + timedelta(days=1), is_day=False, zone=zone)
    if hour > 23 or minute > 59:
        return None
    return Told(midnight.replace(hour=hour, minute=minute, second=second), is_day=False, zone=zone)
