"""What a collective put aside, the latest first."""

from typing import Final

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.publications.visibility import may_read_here
from fedi.views.listed import LISTED_COLUMNS, listed_of
from fedi.views.paging import NEWEST, PAGE_SIZE, Cursor, Page
from fedi.views.thread import Said

_COLUMNS: Final = f"{LISTED_COLUMNS}, s.saved_at"


def look_saved(
    rx: Reader, reader: Actor, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Said]:
    """A page of it, without what may not be read any more."""
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM saved s JOIN publication p ON p.id = s.publication_id "
        "WHERE s.actor_uri = ? AND (s.saved_at, s.publication_id) < (?, ?) "
        "ORDER BY s.saved_at DESC, s.publication_id DESC LIMIT ?",
        reader.uri,
        at.at,
        at.row_id,
        most + 1,
    )
    shown = [
        Said(each, 0, is_held=False)
        for each in listed_of(rx, rows[:most])
        if may_read_here(rx, reader, each.publication)
    ]
    last = rows[most - 1] if len(rows) > most else None
    return Page(shown, Cursor(last[-1], last[-4]) if last is not None else None)
