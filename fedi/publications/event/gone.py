"""Events that were withdrawn, as long as calendars have to be told: when they were, and nothing they said. Owner of `event_gone`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.publications.event.keys import keys_of
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.unit import Unit

# The days of an event, so that calendars strike out the right ones; of its place what a filter by distance needs, to ten
# kilometres.
_DEGREES: Final = 1
_COLUMNS: Final = "uri, author_uri, is_ours, version, details, keys, gone_at"
_details = msgspec.json.Decoder(EventDetails)
_keys = msgspec.json.Decoder(tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Gone:
    """`version` is higher than any the event had. `keys` are those of agendas (`event.keys`)."""

    uri: str
    author_uri: str
    is_ours: bool
    version: int
    details: EventDetails
    keys: tuple[str, ...]
    gone_at: datetime


def note(unit: Unit, publication: Publication, version: int, *, is_ours: bool) -> None:
    """This event, which stood in agendas with that version, is being withdrawn."""
    details, place = publication.event, publication.event.place
    near = None
    if place is not None and place.latitude is not None and place.longitude is not None:
        near = Place(
            latitude=round(place.latitude, _DEGREES), longitude=round(place.longitude, _DEGREES)
        )
    days = EventDetails(
        starts_at=details.starts_at,
        ends_at=details.ends_at,
        timezone=details.timezone,
        offset_minutes=details.offset_minutes,
        all_day=details.all_day,
        place=near,
        status="cancelled",
    )
    unit.tx.run(
        "INSERT INTO event_gone (uri, author_uri, is_ours, ends_at, version, details, keys, gone_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uri) DO NOTHING",
        publication.uri,
        publication.author,
        is_ours,
        to_ms(details.over_at),
        version + 1,
        msgspec.json.encode(days).decode(),
        msgspec.json.encode(keys_of(publication)).decode(),
        # calendars show it, so it is told no finer than other times
        to_ms(unit.told),
    )


def list_gone(
    rx: Reader, since: datetime, most: int, after: tuple[int, str] = (0, "")
) -> tuple[Sequence[Gone], tuple[int, str] | None]:
    """Those that would have ended at this moment or later, the earliest first; and where the next ones begin, when there may be more."""
    rows = rx.all(
        f"SELECT {_COLUMNS}, ends_at FROM event_gone WHERE ends_at >= ? AND (ends_at, uri) > (?, ?) ORDER BY ends_at, uri LIMIT ?",
        to_ms(since),
        *after,
        most,
    )
    more = (int(rows[-1][7]), str(rows[-1][0])) if len(rows) == most else None
    return [_gone_of(row) for row in rows], more


def list_told(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str]]:
    """Those withdrawn before a moment: when, and which."""
    rows = rx.all(
        "SELECT gone_at, uri FROM event_gone WHERE gone_at < ? AND (gone_at, uri) > (?, ?) "
        "ORDER BY gone_at, uri LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), row[1]) for row in rows]


def forget_told(unit: Unit, before: datetime, uris: Sequence[str]) -> int:
    """Say no more of those of these that were withdrawn before a moment; how many."""
    return sum(
        unit.tx.run("DELETE FROM event_gone WHERE uri = ? AND gone_at < ?", uri, to_ms(before))
        for uri in uris
    )


def _gone_of(row: Row) -> Gone:
    return Gone(
        uri=row[0],
        author_uri=row[1],
        is_ours=bool(row[2]),
        version=int(row[3]),
        details=_details.decode(row[4]),
        keys=_keys.decode(row[5]),
        gone_at=from_ms(row[6]),
    )
