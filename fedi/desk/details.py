"""Wishes → place, event and aid details, each mistake as a Problem. Pure; every function also changes what there was."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from fedi.desk.moments import Typed, day_after, end_of_day, parse_typed
from fedi.desk.order import Notice, choice
from fedi.desk.wishes import AidWish, EventWish, PlaceWish
from fedi.errors import Invalid
from fedi.publications.aid.activitystreams import quantity_of
from fedi.publications.aid.model import UNITS, AidDetails, Purpose
from fedi.publications.contract import Problem
from fedi.publications.event.model import EventDetails
from fedi.publications.event.particulars import LINES, SPOKEN_MAX, WHEELCHAIR, languages_in
from fedi.publications.place import EXACT, PRECISIONS, Place, coarsened
from fedi.text.direction import clean_line
from fedi.vocab.read import href_of, number_of, zone_of

JOINS: Final = ("free", "restricted", "external", "none")
STATUSES: Final = ("confirmed", "tentative", "cancelled", "postponed")
CAPACITY_MAX: Final = 10_000_000
LINE_MAX: Final = 300


class Reading:
    """Collects what is wrong and what should be known while wishes are read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []

    def wrong(self, field: str, key: str, **values: Any) -> None:
        self.problems.append(Problem(field, key, values))

    def refused(self, refusal: Invalid) -> None:
        self.problems.append(Problem(refusal.field, refusal.message_key, refusal.values))

    def line(self, text: str, field: str, most: int = LINE_MAX) -> str | None:
        """One clean line; None when nothing is left of it."""
        if "\x00" in text:
            self.wrong(field, "desk.not_text")
            return None
        if len(text) > most:
            self.wrong(field, "desk.line_too_long", limit=most)
            return None
        return clean_line(text, most) or None


def read_place(reading: Reading, wish: PlaceWish, before: Place | None) -> Place | None:
    """The place with what was wished; None when nothing is known of it."""
    lines = {
        "name": wish.name,
        "street": wish.street,
        "postal_code": wish.postal_code,
        "locality": wish.city,
        "region": wish.region,
        "country": wish.country,
    }
    changes: dict[str, Any] = {
        field: reading.line(text, f"place_{field}")
        for field, text in lines.items()
        if text is not None
    }
    if wish.latitude is not None or wish.longitude is not None:
        changes |= _read_degrees(reading, wish)
    place = replace(before or Place(), **changes)
    area = reading.line(wish.area, "place_area") if wish.area else None
    if wish.precision and wish.precision not in PRECISIONS:
        reading.wrong(
            "precision", "desk.choice", value=wish.precision[:60], allowed=", ".join(PRECISIONS)
        )
    place = coarsened(place, wish.precision or EXACT, area)
    return None if place == Place(uri=place.uri) else place


def _read_degrees(reading: Reading, wish: PlaceWish) -> dict[str, float | None]:
    if not wish.latitude and not wish.longitude:
        return {"latitude": None, "longitude": None}
    found: dict[str, float | None] = {}
    for field, text, most in (
        ("latitude", wish.latitude, 90),
        ("longitude", wish.longitude, 180),
    ):
        degrees = number_of(text) if text else None
        if degrees is None or abs(degrees) > most:
            reading.wrong(field, "desk.degrees", most=most)
            degrees = None
        found[field] = degrees
    return found


def read_event(
    reading: Reading,
    wish: EventWish,
    place: Place | None,
    before: EventDetails | None,
    usual_zone: str,
) -> EventDetails:
    """The details of an event as wished. Where the start cannot be read, a stand-in that is never published."""
    zone_name = wish.zone or (before.timezone if before else None) or usual_zone
    zone = zone_of(zone_name)
    if zone is None:
        reading.wrong("zone", "event.timezone_unknown")
    details = before or EventDetails(starts_at=datetime(2000, 1, 1, tzinfo=UTC))
    if not details.display_end:
        details = replace(details, ends_at=None, display_end=True)
    details = replace(details, place=place, timezone=zone_name, offset_minutes=None)
    details = _read_times(reading, wish, details, zone or UTC, is_new=before is None)
    return replace(details, **_read_manner(reading, wish, details))


def _read_times(
    reading: Reading, wish: EventWish, details: EventDetails, zone: tzinfo, *, is_new: bool
) -> EventDetails:
    starts = _moment(reading, wish.starts, zone, "starts_at")
    ends = _moment(reading, wish.ends, zone, "ends_at")
    if (is_new and not wish.starts) or wish.starts == "":
        reading.wrong("starts_at", "desk.starts_missing")
    if starts is not None:
        moved = not is_new and starts.at != details.starts_at
        if not is_new and starts.is_day != details.all_day:
            details = replace(details, ends_at=None)
        details = replace(
            details,
            previous_starts_at=details.starts_at if moved else details.previous_starts_at,
            starts_at=starts.at,
            all_day=starts.is_day,
        )
    if wish.ends == "":
        return replace(details, ends_at=None)
    if ends is None:
        return details
    if ends.is_day != details.all_day and (starts is not None or not is_new):
        reading.wrong("ends_at", "desk.moments_mixed")
    ends_at = day_after(ends, zone) if ends.is_day else ends.at
    if ends.is_day and ends.at < details.starts_at:
        ends_at = ends.at
    return replace(details, ends_at=ends_at)


def _moment(reading: Reading, text: str | None, zone: tzinfo, field: str) -> Typed | None:
    if not text:
        return None
    try:
        typed = parse_typed(text, zone, field)
    except Invalid as refusal:
        reading.refused(refusal)
        return None
    if typed.was_repeated:
        reading.notices.append(
            Notice("desk.moment_repeated", {"text": text[:40], "zone": str(zone)}, field)
        )
    return typed


def _read_manner(reading: Reading, wish: EventWish, details: EventDetails) -> dict[str, Any]:
    """How to take part: address online, number of places, category, signing up, status."""
    changes: dict[str, Any] = {}
    for name, field, text in (
        ("online_url", "online_url", wish.online_url),
        ("external_url", "external_url", wish.join_url),
    ):
        if text is not None:
            changes[name] = _address(reading, text, field)
    online = changes.get("online_url", details.online_url)
    changes["is_online"] = _is_room(reading, wish, details, online)
    if wish.capacity is not None:
        if not 0 <= wish.capacity <= CAPACITY_MAX:
            reading.wrong("capacity", "desk.number_range", least=1, most=CAPACITY_MAX)
        changes["capacity"] = wish.capacity or None
    if wish.category is not None:
        category = reading.line(wish.category, "category", 60)
        changes["category"] = category.upper() if category and category.isascii() else category
    changes |= _read_particulars(reading, wish)
    for name, text, allowed in (("join_mode", wish.join, JOINS), ("status", wish.status, STATUSES)):
        if text:
            try:
                changes[name] = choice(text, allowed, name)
            except Invalid as refusal:
                reading.refused(refusal)
    if "external_url" in changes and changes["external_url"] and not wish.join:
        changes["join_mode"] = "external"
    return changes | _read_tour(wish, details)


def _read_tour(wish: EventWish, details: EventDetails) -> dict[str, Any]:
    """A page for many stops: people come to these. What has stops is one."""
    is_tour = details.is_tour if wish.is_tour is None else wish.is_tour
    if not (is_tour or any(each.is_stop for each in details.parts)):
        return {"is_tour": False}
    return {"is_tour": True, "join_mode": "none", "external_url": None}


def _is_room(reading: Reading, wish: EventWish, details: EventDetails, online: str | None) -> bool:
    """Whether one takes part at the address online: always where there is no place."""
    had_room = details.is_online and details.place is not None
    has_room = had_room if wish.has_room is None else wish.has_room
    if wish.has_room and online is None:
        reading.wrong("online_url", "event.online_url_missing")
    return online is not None and (details.place is None or has_room)


def _read_particulars(reading: Reading, wish: EventWish) -> dict[str, Any]:
    """What people ask before they come."""
    changes: dict[str, Any] = {
        name: reading.line(text, name) if text else None
        for name in LINES
        if (text := getattr(wish, name)) is not None
    }
    if wish.spoken is not None:
        good, bad = languages_in(wish.spoken[:1000])
        for each in bad[:1]:
            reading.wrong("spoken", "desk.language_form", language=each)
        if len(good) > SPOKEN_MAX:
            reading.wrong("spoken", "desk.languages_many", limit=SPOKEN_MAX)
        changes["spoken"] = good
    if wish.wheelchair is not None:
        if wish.wheelchair and wish.wheelchair not in WHEELCHAIR:
            allowed = ", ".join(str(each) for each in WHEELCHAIR)
            reading.wrong("wheelchair", "desk.choice", value=wish.wheelchair[:60], allowed=allowed)
        changes["wheelchair"] = WHEELCHAIR.get(wish.wheelchair)
    return changes


def _address(reading: Reading, text: str, field: str) -> str | None:
    if not text:
        return None
    href = href_of(text)
    if href is None:
        reading.wrong(field, "error.address")
    return href


def read_aid(
    reading: Reading,
    wish: AidWish,
    place: Place | None,
    before: AidDetails | None,
    purpose: Purpose,
    usual_zone: str,
) -> AidDetails:
    """What is asked for or offered, as wished."""
    zone_name = wish.zone or usual_zone
    zone = zone_of(zone_name)
    if zone is None:
        reading.wrong("zone", "event.timezone_unknown")
    changes: dict[str, Any] = {"place": place}
    for name in ("quantity", "minimum"):
        text = getattr(wish, name)
        if text is not None:
            changes[name] = (quantity_of(text) or text[:40]) if text else None
    if wish.what is not None:
        changes["what"] = reading.line(wish.what, "what") if wish.what else None
    if wish.unit:
        try:
            changes["unit"] = choice(wish.unit, UNITS, "unit")
        except Invalid as refusal:
            reading.refused(refusal)
    if wish.until is not None:
        until = _moment(reading, wish.until, zone or UTC, "until")
        changes["until"] = end_of_day(until, zone or UTC) if until else None
    if wish.event is not None:
        changes["event_uri"] = wish.event or None
    return replace(before or AidDetails(purpose=purpose), **changes)
