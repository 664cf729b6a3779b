"""What members find by its words, as one collective may read it."""

from collections.abc import Sequence
from typing import Final

from actors.model import Actor
from fedi.db.engine import Reader, marks
from fedi.publications.visibility import may_read_here
from fedi.search import index
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of
from fedi.views.paging import PAGE_SIZE, Cursor, Page

_ROUNDS_MAX: Final = 8
_LARGEST: Final = 2**63 - 1


def find_words(
    rx: Reader,
    reader: Actor,
    question: str,
    *,
    others: bool,
    kind: str = "",
    language: str = "",
    after: Cursor | None = None,
    most: int = PAGE_SIZE,
) -> Page[Listed]:
    """The newest that hold every word of the question. `others`: also of those elsewhere who agree to it, now (S114)."""
    terms = index.terms_of(question)
    found: list[Listed] = []
    before = after.row_id if after is not None else _LARGEST
    for _ in range(_ROUNDS_MAX):
        ids = index.find(rx, terms, before, most + 1)
        for each in _load(rx, ids):
            if len(found) == most:
                return Page(found, Cursor(0, before))
            if _fits(rx, reader, each, others, kind, language):
                found.append(each)
            before = each.row_id
        if len(ids) <= most:
            return Page(found)
        before = min(before, ids[-1])
    return Page(found, Cursor(0, before))


def _load(rx: Reader, wanted: Sequence[int]) -> list[Listed]:
    if not wanted:
        return []
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.id IN ({marks(len(wanted))}) ORDER BY p.id DESC",
        *wanted,
    )
    return listed_of(rx, rows)


def _fits(
    rx: Reader, reader: Actor, listed: Listed, others: bool, kind: str, language: str
) -> bool:
    publication = listed.publication
    if (kind and publication.kind != kind) or (language and language not in publication.texts):
        return False
    if not listed.is_local and not (others and _agrees(listed)):
        return False
    return may_read_here(rx, reader, publication)


def _agrees(listed: Listed) -> bool:
    """Whether its author wants it to be found, as far as it is known today."""
    if listed.publication.indexable is False:
        return False
    return listed.author is not None and listed.author.indexable
