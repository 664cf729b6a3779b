"""A place as publications carry it ⇄ AS2 `Place` with a schema.org address. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from fedi.text.direction import clean_line
from fedi.vocab.read import id_of, number_of, text_of, type_of

LINE_MAX: Final = 500
NAMELESS: Final = "–"
# How exactly a place is told, from the finest to the coarsest.
EXACT: Final = "exact"
PRECISIONS: Final = (EXACT, "street", "neighbourhood", "city")
_HOUSE_NUMBER: Final = re.compile(
    r"(?:(?<=\s)|^)[,،]?\s*(?:n\.?[°ºo]\.?\s*|رقم\s*|#)?\d+(?:\s*[-/–]\s*\d+)*\s?(?:bis|ter|quater|[^\W\d_])?(?=[\s,،.;]|$)[,،]?",
    re.IGNORECASE,
)
_ADDRESS: Final = {
    "street": "streetAddress",
    "postal_code": "postalCode",
    "locality": "addressLocality",
    "region": "addressRegion",
    "country": "addressCountry",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is. Degrees are WGS 84; `uri` only when the place is an object of its own."""

    name: str | None = None
    street: str | None = None
    postal_code: str | None = None
    locality: str | None = None
    region: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    uri: str | None = None

    @property
    def address_lines(self) -> tuple[str, ...]:
        """Street, postal code with locality, region, country: what is known, in this order."""
        town = " ".join(part for part in (self.postal_code, self.locality) if part)
        return tuple(part for part in (self.street, town, self.region, self.country) if part)

    @property
    def label(self) -> str:
        """Name and locality, for one line."""
        return self.labelled(", ")

    def labelled(self, comma: str) -> str:
        """The same with the comma of another script; without either of the two, the address."""
        parts = [part for part in (self.name, self.locality) if part]
        return comma.join(dict.fromkeys(parts or self.address_lines))


def coarsened(place: Place, precision: str, area: str | None = None) -> Place:
    """The place with nothing finer than `precision`; an unknown one counts as the coarsest. `area`: the neighbourhood.

    A name is as exact as an address, and so is a position: both stay only where the place is told exactly. A street loses
    its numbers.
    """
    if precision == EXACT:
        street = ", ".join(part for part in (place.street, area) if part) or None
        return replace(place, street=street)
    coarse = replace(place, name=None, street=None, latitude=None, longitude=None, uri=None)
    if precision == "street":
        street = _HOUSE_NUMBER.sub(" ", place.street or "")
        street = " ".join(street.split()).strip(" ,،")
        return replace(coarse, street=", ".join(part for part in (street, area) if part) or None)
    if precision == "neighbourhood":
        return replace(coarse, name=area)
    return replace(coarse, postal_code=None)


def parse_place(value: object) -> Place | None:
    """Reads a `Place` object or a bare text; None when nothing of use is in it.

    The address may be a `PostalAddress` or one string (Gancio); coordinates may be strings (Friendica).
    """
    if isinstance(value, str):
        name = line_of(value)
        return Place(name=name) if name else None
    if not isinstance(value, dict):
        return None
    latitude, longitude = _coordinates(value)
    place = Place(
        latitude=latitude,
        longitude=longitude,
        uri=id_of(value),
        **_address(value.get("address")),
    )
    name = line_of(value.get("name")) or line_of(value.get("content"))
    if name not in (None, _stand_in(place)):
        place = replace(place, name=name)
    empty = all(
        getattr(place, field.name) is None for field in fields(place) if field.name != "uri"
    )
    return None if empty else place


def build_place(place: Place) -> dict[str, Any]:
    """One `Place` object, without nulls; coordinates are floats, which Mobilizon insists on (wire.md 5.2)."""
    document: dict[str, Any] = {"type": "Place"}
    if place.uri is not None:
        document["id"] = place.uri
    document["name"] = place.name or _stand_in(place)
    address = {
        term: getattr(place, field)
        for field, term in _ADDRESS.items()
        if getattr(place, field) is not None
    }
    if address:
        document["address"] = {"type": "PostalAddress", **address}
    if place.latitude is not None and place.longitude is not None:
        document["latitude"] = float(place.latitude)
        document["longitude"] = float(place.longitude)
    return document


def line_of(value: object, length_max: int = LINE_MAX) -> str | None:
    """One clean line of plain text, or None."""
    text = text_of(value)
    return (clean_line(text, length_max) or None) if text is not None else None


def _stand_in(place: Place) -> str:
    """What is sent as name when there is none, because Gancio takes no place without (wire.md 5.2)."""
    return ", ".join(place.address_lines) or NAMELESS


def _address(value: object) -> dict[str, str | None]:
    if isinstance(value, dict):
        if type_of(value) == "VirtualLocation":
            return {}
        return {field: line_of(_name_or_text(value.get(term))) for field, term in _ADDRESS.items()}
    street = line_of(value)
    return {"street": street} if street else {}


def _name_or_text(value: object) -> object:
    # schema.org lets a country be an object with a name
    return value.get("name") if isinstance(value, dict) else value


def _coordinates(value: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Both or neither, within range."""
    geo = value.get("geo")
    source = geo if isinstance(geo, dict) else value
    latitude, longitude = number_of(source.get("latitude")), number_of(source.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None, None
    return latitude, longitude
