"""Permissions to quote, FEP-044f: one stamp per quote, which anybody can look up. Owner of `quote_stamp`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedi.clock import from_ms
from fedi.db.engine import Reader, Row
from fedi.ids import new_public_id
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class Stamp:
    """That the author of `object_uri` lets `quote_uri` quote it."""

    uri: str
    author_uri: str
    object_uri: str
    quote_uri: str
    quoter_uri: str
    granted_at: datetime


_COLUMNS = "uri, author_uri, object_uri, quote_uri, quoter_uri, created_at"


def grant(
    unit: Unit, author_uri: str, object_uri: str, quote_uri: str, quoter_uri: str
) -> Stamp | None:
    """The stamp for a quote, the same one however often it is asked for; None when it was taken back."""
    unit.tx.run(
        "INSERT INTO quote_stamp (uri, author_uri, object_uri, quote_uri, quoter_uri, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (object_uri, quote_uri) DO NOTHING",
        unit.urls.stamp(new_public_id(unit.told)),
        author_uri,
        object_uri,
        quote_uri,
        quoter_uri,
        unit.now_ms,
    )
    row = unit.tx.one(
        f"SELECT {_COLUMNS} FROM quote_stamp WHERE object_uri = ? AND quote_uri = ? AND revoked_at IS NULL",
        object_uri,
        quote_uri,
    )
    return _stamp_of(row) if row else None


def find(rx: Reader, uri: str) -> Stamp | None:
    """A stamp in force by its id."""
    row = rx.one(f"SELECT {_COLUMNS} FROM quote_stamp WHERE uri = ? AND revoked_at IS NULL", uri)
    return _stamp_of(row) if row else None


def find_for_quote(rx: Reader, author_uri: str, quote_uri: str) -> Stamp | None:
    """The stamp in force that an author gave to a quoting publication."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM quote_stamp WHERE author_uri = ? AND quote_uri = ? AND revoked_at IS NULL "
        "ORDER BY created_at DESC, uri DESC LIMIT 1",
        author_uri,
        quote_uri,
    )
    return _stamp_of(row) if row else None


def list_newest(
    rx: Reader, author_uri: str, most: int, before: str | None = None
) -> Sequence[Stamp]:
    """The stamps in force of an author, newest first. `before`: the id of the last one already seen."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM quote_stamp WHERE author_uri = ? AND revoked_at IS NULL AND (created_at, uri) < (?, ?) "
        "ORDER BY created_at DESC, uri DESC LIMIT ?",
        author_uri,
        *(_place_of(rx, before) if before else (2**62, "")),
        most,
    )
    return [_stamp_of(row) for row in rows]


def _place_of(rx: Reader, uri: str) -> tuple[int, str]:
    """Where a stamp stands, in force or not; before everything when there was none of this id."""
    row = rx.one("SELECT created_at FROM quote_stamp WHERE uri = ?", uri)
    return (int(row[0]), uri) if row else (-1, "")


def revoke(unit: Unit, uri: str) -> bool:
    """Take the permission back for good, so that asking again does not renew it; False when there was none."""
    return (
        unit.tx.run(
            "UPDATE quote_stamp SET revoked_at = ? WHERE uri = ? AND revoked_at IS NULL",
            unit.now_ms,
            uri,
        )
        > 0
    )


def forget_object(unit: Unit, object_uri: str) -> None:
    """What was quoted is gone."""
    unit.tx.run("DELETE FROM quote_stamp WHERE object_uri = ?", object_uri)


def _stamp_of(row: Row) -> Stamp:
    return Stamp(row[0], row[1], row[2], row[3], row[4], from_ms(row[5]))
