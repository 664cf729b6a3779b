"""Permissions to quote, FEP-044f: one stamp per quote, which anybody can look up. Owner of `quote_stamp`."""

from dataclasses import dataclass

from fedi.db.engine import Reader
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


_COLUMNS = "uri, author_uri, object_uri, quote_uri, quoter_uri"


def grant(unit: Unit, author_uri: str, object_uri: str, quote_uri: str, quoter_uri: str) -> Stamp:
    """The stamp for a quote, the same one however often it is asked for."""
    unit.tx.run(
        "INSERT INTO quote_stamp (uri, author_uri, object_uri, quote_uri, quoter_uri, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (object_uri, quote_uri) DO NOTHING",
        unit.urls.stamp(new_public_id(unit.now)),
        author_uri,
        object_uri,
        quote_uri,
        quoter_uri,
        unit.now_ms,
    )
    row = unit.tx.one(
        f"SELECT {_COLUMNS} FROM quote_stamp WHERE object_uri = ? AND quote_uri = ?",
        object_uri,
        quote_uri,
    )
    assert row is not None
    return Stamp(*row)


def find(rx: Reader, uri: str) -> Stamp | None:
    """A stamp by its id."""
    row = rx.one(f"SELECT {_COLUMNS} FROM quote_stamp WHERE uri = ?", uri)
    return Stamp(*row) if row else None


def revoke(unit: Unit, uri: str) -> bool:
    """Take the permission back; False when there was none."""
    return unit.tx.run("DELETE FROM quote_stamp WHERE uri = ?", uri) > 0


def forget_object(unit: Unit, object_uri: str) -> None:
    """What was quoted is gone."""
    unit.tx.run("DELETE FROM quote_stamp WHERE object_uri = ?", object_uri)
