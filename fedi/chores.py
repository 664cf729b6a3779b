"""Things to fetch when there is time: kept on disk, done in the background, given up after a few attempts. Owner of `chore`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedi.clock import from_ms, to_ms
from fedi.db.engine import UNHELD, Reader
from fedi.unit import LONGEST_WAIT, Unit
from fedi.wake import CHORES

BACKFILL = "backfill"
ANCESTOR = "ancestor"
REPLIES = "replies"
LOOK = "look"
FAREWELL = "farewell"
# What a person brought from elsewhere: somebody to follow or to shut out, after the id of the collective and a space.
FOLLOW = "follow"
BLOCK = "block"
RELAYED = "relayed"
# What participants of an event are told: changed or called_off, a space, the event.
PARTICIPANTS = "participants"
# A stop of a tour of ours changed, or its tour is gone: the tour, a space, the stop.
TOUR = "tour"
# The handle of somebody elsewhere, by their id.
HANDLE = "handle"
# What is stored is read once more for the indexes, from the row that is the subject.
REINDEX = "reindex"
# Whose list of followers does not agree with ours, a space, the digest of theirs, a space, where the list is.
FOLLOWERS = "followers"
WAITING_MAX = 10_000
ATTEMPTS_MAX = 4


@dataclass(frozen=True, slots=True)
class Chore:
    """One thing to do: its kind, and the id it is about. `attempts` includes the one under way."""

    kind: str
    subject: str
    attempts: int


def add(unit: Unit, kind: str, subject: str, after: timedelta = timedelta()) -> None:
    """Have it done, once, unless too much waits already: all of it only makes the picture fuller."""
    row = unit.tx.one("SELECT COUNT(*) FROM chore")
    if row is not None and row[0] >= WAITING_MAX:
        return
    unit.tx.run(
        "INSERT INTO chore (kind, subject, due_at, attempts, claimed_until) VALUES (?, ?, ?, 0, 0) "
        "ON CONFLICT (kind, subject) DO NOTHING",
        kind,
        subject,
        to_ms(unit.now + after),
    )
    unit.wakes.add(CHORES)


def add_if_few(
    unit: Unit, kind: str, subject: str, most: int, after: timedelta = timedelta()
) -> bool:
    """The same for a kind of which only so many may wait, so that whoever asks for much takes no one's place."""
    row = unit.tx.one("SELECT COUNT(*) FROM chore WHERE kind = ?", kind)
    if row is not None and row[0] >= most:
        return False
    add(unit, kind, subject, after)
    return True


def room(rx: Reader) -> int:
    """How many more may wait."""
    return max(0, WAITING_MAX - count_waiting(rx))


def count_waiting(rx: Reader) -> int:
    """How many wait."""
    row = rx.one("SELECT COUNT(*) FROM chore")
    return int(row[0]) if row else 0


def count_for(rx: Reader, kind: str, actor_uri: str) -> int:
    """How many of a kind wait for a collective: those whose subject begins with its id and a space."""
    row = rx.one(
        "SELECT COUNT(*) FROM chore WHERE kind = ? AND subject > ? AND subject < ?",
        kind,
        f"{actor_uri} ",
        f"{actor_uri}!",
    )
    return int(row[0]) if row else 0


def forget_for(unit: Unit, kind: str, actor_uri: str) -> int:
    """Have them done no more; how many."""
    return unit.tx.run(
        "DELETE FROM chore WHERE kind = ? AND subject > ? AND subject < ?",
        kind,
        f"{actor_uri} ",
        f"{actor_uri}!",
    )


def take_for(unit: Unit, kind: str, first: str) -> Sequence[str]:
    """The subjects of a kind that begin with this and a space: they are done now, together, and may be asked for anew from here on."""
    rows = unit.tx.all(
        "DELETE FROM chore WHERE kind = ? AND subject > ? AND subject < ? RETURNING subject",
        kind,
        f"{first} ",
        f"{first}!",
    )
    return sorted(row[0] for row in rows)


def claim(unit: Unit, most: int, lease: timedelta) -> Sequence[Chore]:
    """Take what is due for as long as the lease; what relays brought, names and indexes come after everything else."""
    rows = unit.tx.all(
        "SELECT kind, subject, attempts FROM chore WHERE due_at <= ? AND claimed_until < ? "
        f"ORDER BY kind IN ('relayed', 'handle', 'reindex'), due_at LIMIT ? {UNHELD}",
        unit.now_ms,
        unit.now_ms,
        most,
    )
    unit.tx.run_many(
        "UPDATE chore SET claimed_until = ?, attempts = attempts + 1 WHERE kind = ? AND subject = ?",
        [(to_ms(unit.now + lease), row[0], row[1]) for row in rows],
    )
    return [Chore(row[0], row[1], int(row[2]) + 1) for row in rows]


def keep(unit: Unit, claimed: Sequence[Chore], lease: timedelta) -> None:
    """These are still under way."""
    unit.tx.run_many(
        "UPDATE chore SET claimed_until = ? WHERE kind = ? AND subject = ? AND attempts = ? AND claimed_until > 0",
        [(to_ms(unit.now + lease), each.kind, each.subject, each.attempts) for each in claimed],
    )


def finish(unit: Unit, chore: Chore) -> None:
    """It is done, or not worth another attempt; nothing when somebody else has taken it over."""
    unit.tx.run(
        "DELETE FROM chore WHERE kind = ? AND subject = ? AND attempts = ?",
        chore.kind,
        chore.subject,
        chore.attempts,
    )


def postpone(unit: Unit, chore: Chore, after: timedelta) -> None:
    """Try it again later; nothing when somebody else has taken it over."""
    unit.tx.run(
        "UPDATE chore SET claimed_until = 0, due_at = ? WHERE kind = ? AND subject = ? AND attempts = ?",
        to_ms(unit.now + after),
        chore.kind,
        chore.subject,
        chore.attempts,
    )


def hand_back_all(unit: Unit) -> None:
    """At the start of the only process: whatever a dead one had claimed is free again."""
    unit.tx.run("UPDATE chore SET claimed_until = 0 WHERE claimed_until > 0")


def bring_forward(unit: Unit) -> None:
    """Our clock was set back: what was to wait until a moment that now lies far ahead is due at once."""
    latest = to_ms(unit.now + LONGEST_WAIT)
    unit.tx.run(
        "UPDATE chore SET due_at = ?, claimed_until = 0 WHERE (due_at > ? OR claimed_until > ?)",
        unit.now_ms,
        latest,
        latest,
    )


def next_due(rx: Reader) -> datetime | None:
    """When the next one may be done."""
    row = rx.one("SELECT MIN(due_at) FROM chore WHERE claimed_until = 0")
    return from_ms(row[0]) if row and row[0] is not None else None
