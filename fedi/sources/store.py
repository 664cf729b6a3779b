"""From where collectives take events, and how reading went. Owner of `event_source`.

A source that does not answer is asked less and less often, down to once a week; nothing is ever asked more often than every
few hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.errors import Conflict, NotFound
from fedi.ids import new_public_id, new_row_id
from fedi.unit import Unit

Way = Literal["draft", "mirror"]
WAYS: Final[tuple[Way, ...]] = ("draft", "mirror")
SOURCES_MAX: Final = 20
EVERY: Final = timedelta(hours=6)
SELDOM: Final = timedelta(days=7)
LEASE: Final = timedelta(minutes=30)
# Absent so often in a row, a source has taken back what it said.
ABSENT_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Source:
    """One source of one collective. `problem`: why the last reading failed, a message key, or nothing.

    `failures`: how often in a row. `unreadable`, `left_out`: events of the last reading that made no sense or were too many.
    """

    row_id: int
    id: str
    actor_uri: str
    author_uri: str
    address: str
    way: str
    name: str
    link: str
    language: str
    zone: str
    added_by: int
    created_at: datetime
    due_at: datetime | None
    read_at: datetime | None
    etag: str
    modified: str
    failures: int
    problem: str
    unreadable: int
    left_out: int


_COLUMNS: Final = (
    "id, public_id, actor_uri, author_uri, address, way, name, link, language, zone, added_by, created_at, due_at, read_at, "
    "etag, modified, failures, problem, unreadable, left_out"
)


def _source_of(row: Row) -> Source:
    return Source(
        row_id=row[0],
        id=row[1],
        actor_uri=row[2],
        author_uri=row[3],
        address=row[4],
        way=row[5],
        name=row[6],
        link=row[7],
        language=row[8],
        zone=row[9],
        added_by=row[10],
        created_at=from_ms(row[11]),
        due_at=None if row[12] is None else from_ms(row[12]),
        read_at=None if row[13] is None else from_ms(row[13]),
        etag=row[14],
        modified=row[15],
        failures=row[16],
        problem=row[17],
        unreadable=row[18],
        left_out=row[19],
    )


def load(rx: Reader, actor_uri: str, public_id: str) -> Source:
    """A source of this collective. Raises NotFound, alike for one of another collective (S81)."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_source WHERE public_id = ? AND actor_uri = ?",
        public_id,
        actor_uri,
    )
    if row is None:
        raise NotFound("sources.not_found", detail="source")
    return _source_of(row)


def find_at(rx: Reader, actor_uri: str, address: str) -> Source | None:
    """The source of this collective at an address."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_source WHERE actor_uri = ? AND address = ? AND address <> ''",
        actor_uri,
        address,
    )
    return _source_of(row) if row else None


def list_of(rx: Reader, actor_uri: str) -> Sequence[Source]:
    """The sources of a collective, the oldest first."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM event_source WHERE actor_uri = ? ORDER BY created_at, id LIMIT ?",
        actor_uri,
        SOURCES_MAX,
    )
    return [_source_of(row) for row in rows]


def authors(rx: Reader) -> frozenset[str]:
    """By whom mirrors are said: one for each source."""
    return frozenset(str(row[0]) for row in rx.all("SELECT author_uri FROM event_source"))


def add(
    unit: Unit,
    actor_uri: str,
    address: str,
    *,
    way: str,
    name: str,
    link: str,
    language: str,
    zone: str,
    added_by: int,
) -> Source:
    """A new source. Raises Conflict when this collective has it, or has as many as it may."""
    if address and find_at(unit.tx, actor_uri, address) is not None:
        raise Conflict("sources.once", detail="source")
    if len(list_of(unit.tx, actor_uri)) >= SOURCES_MAX:
        raise Conflict("sources.many", limit=SOURCES_MAX)
    public_id = new_public_id(unit.now)
    # no actor has this id, whatever stands at the address
    author_uri = f"{(address or link or actor_uri).partition('#')[0]}#source-{public_id}"
    unit.tx.run(
        f"INSERT INTO event_source ({_COLUMNS}) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, '', '', 0, '', 0, 0)",
        new_row_id(unit.now),
        public_id,
        actor_uri,
        author_uri,
        address,
        way,
        name,
        link,
        language,
        zone,
        added_by,
        unit.now_ms,
        to_ms(unit.now + EVERY) if address else None,
    )
    return load(unit.tx, actor_uri, public_id)


def remove(unit: Unit, source: Source) -> None:
    """Forget it."""
    unit.tx.run("DELETE FROM event_source WHERE id = ?", source.row_id)


def claim_due(unit: Unit, most: int) -> Sequence[Source]:
    """Take those that are due, so that nobody else reads them meanwhile."""
    rows = unit.tx.all(
        f"SELECT {_COLUMNS} FROM event_source WHERE due_at <= ? ORDER BY due_at LIMIT ?",
        unit.now_ms,
        most,
    )
    unit.tx.run_many(
        "UPDATE event_source SET due_at = ? WHERE id = ?",
        [(to_ms(unit.now + LEASE), row[0]) for row in rows],
    )
    return [_source_of(row) for row in rows]


def has_due(rx: Reader, now: datetime) -> bool:
    """Whether any is due."""
    return rx.one("SELECT 1 FROM event_source WHERE due_at <= ? LIMIT 1", to_ms(now)) is not None


def note_read(
    unit: Unit, source: Source, etag: str, modified: str, unreadable: int, left_out: int
) -> None:
    """It was read; the next time comes as usual, a little later by chance so that a source is not asked by all at once."""
    unit.tx.run(
        "UPDATE event_source SET read_at = ?, due_at = ?, etag = ?, modified = ?, failures = 0, problem = '', "
        "unreadable = ?, left_out = ? WHERE id = ?",
        unit.now_ms,
        to_ms(unit.now + EVERY * (1 + unit.chance() / 4)) if source.address else None,
        etag,
        modified,
        unreadable,
        left_out,
        source.row_id,
    )


def note_failure(unit: Unit, source: Source, problem: str, wait: timedelta) -> int:
    """It could not be read; how often in a row. `wait`: at least so long before it is asked again."""
    failures = source.failures + 1
    unit.tx.run(
        "UPDATE event_source SET due_at = ?, failures = ?, problem = ? WHERE id = ?",
        to_ms(unit.now + max(wait, min(EVERY * 2 ** min(failures - 1, 8), SELDOM)))
        if source.address
        else None,
        failures,
        problem,
        source.row_id,
    )
    return failures
