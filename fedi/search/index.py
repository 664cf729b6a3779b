"""Which publication holds which words, folded as questions are. Owner of `search_term`. Plain SQL that both databases speak.

A question is answered along its rarest word, the newest first, so that a common word beside it costs nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from fedi.db.engine import Reader, marks
from fedi.search.fold import tokens
from fedi.unit import Unit

# Of a very long text the words beyond this many different ones are not found.
TERMS_MAX: Final = 4_000
ASKED_MAX: Final = 8
# How far the rarest word is looked for: two that are more common than this are taken for equally common.
_COUNTED_MAX: Final = 500


def put(unit: Unit, publication_id: int, texts: Iterable[str]) -> None:
    """These are words of the publication, of which nothing is here."""
    found = dict.fromkeys(term for text in texts for term in tokens(text))
    unit.tx.run_many(
        "INSERT INTO search_term (term, publication_id) VALUES (?, ?) ON CONFLICT (term, publication_id) DO NOTHING",
        [(term, publication_id) for term in list(found)[:TERMS_MAX]],
    )


def remove(unit: Unit, publication_id: int) -> None:
    """It is found no more."""
    unit.tx.run("DELETE FROM search_term WHERE publication_id = ?", publication_id)


def terms_of(question: str) -> list[str]:
    """The words of a question as they are looked for; at most `ASKED_MAX`."""
    return list(dict.fromkeys(tokens(question)))[:ASKED_MAX]


def find(rx: Reader, terms: Sequence[str], before: int, most: int) -> Sequence[int]:
    """The rows of publications that hold all of these words, stored before `before`, the newest first."""
    if not terms:
        return []
    rarest = min(terms, key=lambda term: _count(rx, term))
    rows = rx.all(
        "SELECT s.publication_id FROM search_term s WHERE s.term = ? AND s.publication_id < ? AND "
        "(SELECT COUNT(*) FROM search_term o WHERE o.publication_id = s.publication_id "
        f"AND o.term IN ({marks(len(terms))})) = ? ORDER BY s.publication_id DESC LIMIT ?",
        rarest,
        before,
        *terms,
        len(terms),
        most,
    )
    return [int(row[0]) for row in rows]


def _count(rx: Reader, term: str) -> int:
    row = rx.one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM search_term WHERE term = ? LIMIT ?) AS looked_at",
        term,
        _COUNTED_MAX,
    )
    return int(row[0]) if row else 0
