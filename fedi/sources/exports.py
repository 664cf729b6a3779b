"""What Gancio (`/feed/json`, `/api/events`) and Mobilizon (answers of its GraphQL API) write as JSON → events. Pure.

Seen in lesion/gancio `server/api/controller/export.js` and in the schema of framasoft/mobilizon; both also write calendars.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from fedi.canonical import host_of, origin_of
from fedi.clock import iso
from fedi.errors import Invalid
from fedi.publications.event.model import Status
from fedi.publications.place import Place
from fedi.sources.model import LENGTH_MAX, Around, Found, Parsed, chosen
from fedi.sources.texts import degrees_of, html_of, link_of, place_of, tags_of, title_of
from fedi.sources.times import named_zone, read_extended
from fedi.text.direction import clean_line
from fedi.vocab.read import zone_of

NODES_MAX: Final = 20_000
_SECONDS_MAX: Final = 7_258_118_400
_STATUS: Final[dict[str, Status]] = {"TENTATIVE": "tentative", "CANCELLED": "cancelled"}


def is_json(text: str) -> bool:
    """Whether it may be JSON at all."""
    return text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{")


def parse_export(text: str, around: Around) -> Parsed:
    """The events of an export. Raises Invalid for JSON of another kind."""
    try:
        whole = msgspec.json.decode(text.lstrip("\ufeff"))
    except (msgspec.DecodeError, RecursionError) as problem:
        raise Invalid("sources.unreadable", field="address") from problem
    objects = list(_objects(whole))
    gancio = [each for each in objects if "start_datetime" in each and "title" in each]
    mobilizon = [each for each in objects if "beginsOn" in each and "title" in each]
    if not gancio and not mobilizon:
        # an empty list is how both say that nothing is coming
        if whole == []:
            return Parsed("gancio", ())
        raise Invalid("sources.unreadable", field="address")
    read = [_of_gancio(each, around) for each in gancio]
    read += [_of_mobilizon(each, around) for each in mobilizon]
    found = [each for each in read if each is not None]
    taken, left = chosen(found, around.now)
    return Parsed("gancio" if gancio else "mobilizon", taken, "", len(read) - len(found), left)


def _objects(whole: Any) -> Iterator[dict[str, Any]]:
    waiting = [whole]
    for _ in range(NODES_MAX):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            if "title" not in node:
                waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _of_gancio(item: Mapping[str, Any], around: Around) -> Found | None:
    """Times are seconds; what is online has a place of that name. Known under the same name as in Gancio's calendar."""
    title, starts_at = title_of(item.get("title")), _from_seconds(item.get("start_datetime"))
    if not title or starts_at is None:
        return None
    number, slug = item.get("id"), item.get("slug") or item.get("id")
    base = origin_of(around.address) if around.address else ""
    place, online = _place_of_gancio(item)
    ends_at = _from_seconds(item.get("end_datetime"))
    tags = [each.get("tag") if isinstance(each, dict) else each for each in _list(item.get("tags"))]
    return Found(
        identity=f"{number}@{host_of(base)}" if base and isinstance(number, int) else f"{slug} {iso(starts_at)}",
        title=title,
        starts_at=starts_at,
        ends_at=_believed(starts_at, ends_at),
        timezone=around.zone,
        html=html_of(_text(item.get("description"))),
        place=place,
        url=link_of(f"/event/{slug}", base) if base and slug else None,
        online_url=online,
        tags=tags_of([each for each in tags if isinstance(each, str)]),
    )  # fmt: skip


def _place_of_gancio(item: Mapping[str, Any]) -> tuple[Place | None, str | None]:
    online = next((link for each in _list(item.get("online_locations")) if (link := link_of(each))), None)  # fmt: skip
    value = item.get("place")
    if not isinstance(value, dict) or value.get("name") == "online":
        return None, online
    degrees = degrees_of(value.get("latitude"), value.get("longitude"))
    place, _ = place_of(_text(value.get("name")), degrees)
    if place is None:
        return None, online
    street = clean_line(_text(value.get("address")), 300) or None
    return Place(place.name, street, latitude=place.latitude, longitude=place.longitude), online


def _of_mobilizon(item: Mapping[str, Any], around: Around) -> Found | None:
    title, starts = title_of(item.get("title")), read_extended(item.get("beginsOn"))
    if not title or starts is None:
        return None
    options = item.get("options")
    named = options.get("timezone") if isinstance(options, dict) else None
    zone = named if isinstance(named, str) and named_zone(named) else around.zone
    starts_at = starts.at(zone_of(zone) or UTC)
    ends = read_extended(item.get("endsOn"))
    url = link_of(item.get("url"), around.address)
    tags = [each.get("title") for each in _list(item.get("tags")) if isinstance(each, dict)]
    return Found(
        identity=clean_line(_text(item.get("uuid")), 200) or url or f"{title} {iso(starts_at)}",
        title=title,
        starts_at=starts_at,
        ends_at=_believed(starts_at, ends.at(zone_of(zone) or UTC) if ends else None),
        timezone=zone,
        html=html_of(_text(item.get("description"))),
        place=_place_of_mobilizon(item.get("physicalAddress")),
        url=url,
        online_url=link_of(item.get("onlineAddress")),
        status=_STATUS.get(_text(item.get("status")).upper(), "confirmed"),
        tags=tags_of([each for each in tags if isinstance(each, str)]),
    )


def _place_of_mobilizon(value: object) -> Place | None:
    if not isinstance(value, dict):
        return None
    east, _, north = _text(value.get("geom")).partition(";")
    degrees = degrees_of(north, east)
    latitude, longitude = degrees or (None, None)

    def line(name: str) -> str | None:
        return clean_line(_text(value.get(name)), 300) or None

    place = Place(
        name=line("description"),
        street=line("street"),
        postal_code=line("postalCode"),
        locality=line("locality"),
        region=line("region"),
        country=line("country"),
        latitude=latitude,
        longitude=longitude,
    )
    return None if place == Place() else place


def _from_seconds(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    # some of its versions counted milliseconds
    seconds = value // 1000 if value > _SECONDS_MAX else value
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _SECONDS_MAX else None


def _believed(starts_at: datetime, ends_at: datetime | None) -> datetime | None:
    if ends_at is None or not starts_at + timedelta() < ends_at <= starts_at + LENGTH_MAX:
        return None
    return ends_at


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value[:100] if isinstance(value, list) else []
