"""Events for calendars people subscribe to: what is to come and what was lately, so that changes still arrive."""

from datetime import timedelta
from typing import Final

from fedi.db.engine import Reader
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of

EVENTS_MAX: Final = 200
_BACK_MS: Final = timedelta(days=60) // timedelta(milliseconds=1)


def list_calendar(rx: Reader, now_ms: int, author_uri: str | None = None) -> list[Listed]:
    """Our events, or those of one collective, from sixty days ago on."""
    return listed_of(
        rx,
        rx.all(
            f"SELECT {LISTED_COLUMNS} FROM event e JOIN publication p ON p.id = e.publication_id "
            "WHERE e.is_listed AND e.ends_at >= ? AND p.is_local AND p.visibility = 'public' AND NOT p.is_held "
            "AND (? = '' OR p.author_uri = ?) ORDER BY e.ends_at, e.starts_at, e.publication_id LIMIT ?",
            now_ms - _BACK_MS,
            author_uri or "",
            author_uri or "",
            EVENTS_MAX,
        ),
    )
