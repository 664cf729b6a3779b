"""What was asked about an event and came of it: to organise it together, to be a stop of a tour. Owner of `bond`.

Both sides keep the same row; on one instance it is one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fedi.db.engine import Reader, Row
from fedi.unit import Unit

Kind = Literal["organiser", "stop"]
# `ended`: it was accepted, and one of the two took it back.
State = Literal["asked", "accepted", "refused", "ended"]

ORGANISERS_MAX: Final = 20
# Questions that wait for one collective; of one who asks; what is beyond is not written down.
OPEN_MAX: Final = 100
OPEN_FROM_ONE_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Bond:
    """`from_uri` asked `to_uri` that `part_uri` (an actor, or an event) belongs to `event_uri`. `activity_uri`: the Offer."""

    kind: Kind
    event_uri: str
    part_uri: str
    from_uri: str
    to_uri: str
    state: State
    activity_uri: str
    note_uri: str | None = None


_COLUMNS: Final = "kind, event_uri, part_uri, from_uri, to_uri, state, activity_uri, note_uri"


def find(rx: Reader, kind: Kind, event_uri: str, part_uri: str) -> Bond | None:
    """What was asked about this part of this event."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM bond WHERE kind = ? AND event_uri = ? AND part_uri = ?",
        kind,
        event_uri,
        part_uri,
    )
    return _bond_of(row) if row else None


def find_by_activity(rx: Reader, activity_uri: str) -> Bond | None:
    """What was asked with this Offer."""
    row = rx.one(f"SELECT {_COLUMNS} FROM bond WHERE activity_uri = ?", activity_uri)
    return _bond_of(row) if row else None


def find_by_note(rx: Reader, note_uri: str) -> Bond | None:
    """What was asked in this message."""
    row = rx.one(f"SELECT {_COLUMNS} FROM bond WHERE note_uri = ?", note_uri)
    return _bond_of(row) if row else None


def list_of_event(rx: Reader, kind: Kind, event_uri: str) -> Sequence[Bond]:
    """Everything that was asked about an event, the oldest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM bond WHERE event_uri = ? AND kind = ? ORDER BY changed_at, part_uri LIMIT 200",
        event_uri,
        kind,
    )
    return [_bond_of(row) for row in rows]


def list_of_part(rx: Reader, kind: Kind, part_uri: str, state: State) -> Sequence[Bond]:
    """To what an actor or an event belongs, or is asked to."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM bond WHERE part_uri = ? AND kind = ? AND state = ? LIMIT 200",
        part_uri,
        kind,
        state,
    )
    return [_bond_of(row) for row in rows]


def list_tours(rx: Reader, stop_uri: str) -> Sequence[str]:
    """The tours that an event is, or is asked to be, a stop of."""
    rows = rx.all(
        "SELECT event_uri FROM bond WHERE part_uri = ? AND kind = 'stop' AND state IN ('asked', 'accepted') LIMIT 50",
        stop_uri,
    )
    return [row[0] for row in rows]


def list_to(rx: Reader, to_uri: str, state: State, most: int = 200) -> Sequence[Bond]:
    """What an actor is asked, the newest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM bond WHERE to_uri = ? AND state = ? "
        "ORDER BY changed_at DESC, event_uri DESC, part_uri DESC LIMIT ?",
        to_uri,
        state,
        most,
    )
    return [_bond_of(row) for row in rows]


def list_from(rx: Reader, from_uri: str, state: State, most: int = 200) -> Sequence[Bond]:
    """What an actor asked, the newest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM bond WHERE from_uri = ? AND state = ? "
        "ORDER BY changed_at DESC, event_uri DESC, part_uri DESC LIMIT ?",
        from_uri,
        state,
        most,
    )
    return [_bond_of(row) for row in rows]


def list_everybody(rx: Reader) -> Sequence[str]:
    """Every actor who asked or was asked."""
    asked = rx.all("SELECT DISTINCT to_uri FROM bond")
    asking = rx.all("SELECT DISTINCT from_uri FROM bond")
    return list(dict.fromkeys(row[0] for row in (*asked, *asking)))


def concerned(rx: Reader, event_uri: str) -> tuple[str, ...]:
    """Who has to hear of changes of this event besides those who follow: who was asked about it, or asked."""
    rows = rx.all(
        "SELECT from_uri, to_uri FROM bond WHERE event_uri = ? AND state IN ('asked', 'accepted') LIMIT 400",
        event_uri,
    )
    parts = rx.all(
        "SELECT from_uri, to_uri FROM bond WHERE part_uri = ? AND kind = 'stop' AND state IN ('asked', 'accepted') LIMIT 400",
        event_uri,
    )
    return tuple(dict.fromkeys(uri for row in (*rows, *parts) for uri in (row[0], row[1])))


def put(unit: Unit, bond: Bond) -> None:
    """Write it down, in the place of what was asked before."""
    unit.tx.run(
        f"INSERT INTO bond ({_COLUMNS}, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, event_uri, part_uri) DO UPDATE SET from_uri = excluded.from_uri, "
        "to_uri = excluded.to_uri, state = excluded.state, activity_uri = excluded.activity_uri, "
        "note_uri = excluded.note_uri, changed_at = excluded.changed_at",
        bond.kind,
        bond.event_uri,
        bond.part_uri,
        bond.from_uri,
        bond.to_uri,
        bond.state,
        bond.activity_uri,
        bond.note_uri,
        unit.now_ms,
    )


def set_state(unit: Unit, bond: Bond, state: State) -> bool:
    """It stands like this now; False when it did."""
    return (
        unit.tx.run(
            "UPDATE bond SET state = ?, changed_at = ? WHERE kind = ? AND event_uri = ? AND part_uri = ? AND state <> ?",
            state,
            unit.now_ms,
            bond.kind,
            bond.event_uri,
            bond.part_uri,
            state,
        )
        > 0
    )


def forget(unit: Unit, bond: Bond) -> None:
    """It was never answered, and is not asked any more."""
    unit.tx.run(
        "DELETE FROM bond WHERE kind = ? AND event_uri = ? AND part_uri = ?",
        bond.kind,
        bond.event_uri,
        bond.part_uri,
    )


def forget_event(unit: Unit, event_uri: str) -> None:
    """The event is gone, as a whole or as a part."""
    unit.tx.run("DELETE FROM bond WHERE event_uri = ?", event_uri)
    unit.tx.run("DELETE FROM bond WHERE part_uri = ?", event_uri)


def _bond_of(row: Row) -> Bond:
    return Bond(
        kind=row[0],
        event_uri=row[1],
        part_uri=row[2],
        from_uri=row[3],
        to_uri=row[4],
        state=row[5],
        activity_uri=row[6],
        note_uri=row[7],
    )
