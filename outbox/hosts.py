"""One lane per remote host: whether something waits for it, when it may be tried, how it has behaved. Owner of `host`.

A host that fails is tried again as a whole; the rows that wait for it are not touched, however many they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fedi.clock import from_ms, to_ms
from fedi.db.engine import UNHELD, Reader, marks
from fedi.unit import LONGEST_WAIT, Unit

_COLUMNS = "host, due_at, failures, failing_since, last_sent_at, last_reason, clock_skew_s"
# Values: a moment, three times.
_SILENT = (
    "due_at IS NULL AND claimed_until = 0 AND COALESCE(last_sent_at, 0) < ? "
    "AND COALESCE(last_heard_at, 0) < ? AND COALESCE(failing_since, 0) < ?"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """A host that was claimed for delivery. `failures`: attempts in a row that found it in trouble. `claim`: the number by which
    whoever claimed it knows it to be theirs still. `until`: when the lease runs out, in milliseconds. `is_known`: it took
    something before."""

    host: str
    failures: int
    claim: int
    until: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class HostState:
    """What is known of a host's behaviour. `clock_skew_s`: its clock minus ours when it last refused a signature."""

    host: str
    due_at: datetime | None
    failures: int
    failing_since: datetime | None
    last_sent_at: datetime | None
    last_reason: str
    clock_skew_s: int | None = None


def enqueue(unit: Unit, hosts: Sequence[str]) -> None:
    """Something waits for these hosts now. One in trouble keeps its appointed time."""
    unit.tx.run_many(
        "INSERT INTO host (host, due_at, claimed_until, failures, last_reason) VALUES (?, ?, 0, 0, '') "
        "ON CONFLICT (host) DO UPDATE SET due_at = CASE WHEN host.due_at IS NULL OR "
        "(host.failures = 0 AND host.due_at > excluded.due_at) THEN excluded.due_at ELSE host.due_at END",
        [(host, unit.now_ms) for host in hosts],
    )


def claim(
    unit: Unit, most: int, lease: timedelta, *, own_host: str, own: bool = False
) -> Sequence[Lane]:
    """Take the lanes that are due, for as long as the lease. `own`: only our own host's lane, else all others."""
    until = to_ms(unit.now + lease)
    rows = unit.tx.all(
        "WITH free AS MATERIALIZED (SELECT host FROM host WHERE due_at <= ? AND claimed_until < ? AND (host = ?) = ? "
        f"ORDER BY due_at LIMIT ? {UNHELD}) "
        "UPDATE host SET claimed_until = ?, claim = claim + 1 WHERE host IN (SELECT host FROM free) "
        "RETURNING host, failures, claim, last_sent_at IS NOT NULL",
        unit.now_ms,
        unit.now_ms,
        own_host,
        own,
        most,
        until,
    )
    return [Lane(row[0], int(row[1]), int(row[2]), until, bool(row[3])) for row in rows]


def extend(unit: Unit, lane: Lane, lease: timedelta) -> bool:
    """Keep a lane that still has work; False when somebody else has taken it over."""
    changed = unit.tx.run(
        "UPDATE host SET claimed_until = ? WHERE host = ? AND claim = ? AND claimed_until > 0",
        to_ms(unit.now + lease),
        lane.host,
        lane.claim,
    )
    return changed > 0


def release(unit: Unit, lane: Lane, due_at: int | None) -> None:
    """Give a lane back; nothing when somebody else has taken it over. `due_at`: when the next waiting letter may go, None
    when nothing waits."""
    unit.tx.run(
        "UPDATE host SET claimed_until = 0, due_at = ? WHERE host = ? AND claim = ?",
        due_at,
        lane.host,
        lane.claim,
    )


def note_sent(unit: Unit, host: str) -> None:
    """The host took something: it is well."""
    unit.tx.run(
        "UPDATE host SET failures = 0, failing_since = NULL, last_sent_at = ?, last_reason = '', clock_skew_s = NULL "
        "WHERE host = ?",
        unit.now_ms,
        host,
    )


def note_trouble(unit: Unit, lane: Lane, reason: str, due_at: datetime) -> None:
    """The host is in trouble: leave it alone until `due_at`, and give its lane back."""
    unit.tx.run(
        "UPDATE host SET claimed_until = 0, due_at = ?, failures = failures + 1, "
        "failing_since = COALESCE(failing_since, ?), last_reason = ? WHERE host = ? AND claim = ?",
        to_ms(due_at),
        unit.now_ms,
        reason,
        lane.host,
        lane.claim,
    )


def note_skew(unit: Unit, host: str, skew_s: int) -> None:
    """The host refused a signature, and its clock differs from ours by so many seconds."""
    unit.tx.run("UPDATE host SET clock_skew_s = ? WHERE host = ?", skew_s, host)


def note_heard(unit: Unit, host: str) -> bool:
    """The host spoke to us, so it lives: if something waits for it, try at once. Whether it was thought in trouble."""
    return (
        unit.tx.run(
            "UPDATE host SET due_at = ?, last_heard_at = ? WHERE host = ? AND failures > 0 AND due_at > ?",
            unit.now_ms,
            unit.now_ms,
            host,
            unit.now_ms,
        )
        > 0
    )


def retry_now(unit: Unit, host: str | None = None) -> int:
    """Forget the appointed time of one host or of all that wait; how many."""
    return unit.tx.run(
        "UPDATE host SET due_at = ? WHERE due_at IS NOT NULL AND claimed_until < ? AND (? = '' OR host = ?)",
        unit.now_ms,
        unit.now_ms,
        host or "",
        host or "",
    )


def list_silent(rx: Reader, before: datetime, after: str, most: int) -> Sequence[str]:
    """Hosts for which nothing waits and with which nothing was exchanged since, by name; `after` is the last one seen."""
    moment = to_ms(before)
    rows = rx.all(
        f"SELECT host FROM host WHERE host > ? AND {_SILENT} ORDER BY host LIMIT ?",
        after,
        moment,
        moment,
        moment,
        most,
    )
    return [row[0] for row in rows]


def forget_silent(unit: Unit, before: datetime, names: Sequence[str]) -> int:
    """Forget those of these hosts that are still silent (S64); how many."""
    moment = to_ms(before)
    return unit.tx.run(
        f"DELETE FROM host WHERE {_SILENT} AND host IN ({marks(len(names))})",
        moment,
        moment,
        moment,
        *names,
    )


def hand_back_all(unit: Unit) -> None:
    """At the start of the only process: whatever a dead one had claimed is free again."""
    unit.tx.run("UPDATE host SET claimed_until = 0 WHERE claimed_until > 0")


def bring_forward(unit: Unit) -> None:
    """Our clock was set back: what was to wait until a moment that now lies far ahead is due at once."""
    latest = to_ms(unit.now + LONGEST_WAIT)
    unit.tx.run(
        "UPDATE host SET due_at = ?, claimed_until = 0 WHERE due_at IS NOT NULL "
        "AND (due_at > ? OR claimed_until > ?)",
        unit.now_ms,
        latest,
        latest,
    )


def next_due(rx: Reader) -> datetime | None:
    """When the next lane may be tried."""
    row = rx.one("SELECT MIN(due_at) FROM host WHERE due_at IS NOT NULL AND claimed_until = 0")
    return from_ms(row[0]) if row and row[0] is not None else None


def remember_scheme(unit: Unit, host: str, scheme: str) -> None:
    """Which style of signature the host understood."""
    unit.tx.run(
        "INSERT INTO host (host, due_at, claimed_until, failures, last_reason, signature_scheme) "
        "VALUES (?, NULL, 0, 0, '', ?) ON CONFLICT (host) DO UPDATE SET signature_scheme = excluded.signature_scheme",
        host,
        scheme,
    )


def list_schemes(rx: Reader, most: int = 10_000) -> Sequence[tuple[str, str]]:
    """Host and style of signature, for those that are known."""
    rows = rx.all(
        "SELECT host, signature_scheme FROM host WHERE signature_scheme IS NOT NULL LIMIT ?", most
    )
    return [(row[0], row[1]) for row in rows]


def list_troubled(rx: Reader, most: int = 100) -> Sequence[HostState]:
    """Hosts in trouble, the longest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM host WHERE failures > 0 ORDER BY failing_since LIMIT ?", most
    )
    return [_state_of(row) for row in rows]


def count_troubled(rx: Reader) -> int:
    """How many hosts do not take what is sent."""
    row = rx.one("SELECT COUNT(*) FROM host WHERE failures > 0")
    return int(row[0]) if row else 0


def find_many(rx: Reader, hosts: Sequence[str]) -> dict[str, HostState]:
    """What is known of these hosts, by name."""
    rows = rx.all(f"SELECT {_COLUMNS} FROM host WHERE host IN ({marks(len(hosts))})", *hosts)
    return {row[0]: _state_of(row) for row in rows}


def _state_of(row: Sequence[Any]) -> HostState:
    host, due_at, failures, since, sent_at, reason, skew_s = row
    return HostState(
        host, _moment(due_at), int(failures), _moment(since), _moment(sent_at), reason, skew_s
    )


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
