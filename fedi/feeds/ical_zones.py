"""What the clocks of a zone show in some years, as a calendar describes it (`VTIMEZONE`, RFC 5545 3.6.5), for programs that know no
zones. Pure.

Each change is named by its day. Rules that last for ever would be shorter, and wrong wherever clocks follow the moon.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from fedi.feeds.ical_lines import line, text_line

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)

# What the clocks showed and show, how that is called, whether it is another time than the usual one.
_Change = tuple[timedelta, timedelta, str, bool]


@lru_cache(maxsize=128)
def described(zone: str, first_year: int, last_year: int) -> bytes:
    """The component for a zone, right in all of these years."""
    tz = ZoneInfo(zone)
    begin = datetime(first_year, 1, 1, tzinfo=UTC) - _DAY
    days: dict[_Change, list[datetime]] = defaultdict(list)
    usual = begin.astimezone(tz)
    offset = usual.utcoffset() or timedelta()
    days[offset, offset, usual.tzname() or "", bool(usual.dst())].append(begin + offset)
    for moment in _changes(tz, begin, datetime(last_year + 1, 1, 2, tzinfo=UTC)):
        before, after = (moment - _SECOND).astimezone(tz), moment.astimezone(tz)
        was, will_be = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
        # told by the clock that is about to be changed
        days[was, will_be, after.tzname() or "", bool(after.dst())].append(moment + was)
    pieces = [b"BEGIN:VTIMEZONE\r\n", line("TZID", zone)]
    for change, moments in days.items():
        pieces += _observance(change, moments)
    return b"".join((*pieces, b"END:VTIMEZONE\r\n"))


def _observance(change: _Change, moments: list[datetime]) -> Iterator[bytes]:
    was, will_be, name, is_other = change
    kind = "DAYLIGHT" if is_other else "STANDARD"
    yield line("BEGIN", kind)
    yield line("DTSTART", _local(moments[0]))
    if len(moments) > 1:
        yield line("RDATE", ",".join(_local(each) for each in moments[1:]))
    yield text_line("TZNAME", name)
    yield line("TZOFFSETFROM", _offset(was))
    yield line("TZOFFSETTO", _offset(will_be))
    yield line("END", kind)


def _changes(tz: tzinfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The moments between at which the clocks are changed; no zone changes them twice a day."""
    day, shown = begin, begin.astimezone(tz)
    while day < end:
        later = (day + _DAY).astimezone(tz)
        if _shown(later) != _shown(shown):
            yield _between(tz, day, day + _DAY)
        day, shown = day + _DAY, later


def _between(tz: tzinfo, low: datetime, high: datetime) -> datetime:
    before = _shown(low.astimezone(tz))
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _shown(middle.astimezone(tz)) == before:
            low = middle
        else:
            high = middle
    return high


def _shown(moment: datetime) -> tuple[timedelta | None, str | None]:
    return moment.utcoffset(), moment.tzname()


def _local(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def _offset(offset: timedelta) -> str:
    seconds = abs(int(offset.total_seconds()))
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{hours:02d}{minutes:02d}" + (f"{rest:02d}" if rest else "")
