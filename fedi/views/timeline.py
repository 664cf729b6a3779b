"""What a collective has in front of it, newest first, filtered, page by page.

Each filter has an index of its own, so a page costs the same however much is stored. What may not be read, because
somebody was shut out or a follow ended since it came, is left out when it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors import followed_tags
from actors.model import Actor
from actors.store import list_by_uri
from fedi.db.engine import Reader, Row
from fedi.publications.visibility import may_read_here
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of
from fedi.views.paging import NEWEST, PAGE_SIZE, Cursor, Page

LANGUAGES_MAX: Final = 24
# However much has to be left out, one page does not read on for ever.
_ROUNDS_MAX: Final = 6
_COLUMNS: Final = f"{LISTED_COLUMNS}, t.by_tag, t.sort_at, t.boosted_by"
_JOINED: Final = "FROM timeline_entry t JOIN publication p ON p.id = t.publication_id"
_ORDER: Final = (
    "AND (t.sort_at, t.publication_id) < (?, ?) AND NOT p.is_held "
    "ORDER BY t.sort_at DESC, t.publication_id DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: each empty text means all. `author` is an id."""

    kind: str = ""
    language: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them. `boosted_by`: who passed it on, if that is why it is here; `tag`: the followed hashtag that brought it."""

    listed: Listed
    boosted_by: Actor | None
    tag: str = ""


def look_timeline(
    rx: Reader,
    reader: Actor,
    wanted: Wanted,
    after: Cursor | None = None,
    most: int = PAGE_SIZE,
) -> Page[Entry]:
    """A page of what this collective has in front of it."""
    found: list[Entry] = []
    at = after or NEWEST
    for _ in range(_ROUNDS_MAX):
        rows = _rows(rx, reader.uri, wanted, at, most + 1)
        for row, entry in _entries(rx, reader, rows):
            if len(found) == most:
                return Page(found, at)
            if entry is not None:
                found.append(entry)
            at = Cursor(row[-2], _row_id(row))
        if len(rows) <= most:
            return Page(found)
    return Page(found, at)


def list_languages(rx: Reader, reader_uri: str) -> Sequence[str]:
    """The languages of what is there, by name; one step along the index for each."""
    found: list[str] = []
    last = ""
    while len(found) < LANGUAGES_MAX:
        row = rx.one(
            "SELECT MIN(t.language) FROM timeline_entry t WHERE t.actor_uri = ? AND t.language > ?",
            reader_uri,
            last,
        )
        if row is None or row[0] is None:
            break
        last = row[0]
        found.append(last)
    return found


def _entries(rx: Reader, reader: Actor, rows: Sequence[Row]) -> list[tuple[Row, Entry | None]]:
    """Each row with what is shown of it; None for what this collective may not read."""
    listed = {each.row_id: each for each in listed_of(rx, rows)}
    boosters = list_by_uri(rx, [row[-1] for row in rows if row[-1] is not None])
    labels: dict[str, str] = {}
    if any(row[-3] for row in rows):
        labels = {each.name: each.label for each in followed_tags.list_of(rx, reader.uri)}
    found: list[tuple[Row, Entry | None]] = []
    for row in rows:
        entry = _entry(rx, reader, listed.get(_row_id(row)), row[-1], boosters)
        if entry is not None and row[-3]:
            entry = replace(entry, tag=labels.get(row[-3]) or row[-3])
        found.append((row, entry))
    return found


def _entry(
    rx: Reader,
    reader: Actor,
    listed: Listed | None,
    boosted_by: str | None,
    boosters: Mapping[str, Actor],
) -> Entry | None:
    if listed is None or not may_read_here(rx, reader, listed.publication):
        return None
    return Entry(listed, boosters.get(boosted_by) if boosted_by else None)


def _row_id(row: Row) -> int:
    return int(row[-6])


def _rows(rx: Reader, actor_uri: str, wanted: Wanted, at: Cursor, most: int) -> Sequence[Row]:
    """Along the index that leaves out most; `|| ''` keeps the others from being chosen."""
    place = (at.at, at.row_id, most)
    kind, language = wanted.kind, wanted.language
    if wanted.author:
        return rx.all(
            f"SELECT {_COLUMNS} {_JOINED} WHERE t.actor_uri = ? AND t.author_uri = ? "
            "AND (? = '' OR t.kind || '' = ?) AND (? = '' OR t.language || '' = ?) "
            f"{_ORDER}",
            actor_uri,
            wanted.author,
            kind,
            kind,
            language,
            language,
            *place,
        )
    if kind and language:
        return rx.all(
            f"SELECT {_COLUMNS} {_JOINED} WHERE t.actor_uri = ? AND t.kind = ? AND t.language = ? {_ORDER}",
            actor_uri,
            kind,
            language,
            *place,
        )
    if kind:
        return rx.all(
            f"SELECT {_COLUMNS} {_JOINED} WHERE t.actor_uri = ? AND t.kind = ? {_ORDER}",
            actor_uri,
            kind,
            *place,
        )
    if language:
        return rx.all(
            f"SELECT {_COLUMNS} {_JOINED} WHERE t.actor_uri = ? AND t.language = ? {_ORDER}",
            actor_uri,
            language,
            *place,
        )
    return rx.all(f"SELECT {_COLUMNS} {_JOINED} WHERE t.actor_uri = ? {_ORDER}", actor_uri, *place)
