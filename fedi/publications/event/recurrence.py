"""Events that repeat: each time is an event of its own; this knows which belong together and when more are made.

Owner of `recurrence`, `recurrence_time`. Days are ISO dates on the clocks of the place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.clock import to_ms
from fedi.db.engine import Reader, Row
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class Series:
    """`template`: the order to publish, as JSON. `day`: of the last time that was made. `is_open`: more are made."""

    id: str
    actor_uri: str
    template: str
    first_day: str
    day: str
    is_open: bool


_COLUMNS: Final = "id, actor_uri, template, first_day, day, due_at IS NOT NULL"


def find_of(rx: Reader, event_uri: str) -> Series | None:
    """The series that an event is a time of."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM recurrence WHERE id = (SELECT series_id FROM recurrence_time WHERE event_uri = ?)",
        event_uri,
    )
    return _series_of(row) if row else None


def find(rx: Reader, series_id: str) -> Series | None:
    """The series with this id."""
    row = rx.one(f"SELECT {_COLUMNS} FROM recurrence WHERE id = ?", series_id)
    return _series_of(row) if row else None


def day_of(rx: Reader, event_uri: str) -> str | None:
    """The day for which an event was made, wherever it moved since."""
    row = rx.one("SELECT day FROM recurrence_time WHERE event_uri = ?", event_uri)
    return str(row[0]) if row else None


def list_after(rx: Reader, series_id: str, day: str, most: int = 400) -> Sequence[str]:
    """The times that were made for later days, in order."""
    rows = rx.all(
        "SELECT event_uri FROM recurrence_time WHERE series_id = ? AND day > ? ORDER BY day, event_uri LIMIT ?",
        series_id,
        day,
        most,
    )
    return [row[0] for row in rows]


def list_due(rx: Reader, now: datetime, most: int) -> Sequence[Series]:
    """Series of which more times are to be made."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM recurrence WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        to_ms(now),
        most,
    )
    return [_series_of(row) for row in rows]


def add(unit: Unit, series: Series, due_at: datetime | None) -> None:
    """A new one."""
    unit.tx.run(
        "INSERT INTO recurrence (id, actor_uri, template, first_day, day, due_at) VALUES (?, ?, ?, ?, ?, ?)",
        series.id,
        series.actor_uri,
        series.template,
        series.first_day,
        series.day,
        None if due_at is None else to_ms(due_at),
    )


def add_time(unit: Unit, series_id: str, event_uri: str, day: str) -> None:
    """An event is a time of it."""
    unit.tx.run(
        "INSERT INTO recurrence_time (event_uri, series_id, day) VALUES (?, ?, ?) ON CONFLICT (event_uri) DO NOTHING",
        event_uri,
        series_id,
        day,
    )


def put_off(unit: Unit, series_id: str, day: str, due_at: datetime | None) -> None:
    """It is made until this day, and more at that moment; None: it is complete."""
    unit.tx.run(
        "UPDATE recurrence SET day = ?, due_at = ? WHERE id = ?",
        day,
        None if due_at is None else to_ms(due_at),
        series_id,
    )


def set_template(unit: Unit, series_id: str, template: str) -> None:
    """What is made from now on."""
    unit.tx.run("UPDATE recurrence SET template = ? WHERE id = ?", template, series_id)


def end(unit: Unit, series_id: str) -> None:
    """No more are made."""
    unit.tx.run("UPDATE recurrence SET due_at = NULL WHERE id = ?", series_id)


def forget_event(unit: Unit, event_uri: str) -> None:
    """One time is gone; with the last one the series is."""
    row = unit.tx.one("SELECT series_id FROM recurrence_time WHERE event_uri = ?", event_uri)
    if row is None:
        return
    unit.tx.run("DELETE FROM recurrence_time WHERE event_uri = ?", event_uri)
    left = unit.tx.one("SELECT 1 FROM recurrence_time WHERE series_id = ? LIMIT 1", row[0])
    if left is None:
        unit.tx.run("DELETE FROM recurrence WHERE id = ?", row[0])


def _series_of(row: Row) -> Series:
    return Series(row[0], row[1], row[2], row[3], row[4], bool(row[5]))
