"""Events for calendars people subscribe to: what is to come and what was lately, so that changes still arrive."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from actors import blocks, followed_tags, follows
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.publications.event.gone import Gone, list_gone
from fedi.publications.event.keys import by_author
from fedi.views.agenda import Wanted
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of

EVENTS_MAX: Final = 200
BACK: Final = timedelta(days=60)
GONE_MAX: Final = 100
# What nobody here asked for must not crowd out what somebody did, nor be read without end.
_AT_ONCE: Final = 500
_LOOKS_MAX: Final = 20
_BACK_MS: Final = BACK // timedelta(milliseconds=1)
# The place of what is gone is only known to about ten kilometres.
_ROUGHLY_KM: Final = 8


def list_calendar(rx: Reader, now_ms: int, author_uri: str | None = None) -> list[Listed]:
    """Our events, or those that one collective organises, alone or with others, from sixty days ago on."""
    return listed_of(
        rx,
        rx.all(
            f"SELECT {LISTED_COLUMNS} FROM event e JOIN publication p ON p.id = e.publication_id "
            "WHERE e.is_listed AND e.ends_at >= ? AND (p.is_local OR ? <> '') AND p.visibility = 'public' AND NOT p.is_held "
            "AND (? = '' OR EXISTS (SELECT 1 FROM agenda_key k WHERE k.key = ? AND k.starts_at = e.starts_at "
            "AND k.publication_id = e.publication_id)) ORDER BY e.ends_at, e.starts_at, e.publication_id LIMIT ?",
            now_ms - _BACK_MS,
            author_uri or "",
            author_uri or "",
            by_author(author_uri or ""),
            EVENTS_MAX,
        ),
    )


def list_withdrawn(
    rx: Reader,
    now: datetime,
    wanted: Wanted | None = None,
    author_uri: str | None = None,
    is_here: Callable[[str], bool] = lambda _uri: True,
    reader_uri: str | None = None,
) -> list[Gone]:
    """What stood here not long ago and was withdrawn, so that calendars strike it out: ours, of those followed here, and what a
    hashtag brought.

    `is_here`: which ids a calendar has at all. `reader_uri`: the collective whose own agenda it is.
    """
    found: list[Gone] = []
    after: tuple[int, str] | None = (0, "")
    for _ in range(_LOOKS_MAX):
        if after is None or len(found) >= GONE_MAX:
            break
        some, after = list_gone(rx, now - BACK, _AT_ONCE, after)
        found += [
            each
            for each in some
            if is_here(each.uri)
            and (author_uri is None or each.author_uri == author_uri)
            and (wanted is None or _is_wanted(each, wanted))
            and (
                each.is_ours
                or follows.is_followed_here(rx, each.author_uri)
                or _was_brought(rx, each, reader_uri)
            )
            and not blocks.is_hidden(rx, each.author_uri)
        ]
    return found[:GONE_MAX]


def _was_brought(rx: Reader, gone: Gone, reader_uri: str | None) -> bool:
    """Whether a followed hashtag had brought it into this agenda."""
    names = [key.removeprefix("tag:") for key in gone.keys if key.startswith("tag:")]
    if reader_uri is not None and names and reader_uri in followed_tags.list_readers(rx, names):
        return True
    return followed_tags.is_on_agenda(rx, names)


def _is_wanted(gone: Gone, wanted: Wanted) -> bool:
    if not set(wanted.keys) <= set(gone.keys):
        return False
    if to_ms(gone.details.starts_at) >= wanted.until_ms:
        return False
    place = gone.details.place
    if wanted.near is None:
        return True
    if place is None or place.latitude is None or place.longitude is None:
        return False
    around = replace(wanted.near, km=wanted.near.km + _ROUGHLY_KM)
    return around.holds(place.latitude, place.longitude)
