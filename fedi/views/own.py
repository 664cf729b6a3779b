"""Everything a collective published, for its own members: also what not everybody may read."""

from fedi.db.engine import Reader
from fedi.views.listed import LISTED_COLUMNS, Listed, by_publishing, page_of
from fedi.views.paging import NEWEST, PAGE_SIZE, Cursor, Page


def list_own(
    rx: Reader, author_uri: str, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """The newest first."""
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.author_uri = ? AND (p.published_at, p.id) < (?, ?) "
        "ORDER BY p.published_at DESC, p.id DESC LIMIT ?",
        author_uri,
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, by_publishing)
