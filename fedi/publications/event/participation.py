"""What our collectives answered to events of others, and what came of it. Owner of `participation`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.publications.event.admission import Wish
from fedi.unit import Unit

Way = Literal["join", "accept"]
# `said`: told to somebody who does not answer such words; `elsewhere`: they take answers on their own site.
State = Literal["asked", "accepted", "refused", "elsewhere", "said"]


@dataclass(frozen=True, slots=True)
class Participation:
    """One answer of one collective. `activity_uri`: what we sent."""

    actor_uri: str
    event_uri: str
    way: Way
    wish: Wish
    state: State
    activity_uri: str
    over_at: datetime


_COLUMNS: Final = "actor_uri, event_uri, way, wish, state, activity_uri, over_at"


def find(rx: Reader, actor_uri: str, event_uri: str) -> Participation | None:
    """What this collective answered to this event."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM participation WHERE actor_uri = ? AND event_uri = ?",
        actor_uri,
        event_uri,
    )
    return _participation_of(row) if row else None


def find_by_activity(rx: Reader, activity_uri: str) -> Participation | None:
    """The answer that was sent with this id."""
    row = rx.one(f"SELECT {_COLUMNS} FROM participation WHERE activity_uri = ?", activity_uri)
    return _participation_of(row) if row else None


def list_of(rx: Reader, actor_uri: str, since: datetime, most: int) -> Sequence[Participation]:
    """What this collective answered to events that are not over, the next first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM participation WHERE actor_uri = ? AND over_at > ? ORDER BY over_at, event_uri LIMIT ?",
        actor_uri,
        to_ms(since),
        most,
    )
    return [_participation_of(row) for row in rows]


def list_of_event(rx: Reader, event_uri: str) -> Sequence[Participation]:
    """What collectives of ours answered to this event."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM participation WHERE event_uri = ? ORDER BY actor_uri", event_uri
    )
    return [_participation_of(row) for row in rows]


def list_beginning(
    rx: Reader, since: datetime, until: datetime, most: int
) -> Sequence[Participation]:
    """What was answered to events that begin between two moments, the first to begin first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM agenda_key k CROSS JOIN publication p CROSS JOIN participation t "
        "WHERE p.id = k.publication_id AND t.event_uri = p.uri AND k.key = '' AND k.starts_at > ? AND k.starts_at <= ? "
        "ORDER BY k.starts_at, k.publication_id, t.actor_uri LIMIT ?",
        to_ms(since),
        to_ms(until),
        most,
    )
    return [_participation_of(row) for row in rows]


def put(unit: Unit, found: Participation) -> None:
    """Write it down, in the place of what was answered before."""
    unit.tx.run(
        f"INSERT INTO participation ({_COLUMNS}, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (actor_uri, event_uri) DO UPDATE SET way = excluded.way, wish = excluded.wish, "
        "state = excluded.state, activity_uri = excluded.activity_uri, over_at = excluded.over_at, "
        "changed_at = excluded.changed_at",
        found.actor_uri,
        found.event_uri,
        found.way,
        found.wish,
        found.state,
        found.activity_uri,
        to_ms(found.over_at),
        unit.now_ms,
    )


def set_state(unit: Unit, found: Participation, state: State) -> bool:
    """The organiser answered; False when that is known."""
    return (
        unit.tx.run(
            "UPDATE participation SET state = ?, changed_at = ? WHERE actor_uri = ? AND event_uri = ? AND state <> ?",
            state,
            unit.now_ms,
            found.actor_uri,
            found.event_uri,
            state,
        )
        > 0
    )


def remove(unit: Unit, actor_uri: str, event_uri: str) -> bool:
    """It was taken back; False when there was nothing."""
    return (
        unit.tx.run(
            "DELETE FROM participation WHERE actor_uri = ? AND event_uri = ?", actor_uri, event_uri
        )
        > 0
    )


def note_end(unit: Unit, event_uri: str, over_at: datetime) -> None:
    """The event ends at another moment."""
    unit.tx.run(
        "UPDATE participation SET over_at = ? WHERE event_uri = ?", to_ms(over_at), event_uri
    )


def forget_event(unit: Unit, event_uri: str) -> None:
    """The event is gone."""
    unit.tx.run("DELETE FROM participation WHERE event_uri = ?", event_uri)


def list_over(
    rx: Reader, before: datetime, after: tuple[int, str], most: int
) -> Sequence[tuple[int, str]]:
    """Events answered here that were over before this moment: when, and which; each once."""
    rows = rx.all(
        "SELECT DISTINCT over_at, event_uri FROM participation WHERE over_at < ? AND (over_at, event_uri) > (?, ?) "
        "ORDER BY over_at, event_uri LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), row[1]) for row in rows]


def forget_over(unit: Unit, before: datetime, event_uris: Sequence[str]) -> int:
    """Forget what was answered to those of these that are still over; how many answers."""
    return sum(
        unit.tx.run(
            "DELETE FROM participation WHERE event_uri = ? AND over_at < ?", uri, to_ms(before)
        )
        for uri in event_uris
    )


def _participation_of(row: Row) -> Participation:
    return Participation(
        actor_uri=row[0],
        event_uri=row[1],
        way=row[2],
        wish=row[3],
        state=row[4],
        activity_uri=row[5],
        over_at=from_ms(row[6]),
    )
