"""Who did what in the house, for its members alone. Owner of `journal`.

It never federates, holds no address and no words of anybody, and is forgotten after a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.ids import new_row_id
from fedi.text.direction import clean_line
from fedi.unit import Unit

# What concerns the whole house and no single collective.
HOUSE: Final = ""
ABOUT_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """`done`: the key of a message that says it. `person`: the name, also of somebody who has left."""

    id: int
    actor_uri: str
    person: str
    done: str
    about: str
    at: datetime


def note(unit: Unit, actor_uri: str, person_id: int, done: str, about: str = "") -> None:
    """This person did this just now. `about`: an id or a name, never the words of somebody."""
    unit.tx.run(
        "INSERT INTO journal (id, actor_uri, person_id, done, about, at) VALUES (?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        actor_uri,
        person_id,
        done,
        clean_line(about, ABOUT_MAX),
        unit.now_ms,
    )


def list_newest(
    rx: Reader, actor_uri: str, most: int, before: tuple[int, int] = (2**62, 2**62)
) -> Sequence[Entry]:
    """What was done for a collective, or (`HOUSE`) in the whole house; newest first. `before`: moment and id of the last seen."""
    rows = rx.all(
        "SELECT j.id, j.actor_uri, p.name, j.done, j.about, j.at FROM journal j LEFT JOIN person p ON p.id = j.person_id "
        "WHERE j.actor_uri = ? AND (j.at, j.id) < (?, ?) ORDER BY j.at DESC, j.id DESC LIMIT ?",
        actor_uri,
        *before,
        most,
    )
    return [Entry(row[0], row[1], row[2] or "", row[3], row[4], from_ms(row[5])) for row in rows]


def list_older(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int]]:
    """What is older: when, the row; `after` is the last one seen."""
    rows = rx.all(
        "SELECT at, id FROM journal WHERE at < ? AND (at, id) > (?, ?) ORDER BY at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def forget(unit: Unit, before: datetime) -> int:
    """Forget what is older; how many."""
    return unit.tx.run("DELETE FROM journal WHERE at < ?", to_ms(before))
