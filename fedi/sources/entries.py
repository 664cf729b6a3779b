"""What became of each event of a source: which draft it was made into, which publication mirrors it. Owner of `source_event`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import Reader, Row
from fedi.sources.store import Source
from fedi.unit import Unit

CHANGED: Final = "changed"
GONE: Final = "gone"
ASKS_MAX: Final = 50
# How long it is remembered what became of events that are over.
KEPT_FOR: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a source. `print`: of what the source says; `ours`: of what we put into the draft.

    `uri`: the mirror, or what the draft became. `state`: empty, changed, gone. `offered`: what the draft would say now, as JSON.
    """

    identity: str
    print: str
    sequence: int
    ends_ms: int
    title: str
    publication_id: int | None = None
    draft_id: str = ""
    ours: str = ""
    uri: str = ""
    state: str = ""
    offered: str = ""


_COLUMNS: Final = "identity, print, sequence, ends_at, title, publication_id, draft_id, ours, uri, state, offered"  # fmt: skip


def _entry_of(row: Row) -> Entry:
    return Entry(*row)


def find(rx: Reader, source: Source, identity: str) -> Entry | None:
    """What is known of one event of a source."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM source_event WHERE source_id = ? AND identity = ?",
        source.row_id,
        identity,
    )
    return _entry_of(row) if row else None


def list_all(rx: Reader, source: Source) -> Mapping[str, Entry]:
    """Everything that is known of a source, by identity."""
    rows = rx.all(f"SELECT {_COLUMNS} FROM source_event WHERE source_id = ?", source.row_id)
    return {row[0]: _entry_of(row) for row in rows}


def list_asking(rx: Reader, source: Source) -> Sequence[Entry]:
    """Those about which somebody has to decide, the nearest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM source_event WHERE source_id = ? AND state <> '' "
        "ORDER BY ends_at, identity LIMIT ?",
        source.row_id,
        ASKS_MAX,
    )
    return [_entry_of(row) for row in rows]


def count_of(rx: Reader, source: Source, now: datetime) -> int:
    """How many of a source are not over."""
    row = rx.one(
        "SELECT COUNT(*) FROM source_event WHERE source_id = ? AND ends_at >= ?",
        source.row_id,
        to_ms(now),
    )
    return int(row[0]) if row else 0


def count_waiting(rx: Reader, source: Source) -> int:
    """How many of its drafts wait for somebody."""
    row = rx.one(
        "SELECT COUNT(*) FROM source_event e JOIN draft d ON d.public_id = e.draft_id AND d.state <> 'done' "
        "WHERE e.source_id = ? AND e.draft_id <> ''",
        source.row_id,
    )
    return int(row[0]) if row else 0


def save(unit: Unit, source: Source, entry: Entry) -> None:
    """Remember an event, or what is new about it."""
    unit.tx.run(
        "INSERT INTO source_event (source_id, identity, print, sequence, ends_at, title, publication_id, draft_id, ours, uri, "
        "state, offered) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source_id, identity) DO UPDATE SET print = excluded.print, sequence = excluded.sequence, "
        "ends_at = excluded.ends_at, title = excluded.title, publication_id = excluded.publication_id, "
        "draft_id = excluded.draft_id, ours = excluded.ours, uri = excluded.uri, state = excluded.state, "
        "offered = excluded.offered",
        source.row_id,
        entry.identity,
        entry.print,
        entry.sequence,
        entry.ends_ms,
        entry.title,
        entry.publication_id,
        entry.draft_id,
        entry.ours,
        entry.uri,
        entry.state,
        entry.offered,
    )


def remove(unit: Unit, source: Source, identity: str) -> None:
    """Forget one event of a source."""
    unit.tx.run(
        "DELETE FROM source_event WHERE source_id = ? AND identity = ?", source.row_id, identity
    )


def list_over(rx: Reader, before: datetime, most: int) -> Sequence[tuple[int, str, str]]:
    """Events that were over before this moment: their source, their name there, their mirror."""
    rows = rx.all(
        "SELECT source_id, identity, CASE WHEN publication_id IS NULL THEN '' ELSE uri END FROM source_event "
        "WHERE ends_at < ? ORDER BY ends_at LIMIT ?",
        to_ms(before),
        most,
    )
    return [(int(row[0]), row[1], row[2]) for row in rows]


def has_over(rx: Reader, before: datetime) -> bool:
    """Whether any was over before this moment."""
    row = rx.one("SELECT 1 FROM source_event WHERE ends_at < ? LIMIT 1", to_ms(before))
    return row is not None


def forget(unit: Unit, rows: Sequence[tuple[int, str]]) -> None:
    """Forget these, by their source and their name there."""
    unit.tx.run_many("DELETE FROM source_event WHERE source_id = ? AND identity = ?", list(rows))
