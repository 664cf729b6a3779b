"""Who did what in the house, for its members alone. Owner of `journal`, `journal_chain`.

It never federates, holds no address and no words of anybody, and is forgotten after a while. Entries are numbered, and each
carries a digest of itself and of the one before: one that is taken out, put in or changed by other means is noticed (S103).
Whoever can write in the database and takes the trouble to reckon everything after it anew is not.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.ids import new_row_id
from fedi.text.direction import clean_line
from fedi.unit import Unit

# What concerns the whole house and no single collective.
HOUSE: Final = ""
ABOUT_MAX: Final = 500
PAGE: Final = 1_000


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
    chain = _chain(unit.tx)
    number = chain.number + 1
    said = (
        new_row_id(unit.now),
        actor_uri,
        person_id,
        done,
        clean_line(about, ABOUT_MAX),
        unit.now_ms,
    )
    digest = _digest(chain.digest, number, said)
    unit.tx.run(
        "INSERT INTO journal (id, actor_uri, person_id, done, about, at, number, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *said,
        number,
        digest,
    )
    _put(unit, replace(chain, number=number, digest=digest))


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
    """Forget what is older; how many. Where the chain begins from then on is kept."""
    last = unit.tx.one(
        "SELECT number, digest FROM journal WHERE at < ? AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
        to_ms(before),
    )
    chain = _chain(unit.tx)
    if last is not None and last[0] > chain.forgotten_number:
        _put(unit, replace(chain, forgotten_number=last[0], forgotten_digest=last[1]))
    return unit.tx.run("DELETE FROM journal WHERE at < ?", to_ms(before))


def find_break(rx: Reader) -> int | None:
    """The number of the first entry that is not what was written, or is missing; None when all of them hang together."""
    chain = _chain(rx)
    number, digest = chain.forgotten_number, chain.forgotten_digest
    while rows := rx.all(
        "SELECT number, digest, id, actor_uri, person_id, done, about, at FROM journal WHERE number > ? "
        "ORDER BY number LIMIT ?",
        number,
        PAGE,
    ):
        for row in rows:
            number += 1
            digest = _digest(digest, number, tuple(row[2:]))
            if (row[0], row[1]) != (number, digest):
                return number
    return None if (number, digest) == (chain.number, chain.digest) else number + 1


@dataclass(frozen=True, slots=True)
class _Chain:
    """The number and the digest of the last entry, and those of the last one that was forgotten."""

    number: int = 0
    digest: str = ""
    forgotten_number: int = 0
    forgotten_digest: str = ""


def _chain(rx: Reader) -> _Chain:
    row = rx.one(
        "SELECT number, digest, forgotten_number, forgotten_digest FROM journal_chain WHERE id = 1"
    )
    return _Chain(*row) if row else _Chain()


def _put(unit: Unit, chain: _Chain) -> None:
    unit.tx.run(
        "INSERT INTO journal_chain (id, number, digest, forgotten_number, forgotten_digest) VALUES (1, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET number = excluded.number, digest = excluded.digest, "
        "forgotten_number = excluded.forgotten_number, forgotten_digest = excluded.forgotten_digest",
        chain.number,
        chain.digest,
        chain.forgotten_number,
        chain.forgotten_digest,
    )


def _digest(before: str, number: int, said: Row | tuple[object, ...]) -> str:
    """Of an entry and, by the digest `before`, of everything that was written earlier."""
    whole = json.dumps([before, number, *said], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()
