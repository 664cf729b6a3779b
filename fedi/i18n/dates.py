"""Moments, days and numbers as people say them, in the month names and digits of the place.

In: aware moments, an IANA zone name or an offset such as +02:00, a language. Out: one sentence of plain text; the words
around the numbers come from the catalogue (`date.*`), names of days, months and cities from CLDR by Babel.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_timedelta, get_timezone_location
from babel.numbers import format_decimal

from fedi.i18n.catalog import FALLBACK, Digits, in_digits, known_language, translator

_DAY_PATTERNS: Final = {
    "ar": "EEEE d MMMM y",
    "en": "EEEE d MMMM y",
    "es": "EEEE d 'de' MMMM 'de' y",
    "fr": "EEEE d MMMM y",
}
_DAY_OF_YEAR_PATTERNS: Final = {
    "ar": "EEEE d MMMM",
    "en": "EEEE d MMMM",
    "es": "EEEE d 'de' MMMM",
    "fr": "EEEE d MMMM",
}
_MONTH_PATTERNS: Final = {"ar": "MMMM y", "en": "MMMM y", "es": "MMMM 'de' y", "fr": "MMMM y"}
_OFFSET: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY_FIELD: Final = re.compile(r"(?<![a-zA-Z'])d(?![a-zA-Z'])")


def when_line(
    starts_at: datetime,
    ends_at: datetime | None,
    zone: str,
    all_day: bool,
    language: str,
    *,
    now: datetime | None = None,
    digits: Digits = "latn",
    region: str | None = None,
) -> str:
    """When something happens, in one sentence, in the time of its place.

    `zone` is an IANA name or an offset such as +02:00; what is neither counts as UTC. `region` (ISO 3166) chooses the month names
    of Arabic, by default the country of the zone. With `now`, the year is left out when it is this
    one. The end of an all-day event may be its last day or, as in iCalendar, midnight after it.
    """
    tz = zone_of(zone)
    known = known_language(language) or FALLBACK
    speak = translator(known)
    region = region or region_of(zone)
    start = _local(starts_at, tz)
    end = _local(ends_at, tz) if ends_at is not None and ends_at > starts_at else None
    this_year = None if now is None else _local(now, tz).year

    def day(moment: datetime) -> str:
        same_year = start.year == this_year and (end is None or end.year == this_year)
        patterns = _DAY_OF_YEAR_PATTERNS if same_year else _DAY_PATTERNS
        return _in_pattern(moment.date(), patterns[known], known, region)

    if all_day:
        last = _last_day(start, end)
        if last.date() == start.date():
            line = speak("date.all_day", day=day(start))
        else:
            line = speak("date.all_days", day=day(start), last_day=day(last))
        return _written(line, known, digits)
    values = {"day": day(start), "start": _time(start, known), "zone": zone_name(zone, known)}
    if end is None:
        line = speak("date.at", **values)
    elif end.date() == start.date():
        line = speak("date.from_to", end=_time(end, known), **values)
    else:
        line = speak("date.from_day_to_day", last_day=day(end), end=_time(end, known), **values)
    return _written(line, known, digits)


def moment_line(
    moment: datetime,
    zone: str,
    language: str,
    *,
    digits: Digits = "latn",
    region: str | None = None,
) -> str:
    """Day and time of one moment: "Saturday 5 December 2026, 18:00 (Tunis time)"."""
    return when_line(moment, None, zone, False, language, digits=digits, region=region)


def day_line(
    day: date, language: str, *, digits: Digits = "latn", region: str | None = None
) -> str:
    """A day with its weekday and year: "Saturday 5 December 2026"."""
    known = known_language(language) or FALLBACK
    return _written(_in_pattern(day, _DAY_PATTERNS[known], known, region), known, digits)


def part_line(
    day: date,
    pattern: str,
    language: str,
    *,
    digits: Digits = "latn",
    region: str | None = None,
) -> str:
    """A part of a day, for setting it apart. `pattern` is of CLDR: "d" gives "5", "EEEE" gives "Saturday"."""
    known = known_language(language) or FALLBACK
    return _written(_in_pattern(day, pattern, known, region), known, digits)


def month_line(
    month: date, language: str, *, digits: Digits = "latn", region: str | None = None
) -> str:
    """The month a day lies in, with its year: "December 2026"."""
    known = known_language(language) or FALLBACK
    return _written(
        format_date(month, _MONTH_PATTERNS[known], locale_of(known, region)), known, digits
    )


def time_line(moment: datetime, zone: str, language: str, *, digits: Digits = "latn") -> str:
    """The time of day alone, in the zone: "18:00"; French writes "18h" and "18h30"."""
    known = known_language(language) or FALLBACK
    return _written(_time(_local(moment, zone_of(zone)), known), known, digits)


def relative(moment: datetime, now: datetime, language: str, *, digits: Digits = "latn") -> str:
    """How far a moment lies from now: "in 2 days", "3 hours ago"."""
    known = known_language(language) or FALLBACK
    if abs(moment - now) < timedelta(seconds=45):
        return translator(known)("date.now")
    line = format_timedelta(moment - now, add_direction=True, locale=locale_of(known, None))
    return _written(line, known, digits)


def number(n: int | float, language: str, *, digits: Digits = "latn") -> str:
    """A number with the separators and digits of the language."""
    known = known_language(language) or FALLBACK
    if known != "ar":
        return str(format_decimal(n, locale=locale_of(known, None)))
    return in_digits(
        format_decimal(n, locale=locale_of(known, None), numbering_system=digits), digits
    )


def offset_name(minutes: int) -> str:
    """The name under which a zone that is only an offset goes here: 120 → "+02:00"; "UTC" for none."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}" if minutes else "UTC"


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name or of an offset such as +02:00; UTC for anything that is neither."""
    if not name or len(name) > 64:
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        behind = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-behind if offset[1] == "-" else behind)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=256)
def zone_name(name: str, language: str) -> str:
    """A zone as people call it: "Tunis time", « heure de Tunis », "UTC", "UTC+2"."""
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        line = f"UTC{offset[1]}{int(offset[2])}" + (f":{offset[3]}" if offset[3] != "00" else "")
        # Among Arabic digits the sign would change sides.
        return f"\u2066{line}\u2069" if known_language(language) == "ar" else line
    tz = zone_of(name)
    if not isinstance(tz, ZoneInfo) or "/" not in name or name.startswith("Etc/"):
        return (
            "UTC" if tz is UTC or name in {"UTC", "Etc/UTC", "Zulu"} else name.removeprefix("Etc/")
        )
    known = known_language(language) or FALLBACK
    city = get_timezone_location(tz, locale_of(known, None), return_city=True).rsplit("/", 1)[-1]
    return translator(known)("date.zone", city=city, of_city=_french_of(city))


@lru_cache(maxsize=1024)
def region_of(zone: str) -> str | None:
    """The country (ISO 3166) an IANA zone lies in, if it lies in one."""
    found = get_global("zone_territories").get(zone)
    return found if isinstance(found, str) and len(found) == 2 and found != "ZZ" else None


@lru_cache(maxsize=128)
def locale_of(language: str, region: str | None) -> Locale:
    """The CLDR locale of an interface language; the region counts where month names depend on it."""
    if language == "ar" and region is not None and len(region) == 2 and region.isalpha():
        try:
            return Locale("ar", region.upper())
        except UnknownLocaleError:
            return Locale("ar")
    return Locale(language)


def _in_pattern(day: date, pattern: str, language: str, region: str | None) -> str:
    if language == "fr" and day.day == 1:
        # The first of a month is the only day that French counts.
        pattern = _DAY_FIELD.sub("d'er'", pattern)
    return format_date(day, pattern, locale_of(language, region))


def _written(line: str, language: str, digits: Digits) -> str:
    # A setting for the whole instance: only Arabic has two ways to write a digit.
    return in_digits(line, digits) if language == "ar" else line


def _local(moment: datetime, tz: tzinfo) -> datetime:
    try:
        return moment.astimezone(tz)
    except (OverflowError, ValueError):
        return moment.replace(tzinfo=tz)


def _last_day(start: datetime, end: datetime | None) -> datetime:
    if end is None:
        return start
    at_midnight = end.hour == end.minute == end.second == 0
    return end - timedelta(days=1) if at_midnight and end.date() > start.date() else end


def _time(moment: datetime, language: str) -> str:
    if language == "fr":
        return f"{moment.hour}h{moment.minute:02d}" if moment.minute else f"{moment.hour}h"
    return f"{moment.hour:02d}:{moment.minute:02d}"


def _french_of(city: str) -> str:
    if city.startswith("Le "):
        return f"du {city[3:]}"
    return f"d’{city}" if city[:1].upper() in set("AEIOUYÉÈÎÂÔ") else f"de {city}"
