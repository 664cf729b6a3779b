"""Events by when they begin: ours, those of whom our collectives follow, those they passed on, those that hashtags brought;
filtered, page by page.

Every event stands under the words it may be looked for (`fedi/publications/event/keys.py`), so a page costs the same however
much is stored. What lasts longer than eight days and began before is not in that order; it comes first, once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

from actors import blocks
from actors.model import Actor
from fedi.canonical import host_of
from fedi.clock import to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.errors import Invalid
from fedi.publications.event.keys import EVERYTHING, by_page
from fedi.publications.visibility import may_read_here
from fedi.sources.mirror import is_mirror
from fedi.views.listed import (
    FOLLOWED_HERE,
    LISTED_COLUMNS,
    TAGGED_HERE,
    Listed,
    listed_of,
    page_of,
    without_blocked,
)
from fedi.views.paging import PAGE_SIZE, Cursor, Page

KEYS_MAX: Final = 9
LONG_MAX: Final = 20
KM_MAX: Final = 500
_DAY_MS: Final = 86_400_000
_SHORT_MS: Final = 8 * _DAY_MS
_EVER: Final = 2**62
_EARTH_KM: Final = 6371.0
# However much has to be left out, one page does not read on for ever.
_ROUNDS_MAX: Final = 6
# So many are read where some had to be left out, and so many that last long: who is not shown takes no place from the others.
_AT_ONCE: Final = 40
_LONG_READ_MAX: Final = 6 * LONG_MAX

_OURS: Final = (
    f"SELECT {LISTED_COLUMNS} FROM event e JOIN publication p ON p.id = e.publication_id "
    "WHERE e.is_listed AND p.visibility = 'public' AND NOT p.is_held"
)
_PASSED_ON: Final = (
    "EXISTS (SELECT 1 FROM reaction r JOIN actor b ON b.uri = r.actor_uri AND b.role = 'collective' "
    "WHERE r.object_uri = p.uri AND r.kind = 'announce')"
)
# What a collective shows from a calendar or a page of somebody else.
_MIRRORED: Final = "EXISTS (SELECT 1 FROM source_event m WHERE m.publication_id = p.id)"
_SHOWN: Final = (
    "e.is_listed AND p.visibility = 'public' AND NOT p.is_held "
    f"AND (p.is_local OR (COALESCE(p.indexable, TRUE) AND ({FOLLOWED_HERE} OR {_PASSED_ON} OR {TAGGED_HERE})) OR {_MIRRORED})"
)
# Ours, or of somebody whom one of ours follows: nobody else stands in their place.
_CHOSEN: Final = f"(p.is_local OR {FOLLOWED_HERE})"
# What a collective has in front of it, what relays brought, what its neighbours under this roof say to everybody.
_BEFORE: Final = (
    "NOT p.is_held AND (p.author_uri = ? OR (p.is_local AND p.visibility = 'public') "
    "OR EXISTS (SELECT 1 FROM timeline_entry t WHERE t.actor_uri = ? AND t.publication_id = p.id) "
    f"OR EXISTS (SELECT 1 FROM relayed d WHERE d.publication_id = p.id) OR {_MIRRORED})"
)
_HAS: Final = (
    "AND (? = '' OR EXISTS (SELECT 1 FROM agenda_key x WHERE x.key = ? AND x.starts_at = e.starts_at "
    "AND x.publication_id = e.publication_id)) "
)
_HAS_ALL: Final = _HAS * KEYS_MAX
_NEAR: Final = "AND (? = 0 OR (e.latitude BETWEEN ? AND ? AND e.longitude BETWEEN ? AND ?)) "
_COLUMNS: Final = f"{LISTED_COLUMNS}, e.starts_at"
# In this order, which the index is made for; PostgreSQL chooses its own.
_ALONG: Final = (
    "FROM agenda_key k CROSS JOIN event e CROSS JOIN publication p "
    "WHERE e.publication_id = k.publication_id AND p.id = k.publication_id AND k.key = ?"
)
_ONWARD: Final = (
    "AND (k.starts_at, k.publication_id) > (?, ?) AND k.starts_at < ? AND e.ends_at >= ? "
    "ORDER BY k.starts_at, k.publication_id LIMIT ?"
)
_BACKWARD: Final = (
    "AND (k.starts_at, k.publication_id) < (?, ?) AND k.starts_at >= ? AND e.ends_at < ? "
    "ORDER BY k.starts_at DESC, k.publication_id DESC LIMIT ?"
)
_LONG: Final = (
    "FROM event e CROSS JOIN publication p WHERE p.id = e.publication_id "
    "AND e.ends_at - e.starts_at > 691200000 AND e.ends_at >= ? AND e.starts_at < ?"
)
_LONG_ORDER: Final = "ORDER BY e.ends_at, e.publication_id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within some kilometres of a point (WGS 84 degrees)."""

    latitude: float
    longitude: float
    km: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The smallest degrees around it: south, north, west, east; all the way round near a pole or the date line."""
        high = self.km / _EARTH_KM * 57.2958
        south, north = self.latitude - high, self.latitude + high
        narrow = (
            cos(radians(max(abs(south), abs(north)))) if max(abs(south), abs(north)) < 89 else 0
        )
        wide = high / narrow if narrow else 360.0
        west, east = self.longitude - wide, self.longitude + wide
        if west < -180 or east > 180:
            west, east = -180.0, 180.0
        return south, north, west, east

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a point lies within."""
        return self.distance_km(latitude, longitude) <= self.km

    def distance_km(self, latitude: float, longitude: float) -> float:
        """How far a point is from the middle, along the great circle."""
        north, east = radians(latitude - self.latitude), radians(longitude - self.longitude)
        across = cos(radians(self.latitude)) * cos(radians(latitude))
        chord = sin(north / 2) ** 2 + across * sin(east / 2) ** 2
        return 2 * _EARTH_KM * asin(min(1.0, sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: those that end at `since_ms` or later and begin before `until_ms`; with `past`, those that began at
    `since_ms` or later and were over before `until_ms`, the latest first. `keys`: all of them, of `event.keys`.
    """

    since_ms: int
    until_ms: int = _EVER
    keys: tuple[str, ...] = ()
    near: Circle | None = None
    past: bool = False


def look_agenda(
    rx: Reader,
    wanted: Wanted,
    after: Cursor | None = None,
    most: int = PAGE_SIZE,
) -> Page[Listed]:
    """A page of what anybody may see here."""

    def fit(listed: Sequence[Listed]) -> list[Listed]:
        return _without_mirrors(rx, without_blocked(rx, listed))

    def some(at: Cursor, count: int) -> Sequence[Row]:
        first, values = _first(wanted), _filters(wanted)
        if wanted.past:
            return rx.all(
                f"SELECT {_COLUMNS} {_ALONG} AND {_SHOWN} {_HAS_ALL} {_NEAR} {_BACKWARD}",
                *(first, *values, at.at, at.row_id, wanted.since_ms, wanted.until_ms),
                count,
            )
        return rx.all(
            f"SELECT {_COLUMNS} {_ALONG} AND {_SHOWN} {_HAS_ALL} {_NEAR} {_ONWARD}",
            *(first, *values, at.at, at.row_id, wanted.until_ms, wanted.since_ms),
            count,
        )

    def long() -> Sequence[Row]:
        return rx.all(
            f"SELECT {_COLUMNS} {_LONG} AND {_SHOWN} {_HAS_ALL} {_NEAR} {_LONG_ORDER}",
            *(wanted.since_ms, _edge(wanted), *_filters(wanted), _LONG_READ_MAX),
        )

    return _walk(rx, wanted, after, most, some=some, long=long, fit=fit)


def look_house_agenda(
    rx: Reader, reader: Actor, wanted: Wanted, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """A page of what the members of a collective may read: merged from all it follows, what relays brought, its own."""

    def fit(listed: Sequence[Listed]) -> list[Listed]:
        readable = [each for each in listed if may_read_here(rx, reader, each.publication)]
        return _without_mirrors(rx, readable, reader)

    def some(at: Cursor, count: int) -> Sequence[Row]:
        first, values = _first(wanted), _filters(wanted)
        if wanted.past:
            return rx.all(
                f"SELECT {_COLUMNS} {_ALONG} AND {_BEFORE} {_HAS_ALL} {_NEAR} {_BACKWARD}",
                *(first, reader.uri, reader.uri, *values),
                *(at.at, at.row_id, wanted.since_ms, wanted.until_ms, count),
            )
        return rx.all(
            f"SELECT {_COLUMNS} {_ALONG} AND {_BEFORE} {_HAS_ALL} {_NEAR} {_ONWARD}",
            *(first, reader.uri, reader.uri, *values),
            *(at.at, at.row_id, wanted.until_ms, wanted.since_ms, count),
        )

    def long() -> Sequence[Row]:
        return rx.all(
            f"SELECT {_COLUMNS} {_LONG} AND {_BEFORE} {_HAS_ALL} {_NEAR} {_LONG_ORDER}",
            *(
                wanted.since_ms,
                _edge(wanted),
                reader.uri,
                reader.uri,
                *_filters(wanted),
                _LONG_READ_MAX,
            ),
        )

    return _walk(rx, wanted, after, most, some=some, long=long, fit=fit)


def list_coming(
    rx: Reader, now_ms: int, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """Our events that end now or later, by when they end."""
    at = after if after is not None and after.at >= now_ms else Cursor(now_ms, 0)
    rows = rx.all(
        f"{_OURS} AND p.is_local AND (e.ends_at, e.publication_id) > (?, ?) "
        "ORDER BY e.ends_at, e.publication_id LIMIT ?",
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, _by_end)


def list_coming_by(rx: Reader, author_uri: str, now_ms: int, most: int) -> Sequence[Listed]:
    """The next events of one collective, by when they end."""
    rows = rx.all(
        f"{_OURS} AND p.author_uri = ? AND e.ends_at >= ? ORDER BY e.ends_at, e.publication_id LIMIT ?",
        author_uri,
        now_ms,
        most,
    )
    return page_of(rx, rows, most, _by_end).items


def list_coming_elsewhere(rx: Reader, now_ms: int, most: int) -> list[Listed]:
    """The next events of those whom our collectives follow, and that hashtags brought, by when they end."""
    found: list[Listed] = []
    at, count = Cursor(now_ms, -1), most
    for _ in range(_ROUNDS_MAX):
        rows = rx.all(
            f"{_OURS} AND (e.ends_at, e.publication_id) > (?, ?) AND NOT p.is_local "
            f"AND ({FOLLOWED_HERE} OR (COALESCE(p.indexable, TRUE) AND {TAGGED_HERE})) "
            "ORDER BY e.ends_at, e.publication_id LIMIT ?",
            at.at,
            at.row_id,
            count + 1,
        )
        page = page_of(rx, rows, count, _by_end)
        found += without_blocked(rx, page.items)
        if len(found) >= most or page.next is None:
            break
        at, count = page.next, _AT_ONCE
    return found[:most]


def _walk(
    rx: Reader,
    wanted: Wanted,
    after: Cursor | None,
    most: int,
    *,
    some: Callable[[Cursor, int], Sequence[Row]],
    long: Callable[[], Sequence[Row]],
    fit: Callable[[Sequence[Listed]], list[Listed]],
) -> Page[Listed]:
    def fitting(rows: Sequence[Row]) -> dict[int, Listed]:
        return {
            each.row_id: each for each in fit(listed_of(rx, rows)) if _is_near(wanted.near, each)
        }

    found: list[Listed] = []
    if after is None and not wanted.past:
        found = sorted(
            list(fitting(long()).values())[:LONG_MAX],
            key=lambda each: (each.publication.event.starts_at, each.row_id),
        )
    most += len(found)
    begin = Cursor(wanted.until_ms, 0) if wanted.past else Cursor(_edge(wanted), 0)
    # A cursor from somewhere else never leads out of what is wanted.
    is_inside = after is not None and (after.at < begin.at if wanted.past else after.at >= begin.at)
    at = after if after is not None and is_inside else begin
    for _ in range(_ROUNDS_MAX):
        rows = some(at, most + 1)
        shown = fitting(rows)
        for row in rows:
            if len(found) == most:
                return Page(found, at)
            row_id = int(row[-4])
            if row_id in shown:
                found.append(shown[row_id])
            at = Cursor(row[-1], row_id)
        if len(rows) <= most:
            return Page(found)
    return Page(found, at)


def _edge(wanted: Wanted) -> int:
    """What began before this moment and is not over lasts long."""
    return wanted.since_ms - _SHORT_MS


def _first(wanted: Wanted) -> str:
    return wanted.keys[0] if wanted.keys else EVERYTHING


def _filters(wanted: Wanted) -> tuple[object, ...]:
    if len(wanted.keys) > KEYS_MAX:
        raise Invalid("agenda.problem.words", field="place")
    keys = [*wanted.keys, *[""] * (KEYS_MAX - len(wanted.keys))]
    box = (0, 0.0, 0.0, 0.0, 0.0) if wanted.near is None else (1, *wanted.near.box)
    return (*(each for key in keys for each in (key, key)), *box)


def _is_near(circle: Circle | None, listed: Listed) -> bool:
    if circle is None:
        return True
    place = listed.publication.event.place
    if place is None or place.latitude is None or place.longitude is None:
        return False
    return circle.holds(place.latitude, place.longitude)


def _without_mirrors(
    rx: Reader, listed: Sequence[Listed], reader: Actor | None = None
) -> list[Listed]:
    """Of several that lead to one page and begin at one moment, the one whose server that page is on, else of somebody whom
    we follow, else the first known.

    What nobody would see here in its place hides nothing.
    """
    if not listed:
        return []
    pages = [by_page(each.publication) for each in listed]
    uri = "" if reader is None else reader.uri
    rows = (
        rx.all(
            f"SELECT k.key, k.starts_at, p.id, p.uri, p.author_uri, {_CHOSEN} FROM agenda_key k "
            "CROSS JOIN event e CROSS JOIN publication p WHERE e.publication_id = k.publication_id "
            f"AND p.id = k.publication_id AND k.key IN ({marks(len(pages))}) AND {_SHOWN}",
            *pages,
        )
        if reader is None
        else rx.all(
            f"SELECT k.key, k.starts_at, p.id, p.uri, p.author_uri, {_CHOSEN} FROM agenda_key k "
            "CROSS JOIN event e CROSS JOIN publication p WHERE e.publication_id = k.publication_id "
            f"AND p.id = k.publication_id AND k.key IN ({marks(len(pages))}) AND {_BEFORE}",
            *(*pages, uri, uri),
        )
    )
    best: dict[tuple[str, int], tuple[bool, bool, bool, int]] = {}
    for key, starts_at, row_id, own_uri, author_uri, is_chosen in rows:
        if len(rows) > len(listed) and (
            blocks.is_hidden(rx, author_uri) or blocks.is_blocked_by(rx, uri, author_uri)
        ):
            continue
        # a calendar that somebody copied gives way to whoever said it on the wire
        rank = (is_mirror(own_uri), not _is_at_home(key, own_uri), not is_chosen, row_id)
        best[key, starts_at] = min(best.get((key, starts_at), rank), rank)
    return [
        each
        for each, page in zip(listed, pages, strict=True)
        if (first := best.get((page, to_ms(each.publication.event.starts_at)))) is None
        or first[-1] == each.row_id
    ]


def _is_at_home(key: str, uri: str) -> bool:
    try:
        return host_of(key.removeprefix("page:")) == host_of(uri)
    except Invalid:
        return False


def _by_end(listed: Listed) -> Cursor:
    return Cursor(to_ms(listed.publication.event.over_at), listed.row_id)
