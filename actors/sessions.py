"""Where people are signed in. Owner of `session`.

The secret is in a cookie alone; here is its hash. Nothing of the line or the browser somebody came by is kept: a session is
known by when it began, and by what the person calls the device.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.ids import new_row_id, new_token
from fedi.text.direction import clean_line
from fedi.unit import Unit

FULL: Final = "full"
# The password was right, the second factor is missing.
FACTOR: Final = "factor"
FACTOR_LIFE: Final = timedelta(minutes=10)
# How exactly it is noted when a session was last used: a page that is read should not write each time.
SEEN_STEP: Final = timedelta(minutes=5)
SESSIONS_MAX: Final = 50
LABEL_MAX: Final = 60
TOKEN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Life:
    """How long a session lasts: unused, and at all."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in somewhere."""

    id: int
    person_id: int
    stage: str
    label: str
    created_at: datetime
    seen_at: datetime


def begin(unit: Unit, person_id: int, *, stage: str = FULL, label: str = "") -> str:
    """A new session; its secret, told once. The oldest end when a person has too many.

    Each stage counts for itself: who knows a password alone ends nobody's session by trying.
    """
    token = new_token()
    unit.tx.run(
        "INSERT INTO session (id, token_hash, person_id, stage, label, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        hash_of(token),
        person_id,
        stage,
        clean_line(label, LABEL_MAX),
        unit.now_ms,
        unit.now_ms,
    )
    unit.tx.run(
        "DELETE FROM session WHERE person_id = ? AND stage = ? AND id NOT IN "
        "(SELECT id FROM session WHERE person_id = ? AND stage = ? ORDER BY created_at DESC, id DESC LIMIT ?)",
        person_id,
        stage,
        person_id,
        stage,
        SESSIONS_MAX,
    )
    return token


def find(rx: Reader, token: str, now: datetime, life: Life) -> Session | None:
    """The session of this secret, unless it is over."""
    if not token or len(token) > TOKEN_MAX:
        return None
    row = rx.one(
        "SELECT id, person_id, stage, label, created_at, seen_at FROM session WHERE token_hash = ?",
        hash_of(token),
    )
    if row is None:
        return None
    found = _session_of(row)
    return found if is_alive(found, now, life) else None


def is_alive(session: Session, now: datetime, life: Life) -> bool:
    """Whether the session goes on at this moment."""
    whole = life.whole if session.stage == FULL else min(life.whole, FACTOR_LIFE)
    return now < session.created_at + whole and now < session.seen_at + life.idle


def note_seen(unit: Unit, session: Session) -> None:
    """It was used just now."""
    unit.tx.run("UPDATE session SET seen_at = ? WHERE id = ?", unit.now_ms, session.id)


def rename(unit: Unit, session_id: int, person_id: int, label: str) -> bool:
    """What the person calls the device; False when there is no such session of theirs."""
    label = clean_line(label, LABEL_MAX)
    return (
        unit.tx.run(
            "UPDATE session SET label = ? WHERE id = ? AND person_id = ?",
            label,
            session_id,
            person_id,
        )
        > 0
    )


def end(unit: Unit, session_id: int, person_id: int) -> bool:
    """End one session of this person; False when there is none."""
    return (
        unit.tx.run("DELETE FROM session WHERE id = ? AND person_id = ?", session_id, person_id) > 0
    )


def end_everybodys(unit: Unit, but: int = 0) -> int:
    """End the sessions of all people but one session; how many."""
    return unit.tx.run("DELETE FROM session WHERE id <> ?", but)


def end_secret(unit: Unit, token: str) -> None:
    """End the session of this secret, if there is one."""
    unit.tx.run("DELETE FROM session WHERE token_hash = ?", hash_of(token))


def end_all(unit: Unit, person_id: int, but: int = 0) -> int:
    """End every session of this person but one; how many."""
    return unit.tx.run("DELETE FROM session WHERE person_id = ? AND id <> ?", person_id, but)


def end_everybody(unit: Unit) -> int:
    """End every session of everybody; how many."""
    return unit.tx.run("DELETE FROM session")


def list_of(rx: Reader, person_id: int, now: datetime, life: Life) -> Sequence[Session]:
    """Where this person is signed in, newest first."""
    rows = rx.all(
        "SELECT id, person_id, stage, label, created_at, seen_at FROM session "
        "WHERE person_id = ? AND stage = 'full' ORDER BY created_at DESC, id DESC LIMIT ?",
        person_id,
        SESSIONS_MAX,
    )
    return [each for each in map(_session_of, rows) if is_alive(each, now, life)]


def list_over(
    rx: Reader, now: datetime, life: Life, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int]]:
    """The sessions that are over: when they began, their rows; `after` is the last one seen."""
    rows = rx.all(
        "SELECT created_at, id FROM session WHERE (created_at <= ? OR seen_at <= ? "
        "OR (stage = 'factor' AND created_at <= ?)) AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?",
        to_ms(now - life.whole),
        to_ms(now - life.idle),
        to_ms(now - FACTOR_LIFE),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def forget_over(unit: Unit, now: datetime, life: Life) -> int:
    """Delete the sessions that are over; how many."""
    return unit.tx.run(
        "DELETE FROM session WHERE created_at <= ? OR seen_at <= ? OR (stage = 'factor' AND created_at <= ?)",
        to_ms(now - life.whole),
        to_ms(now - life.idle),
        to_ms(now - FACTOR_LIFE),
    )


def hash_of(token: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _session_of(row: Row) -> Session:
    return Session(row[0], row[1], row[2], row[3], from_ms(row[4]), from_ms(row[5]))
