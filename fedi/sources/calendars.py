"""A calendar (RFC 5545) of somebody else → its events, series as occurrences. Pure, bounded, and raises only Invalid.

Zones are taken by their names alone: the rules for zones that a calendar brings along could be endless, and are not followed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from icalendar.parser import Contentline

from fedi.clock import iso
from fedi.errors import Invalid
from fedi.publications.event.model import Status
from fedi.publications.place import Place
from fedi.sources.mirror import MIRRORED
from fedi.sources.model import HORIZON, LENGTH_MAX, TEXT_MAX, Around, Found, Parsed, chosen
from fedi.sources.recurrence import Budget, days_of, parse_rule
from fedi.sources.texts import degrees_of, html_of, link_of, place_of, tags_of, title_of
from fedi.sources.times import Told, moment_at, named_zone, offset_of, read_basic, read_length
from fedi.text.direction import clean_line
from fedi.text.html import sanitise
from fedi.vocab.read import language_tag, zone_of

COMPONENTS_MAX: Final = 5_000
LINES_MAX: Final = 200_000
DATES_MAX: Final = 1_000
_OF_EVENTS: Final = frozenset(
    {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SUMMARY", "DESCRIPTION",
     "X-ALT-DESC", "LOCATION", "GEO", "URL", "STATUS", "CATEGORIES", "SEQUENCE", "CLASS", MIRRORED}
)  # fmt: skip
_OF_CALENDARS: Final = frozenset({"X-WR-CALNAME", "NAME", "X-WR-TIMEZONE", "METHOD", "PRODID"})
_OF_ZONES: Final = frozenset({"TZID", "X-LIC-LOCATION", "TZOFFSETTO"})
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")
_COMMA: Final = re.compile(r"(?<!\\),")
_STATUS: Final[dict[str, Status]] = {"TENTATIVE": "tentative", "CANCELLED": "cancelled"}
# Gancio puts the name of its site before every title of a calendar.
_OF_GANCIO: Final = re.compile(r"\d+@[^\s@]+")
_BEFORE_TITLE: Final = re.compile(r"\[[^\[\]]{1,100}\]\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class _Line:
    """One property: its parameters, and its value as it was written."""

    value: str
    params: dict[str, str]

    @property
    def text(self) -> str:
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(slots=True)
class _Component:
    """What was read of one component; of a zone also what is inside it."""

    name: str
    lines: dict[str, list[_Line]] = field(default_factory=dict)

    def first(self, name: str) -> _Line | None:
        return next(iter(self.lines.get(name, ())), None)

    def text(self, name: str) -> str:
        line = self.first(name)
        return line.text if line is not None else ""


@dataclass(slots=True)
class _Reading:
    """A calendar under way: in which zones its times are, what could not be read."""

    around: Around
    usual: tzinfo
    usual_name: str | None
    zones: dict[str, tzinfo]
    is_cancelled: bool
    budget: Budget = field(default_factory=Budget)
    unreadable: int = 0


def is_calendar(text: str) -> bool:
    """Whether it is one at all."""
    return text.lstrip("\ufeff \t\r\n")[:15].upper() == "BEGIN:VCALENDAR"


def parse_calendar(text: str, around: Around) -> Parsed:
    """What a calendar says of what is not over. Raises Invalid for what is no calendar."""
    if not is_calendar(text):
        raise Invalid("sources.unreadable", field="address")
    calendar, zones, events = _components(text)
    named = calendar.text("X-WR-TIMEZONE")
    usual = named_zone(named) or zone_of(around.zone) or UTC
    reading = _Reading(
        around=around,
        usual=usual,
        usual_name=_name_of(usual),
        zones={each.text("TZID"): zone for each in zones if (zone := _zone_in(each)) is not None},
        is_cancelled=calendar.text("METHOD").upper() == "CANCEL",
    )
    taken, left = chosen(_read_all(reading, events), around.now)
    name = calendar.text("X-WR-CALNAME") or calendar.text("NAME")
    return Parsed("calendar", taken, clean_line(name, 100), reading.unreadable, left)


def _components(text: str) -> tuple[_Component, list[_Component], list[_Component]]:
    """The properties of the calendar itself, its zones, its events."""
    calendar = _Component("VCALENDAR")
    zones: list[_Component] = []
    events: list[_Component] = []
    open_names: list[str] = []
    for line in _lines(text):
        upper = line[:40].upper()
        if upper.startswith("BEGIN:"):
            open_names = [*open_names[-8:], upper[6:].strip()]
            if open_names[-1] == "VEVENT" and len(events) < COMPONENTS_MAX:
                events.append(_Component("VEVENT"))
            elif open_names[-1] == "VTIMEZONE" and len(zones) < 100:
                zones.append(_Component("VTIMEZONE"))
        elif upper.startswith("END:"):
            open_names = open_names[:-1]
        elif open_names:
            _note(line, open_names, calendar, zones, events)
    return calendar, zones, events


def _note(
    line: str,
    open_names: list[str],
    calendar: _Component,
    zones: list[_Component],
    events: list[_Component],
) -> None:
    inner = open_names[-1]
    if inner == "VEVENT" and events:
        _keep(line, events[-1], _OF_EVENTS)
    elif inner == "VCALENDAR":
        _keep(line, calendar, _OF_CALENDARS)
    elif inner in ("VTIMEZONE", "STANDARD", "DAYLIGHT") and zones:
        _keep(line, zones[-1], _OF_ZONES)


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(_FOLD.sub("", text.replace("\x00", "")).split("\n")):
        if number > LINES_MAX:
            return
        if line := line.rstrip("\r"):
            yield line


def _keep(line: str, component: _Component, wanted: frozenset[str]) -> None:
    name = re.split("[;:]", line, maxsplit=1)[0].upper()
    kept = component.lines.setdefault(name, []) if name in wanted else None
    if kept is None or len(kept) >= 100:
        return
    parsed = _parsed(line)
    if parsed is not None:
        kept.append(parsed)


def _parsed(line: str) -> _Line | None:
    head, mark, value = line.partition(":")
    if '"' in head:
        try:
            _, params, _ = Contentline(line).parts()  # type: ignore[no-untyped-call]
        except ValueError:
            return None
        # the value as it was written begins after the parameters
        return _Line(
            line[_end_of_head(line) :], {key.upper(): str(each) for key, each in params.items()}
        )
    if not mark:
        return None
    pairs = (each.partition("=") for each in head.split(";")[1:20])
    return _Line(value, {key.upper(): given for key, _, given in pairs})


def _end_of_head(line: str) -> int:
    is_quoted = False
    for number, char in enumerate(line):
        if char == '"':
            is_quoted = not is_quoted
        elif char == ":" and not is_quoted:
            return number + 1
    return len(line)


def _zone_in(component: _Component) -> tzinfo | None:
    """The zone a calendar describes: by its name, by where it is, or because it never changes its offset."""
    known = named_zone(component.text("TZID")) or named_zone(component.text("X-LIC-LOCATION"))
    if known is not None:
        return known
    offsets = {each.value.strip() for each in component.lines.get("TZOFFSETTO", [])}
    return offset_of(offsets.pop()[:5]) if len(offsets) == 1 else None


def _name_of(zone: tzinfo | None) -> str | None:
    return getattr(zone, "key", None)


def _read_all(reading: _Reading, events: list[_Component]) -> list[Found]:
    """Every event; occurrences that were changed by themselves take the place of what the rule says."""
    found: list[Found] = []
    changed: set[tuple[str, datetime]] = set()
    series: list[_Component] = []
    for each in events:
        if each.first(MIRRORED) is not None or each.text("CLASS").upper() in (
            "PRIVATE",
            "CONFIDENTIAL",
        ):
            continue
        if each.first("RECURRENCE-ID") is not None:
            one = _read_changed(reading, each)
            if one is not None:
                found.append(one[1])
                changed.add((each.text("UID"), one[0]))
        elif "RRULE" in each.lines or "RDATE" in each.lines:
            series.append(each)
        else:
            single = _read(reading, each)
            if single is not None:
                found.append(single)
    for each in series:
        found.extend(_occurrences(reading, each, changed))
    return found


def _read(reading: _Reading, component: _Component, *, is_first: bool = False) -> Found | None:
    """One event as its own lines say it; None, and counted, when it has no start or no name. `is_first`: of a series."""
    line = component.first("DTSTART")
    starts = _told(reading, line) if line is not None else None
    title = title_of(component.text("SUMMARY"))
    if line is None or starts is None or not title:
        reading.unreadable += 1
        return None
    zone = starts.zone or reading.usual
    at = starts.at(reading.usual)
    ends_at = _end(reading, component, starts, at)
    if not is_first and (ends_at or at) < reading.around.now - timedelta(days=2):
        # most calendars hold all there ever was
        return None
    uid = clean_line(component.text("UID"), 500)
    page = link_of(component.text("URL"), reading.around.address)
    place, online = place_of(component.text("LOCATION"), _degrees(component))
    status = _STATUS.get(component.text("STATUS").strip().upper(), "confirmed")
    language = component.lines["SUMMARY"][0].params.get("LANGUAGE", "")
    if _OF_GANCIO.fullmatch(uid):
        title = _BEFORE_TITLE.sub("", title, count=1)
        place, online = _place_of_gancio(place, online)
    return Found(
        identity=uid or page or f"{title} {iso(at)}",
        title=title,
        starts_at=at,
        ends_at=ends_at,
        all_day=starts.is_day,
        # a moment in UTC says nothing about the clocks on the spot: those of the source count
        timezone=reading.usual_name if zone is UTC else _name_of(zone) or reading.usual_name,
        html=_html(component),
        place=place,
        url=page,
        online_url=online,
        status="cancelled" if reading.is_cancelled else status,
        tags=tags_of([_unescaped(name) for line in component.lines.get("CATEGORIES", []) for name in _COMMA.split(line.value)[:50]]),
        language=language_tag(language) or "",
        sequence=_count(component.text("SEQUENCE")),
    )  # fmt: skip


def _end(reading: _Reading, component: _Component, starts: Told, at: datetime) -> datetime | None:
    """The end in UTC; None when none is said, or none that can be. A day ends at the midnight after it."""
    line, length = component.first("DTEND"), component.first("DURATION")
    if line is not None:
        told = _told(reading, line)
        if told is None:
            return None
        zone = (starts.zone if told.is_day else told.zone) or reading.usual
        end = told.at(zone)
    elif length is not None and (lasts := read_length(length.value)) is not None:
        end = (
            moment_at(starts.local + lasts, starts.zone or reading.usual)
            if starts.is_day
            else at + lasts
        )
    elif starts.is_day:
        end = moment_at(starts.local + timedelta(days=1), starts.zone or reading.usual)
    else:
        return None
    if starts.is_day and end == at:
        end = moment_at(starts.local + timedelta(days=1), reading.usual)
    return end if at < end <= at + LENGTH_MAX else None


def _read_changed(reading: _Reading, component: _Component) -> tuple[datetime, Found] | None:
    """An occurrence that was changed by itself, with the moment at which its series had it."""
    line = component.first("RECURRENCE-ID")
    told = _told(reading, line) if line is not None else None
    one = _read(reading, component)
    if told is None or one is None:
        return None
    at = told.at(reading.usual)
    return at, replace(one, identity=_of_series(one.identity, at), is_series=True)


def _occurrences(
    reading: _Reading, component: _Component, changed: set[tuple[str, datetime]]
) -> Iterator[Found]:
    """What a series has from now on. A rule that is not understood counts as none: the first one stands for it."""
    first = _read(reading, component, is_first=True)
    line = component.first("DTSTART")
    starts = _told(reading, line) if line is not None else None
    if first is None or starts is None:
        return
    zone = starts.zone or reading.usual
    lasts = None if first.ends_at is None else first.ends_at - first.starts_at
    skipped = {each.at(reading.usual) for each in _dates(reading, component, "EXDATE")}
    skipped_days = {each.local for each in _dates(reading, component, "EXDATE") if each.is_day}
    for local in _starts(reading, component, starts, zone):
        at = moment_at(local, zone)
        is_out = at in skipped or local.replace(hour=0, minute=0, second=0) in skipped_days
        if is_out or (component.text("UID"), at) in changed:
            continue
        yield replace(
            first,
            identity=_of_series(first.identity, at),
            starts_at=at,
            ends_at=None if lasts is None else _end_of(first, local, at, lasts, zone),
            is_series=True,
        )


def _end_of(
    first: Found, local: datetime, at: datetime, lasts: timedelta, zone: tzinfo
) -> datetime:
    """Whole days last whole days, also those on which the clocks change."""
    if first.all_day:
        return moment_at(local + timedelta(days=max(1, round(lasts / timedelta(days=1)))), zone)
    return at + lasts


def _starts(reading: _Reading, component: _Component, starts: Told, zone: tzinfo) -> list[datetime]:
    """When a series begins each time, on the clocks of its zone; from a little before now to the horizon."""
    today = reading.around.now.astimezone(zone).date()
    since, until = today - timedelta(days=31), today + HORIZON
    found = {starts.local}
    for line in component.lines.get("RRULE", [])[:4]:
        rule = parse_rule(line.value)
        if rule is None:
            reading.unreadable += 1
            continue
        days = days_of(rule, starts.local, zone, since, until, reading.budget)
        found |= {datetime.combine(day, starts.local.time()) for day in days}
    for each in _dates(reading, component, "RDATE"):
        local = (
            each.local if each.zone is None else each.at(zone).astimezone(zone).replace(tzinfo=None)
        )
        found.add(datetime.combine(local.date(), starts.local.time()) if each.is_day else local)
    return sorted(found)


def _dates(reading: _Reading, component: _Component, name: str) -> list[Told]:
    """Several dates in one property or in several; of a span only its beginning."""
    found = []
    for line in component.lines.get(name, []):
        for value in line.value.split(",", DATES_MAX)[:DATES_MAX]:
            told = _told(reading, _Line(value.partition("/")[0], line.params))
            if told is not None:
                found.append(told)
    return found


def _told(reading: _Reading, line: _Line) -> Told | None:
    """A time in the zone that is named beside it; in the usual one of the source when nobody knows that zone."""
    name = line.params.get("TZID", "")
    zone = reading.zones.get(name) or named_zone(name) if name else None
    return read_basic(line.value, zone)


def _of_series(identity: str, at: datetime) -> str:
    return f"{identity} {iso(at)}"


def _html(component: _Component) -> str:
    formatted = component.first("X-ALT-DESC")
    if formatted is not None and formatted.params.get("FMTTYPE", "").lower() == "text/html":
        return sanitise(formatted.text[:TEXT_MAX])
    return html_of(component.text("DESCRIPTION"))


def _place_of_gancio(place: Place | None, online: str | None) -> tuple[Place | None, str | None]:
    """Gancio writes a place and its address, or what is online and its address, with a dash between."""
    name, dash, rest = ((place.name if place else "") or "").partition(" - ")
    if place is None or not dash:
        return place, online
    if name == "online":
        return None, link_of(rest)
    return replace(place, name=name, street=rest), online


def _degrees(component: _Component) -> tuple[float, float] | None:
    parts = component.text("GEO").split(";")
    return degrees_of(*parts) if len(parts) == 2 else None


def _unescaped(text: str) -> str:
    return _Line(text, {}).text


def _count(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
