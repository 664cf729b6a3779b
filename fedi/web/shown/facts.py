"""The facts of an event or of an aid request, each as a few words in the visitor's language. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from fedi.clock import iso
from fedi.i18n.dates import (
    day_line,
    offset_name,
    part_line,
    region_of,
    when_line,
    zone_of,
)
from fedi.i18n.tongues import language_name
from fedi.publications.aid.activitystreams import quantity_of
from fedi.publications.aid.model import CATEGORIES, UNITS, AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.place import Place
from fedi.text.direction import Direction, clean_line, direction_of
from fedi.web.shown.people import web_link
from fedi.web.visitor import Visitor

LINE_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Where:
    """A place: its name, its address, and a map to open when its position is known."""

    name: str
    lines: tuple[str, ...]
    map_href: str | None

    @property
    def dir(self) -> Direction:
        return direction_of(self.name, None)


@dataclass(frozen=True, slots=True)
class DateBlock:
    """The day an event begins, to be set large. `last`: the day it ends, when that is another one."""

    day: str
    month: str
    weekday: str
    last: str
    iso: str


@dataclass(frozen=True, slots=True)
class EventFacts:
    """`status` is one of the event model; `is_over` and `is_now` are judged at the visitor's moment.

    `before`: when it was to begin, where it was put off or moved. `particulars`: what people ask before they come, each with its name.
    """

    block: DateBlock
    when: str
    where: Where | None
    status: str
    is_over: bool
    is_now: bool
    is_online: bool
    online_href: str | None
    sign_up_href: str | None
    capacity: str
    before: str = ""
    particulars: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AidFacts:
    """`until_iso` and `until` are empty when nothing ends it; `left` is empty when all of it is still open."""

    purpose: str
    what: str
    amount: str
    left: str
    until: str
    until_iso: str
    where: Where | None
    is_over: bool


def event_facts(details: EventDetails, visitor: Visitor) -> EventFacts:
    """What people ask first: when, where, does it happen at all."""
    return EventFacts(
        block=_date_block(details, visitor),
        when=when_line(
            details.starts_at,
            details.ends_at if details.display_end else None,
            details.timezone or offset_name(details.offset_minutes or 0),
            details.all_day,
            visitor.language,
            now=visitor.now,
            digits=visitor.digits,
        ),
        where=where_of(details.place, visitor),
        status=details.status,
        is_over=details.over_at < visitor.now,
        is_now=details.starts_at <= visitor.now <= details.over_at,
        is_online=details.is_online,
        online_href=web_link(details.online_url),
        sign_up_href=web_link(details.external_url),
        capacity=visitor.t.number(details.capacity) if details.capacity else "",
        before=_before(details, visitor),
        particulars=particulars_of(details, visitor),
    )


def particulars_of(details: EventDetails, visitor: Visitor) -> tuple[tuple[str, str], ...]:
    """Languages, cost, access, whom to ask: the key of each and what is said of it."""
    t = visitor.t
    wheelchair = t(f"event.wheelchair.{details.wheelchair}") if details.wheelchair else ""
    spoken = visitor.comma.join(language_name(each, visitor.language) for each in details.spoken)
    found = {
        "spoken": spoken,
        "cost": details.cost,
        "wheelchair": wheelchair,
        "childcare": details.childcare,
        "interpretation": details.interpretation,
        "contact": details.contact,
    }
    return tuple((name, clean_line(text, LINE_CHARS_MAX)) for name, text in found.items() if text)


def _before(details: EventDetails, visitor: Visitor) -> str:
    """When it was to begin; nothing when it is still then, unless it is put off without another day."""
    former = details.previous_starts_at
    if former is None or (former == details.starts_at and details.status != "postponed"):
        return ""
    return when_line(
        former,
        None,
        details.timezone or offset_name(details.offset_minutes or 0),
        details.all_day,
        visitor.language,
        now=visitor.now,
        digits=visitor.digits,
    )


def aid_facts(details: AidDetails, visitor: Visitor) -> AidFacts:
    """What, how much, until when, where."""
    t = visitor.t
    day = None if details.until is None else details.until.astimezone(zone_of(visitor.zone)).date()
    has_less = details.available is not None and details.available != details.quantity
    return AidFacts(
        purpose=details.purpose,
        what=t(f"aid.what.{details.what}") if details.what in CATEGORIES else "",
        amount=_amount(details.quantity, details.unit, visitor),
        left=_amount(details.available, details.unit, visitor) if has_less else "",
        until="" if day is None else day_line(day, visitor.language, digits=visitor.digits),
        until_iso="" if day is None else day.isoformat(),
        where=where_of(details.place, visitor),
        is_over=details.until is not None and details.until < visitor.now,
    )


def where_of(place: Place | None, visitor: Visitor) -> Where | None:
    """A place in the visitor's punctuation; None when it says nothing that can be read."""
    if place is None:
        return None
    name = clean_line(place.labelled(visitor.comma), LINE_CHARS_MAX)
    lines = tuple(clean_line(line, LINE_CHARS_MAX) for line in place.address_lines)
    if not name:
        return None
    position = None
    if place.latitude is not None and place.longitude is not None:
        at = f"{place.latitude:.5f}", f"{place.longitude:.5f}"
        position = (
            f"https://www.openstreetmap.org/?mlat={at[0]}&mlon={at[1]}#map=17/{at[0]}/{at[1]}"
        )
    return Where(name, tuple(line for line in lines if line not in name), position)


def _date_block(details: EventDetails, visitor: Visitor) -> DateBlock:
    start = details.starts_at.astimezone(details.zone)
    end = details.ends_at.astimezone(details.zone) if details.ends_at else start
    if end.hour == end.minute == 0 and end > start:
        # Midnight belongs to the night before.
        end -= timedelta(minutes=1)
    region = region_of(details.timezone) if details.timezone else None

    def written(pattern: str, moment: datetime) -> str:
        return part_line(
            moment.date(), pattern, visitor.language, digits=visitor.digits, region=region
        )

    several = details.display_end and end.date() > start.date()
    return DateBlock(
        day=written("d", start),
        month=written("MMMM", start),
        weekday=written("EEEE", start),
        last=written("d MMM", end) if several else "",
        iso=start.date().isoformat() if details.all_day else iso(details.starts_at),
    )


def _amount(quantity: str | None, unit: str, visitor: Visitor) -> str:
    number = quantity_of(quantity)
    if number is None:
        return ""
    if unit not in UNITS:
        return clean_line(f"{number} {unit}", LINE_CHARS_MAX)
    amount = Decimal(number)
    if amount == amount.to_integral_value() and amount < 10**12:
        return visitor.t.plural(f"aid.unit.{unit}", int(amount))
    return visitor.t(f"aid.unit.{unit}", n=number)
