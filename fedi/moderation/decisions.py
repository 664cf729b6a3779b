"""What stewards decided about hosts, people and publications: who, when, what, why. Owner of `decision`.

A decision by a person of the house is in the journal too, which everybody in the house reads and which is forgotten after a while;
what stands here stays as long as what was decided may be asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from actors import journal
from fedi.clock import from_ms
from fedi.db.engine import Reader, Row
from fedi.ids import new_row_id
from fedi.text.direction import clean_line, clean_text
from fedi.unit import Unit

Kind = Literal["host", "actor", "publication", "flag", "list"]
WHY_MAX: Final = 2000
TARGET_MAX: Final = 2048
# Decided for every collective of this instance.
INSTANCE: Final = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`person`: the name of who decided, empty for the command line. `done`: the last part of a key `decision.…`."""

    id: int
    kind: str
    target: str
    done: str
    why: str
    person: str
    at: datetime


def note(
    unit: Unit,
    kind: Kind,
    target: str,
    done: str,
    *,
    why: str = "",
    person_id: int = 0,
    actor_uri: str = INSTANCE,
) -> None:
    """Remember that this was decided just now, in the transaction in which it takes effect."""
    unit.tx.run(
        "INSERT INTO decision (id, actor_uri, kind, target, done, why, person_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        new_row_id(unit.now),
        actor_uri,
        kind,
        clean_line(target, TARGET_MAX),
        done,
        clean_text(why, WHY_MAX),
        person_id,
        unit.now_ms,
    )
    if person_id:
        journal.note(unit, actor_uri, person_id, f"journal.{done}", target)


def list_newest(
    rx: Reader, most: int, before: int | None = None, actor_uri: str = INSTANCE
) -> Sequence[Decision]:
    """The newest first; `before`: the `id` of the last one seen."""
    rows = rx.all(
        "SELECT d.id, d.kind, d.target, d.done, d.why, p.name, d.at FROM decision d LEFT JOIN person p ON p.id = d.person_id "
        "WHERE d.actor_uri = ? AND d.id < ? ORDER BY d.id DESC LIMIT ?",
        actor_uri,
        2**63 - 1 if before is None else before,
        most,
    )
    return [_decision_of(row) for row in rows]


def list_about(
    rx: Reader, target: str, most: int = 100, actor_uri: str = INSTANCE
) -> Sequence[Decision]:
    """What was decided about one host, actor or publication, the newest first."""
    rows = rx.all(
        "SELECT d.id, d.kind, d.target, d.done, d.why, p.name, d.at FROM decision d LEFT JOIN person p ON p.id = d.person_id "
        "WHERE d.actor_uri = ? AND d.target = ? ORDER BY d.id DESC LIMIT ?",
        actor_uri,
        target,
        most,
    )
    return [_decision_of(row) for row in rows]


def list_done(rx: Reader, done: str, most: int) -> Sequence[Decision]:
    """The newest of one sort, for the whole instance."""
    rows = rx.all(
        "SELECT d.id, d.kind, d.target, d.done, d.why, p.name, d.at FROM decision d LEFT JOIN person p ON p.id = d.person_id "
        "WHERE d.actor_uri = '' AND d.done = ? ORDER BY d.id DESC LIMIT ?",
        done,
        most,
    )
    return [_decision_of(row) for row in rows]


def _decision_of(row: Row) -> Decision:
    return Decision(row[0], row[1], row[2], row[3], row[4], row[5] or "", from_ms(row[6]))
