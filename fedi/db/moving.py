"""All rows of one database into another of either engine: a copy for a backup, a way from a file to a server and back.

Both have the tables of this program's last version. Rows travel in the order of their keys, which is the same in both
engines, and each table's digest is computed while it is read, again after it was written, and compared.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from fedi.db.engine import Row, marks
from fedi.db.migrate import LEDGER, list_migrations, statements_of
from fedi.errors import Conflict, SetupError

BATCH: Final = 1000
MARK: Final = "moving"
# What PostgreSQL cannot hold in a text, and what stands for it.
_ZERO, _INSTEAD = "\x00", "\N{REPLACEMENT CHARACTER}"
OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, those of its key, those that hold a truth value."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    truths: frozenset[int]
    texts: frozenset[int]


class Side(Protocol):
    """One database. Whoever reads from it sees one moment; whoever writes to it is alone there."""

    dialect: str

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        ...

    def all(self, sql: str) -> Sequence[Row]:
        """Every row, at once."""
        ...

    def each(self, sql: str) -> Iterator[Row]:
        """Every row, without holding all of them."""
        ...

    def change(self, steps: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Statements with their values, in one transaction."""
        ...

    def fill(self, table: Table, rows: Iterator[Row]) -> None:
        """Nothing but these rows, in one transaction."""
        ...

    def close(self) -> None: ...


@lru_cache(maxsize=1)
def tables() -> tuple[Table, ...]:
    """Every table of the last version but the ledger of migrations, as SQLite understands the files."""
    with closing(sqlite3.Connection(":memory:")) as made:
        for migration in list_migrations():
            for statement in statements_of(migration.text, "sqlite"):
                made.execute(statement)
        names = made.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return tuple(_table(made, name) for (name,) in names.fetchall())


def _table(made: sqlite3.Connection, name: str) -> Table:
    found = made.execute(f"PRAGMA table_info({name})").fetchall()
    kinds = [re.split(r"\W", str(row[2]).upper())[0] for row in found]
    key = sorted((int(row[5]), str(row[1])) for row in found if row[5])
    return Table(
        name,
        tuple(str(row[1]) for row in found),
        tuple(column for _, column in key),
        frozenset(n for n, kind in enumerate(kinds) if kind == "BOOLEAN"),
        frozenset(n for n, kind in enumerate(kinds) if kind == "TEXT"),
    )


def count_all(side: Side) -> int:
    """How many rows there are to copy."""
    return sum(
        int(row[0]) for table in tables() for row in side.all(f"SELECT COUNT(*) FROM {table.name}")
    )


def copy_all(source: Side, target: Side, on_rows: OnRows = lambda _n: None) -> int:
    """Copy every table into an empty database, going on where an attempt broke off; how many rows.

    Raises Conflict when the target holds something of its own, SetupError when what arrived is not what was sent.
    """
    done, total = _begin(target), 0
    for table in tables():
        passing = _Passing(table, on_rows)
        if table.name in done:
            passing.read_all(source)
            if passing.digest == done[table.name]:
                total += passing.count
                continue
            # the source was used again meanwhile
            target.change([(f"DELETE FROM {MARK} WHERE name = ?", (table.name,))])
            passing = _Passing(table, lambda _n: None)
        target.fill(table, passing.through(source))
        arrived = _Passing(table, lambda _n: None)
        arrived.read_all(target)
        if arrived.digest != passing.digest:
            raise SetupError("database.differs", table=table.name)
        target.change([(f"INSERT INTO {MARK} VALUES (?, ?)", (table.name, passing.digest))])
        total += passing.count
    _finish(source, target)
    return total


class _Passing:
    """The rows of one table on their way: counted, and their digest."""

    def __init__(self, table: Table, on_rows: OnRows) -> None:
        self._table, self._on_rows = table, on_rows
        self._hash = hashlib.sha256()
        self.count = 0

    @property
    def digest(self) -> str:
        return f"{self.count}:{self._hash.hexdigest()}"

    def through(self, side: Side) -> Iterator[Row]:
        table = self._table
        rows = side.each(
            f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"
        )
        while batch := [_plain(table, row) for row in islice(rows, BATCH)]:
            for row in batch:
                self._hash.update(repr(row).encode("utf-8", "surrogatepass"))
            self.count += len(batch)
            yield from batch
            self._on_rows(len(batch))

    def read_all(self, side: Side) -> None:
        for _ in self.through(side):
            pass


def _plain(table: Table, row: Row) -> Row:
    """A row as both engines can hold it, written the same way whichever it came from."""
    values = list(row)
    for n in table.truths:
        if values[n] is not None:
            values[n] = int(values[n])
    for n in table.texts:
        if isinstance(values[n], str) and _ZERO in values[n]:
            values[n] = values[n].replace(_ZERO, _INSTEAD)
    return tuple(values)


def refuse_full(target: Side) -> None:
    """Raises Conflict when a database holds something of its own; what a copy left that was cut off is not that."""
    if not target.has(MARK) and any(target.has(table.name) for table in tables()):
        raise Conflict("database.not_empty")


def _begin(target: Side) -> dict[str, str]:
    """Tables, and a mark that the copy is not whole; what an earlier attempt finished, with its digest."""
    if target.has(MARK):
        return {str(row[0]): str(row[1]) for row in target.all(f"SELECT name, digest FROM {MARK}")}
    refuse_full(target)
    made = [
        statement
        for migration in list_migrations()
        for statement in statements_of(migration.text, target.dialect)
    ]
    target.change(
        [
            (f"CREATE TABLE {MARK} (name TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL)", ()),
            (LEDGER, ()),
            *((statement, ()) for statement in made),
        ]
    )
    return {}


def _finish(source: Side, target: Side) -> None:
    """The ledger of migrations last: a database without it is one that nobody serves from."""
    ledger = source.all("SELECT version, title, checksum, applied_at FROM schema_version")
    target.change(
        [
            *(("INSERT INTO schema_version VALUES (?, ?, ?, ?)", row) for row in ledger),
            (f"DROP TABLE {MARK}", ()),
        ]
    )


class SqliteSide:
    """A database in a file. `is_source`: one moment of it is read, and nothing changed."""

    dialect = "sqlite"

    def __init__(self, file: Path, *, is_source: bool) -> None:
        how = "ro" if is_source else "rwc"
        self._line = sqlite3.Connection(
            f"{file.absolute().as_uri()}?mode={how}", timeout=30, uri=True, isolation_level=None
        )
        try:
            if is_source:
                self._line.execute("BEGIN")
            else:
                self._line.execute("PRAGMA synchronous=FULL")
        except BaseException:
            self._line.close()
            raise

    def has(self, table: str) -> bool:
        asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self._line.execute(asked, (table,)).fetchone() is not None

    def all(self, sql: str) -> Sequence[Row]:
        return self._line.execute(sql).fetchall()

    def each(self, sql: str) -> Iterator[Row]:
        yield from self._line.execute(sql)

    def change(self, steps: Sequence[tuple[str, Sequence[object]]]) -> None:
        with self._whole():
            for sql, values in steps:
                self._line.execute(sql, tuple(values))

    def fill(self, table: Table, rows: Iterator[Row]) -> None:
        with self._whole():
            self._line.execute(f"DELETE FROM {table.name}")
            self._line.executemany(
                f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks(len(table.columns))})",
                rows,
            )

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._line.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._line.execute("ROLLBACK")
            raise
        self._line.execute("COMMIT")

    def close(self) -> None:
        self._line.close()
