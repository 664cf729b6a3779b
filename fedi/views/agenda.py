"""Events that are not over, by when they end, so that what goes on now comes first."""

from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.views.listed import FOLLOWED_HERE, LISTED_COLUMNS, Listed, page_of, without_blocked
from fedi.views.paging import PAGE_SIZE, Cursor, Page

_FROM: Final = (
    f"SELECT {LISTED_COLUMNS} FROM event e JOIN publication p ON p.id = e.publication_id "
    "WHERE e.is_listed AND p.visibility = 'public' AND NOT p.is_held"
)
_ORDER: Final = "ORDER BY e.ends_at, e.publication_id LIMIT ?"


def list_coming(
    rx: Reader, now_ms: int, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """Our events that end now or later."""
    return _continue(rx, f"{_FROM} AND p.is_local", (), now_ms, after, most)


def list_coming_by(
    rx: Reader, author_uri: str, now_ms: int, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """The events of one collective that end now or later."""
    return _continue(rx, f"{_FROM} AND p.author_uri = ?", (author_uri,), now_ms, after, most)


def list_coming_elsewhere(rx: Reader, now_ms: int, most: int) -> list[Listed]:
    """The next events of those whom our collectives follow."""
    rows = rx.all(
        f"{_FROM} AND e.ends_at >= ? AND NOT p.is_local AND {FOLLOWED_HERE} {_ORDER}", now_ms, most
    )
    return without_blocked(rx, page_of(rx, rows, most, _by_end).items)


def _continue(
    rx: Reader,
    select: str,
    values: tuple[object, ...],
    now_ms: int,
    after: Cursor | None,
    most: int,
) -> Page[Listed]:
    # An old cursor never brings back what is over by now.
    at = after if after is not None and after.at >= now_ms else Cursor(now_ms, 0)
    rows = rx.all(
        f"{select} AND (e.ends_at, e.publication_id) > (?, ?) {_ORDER}",
        *values,
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, _by_end)


def _by_end(listed: Listed) -> Cursor:
    return Cursor(to_ms(listed.publication.event.over_at), listed.row_id)
