"""Who comes: one entry for each participant and event of ours. Owner of `attendance`, `attendance_link`.

Names are for the organisers alone, and all of it is forgotten after the event. A link that changes an entry is kept as a
digest; an address for letters is sealed with the instance secret.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from actors.sealing import seal, unseal
from fedi.clock import from_ms, to_ms
from fedi.db.engine import UNHELD, Reader, Row
from fedi.errors import SetupError
from fedi.ids import new_row_id, new_token
from fedi.unit import Unit

log = logging.getLogger("fedi.publications")

# `reminder`: did not answer and only wants to be reminded; of those nobody is told more than how many there are.
State = Literal[
    "asked", "waiting", "coming", "maybe", "not_coming", "refused", "cancelled", "reminder",
]  # fmt: skip
# How an answer came: the wire's Join, an Accept of the event, a word in a reply, a vote in a poll, the form on the page.
Road = Literal["join", "accept", "word", "poll", "form"]
# Letters and messages about an entry.
Told = Literal[
    "coming", "waiting", "asked", "refused", "maybe", "not_coming", "cancelled", "moved_up", "changed", "called_off",
    "reminder", "word", "programme", "remind",
]  # fmt: skip

# What organisers see by name.
STATES: Final = ("asked", "waiting", "coming", "maybe", "not_coming", "refused", "cancelled")
# Who still has to do with the event, and is told when something about it changes.
CONCERNED: Final = ("asked", "waiting", "coming", "maybe")
REMINDER: Final = "reminder"
# Who keeps the moment of asking, and with it the place in the queue.
QUEUED: Final = ("asked", "waiting", "coming")
PEOPLE_MAX: Final = 10
NAME_MAX: Final = 80
MESSAGE_MAX: Final = 1_000
FORM: Final = "form:"
LINKS_MAX: Final = 8
_ATTEMPTS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One participant. `name` is what somebody without an account typed; `people`: how many come together.

    `activity_uri`: what they sent. `has_mail`: whether letters can be written to them. `reminder_uri`: with what they asked
    to be reminded, if it was a word of its own.
    """

    id: int
    event_uri: str
    who: str
    state: State
    road: Road
    name: str
    people: int
    message: str
    language: str
    activity_uri: str | None
    wants_reminder: bool
    has_mail: bool
    asked_at: datetime
    reminder_uri: str | None = None

    @property
    def is_actor(self) -> bool:
        """Whether it is somebody with an account."""
        return not self.who.startswith(FORM)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that waits to be written to a participant."""

    entry: Entry
    address: str
    what: Told
    attempts: int


_COLUMNS: Final = (
    "id, event_uri, who, state, road, name, people, message, language, activity_uri, wants_reminder, "
    "mail_sealed IS NOT NULL, asked_at, reminder_uri"
)


def find(rx: Reader, event_uri: str, who: str) -> Entry | None:
    """The entry of this participant."""
    row = rx.one(f"SELECT {_COLUMNS} FROM attendance WHERE event_uri = ? AND who = ?", event_uri, who)  # fmt: skip
    return _entry_of(row) if row else None


def find_by_id(rx: Reader, event_uri: str, row_id: int) -> Entry | None:
    """The entry with this number, if it belongs to this event."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM attendance WHERE id = ? AND event_uri = ?", row_id, event_uri
    )
    return _entry_of(row) if row else None


def find_by_activity(rx: Reader, who: str, activity_uri: str) -> Entry | None:
    """The entry that this participant asked for with this activity."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM attendance WHERE who = ? AND activity_uri = ?", who, activity_uri
    )
    return _entry_of(row) if row else None


def find_by_reminder(rx: Reader, who: str, word_uri: str) -> Entry | None:
    """The entry of whoever asked with this word to be reminded."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM attendance WHERE who = ? AND reminder_uri = ?", who, word_uri
    )
    return _entry_of(row) if row else None


def find_by_link(rx: Reader, token: str) -> Entry | None:
    """The entry that a link changes."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM attendance WHERE id = (SELECT attendance_id FROM attendance_link WHERE token_hash = ?)",
        _digest(token),
    )
    return _entry_of(row) if row else None


def list_of(
    rx: Reader, event_uri: str, state: str, most: int, after: tuple[int, int] = (0, 0)
) -> Sequence[Entry]:
    """Entries in this state, those that asked first first; `after`: moment and row of the last one seen."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM attendance WHERE event_uri = ? AND state = ? AND (asked_at, id) > (?, ?) "
        "ORDER BY asked_at, id LIMIT ?",
        event_uri,
        state,
        *after,
        most,
    )
    return [_entry_of(row) for row in rows]


def list_actors(rx: Reader, event_uri: str, most: int = 2_000) -> Sequence[str]:
    """Everybody with an account who still has to do with the event."""
    rows = rx.all(
        "SELECT who FROM attendance WHERE event_uri = ? AND state IN ('asked', 'waiting', 'coming', 'maybe') "
        "AND road <> 'form' ORDER BY id LIMIT ?",
        event_uri,
        most,
    )
    return [row[0] for row in rows]


def count(rx: Reader, event_uri: str) -> Mapping[str, int]:
    """State → how many people; states without anybody are left out."""
    rows = rx.all(
        "SELECT state, SUM(people) FROM attendance WHERE event_uri = ? AND (state <> 'reminder' OR wants_reminder) "
        "GROUP BY state",
        event_uri,
    )
    return {row[0]: int(row[1]) for row in rows}


def count_entries(rx: Reader, event_uri: str, road: Road) -> int:
    """How many answers came by this road."""
    row = rx.one(
        "SELECT COUNT(*) FROM attendance WHERE event_uri = ? AND road = ?", event_uri, road
    )
    return int(row[0]) if row else 0


def count_lately(rx: Reader, event_uri: str, state: State, road: Road, since: datetime) -> int:
    """How many people are in this state who asked by this road since a moment."""
    row = rx.one(
        "SELECT COALESCE(SUM(people), 0) FROM attendance "
        "WHERE event_uri = ? AND state = ? AND asked_at >= ? AND road = ?",
        event_uri,
        state,
        to_ms(since),
        road,
    )
    return int(row[0]) if row else 0


def put(unit: Unit, entry: Entry) -> Entry:
    """Write an entry down, in the place of what this participant said before; as it is kept. `id` 0 is a new one."""
    unit.tx.run(
        "INSERT INTO attendance (id, event_uri, who, state, road, name, people, message, language, activity_uri, "
        "wants_reminder, reminder_uri, mail_what, mail_attempts, asked_at, changed_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?) "
        "ON CONFLICT (event_uri, who) DO UPDATE SET state = excluded.state, road = excluded.road, name = excluded.name, "
        "people = excluded.people, message = excluded.message, language = excluded.language, "
        "activity_uri = excluded.activity_uri, wants_reminder = excluded.wants_reminder, "
        "reminder_uri = excluded.reminder_uri, asked_at = excluded.asked_at, changed_at = excluded.changed_at",
        entry.id or new_row_id(unit.now),
        entry.event_uri,
        entry.who,
        entry.state,
        entry.road,
        entry.name,
        entry.people,
        entry.message,
        entry.language,
        entry.activity_uri,
        entry.wants_reminder,
        entry.reminder_uri,
        to_ms(entry.asked_at),
        unit.now_ms,
    )
    kept = find(unit.tx, entry.event_uri, entry.who)
    assert kept is not None
    return kept


def set_state(unit: Unit, entry: Entry, state: State) -> Entry:
    """The entry in another state."""
    unit.tx.run(
        "UPDATE attendance SET state = ?, changed_at = ? WHERE id = ?", state, unit.now_ms, entry.id
    )
    return replace(entry, state=state)


def make_link(unit: Unit, entry: Entry) -> str:
    """A new link that changes this entry; the oldest of too many ends."""
    token = new_token()
    unit.tx.run(
        "INSERT INTO attendance_link (token_hash, attendance_id, made_at) VALUES (?, ?, ?)",
        _digest(token),
        entry.id,
        unit.now_ms,
    )
    rows = unit.tx.all(
        "SELECT token_hash FROM attendance_link WHERE attendance_id = ? ORDER BY made_at DESC, token_hash",
        entry.id,
    )
    for row in rows[LINKS_MAX:]:
        unit.tx.run("DELETE FROM attendance_link WHERE token_hash = ?", row[0])
    return token


def set_mail(unit: Unit, secret: bytes, entry: Entry, address: str) -> Entry:
    """Keep where letters about this entry go."""
    unit.tx.run(
        "UPDATE attendance SET mail_sealed = ? WHERE id = ?",
        seal(secret, _label(entry.id), address.encode()),
        entry.id,
    )
    return replace(entry, has_mail=True)


def want_letter(unit: Unit, entry: Entry, what: Told) -> None:
    """Have a letter written, in the place of one that waits; nothing without an address."""
    unit.tx.run(
        "UPDATE attendance SET mail_what = ?, mail_due = ?, mail_attempts = 0 WHERE id = ? AND mail_sealed IS NOT NULL",
        what,
        unit.now_ms,
        entry.id,
    )


def claim_letters(unit: Unit, secret: bytes, most: int, lease: timedelta) -> Sequence[Letter]:
    """Some of the letters that are due; nobody else gets them before the lease ends."""
    rows = unit.tx.all(
        f"SELECT {_COLUMNS}, mail_sealed, mail_what, mail_attempts FROM attendance WHERE mail_due <= ? "
        f"ORDER BY mail_due LIMIT ? {UNHELD}",
        unit.now_ms,
        most,
    )
    found = []
    for row in rows:
        entry = _entry_of(row[:14])
        unit.tx.run(
            "UPDATE attendance SET mail_due = ?, mail_attempts = mail_attempts + 1 WHERE id = ?",
            to_ms(unit.now + lease),
            entry.id,
        )
        address = open_address(secret, entry.id, bytes(row[14]))
        if address is None:
            unit.tx.run(
                "UPDATE attendance SET mail_sealed = NULL, mail_due = NULL WHERE id = ?", entry.id
            )
        else:
            found.append(Letter(entry, address, row[15], int(row[16]) + 1))
    return found


def settle_letter(unit: Unit, letter: Letter, *, is_sent: bool, after: timedelta) -> None:
    """It went out, or is tried again later; not for ever. Another one wished for meanwhile stays."""
    if is_sent or letter.attempts >= _ATTEMPTS_MAX:
        unit.tx.run(
            "UPDATE attendance SET mail_what = '', mail_due = NULL WHERE id = ? AND mail_what = ? AND mail_attempts = ?",
            letter.entry.id,
            letter.what,
            letter.attempts,
        )
    else:
        unit.tx.run(
            "UPDATE attendance SET mail_due = ? WHERE id = ? AND mail_attempts = ?",
            to_ms(unit.now + after),
            letter.entry.id,
            letter.attempts,
        )


def set_reminder(unit: Unit, entry: Entry, *, is_wanted: bool, word_uri: str | None = None) -> None:
    """Whether this participant wants to be reminded, and with which word of theirs they said so."""
    unit.tx.run(
        "UPDATE attendance SET wants_reminder = ?, reminder_uri = ? WHERE id = ?",
        is_wanted,
        word_uri,
        entry.id,
    )


def list_to_remind(rx: Reader, event_uri: str, most: int) -> Sequence[Entry]:
    """Those who want to be reminded and were not: of who answered, those who still have to do with the event."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM attendance WHERE event_uri = ? "
        "AND state IN ('asked', 'waiting', 'coming', 'maybe', 'reminder') AND wants_reminder AND reminded_at IS NULL "
        "ORDER BY id LIMIT ?",
        event_uri,
        most,
    )
    return [_entry_of(row) for row in rows]


def note_reminded(unit: Unit, entry: Entry) -> None:
    """This participant was reminded."""
    unit.tx.run("UPDATE attendance SET reminded_at = ? WHERE id = ?", unit.now_ms, entry.id)


def remind_again(unit: Unit, event_uri: str) -> None:
    """The event is at another time: whoever was reminded is reminded once more."""
    unit.tx.run("UPDATE attendance SET reminded_at = NULL WHERE event_uri = ?", event_uri)


def forget_event(unit: Unit, event_uri: str) -> int:
    """Everything about who comes there; how many entries it was."""
    unit.tx.run(
        "DELETE FROM attendance_link WHERE attendance_id IN (SELECT id FROM attendance WHERE event_uri = ?)",
        event_uri,
    )
    return unit.tx.run("DELETE FROM attendance WHERE event_uri = ?", event_uri)


def end_links(unit: Unit, entry: Entry) -> None:
    """No link changes this entry any more."""
    unit.tx.run("DELETE FROM attendance_link WHERE attendance_id = ?", entry.id)


def list_everybody(rx: Reader) -> Sequence[str]:
    """Every actor who answered any event of ours."""
    return [row[0] for row in rx.all("SELECT DISTINCT who FROM attendance WHERE road <> 'form'")]


def forget(unit: Unit, entry: Entry) -> None:
    """This entry."""
    unit.tx.run("DELETE FROM attendance_link WHERE attendance_id = ?", entry.id)
    unit.tx.run("DELETE FROM attendance WHERE id = ?", entry.id)


def list_by_actor(rx: Reader, who: str, most: int = 200) -> Sequence[Entry]:
    """Every entry of somebody."""
    rows = rx.all(f"SELECT {_COLUMNS} FROM attendance WHERE who = ? ORDER BY id LIMIT ?", who, most)
    return [_entry_of(row) for row in rows]


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """Every address sealed with another secret. Raises SetupError."""
    rows = unit.tx.all("SELECT id, mail_sealed FROM attendance WHERE mail_sealed IS NOT NULL")
    unit.tx.run_many(
        "UPDATE attendance SET mail_sealed = ? WHERE id = ?",
        [(reseal(old, new, int(row[0]), bytes(row[1])), row[0]) for row in rows],
    )


def open_address(secret: bytes, row_id: int, sealed: bytes) -> str | None:
    """The address of this entry; None when its seal cannot be opened: it must not keep the letters of others waiting."""
    try:
        return unseal(secret, _label(row_id), sealed).decode()
    except SetupError:
        log.warning("the address of a participant cannot be opened and is forgotten")
        return None


def reseal(old: bytes, new: bytes, row_id: int, sealed: bytes) -> bytes:
    """The address of this entry, sealed with another secret. Raises SetupError."""
    return seal(new, _label(row_id), unseal(old, _label(row_id), sealed))


def stands_at(entry: Entry) -> tuple[int, int]:
    """Where the entry stands in a list: the moment and its row."""
    return to_ms(entry.asked_at), entry.id


def _entry_of(row: Row) -> Entry:
    return Entry(
        id=row[0],
        event_uri=row[1],
        who=row[2],
        state=row[3],
        road=row[4],
        name=row[5],
        people=row[6],
        message=row[7],
        language=row[8],
        activity_uri=row[9],
        wants_reminder=bool(row[10]),
        has_mail=bool(row[11]),
        asked_at=from_ms(row[12]),
        reminder_uri=row[13],
    )


def _digest(token: str) -> str:
    return hashlib.sha256(b"attendance " + token.encode()).hexdigest()


def _label(row_id: int) -> str:
    return f"attendance {row_id}"
