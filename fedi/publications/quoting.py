"""Quotes of ours, FEP-044f: whose consent was asked for, and what they said. Owner of `quote_asked`."""

from dataclasses import dataclass
from typing import Final

from fedi.db.engine import Reader, Row
from fedi.unit import Unit

ASKED: Final = "asked"
GIVEN: Final = "given"
REFUSED: Final = "refused"

# A refusal is final; what was given can be taken back.
_AFTER: Final = {ASKED: (GIVEN, REFUSED), GIVEN: (REFUSED,), REFUSED: ()}
_COLUMNS: Final = "quote_uri, object_uri, asked_uri, request_uri, stamp_uri, state"


@dataclass(frozen=True, slots=True)
class Asked:
    """That `quote_uri`, of ours, would like to quote `object_uri` of `asked_uri`. `stamp_uri`: the proof that it may."""

    quote_uri: str
    object_uri: str
    asked_uri: str
    request_uri: str
    stamp_uri: str | None
    state: str


def note(unit: Unit, quote_uri: str, object_uri: str, asked_uri: str, request_uri: str) -> None:
    """The question went out."""
    unit.tx.run(
        "INSERT INTO quote_asked (quote_uri, object_uri, asked_uri, request_uri, state, asked_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        quote_uri,
        object_uri,
        asked_uri,
        request_uri,
        ASKED,
        unit.now_ms,
    )


def find(rx: Reader, quote_uri: str) -> Asked | None:
    """What was asked for a quote of ours."""
    return _asked_of(rx.one(f"SELECT {_COLUMNS} FROM quote_asked WHERE quote_uri = ?", quote_uri))


def find_by_request(rx: Reader, request_uri: str) -> Asked | None:
    """What was asked with this activity."""
    return _asked_of(
        rx.one(f"SELECT {_COLUMNS} FROM quote_asked WHERE request_uri = ?", request_uri)
    )


def find_by_stamp(rx: Reader, stamp_uri: str) -> Asked | None:
    """What was allowed with this stamp."""
    return _asked_of(rx.one(f"SELECT {_COLUMNS} FROM quote_asked WHERE stamp_uri = ?", stamp_uri))


def decide(unit: Unit, asked: Asked, state: str, stamp_uri: str | None = None) -> bool:
    """What they said; False when that was known, or comes too late."""
    if state not in _AFTER[asked.state]:
        return False
    unit.tx.run(
        "UPDATE quote_asked SET state = ?, stamp_uri = ?, decided_at = ? WHERE quote_uri = ?",
        state,
        stamp_uri,
        unit.now_ms,
        asked.quote_uri,
    )
    return True


def forget(unit: Unit, quote_uri: str) -> None:
    """The quote is gone."""
    unit.tx.run("DELETE FROM quote_asked WHERE quote_uri = ?", quote_uri)


def _asked_of(row: Row | None) -> Asked | None:
    return Asked(row[0], row[1], row[2], row[3], row[4], row[5]) if row else None
