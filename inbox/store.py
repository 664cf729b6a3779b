"""What came in, as it came. Owner of `inbox_activity`. A row exists before anybody is told 202 (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedi.clock import from_ms, to_ms
from fedi.db.engine import UNHELD, Reader, Row, marks
from fedi.ids import new_row_id
from fedi.unit import LONGEST_WAIT, Unit
from fedi.wake import INBOX

WAITING = "waiting"
QUARANTINED = "quarantined"
ATTEMPTS_MAX = 3
LEASE = timedelta(minutes=5)
# What transactions queue up for that claim among others.
_CLAIMING = 1
_CLAIMED = (
    "RETURNING id, uri, actor_uri, recipient, type, body, key_id, proof, attempts, received_at"
)
# What was in hand at two deaths of the process is worked alone. Once more may be chance, when somebody else kills us again and
# again; who was there at this many, the last of them alone, is set aside at the next.
DEATHS_MAX = 3
DEADLY = "deadly"
# Why words wait that overtook the answer to a wish to follow.
AWAITED = "create.awaited"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An activity that was let in: who proved to have said it, and how."""

    uri: str
    actor_uri: str
    recipient: str
    type: str
    body: bytes
    key_id: str
    proof: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An arrival that was claimed for processing."""

    id: int
    arrival: Arrival
    attempts: int
    received_at: datetime


def keep(
    unit: Unit,
    arrival: Arrival,
    lease: timedelta | None = None,
    *,
    after: timedelta = timedelta(),
) -> Kept | None:
    """Put an arrival on disk; None when the same actor sent the same id to the same recipient before (S38).

    With a lease it is claimed from the beginning: the caller hands it to the worker itself. `after`: not to be worked
    before.
    """
    kept = Kept(new_row_id(unit.now), arrival, 0 if lease is None else 1, unit.now)
    added = unit.tx.run(
        "INSERT INTO inbox_activity (id, uri, actor_uri, recipient, type, body, key_id, proof, received_at, state, "
        "reason, attempts, due_at, claimed_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '', ?, ?, ?) "
        "ON CONFLICT (actor_uri, uri, recipient) DO NOTHING",
        kept.id,
        arrival.uri,
        arrival.actor_uri,
        arrival.recipient,
        arrival.type,
        arrival.body,
        arrival.key_id,
        arrival.proof,
        unit.now_ms,
        kept.attempts,
        to_ms(unit.now + after),
        0 if lease is None else to_ms(unit.now + lease),
    )
    if not added:
        return None
    unit.wakes.add(INBOX)
    return kept


def last_row(rx: Reader) -> int:
    """The row of what came last; 0 when nothing came."""
    row = rx.one("SELECT COALESCE(MAX(id), 0) FROM inbox_activity")
    return int(row[0]) if row else 0


def was_done_before(rx: Reader, kept: Kept) -> bool:
    """Whether the same activity had its effect already, having come by another inbox too (R3)."""
    return (
        rx.one(
            "SELECT 1 FROM inbox_activity WHERE actor_uri = ? AND uri = ? AND state = 'done' AND id <> ?",
            kept.arrival.actor_uri,
            kept.arrival.uri,
            kept.id,
        )
        is not None
    )


def is_waiting(rx: Reader, actor_uri: str, uri: str) -> bool:
    """Whether this activity of the actor came and has had no outcome yet."""
    return (
        rx.one(
            "SELECT 1 FROM inbox_activity WHERE actor_uri = ? AND uri = ? AND state = 'waiting'",
            actor_uri,
            uri,
        )
        is not None
    )


def was_moved_since(rx: Reader, actor_uri: str, moment: datetime) -> bool:
    """Whether a Move of this actor had its effect since this moment."""
    return (
        rx.one(
            "SELECT 1 FROM inbox_activity WHERE actor_uri = ? AND type = 'Move' AND state = 'done' AND done_at > ?",
            actor_uri,
            to_ms(moment),
        )
        is not None
    )


def deaths_of_suspects(rx: Reader, now: datetime) -> int:
    """The most deaths of the process at which something was in hand that is due: two or more mean that it may be what kills
    it (R7); 0 when there is no such thing."""
    row = rx.one(
        "SELECT COALESCE(MAX(deaths), 0) FROM inbox_activity WHERE state = 'waiting' AND deaths >= 2 AND due_at <= ?",
        to_ms(now),
    )
    return int(row[0]) if row else 0


def claim(unit: Unit, most: int, lease: timedelta) -> Sequence[Kept]:
    """Take what is due, oldest first, for as long as the lease. The attempt counts from here."""
    rows = unit.tx.all(
        "UPDATE inbox_activity SET claimed_until = ?, attempts = attempts + 1 WHERE id IN "
        "(SELECT id FROM inbox_activity WHERE state = 'waiting' AND due_at <= ? AND claimed_until < ? "
        f"ORDER BY due_at, id LIMIT ?) {_CLAIMED}",
        to_ms(unit.now + lease),
        unit.now_ms,
        unit.now_ms,
        most,
    )
    return _in_order(rows)


def note_deaths(unit: Unit) -> int:
    """Where other processes claim too, before claiming: whose lease ran out was in hand when one of them died, and is marked;
    how much was set aside, as in `hand_back_all`. Nobody else claims until this transaction ends."""
    unit.tx.queue_up(_CLAIMING)
    deadly = unit.tx.run(
        "UPDATE inbox_activity SET state = ?, reason = ?, claimed_until = 0, done_at = ? WHERE state = 'waiting' "
        "AND claimed_until > 0 AND claimed_until < ? AND deaths >= ?",
        QUARANTINED,
        DEADLY,
        unit.now_ms,
        unit.now_ms,
        DEATHS_MAX,
    )
    unit.tx.run(
        "UPDATE inbox_activity SET claimed_until = 0, deaths = deaths + 1 WHERE state = 'waiting' "
        "AND claimed_until > 0 AND claimed_until < ?",
        unit.now_ms,
    )
    return deadly


def claim_suspect(unit: Unit, lease: timedelta) -> Sequence[Kept]:
    """Take one of what was in hand at two deaths, to be worked alone in its process; nothing when there is none."""
    rows = unit.tx.all(
        "WITH free AS MATERIALIZED (SELECT a.id FROM inbox_activity a WHERE a.state = 'waiting' AND a.deaths >= 2 "
        "AND a.due_at <= ? AND a.claimed_until = 0 AND NOT EXISTS (SELECT 1 FROM inbox_activity b "
        "WHERE b.actor_uri = a.actor_uri AND b.state = 'waiting' AND b.claimed_until > 0) "
        f"ORDER BY a.due_at, a.id LIMIT 1 {UNHELD}) "
        "UPDATE inbox_activity SET claimed_until = ?, attempts = attempts + 1 "
        f"WHERE id IN (SELECT id FROM free) {_CLAIMED}",
        unit.now_ms,
        to_ms(unit.now + lease),
    )
    return _in_order(rows)


def claim_among_others(unit: Unit, most: int, lease: timedelta) -> Sequence[Kept]:
    """The same where other processes claim too: nothing of an actor of whom somebody has something in hand already, so that
    what one actor said is worked in its order, whoever works it."""
    rows = unit.tx.all(
        "WITH free AS MATERIALIZED (SELECT a.id FROM inbox_activity a WHERE a.state = 'waiting' AND a.due_at <= ? "
        "AND a.claimed_until < ? AND NOT EXISTS (SELECT 1 FROM inbox_activity b WHERE b.actor_uri = a.actor_uri "
        "AND b.state = 'waiting' AND b.claimed_until > 0 AND b.claimed_until >= ?) "
        "AND NOT EXISTS (SELECT 1 FROM inbox_activity c WHERE c.actor_uri = a.actor_uri AND c.state = 'waiting' "
        "AND c.deaths >= 2 AND c.id <= a.id) "
        f"ORDER BY a.due_at, a.id LIMIT ? {UNHELD}) "
        "UPDATE inbox_activity SET claimed_until = ?, attempts = attempts + 1 "
        f"WHERE id IN (SELECT id FROM free) {_CLAIMED}",
        unit.now_ms,
        unit.now_ms,
        unit.now_ms,
        most,
        to_ms(unit.now + lease),
    )
    return _in_order(rows)


def _in_order(rows: Sequence[Row]) -> Sequence[Kept]:
    kept = [
        Kept(
            row[0],
            Arrival(row[1], row[2], row[3], row[4], bytes(row[5]), row[6], row[7]),
            row[8],
            from_ms(row[9]),
        )
        for row in rows
    ]
    return sorted(kept, key=lambda each: each.id)


def keep_claimed(unit: Unit, held: Sequence[tuple[int, int]], lease: timedelta) -> None:
    """These are still in hand: rows, each with the number of its attempt."""
    unit.tx.run_many(
        "UPDATE inbox_activity SET claimed_until = ? WHERE id = ? AND attempts = ? AND state = 'waiting' "
        "AND claimed_until > 0",
        [(to_ms(unit.now + lease), row_id, attempts) for row_id, attempts in held],
    )


def finish(unit: Unit, row_id: int, attempts: int, state: str, reason: str) -> bool:
    """The arrival had its outcome; False when somebody else took it over meanwhile, because the lease had run out."""
    changed = unit.tx.run(
        "UPDATE inbox_activity SET state = ?, reason = ?, claimed_until = 0, done_at = ? "
        "WHERE id = ? AND attempts = ? AND state = 'waiting'",
        state,
        reason,
        unit.now_ms,
        row_id,
        attempts,
    )
    return changed > 0


def postpone(unit: Unit, row_id: int, attempts: int, reason: str, after: timedelta) -> None:
    """Try the arrival again later: whatever it does, it does not kill; nothing when somebody else took it over."""
    unit.tx.run(
        "UPDATE inbox_activity SET reason = ?, claimed_until = 0, deaths = 0, due_at = ? "
        "WHERE id = ? AND attempts = ? AND state = 'waiting'",
        reason,
        to_ms(unit.now + after),
        row_id,
        attempts,
    )


def count_waiting_for(rx: Reader, actor_uri: str, reason: str) -> int:
    """How much of what an actor said waits for this reason."""
    row = rx.one(
        "SELECT COUNT(*) FROM inbox_activity WHERE actor_uri = ? AND state = 'waiting' AND reason = ?",
        actor_uri,
        reason,
    )
    return int(row[0]) if row else 0


def answer_came(unit: Unit, actor_uri: str) -> int:
    """They answered our wish to follow: what waits for that is looked at again now; how much."""
    waiting = unit.tx.run(
        "UPDATE inbox_activity SET due_at = ? WHERE actor_uri = ? AND state = 'waiting' AND reason = ?",
        unit.now_ms,
        actor_uri,
        AWAITED,
    )
    if waiting:
        unit.wakes.add(INBOX)
    return waiting


def hand_back_all(unit: Unit) -> int:
    """At the start of the only process: whatever a dead one had claimed is free again, and marked; how much was set aside.

    Many are claimed at once and one of them may have been the reason. What was there at two deaths is worked alone from
    then on, so that two more leave no doubt: it is set aside, and the queue goes on (R7).
    """
    deadly = unit.tx.run(
        "UPDATE inbox_activity SET state = ?, reason = ?, claimed_until = 0, done_at = ? WHERE state = 'waiting' "
        "AND claimed_until > 0 AND deaths >= ?",
        QUARANTINED,
        DEADLY,
        unit.now_ms,
        DEATHS_MAX,
    )
    unit.tx.run(
        "UPDATE inbox_activity SET claimed_until = 0, deaths = deaths + 1 WHERE state = 'waiting' AND claimed_until > 0"
    )
    return deadly


def bring_forward(unit: Unit) -> None:
    """Our clock was set back: what was to wait until a moment that now lies far ahead is due at once."""
    latest = to_ms(unit.now + LONGEST_WAIT)
    unit.tx.run(
        "UPDATE inbox_activity SET due_at = ?, claimed_until = 0 WHERE state = 'waiting' "
        "AND (due_at > ? OR claimed_until > ?)",
        unit.now_ms,
        latest,
        latest,
    )


def release_quarantined(unit: Unit) -> int:
    """Let everything that was set aside be tried again; how many."""
    return unit.tx.run(
        "UPDATE inbox_activity SET state = 'waiting', attempts = 0, deaths = 0, due_at = ?, done_at = NULL "
        "WHERE state = 'quarantined' AND body IS NOT NULL",
        unit.now_ms,
    )


@dataclass(frozen=True, slots=True)
class SetAside:
    """An arrival that broke us more than once. `size`: bytes that are still kept of it, 0 when they are gone."""

    id: int
    uri: str
    actor_uri: str
    type: str
    reason: str
    size: int
    received_at: datetime


def list_set_aside(rx: Reader, host: str, before: int, most: int) -> Sequence[SetAside]:
    """What was set aside, the newest first; of one host, or of all when it is empty. `before`: the row of the last one seen."""
    rows = rx.all(
        "SELECT id, uri, actor_uri, type, reason, COALESCE(LENGTH(body), 0), received_at FROM inbox_activity "
        "WHERE state = 'quarantined' AND id < ? AND (? = '' OR (actor_uri >= ? AND actor_uri < ?) "
        "OR (actor_uri >= ? AND actor_uri < ?)) ORDER BY id DESC LIMIT ?",
        before,
        host,
        *_of_host(host),
        most,
    )
    return [_set_aside(row) for row in rows]


def count_set_aside(rx: Reader) -> Sequence[tuple[str, int]]:
    """Who said what was set aside: ids of actors, and how much."""
    rows = rx.all(
        "SELECT actor_uri, COUNT(*) FROM inbox_activity WHERE state = 'quarantined' GROUP BY actor_uri"
    )
    return [(row[0], int(row[1])) for row in rows]


def count_all_set_aside(rx: Reader) -> int:
    """How much was set aside, whoever said it."""
    row = rx.one("SELECT COUNT(*) FROM inbox_activity WHERE state = 'quarantined'")
    return int(row[0]) if row else 0


def find_set_aside(rx: Reader, row_id: int) -> tuple[SetAside, bytes] | None:
    """One of them, with the bytes that came."""
    row = rx.one(
        "SELECT id, uri, actor_uri, type, reason, COALESCE(LENGTH(body), 0), received_at, body FROM inbox_activity "
        "WHERE id = ? AND state = 'quarantined'",
        row_id,
    )
    return (_set_aside(row), bytes(row[7] or b"")) if row else None


def drop_from_host(unit: Unit, host: str) -> int:
    """Let go of everything of a host that was set aside; how many. The ids stay, so that it does not come back (S38)."""
    return unit.tx.run(
        "UPDATE inbox_activity SET state = 'ignored', reason = 'dropped', body = NULL WHERE state = 'quarantined' "
        "AND ((actor_uri >= ? AND actor_uri < ?) OR (actor_uri >= ? AND actor_uri < ?))",
        *_of_host(host),
    )


def drop_set_aside(unit: Unit, row_id: int) -> bool:
    """Let go of one of them; False when it is not among them."""
    changed = unit.tx.run(
        "UPDATE inbox_activity SET state = 'ignored', reason = 'dropped', body = NULL WHERE id = ? AND state = 'quarantined'",
        row_id,
    )
    return changed > 0


def _set_aside(row: Row) -> SetAside:
    return SetAside(row[0], row[1], row[2], row[3], row[4], int(row[5]), from_ms(row[6]))


def _of_host(host: str) -> tuple[str, str, str, str]:
    """Between which texts the ids of a host's actors lie: canonical ids begin with it (S21)."""
    return f"https://{host}/", f"https://{host}0", f"http://{host}/", f"http://{host}0"


def count_waiting(rx: Reader) -> int:
    """How many arrivals wait."""
    row = rx.one("SELECT COUNT(*) FROM inbox_activity WHERE state = 'waiting'")
    return int(row[0]) if row else 0


def count_states(rx: Reader) -> dict[str, int]:
    """How many arrivals are in each state."""
    return {
        row[0]: int(row[1])
        for row in rx.all("SELECT state, COUNT(*) FROM inbox_activity GROUP BY state")
    }


def oldest_waiting(rx: Reader) -> datetime | None:
    """Since when the oldest arrival waits for us to work it; what waits for somebody's answer is not late."""
    row = rx.one(
        "SELECT MIN(received_at) FROM inbox_activity WHERE state = 'waiting' AND reason <> ?",
        AWAITED,
    )
    return from_ms(row[0]) if row and row[0] is not None else None


def first_due(rx: Reader) -> datetime | None:
    """When the first of those that wait is or was to be worked."""
    row = rx.one("SELECT MIN(due_at) FROM inbox_activity WHERE state = 'waiting'")
    return from_ms(row[0]) if row and row[0] is not None else None


def next_due(rx: Reader, after: datetime) -> datetime | None:
    """When the next arrival that is not due yet may be worked."""
    row = rx.one(
        "SELECT MIN(due_at) FROM inbox_activity WHERE state = 'waiting' AND due_at > ?",
        to_ms(after),
    )
    return from_ms(row[0]) if row and row[0] is not None else None


def list_bodies(
    rx: Reader, before: datetime, after: tuple[int, int], most: int, *, is_set_aside: bool
) -> Sequence[tuple[int, int, int]]:
    """What was done before this moment and still has its bytes: when, its row, how many; `after` is the last one seen."""
    rows = rx.all(
        "SELECT done_at, id, LENGTH(body) FROM inbox_activity WHERE body IS NOT NULL AND done_at < ? "
        "AND (state = 'quarantined') = ? AND state <> 'waiting' AND (done_at, id) > (?, ?) "
        "ORDER BY done_at, id LIMIT ?",
        to_ms(before),
        is_set_aside,
        *after,
        most,
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def forget_bodies(unit: Unit, before: datetime, row_ids: Sequence[int]) -> int:
    """Drop the bytes of those of these that were done before this moment (S85); ids stay, so that nothing happens twice."""
    return unit.tx.run(
        "UPDATE inbox_activity SET body = NULL WHERE done_at < ? AND state <> 'waiting' "
        f"AND id IN ({marks(len(row_ids))})",
        to_ms(before),
        *row_ids,
    )
