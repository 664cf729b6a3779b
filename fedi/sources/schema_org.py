"""Events as schema.org has them (JSON-LD, or microdata in the same shape) → what we keep of them. Pure; nothing raises."""

import html as entities
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fedi.clock import iso
from fedi.publications.event.model import Status
from fedi.publications.place import Place
from fedi.sources.model import LENGTH_MAX, TEXT_MAX, Around, Found, Parsed, chosen
from fedi.sources.pages import Page, is_event
from fedi.sources.texts import degrees_of, html_of, link_of, place_of, tags_of, title_of
from fedi.sources.times import Told, moment_at, read_extended
from fedi.text.direction import clean_line
from fedi.text.html import text_of
from fedi.vocab.read import language_tag, zone_of

_STATUS: Final[dict[str, Status]] = {
    "EventCancelled": "cancelled",
    "EventPostponed": "postponed",
}
_ADDRESS: Final = {
    "street": "streetAddress",
    "postal_code": "postalCode",
    "locality": "addressLocality",
    "region": "addressRegion",
    "country": "addressCountry",
}


def parse_page(page: Page, around: Around) -> Parsed:
    """The events of a page. Several that name the same address are told apart by when they begin."""
    items = [each for each in page.items if is_event(each)]
    read = [_read(each, page, around) for each in items]
    found = [each for each in read if each is not None]
    names = [each.identity for each in found]
    told_apart = [
        each
        if names.count(each.identity) == 1
        else _renamed(each)
        for each in found[:1000]
    ]  # fmt: skip
    taken, left = chosen(told_apart, around.now)
    return Parsed(
        "page",
        taken,
        page.name,
        len(items) - len(found),
        left,
        link_of(page.calendar, around.address),
    )


def _renamed(found: Found) -> Found:
    return replace(found, identity=f"{found.identity} {iso(found.starts_at)} {found.title}")


def _read(item: Mapping[str, Any], page: Page, around: Around) -> Found | None:
    title = title_of(_plain(_one(item.get("name"))))
    starts = read_extended(_one(item.get("startDate")))
    if not title or starts is None:
        return None
    usual = zone_of(around.zone) or UTC
    at = starts.at(usual)
    place, online = _where(item, around.address)
    address = (
        link_of(_one(item.get("url")), around.address)
        or link_of(_one(item.get("@id")), around.address)
        or around.address
        or None
    )
    return Found(
        identity=address or f"{title} {iso(at)}",
        title=title,
        starts_at=at,
        ends_at=_end(item, starts, at, around),
        all_day=starts.is_day,
        timezone=around.zone,
        html=html_of(_markup(_one(item.get("description")))),
        place=place,
        url=address,
        online_url=online,
        status=_STATUS.get(_name(item.get("eventStatus")), "confirmed"),
        tags=tags_of(_keywords(item.get("keywords"))),
        language=language_tag(_language(item.get("inLanguage")) or page.language) or "",
    )


def _end(item: Mapping[str, Any], starts: Told, at: datetime, around: Around) -> datetime | None:
    """The end; of whole days the midnight after the last, which pages name itself."""
    usual = zone_of(around.zone) or UTC
    ends = read_extended(_one(item.get("endDate")))
    if starts.is_day:
        last = ends.local.date() if ends is not None else starts.local.date()
        last = max(last, starts.local.date())
        end = moment_at(datetime.combine(last, datetime.min.time()) + timedelta(days=1), usual)
    elif ends is None or ends.is_day:
        return None
    else:
        end = ends.at(starts.zone or usual)
    return end if at < end <= at + LENGTH_MAX else None


def _where(item: Mapping[str, Any], base: str) -> tuple[Place | None, str | None]:
    """The place and the address online, as far as either is said."""
    place: Place | None = None
    online: str | None = None
    for each in _all(item.get("location"))[:8]:
        if isinstance(each, str):
            found, link = place_of(_plain(each))
            place, online = place or found, online or link
        elif isinstance(each, Mapping) and _name(each.get("@type")) == "VirtualLocation":
            online = online or link_of(_one(each.get("url")), base)
        elif isinstance(each, Mapping):
            place = place or _place(each)
    return place, online


def _place(value: Mapping[str, Any]) -> Place | None:
    geo = _one(value.get("geo"))
    source = geo if isinstance(geo, Mapping) else value
    degrees = degrees_of(_one(source.get("latitude")), _one(source.get("longitude")))
    latitude, longitude = degrees or (None, None)
    address = _one(value.get("address"))
    parts: dict[str, str | None] = {}
    if isinstance(address, Mapping):
        parts = {field: _line(address.get(term)) for field, term in _ADDRESS.items()}
    elif address:
        parts = {"street": _line(address)}
    place = Place(name=_line(value.get("name")), latitude=latitude, longitude=longitude, **parts)
    return None if place == Place() else place


def _line(value: object) -> str | None:
    value = _one(value)
    if isinstance(value, Mapping):
        value = _one(value.get("name"))
    return clean_line(_plain(value), 300) or None


def _plain(value: object) -> str:
    """Words that may come as HTML, out of microdata always."""
    text = value if isinstance(value, str) else ""
    return text_of(text[:20_000]) if "<" in text or "&" in text else text


def _markup(value: object) -> str:
    """A description: some write HTML, some write it escaped, microdata is always escaped where it is no tag."""
    text = value[:TEXT_MAX] if isinstance(value, str) else ""
    return text if "<" in text else entities.unescape(text)


def _language(value: object) -> str:
    value = _one(value)
    if isinstance(value, Mapping):
        value = _one(value.get("alternateName")) or _one(value.get("name"))
    return value if isinstance(value, str) else ""


def _keywords(value: object) -> list[str]:
    found: list[str] = []
    for each in _all(value)[:50]:
        if isinstance(each, Mapping):
            each = _one(each.get("name"))
        if isinstance(each, str):
            found += [_plain(part) for part in each.split(",")[:50]]
    return found


def _name(value: object) -> str:
    """The bare name of a type or of a value of an enumeration."""
    value = _one(value)
    return value.rpartition("/")[2].rpartition(":")[2] if isinstance(value, str) else ""


def _one(value: object) -> Any:
    """The first of several; of an expanded value what it holds."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value["@value"] if isinstance(value, Mapping) and "@value" in value else value


def _all(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
