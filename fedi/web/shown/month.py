"""A month of an agenda as a grid of weeks, which begin on the day on which they begin in the language. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fedi.i18n.dates import (
    day_line,
    locale_of,
    month_line,
    offset_name,
    part_line,
    region_of,
    time_line,
    zone_of,
)
from fedi.publications.event.model import EventDetails
from fedi.urls import Urls
from fedi.views.listed import Listed
from fedi.web.shown.cards import page_href
from fedi.web.shown.words import Words, chosen_text, title_of
from fedi.web.visitor import Visitor

SHOWN_MAX: Final = 4
# Months farther from now have an address but no link: who follows every link would never come to an end.
LINKED_DAYS: Final = 370


@dataclass(frozen=True, slots=True)
class Entry:
    """An event on one day. `time` is empty when it lasts all day or began before; `status` is one of the event model."""

    title: Words
    href: str
    is_local: bool
    status: str
    time: str


@dataclass(frozen=True, slots=True)
class Day:
    """`number` is short and `line` is whole; `more`: how many are not shown here."""

    iso: str
    number: str
    line: str
    is_other: bool
    is_today: bool
    entries: tuple[Entry, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Grid:
    """`before` and `after` are months as addresses name them, empty when they are far from now."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]
    before: str
    after: str


def month_of(visitor: Visitor) -> date:
    """The month it is now, by its first day."""
    return visitor.now.astimezone(zone_of(visitor.zone)).date().replace(day=1)


def span_of(month: date, visitor: Visitor) -> tuple[date, date]:
    """The first and the last day of the weeks that have a day of this month."""
    starts_on = locale_of(visitor.language, region_of(visitor.zone)).first_week_day
    first = month - timedelta(days=(month.weekday() - starts_on) % 7)
    end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first, end + timedelta(days=(starts_on - 1 - end.weekday()) % 7)


def grid_of(month: date, listed: Iterable[Listed], visitor: Visitor, urls: Urls) -> Grid:
    """The month with what goes on each day, as the days are where it happens."""
    first, last = span_of(month, visitor)
    found = _by_day(listed, first, last)
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    shown = [_day(each, month, found.get(each, []), visitor, urls) for each in days]
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=31)).replace(day=1)
    return Grid(
        title=month_line(
            month, visitor.language, digits=visitor.digits, region=region_of(visitor.zone)
        ),
        weekdays=tuple(part_line(each, "EEE", visitor.language) for each in days[:7]),
        weeks=tuple(tuple(shown[at : at + 7]) for at in range(0, len(shown), 7)),
        before=_address(before, visitor),
        after=_address(after, visitor),
    )


def _address(month: date, visitor: Visitor) -> str:
    far = abs((month - month_of(visitor)).days) > LINKED_DAYS
    return "" if far else month.strftime("%Y-%m")


def _by_day(
    listed: Iterable[Listed], first: date, last: date
) -> Mapping[date, list[tuple[Listed, bool]]]:
    """day → what goes on, and whether it begins then."""
    found: dict[date, list[tuple[Listed, bool]]] = defaultdict(list)
    for each in listed:
        begins, ends = _days_of(each.publication.event)
        day, end = max(begins, first), min(ends, last)
        while day <= end:
            found[day].append((each, day == begins))
            day += timedelta(days=1)
    return found


def _entry(listed: Listed, begins: bool, visitor: Visitor, urls: Urls) -> Entry:
    details = listed.publication.event
    return Entry(
        title=title_of(chosen_text(listed.publication, visitor)),
        href=page_href(listed, urls),
        is_local=listed.is_local,
        status=details.status,
        time=_time(details, visitor) if begins else "",
    )


def _days_of(details: EventDetails) -> tuple[date, date]:
    """The days it touches where it happens; midnight belongs to the day before."""
    start = details.starts_at.astimezone(details.zone)
    end: datetime = max(details.starts_at, details.over_at).astimezone(details.zone)
    if not details.display_end or details.ends_at is None:
        return start.date(), start.date()
    if end > start and end.hour == end.minute == end.second == 0:
        end -= timedelta(seconds=1)
    return start.date(), end.date()


def _time(details: EventDetails, visitor: Visitor) -> str:
    if details.all_day:
        return ""
    zone = details.timezone or offset_name(details.offset_minutes or 0)
    return time_line(details.starts_at, zone, visitor.language, digits=visitor.digits)


def _day(
    day: date, month: date, found: list[tuple[Listed, bool]], visitor: Visitor, urls: Urls
) -> Day:
    today = visitor.now.astimezone(zone_of(visitor.zone)).date()
    return Day(
        iso=day.isoformat(),
        number=part_line(day, "d", visitor.language, digits=visitor.digits),
        line=day_line(day, visitor.language, digits=visitor.digits, region=region_of(visitor.zone)),
        is_other=day.month != month.month,
        is_today=day == today,
        # What is not shown is not written: that is most of a busy month.
        entries=tuple(_entry(each, begins, visitor, urls) for each, begins in found[:SHOWN_MAX]),
        more=max(0, len(found) - SHOWN_MAX),
    )
