"""To which events of others our collectives are invited, and what they answered. Owner of `event_invited`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.unit import Unit

State = Literal["open", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation of one collective of ours. `activity_uri`: the Invite; `message`: what came with it, plain text."""

    actor_uri: str
    event_uri: str
    from_uri: str
    host: str
    activity_uri: str
    message: str
    state: State
    over_at: datetime
    came_at: datetime


_COLUMNS: Final = (
    "actor_uri, event_uri, from_uri, host, activity_uri, message, state, over_at, came_at"
)


def find(rx: Reader, actor_uri: str, event_uri: str) -> Invited | None:
    """The invitation of this collective to this event."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_invited WHERE actor_uri = ? AND event_uri = ?",
        actor_uri,
        event_uri,
    )
    return _invited_of(row) if row else None


def list_by_activity(rx: Reader, activity_uri: str) -> Sequence[Invited]:
    """Every invitation that came with this Invite."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM event_invited WHERE activity_uri = ? ORDER BY actor_uri",
        activity_uri,
    )
    return [_invited_of(row) for row in rows]


def list_of(rx: Reader, actor_uri: str, since: datetime, most: int) -> Sequence[Invited]:
    """Invitations of a collective to events that are not over, the next first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM event_invited WHERE actor_uri = ? AND over_at > ? "
        "ORDER BY over_at, event_uri LIMIT ?",
        actor_uri,
        to_ms(since),
        most,
    )
    return [_invited_of(row) for row in rows]


def count_from(rx: Reader, host: str, since: datetime) -> int:
    """How many invitations came from a host since this moment."""
    row = rx.one(
        "SELECT COUNT(*) FROM event_invited WHERE host = ? AND came_at >= ?", host, to_ms(since)
    )
    return int(row[0]) if row else 0


def put(unit: Unit, found: Invited) -> bool:
    """Write it down; False when this collective had been invited already: then only the newer words count."""
    if find(unit.tx, found.actor_uri, found.event_uri) is not None:
        unit.tx.run(
            "UPDATE event_invited SET activity_uri = ?, message = ?, over_at = ? "
            "WHERE actor_uri = ? AND event_uri = ? AND from_uri = ?",
            found.activity_uri,
            found.message,
            to_ms(found.over_at),
            found.actor_uri,
            found.event_uri,
            found.from_uri,
        )
        return False
    unit.tx.run(
        f"INSERT INTO event_invited ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        found.actor_uri,
        found.event_uri,
        found.from_uri,
        found.host,
        found.activity_uri,
        found.message,
        found.state,
        to_ms(found.over_at),
        to_ms(found.came_at),
    )
    return True


def set_state(unit: Unit, actor_uri: str, event_uri: str, state: State) -> None:
    """What the collective answered."""
    unit.tx.run(
        "UPDATE event_invited SET state = ? WHERE actor_uri = ? AND event_uri = ?",
        state,
        actor_uri,
        event_uri,
    )


def take_back(unit: Unit, from_uri: str, activity_uri: str) -> int:
    """Whoever invited takes it back; how many collectives it was."""
    return unit.tx.run(
        "DELETE FROM event_invited WHERE activity_uri = ? AND from_uri = ?", activity_uri, from_uri
    )


def note_end(unit: Unit, event_uri: str, over_at: datetime) -> None:
    """The event ends at another moment."""
    unit.tx.run(
        "UPDATE event_invited SET over_at = ? WHERE event_uri = ?", to_ms(over_at), event_uri
    )


def forget_event(unit: Unit, event_uri: str) -> None:
    """The event is gone."""
    unit.tx.run("DELETE FROM event_invited WHERE event_uri = ?", event_uri)


def forget_from(unit: Unit, from_uri: str) -> None:
    """Whoever invited is gone or shut out."""
    unit.tx.run("DELETE FROM event_invited WHERE from_uri = ?", from_uri)


def list_hosts(rx: Reader) -> Sequence[str]:
    """From where our collectives are invited."""
    return [row[0] for row in rx.all("SELECT DISTINCT host FROM event_invited")]


def forget_host(unit: Unit, host: str) -> None:
    """A host is shut out, and with it who invites from there."""
    unit.tx.run("DELETE FROM event_invited WHERE host = ?", host)


def forget_between(unit: Unit, actor_uri: str, from_uri: str) -> None:
    """This collective is to hear no more of what that actor did."""
    unit.tx.run(
        "DELETE FROM event_invited WHERE from_uri = ? AND actor_uri = ?", from_uri, actor_uri
    )


def list_over(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str]]:
    """Events that were over before this moment: when, and which; each once."""
    rows = rx.all(
        "SELECT DISTINCT over_at, event_uri FROM event_invited WHERE over_at < ? AND (over_at, event_uri) > (?, ?) "
        "ORDER BY over_at, event_uri LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), row[1]) for row in rows]


def forget_over(unit: Unit, before: datetime, event_uris: Sequence[str]) -> int:
    """Forget the invitations to those of these that are still over; how many."""
    return sum(
        unit.tx.run(
            "DELETE FROM event_invited WHERE event_uri = ? AND over_at < ?", uri, to_ms(before)
        )
        for uri in event_uris
    )


def _invited_of(row: Row) -> Invited:
    return Invited(
        actor_uri=row[0],
        event_uri=row[1],
        from_uri=row[2],
        host=row[3],
        activity_uri=row[4],
        message=row[5],
        state=row[6],
        over_at=from_ms(row[7]),
        came_at=from_ms(row[8]),
    )
