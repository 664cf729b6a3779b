"""Reports of conduct that arrived. Owner of `flag`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.ids import new_row_id
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class Flag:
    """A report: who sent it, in which words, about what of ours."""

    id: int
    actor_uri: str
    content: str
    objects: tuple[str, ...]
    received_at: datetime


def add(
    unit: Unit, activity_uri: str, actor_uri: str, content: str, objects: Sequence[str]
) -> None:
    """Keep a report for the stewards."""
    unit.tx.run(
        "INSERT INTO flag (id, activity_uri, actor_uri, content, objects, state, received_at) "
        "VALUES (?, ?, ?, ?, ?, 'open', ?)",
        new_row_id(unit.now),
        activity_uri,
        actor_uri,
        content,
        json.dumps(list(objects)),
        unit.now_ms,
    )


def find(rx: Reader, flag_id: int) -> tuple[Flag, bool] | None:
    """One report, and whether it is open."""
    row = rx.one(
        "SELECT id, actor_uri, content, objects, received_at, state FROM flag WHERE id = ?", flag_id
    )
    if row is None:
        return None
    found = Flag(row[0], row[1], row[2], tuple(json.loads(row[3])), from_ms(row[4]))
    return found, row[5] == "open"


def settle(unit: Unit, flag_id: int, *, is_open: bool) -> bool:
    """Somebody has dealt with it, or it is opened again; False when it was so already."""
    return (
        unit.tx.run(
            "UPDATE flag SET state = ? WHERE id = ? AND state <> ?",
            "open" if is_open else "settled",
            flag_id,
            "open" if is_open else "settled",
        )
        > 0
    )


def list_settled(rx: Reader, most: int = 50) -> Sequence[Flag]:
    """Reports that somebody has dealt with, newest first."""
    rows = rx.all(
        "SELECT id, actor_uri, content, objects, received_at FROM flag WHERE state = 'settled' "
        "ORDER BY received_at DESC LIMIT ?",
        most,
    )
    return [
        Flag(row[0], row[1], row[2], tuple(json.loads(row[3])), from_ms(row[4])) for row in rows
    ]


def list_open(rx: Reader, most: int = 50) -> Sequence[Flag]:
    """Reports that nobody has dealt with, newest first."""
    rows = rx.all(
        "SELECT id, actor_uri, content, objects, received_at FROM flag WHERE state = 'open' "
        "ORDER BY received_at DESC LIMIT ?",
        most,
    )
    return [
        Flag(row[0], row[1], row[2], tuple(json.loads(row[3])), from_ms(row[4])) for row in rows
    ]
