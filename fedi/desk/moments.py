"""Dates as people type them, in the time zone of a place → moments. Pure.

The hour that a clock change skips is refused; the one it repeats is taken the first time, and said so.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from fedi.errors import Invalid

YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2199
_FORM: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A moment that was typed. `is_day`: without an hour; then `at` is the first moment of that day in the zone.

    `was_repeated`: the clocks show this hour twice, and the first time is meant.
    """

    at: datetime
    is_day: bool
    was_repeated: bool = False


def parse_typed(text: str, zone: tzinfo, field: str) -> Typed:
    """`2026-12-05`, `2026-12-05T18:00` in `zone`, or with an offset of its own (`+01:00`, `Z`).

    Raises Invalid: desk.moment_form, desk.moment_none (no such day or hour), desk.moment_far, desk.moment_skipped.
    """
    written = ascii_digits(text.strip())
    found = _FORM.fullmatch(written)
    if found is None:
        raise Invalid("desk.moment_form", field=field, text=text[:40])
    day, hour, second, offset = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{hour or '00:00'}:{second or '00'}{offset or ''}")
    except ValueError as problem:
        raise Invalid("desk.moment_none", field=field, text=text[:40]) from problem
    if not YEAR_MIN <= local.year <= YEAR_MAX:
        raise Invalid("desk.moment_far", field=field, text=text[:40])
    if local.tzinfo is not None:
        return Typed(local.astimezone(UTC), is_day=False)
    if hour is None:
        return Typed(_first_of_day(local, zone), is_day=True)
    return _in_zone(local, zone, field, text)


def end_of_day(typed: Typed, zone: tzinfo) -> datetime:
    """The last second of a typed day; a moment with an hour stays."""
    if not typed.is_day:
        return typed.at
    return day_after(typed, zone) - timedelta(seconds=1)


def day_after(typed: Typed, zone: tzinfo) -> datetime:
    """The first moment of the day after a typed day."""
    local = typed.at.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0)
    return _first_of_day(local + timedelta(days=1), zone)


def _in_zone(local: datetime, zone: tzinfo, field: str, text: str) -> Typed:
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise Invalid("desk.moment_skipped", field=field, text=text[:40], zone=str(zone))
    return Typed(at, is_day=False, was_repeated=first.utcoffset() != second.utcoffset())


def _first_of_day(local: datetime, zone: tzinfo) -> datetime:
    """Midnight, or where a clock change skips midnight the first moment there is."""
    at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    # the offset before the change and the one after it meet at the moment of the change
    skipped = local.replace(tzinfo=zone, fold=1).utcoffset()
    before = local.replace(tzinfo=zone, fold=0).utcoffset()
    assert skipped is not None
    assert before is not None
    return (local - before).replace(tzinfo=UTC)


def ascii_digits(text: str) -> str:
    """The text with every decimal digit of another script as an ASCII one; no more than a date can be long."""
    return "".join(
        str(unicodedata.decimal(char)) if unicodedata.category(char) == "Nd" else char
        for char in text[:60]
    )
