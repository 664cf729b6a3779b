"""What was published here, newest first: everything, one kind, one author, one hashtag. Public things only."""

from typing import Final

from fedi.db.engine import Reader
from fedi.text.hashtags import normalise_hashtag
from fedi.views.listed import (
    FOLLOWED_HERE,
    LISTED_COLUMNS,
    Listed,
    by_publishing,
    page_of,
    without_blocked,
)
from fedi.views.paging import NEWEST, PAGE_SIZE, Cursor, Page

# Answers belong to their conversation, not to the lists.
_SHOWN: Final = "p.visibility = 'public' AND NOT p.is_held AND p.in_reply_to IS NULL"
_ORDER: Final = "(p.published_at, p.id) < (?, ?) ORDER BY p.published_at DESC, p.id DESC LIMIT ?"


def list_local(rx: Reader, after: Cursor | None = None, most: int = PAGE_SIZE) -> Page[Listed]:
    """Everything our collectives published."""
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.is_local AND {_SHOWN} AND {_ORDER}",
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, by_publishing)


def list_kind(
    rx: Reader, kind: str, after: Cursor | None = None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """What our collectives published of one kind."""
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.is_local AND p.kind = ? AND {_SHOWN} AND {_ORDER}",
        kind,
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, by_publishing)


def list_author(
    rx: Reader,
    author_uri: str,
    after: Cursor | None = None,
    most: int = PAGE_SIZE,
    kind: str | None = None,
) -> Page[Listed]:
    """What one collective published, of one kind or of all."""
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.author_uri = ? AND (? = '' OR p.kind = ?) "
        f"AND {_SHOWN} AND {_ORDER}",
        author_uri,
        kind or "",
        kind or "",
        at.at,
        at.row_id,
        most + 1,
    )
    return page_of(rx, rows, most, by_publishing)


def list_hashtag(
    rx: Reader,
    name: str,
    after: Cursor | None = None,
    most: int = PAGE_SIZE,
    reader_uri: str = "",
) -> Page[Listed]:
    """What carries a hashtag, in any spelling of it: ours, and what those we follow wrote.

    `reader_uri`: also what this collective of ours has in front of it.
    """
    at = after or NEWEST
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication_hashtag h JOIN publication p ON p.id = h.publication_id "
        f"WHERE h.name = ? AND (h.published_at, h.publication_id) < (?, ?) AND {_SHOWN} "
        f"AND (p.is_local OR {FOLLOWED_HERE} "
        "OR EXISTS (SELECT 1 FROM timeline_entry t WHERE t.actor_uri = ? AND t.publication_id = p.id)) "
        "ORDER BY h.published_at DESC, h.publication_id DESC LIMIT ?",
        normalise_hashtag(name),
        at.at,
        at.row_id,
        reader_uri,
        most + 1,
    )
    page = page_of(rx, rows, most, by_publishing)
    return Page(without_blocked(rx, page.items), page.next)
