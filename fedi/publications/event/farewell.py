"""Last letters: that an event was withdrawn, for people without an account who gave an address. Owner of `attendance_farewell`.

The event and all its entries are forgotten at once, so the letter is written beforehand. The address stays sealed as it was;
both go with the attempt that delivers the letter, or with the last one, or after two days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import UNHELD
from fedi.publications.event import attendance
from fedi.publications.event.attendance import Entry
from fedi.unit import Unit

_ATTEMPTS_MAX: Final = 5
_KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Farewell:
    """A letter that is due, to somebody whose entry had this number. Plain text."""

    id: int
    address: str
    subject: str
    text: str
    attempts: int


def keep(unit: Unit, entry: Entry, subject: str, text: str) -> None:
    """Have it sent soon; nothing without an address."""
    unit.tx.run(
        "INSERT INTO attendance_farewell (id, mail_sealed, subject, words, due_at, kept_until, attempts) "
        "SELECT id, mail_sealed, ?, ?, ?, ?, 0 FROM attendance WHERE id = ? AND mail_sealed IS NOT NULL",
        subject,
        text,
        unit.now_ms,
        to_ms(unit.now + _KEPT),
        entry.id,
    )


def claim(unit: Unit, secret: bytes, most: int, lease: timedelta) -> Sequence[Farewell]:
    """Some of those that are due; nobody else gets them before the lease ends. What is too old goes."""
    unit.tx.run("DELETE FROM attendance_farewell WHERE kept_until < ?", unit.now_ms)
    rows = unit.tx.all(
        "SELECT id, mail_sealed, subject, words, attempts FROM attendance_farewell WHERE due_at <= ? "
        f"ORDER BY due_at LIMIT ? {UNHELD}",
        unit.now_ms,
        most,
    )
    found = []
    for row in rows:
        unit.tx.run(
            "UPDATE attendance_farewell SET due_at = ?, attempts = attempts + 1 WHERE id = ?",
            to_ms(unit.now + lease),
            row[0],
        )
        address = attendance.open_address(secret, int(row[0]), bytes(row[1]))
        if address is None:
            unit.tx.run("DELETE FROM attendance_farewell WHERE id = ?", row[0])
        else:
            found.append(Farewell(int(row[0]), address, row[2], row[3], int(row[4]) + 1))
    return found


def settle(unit: Unit, letter: Farewell, *, is_sent: bool, after: timedelta) -> None:
    """It went out, or is tried again later; not for ever."""
    if is_sent or letter.attempts >= _ATTEMPTS_MAX:
        unit.tx.run("DELETE FROM attendance_farewell WHERE id = ?", letter.id)
    else:
        unit.tx.run(
            "UPDATE attendance_farewell SET due_at = ? WHERE id = ? AND attempts = ?",
            to_ms(unit.now + after),
            letter.id,
            letter.attempts,
        )


def rewrap(unit: Unit, old: bytes, new: bytes) -> None:
    """Every address sealed with another secret. Raises SetupError."""
    rows = unit.tx.all("SELECT id, mail_sealed FROM attendance_farewell")
    unit.tx.run_many(
        "UPDATE attendance_farewell SET mail_sealed = ? WHERE id = ?",
        [(attendance.reseal(old, new, int(row[0]), bytes(row[1])), row[0]) for row in rows],
    )
