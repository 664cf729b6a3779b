"""SQLite: one writing connection, a few reading ones, each with its own thread (aiosqlite).

Units of work that arrive while a commit is under way are gathered and share the next one (group commit): each runs
inside its own savepoint, so that one failing unit undoes only itself, and all become durable with a single fsync.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import aiosqlite

from fedi.db.engine import Ear, Reader, Row, Writer, call_all
from fedi.db.watch import READ, WRITE, Watch, now_s
from fedi.errors import SetupError, Unavailable

T = TypeVar("T")
log = logging.getLogger("fedi.db")

GROUP_MAX = 256
# From so many units on the event loop stands aside while they run, so long at most and never while the disk is waited for.
# Each statement lets go of the interpreter for a moment. A loop with work to do takes it then, and the thread has to fight for
# it at every statement: together they took a third more of the processor for the same work (ADR 32).
MANY = 4
ASIDE_S = 0.02
_READER_PRAGMAS = ("PRAGMA query_only=ON", "PRAGMA cache_size=-4000")
_WRITER_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-8000",
)
_HALF_THERE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'moving'"
BUSY_TIMEOUT = "PRAGMA busy_timeout=30000"
_BOTH_PRAGMAS = (BUSY_TIMEOUT, "PRAGMA temp_store=MEMORY")
# What a full or failing disk looks like; callers hear "later", nothing is half done.
_STORAGE_TROUBLE = ("full", "disk i/o error", "readonly", "unable to open", "locked")


class _Connection(aiosqlite.Connection):
    """A connection that runs a whole function in its thread."""

    async def hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return result

    def stand_aside(self, until: Event) -> None:
        """Leave the interpreter to the thread until then, though not for long."""
        until.wait(ASIDE_S)


class _SqliteReader:
    """Reader over a plain connection; lives for one hop."""

    __slots__ = ("_connection", "_watch")

    def __init__(self, connection: sqlite3.Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch

    def one(self, sql: str, *values: object) -> Row | None:
        began_s = now_s()
        row: Row | None = self._connection.execute(sql, values).fetchone()
        self._watch.statement(sql, began_s, row is not None)
        return row

    def all(self, sql: str, *values: object) -> Sequence[Row]:
        began_s = now_s()
        rows = self._connection.execute(sql, values).fetchall()
        self._watch.statement(sql, began_s, len(rows))
        return rows


class _SqliteWriter(_SqliteReader):
    """Writer over a plain connection; lives for one unit."""

    __slots__ = ("commit_calls", "rows")

    def __init__(self, connection: sqlite3.Connection, watch: Watch) -> None:
        super().__init__(connection, watch)
        self.commit_calls: list[Callable[[], None]] = []
        self.rows = 0

    def run(self, sql: str, *values: object) -> int:
        began_s = now_s()
        changed = self._connection.execute(sql, values).rowcount
        self._watch.statement(sql, began_s, changed)
        self.rows += max(0, changed)
        return changed

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if rows == []:
            return
        began_s = now_s()
        changed = max(0, self._connection.executemany(sql, rows).rowcount)
        self._watch.statement(sql, began_s, changed)
        self.rows += changed

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_calls.append(call)

    def tell(self, words: str) -> None:
        """Nobody else has the file."""

    def queue_up(self, number: int) -> None:
        """One unit comes after the other anyway."""


class _Waiting:
    """A unit of work. `settled`: done once it is on disk or failed, if somebody waits for that."""

    __slots__ = ("asked_s", "calls", "problem", "result", "settled", "work")

    def __init__(
        self, work: Callable[[Writer], Any], settled: "asyncio.Future[None] | None" = None
    ) -> None:
        self.work = work
        self.settled = settled
        self.result: Any = None
        self.problem: BaseException | None = None
        self.calls: list[Callable[[], None]] = []
        self.asked_s = now_s()


class SqliteDatabase:
    """The embedded engine. Open with `open_sqlite`, always close: an unclosed connection thread keeps the process alive."""

    dialect = "sqlite"
    is_shared = False

    def __init__(
        self, path: Path, writer: _Connection, readers: Sequence[_Connection], watch: Watch
    ) -> None:
        self._path = path
        self._watch = watch
        self._writer = writer
        self._readers = readers
        self._next_reader = 0
        self._waiting: list[_Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on one snapshot of the database."""
        self._next_reader = (self._next_reader + 1) % len(self._readers)
        watch, asked_s = self._watch, now_s()

        def look(connection: sqlite3.Connection) -> T:
            began_s = now_s()
            connection.execute("BEGIN")
            try:
                return work(_SqliteReader(connection, watch))
            finally:
                connection.execute("COMMIT")
                watch.unit(READ, asked_s, began_s)

        return await self._readers[self._next_reader].hop(look)

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in a transaction and return when it is on disk. A cancelled caller does not undo the unit."""
        settled = asyncio.get_running_loop().create_future()
        waiting = _Waiting(work, settled)
        self._queue(waiting)
        await settled
        if waiting.problem is not None:
            raise waiting.problem
        result: T = waiting.result
        return result

    async def write_each(
        self, works: Sequence[Callable[[Writer], T]]
    ) -> Sequence[T | BaseException]:
        """The same for each of these, which share a commit unless they are very many."""
        if not works:
            return []
        settled = asyncio.get_running_loop().create_future()
        batch = [*map(_Waiting, works[:-1]), _Waiting(works[-1], settled)]
        self._queue(*batch)
        await settled  # what was asked for first is settled first
        return [each.result if each.problem is None else each.problem for each in batch]

    def _queue(self, *batch: _Waiting) -> None:
        self._waiting += batch
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())

    async def claim(self, work: Callable[[Writer], T]) -> T:
        """As `write`: units never overlap."""
        return await self.write(work)

    def listening(self, ear: Ear, *, wants_duty: bool) -> AbstractAsyncContextManager[None]:
        """Nobody else has the file."""
        return nullcontext()

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                try:
                    have_run = Event()
                    work = partial(_commit_group, group=group, watch=self._watch, have_run=have_run)
                    hop = asyncio.create_task(self._writer.hop(work))
                    if len(group) >= MANY:
                        await asyncio.sleep(0)  # now the thread has the group
                        self._writer.stand_aside(have_run)
                    await hop
                except BaseException as problem:  # noqa: BLE001 - handed to every caller of the group
                    for waiting in group:
                        waiting.problem = _as_expected(problem)
                _settle_group(group)
        finally:
            self._flusher = None

    def migrating(self) -> AbstractAsyncContextManager[None]:
        """Nothing to hold: whoever opens the file has locked its folder."""
        return nullcontext()

    async def is_half_there(self) -> bool:
        """Whether all of a database was to be copied here and was not finished."""
        return await self.read(lambda rx: rx.one(_HALF_THERE)) is not None

    async def weigh(self) -> int:
        """The bytes of the file with its journal."""
        return await self._writer.hop(lambda _: _size_of(self._path))

    async def empty_journal(self) -> bool:
        """Move the journal into the database, where deleted rows are overwritten (`secure_delete`), and cut it to nothing.

        Waits for readers only as long as nobody who writes would notice. Raises Unavailable when it cannot be written.
        """

        def empty(connection: sqlite3.Connection) -> bool:
            # most of the work disturbs nobody; what remains needs a moment without readers
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            connection.execute("PRAGMA busy_timeout=100")
            try:
                row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem):
                    raise
                return False
            finally:
                connection.execute(BUSY_TIMEOUT)
            return not row[0]

        try:
            return await self._writer.hop(empty)
        except sqlite3.OperationalError as problem:
            raise _as_expected(problem) from problem

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
        if self._flusher is not None:
            await self._flusher
        for connection in (*self._readers, self._writer):
            await connection.close()


def _commit_group(
    connection: sqlite3.Connection, group: Sequence[_Waiting], watch: Watch, have_run: Event
) -> None:
    """Run the units and make them durable. `have_run` is set between the two."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for waiting in group:
            began_s = now_s()
            _run_unit(connection, waiting, watch, alone=len(group) == 1)
            watch.unit(WRITE, waiting.asked_s, began_s)
        have_run.set()
        began_s = now_s()
        connection.execute("COMMIT")
        watch.committed(began_s)
    except BaseException:
        have_run.set()
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run_unit(
    connection: sqlite3.Connection, waiting: _Waiting, watch: Watch, *, alone: bool
) -> None:
    writer = _SqliteWriter(connection, watch)
    if alone:
        waiting.result = waiting.work(writer)
    else:
        connection.execute("SAVEPOINT unit")
        try:
            waiting.result = waiting.work(writer)
        except Exception as problem:
            if (
                not connection.in_transaction
            ):  # the engine itself gave the transaction up: disk full, I/O error
                raise
            connection.execute("ROLLBACK TO unit")
            waiting.problem = _as_expected(problem)
        connection.execute("RELEASE unit")
    waiting.calls = writer.commit_calls


def _settle_group(group: Sequence[_Waiting]) -> None:
    for waiting in group:
        if waiting.problem is None:
            call_all(waiting.calls)
    for waiting in group:
        # who asked may have been cancelled meanwhile
        if waiting.settled is not None and not waiting.settled.done():
            waiting.settled.set_result(None)


def _as_expected(problem: BaseException) -> BaseException:
    if isinstance(problem, sqlite3.OperationalError) and any(
        trouble in str(problem).lower() for trouble in _STORAGE_TROUBLE
    ):
        unavailable = Unavailable("error.storage", detail=str(problem), retry_after_s=300)
        unavailable.__cause__ = problem
        return unavailable
    return problem


def _size_of(path: Path) -> int:
    files = (path, *path.parent.glob(f"{path.name}-*"))
    return sum(each.stat().st_size for each in files if each.exists())


async def open_sqlite(
    path: Path, *, readers: int = 2, watch: Watch | None = None
) -> SqliteDatabase:
    """Open (and create) the database file. Raises SetupError when it is damaged or cannot be opened."""
    opened: list[_Connection] = []
    try:
        writer = await _connect(path, (*_BOTH_PRAGMAS, "PRAGMA journal_mode=WAL", *_WRITER_PRAGMAS))
        opened.append(writer)
        for _ in range(readers):
            opened.append(await _connect(path, (*_BOTH_PRAGMAS, *_READER_PRAGMAS)))
    except sqlite3.Error as problem:
        for connection in opened:
            await connection.close()
        raise SetupError(
            detail=f"{path}: the database cannot be opened ({problem}). If the file is damaged, restore a backup; "
            "nothing was changed."
        ) from problem
    return SqliteDatabase(path, writer, opened[1:], watch or Watch())


async def _connect(path: Path, pragmas: Sequence[str]) -> _Connection:
    connection = _Connection(
        lambda: sqlite3.connect(path, isolation_level=None, cached_statements=256), 64
    )

    def prepare(plain: sqlite3.Connection) -> None:
        for pragma in pragmas:
            plain.execute(pragma)

    opened = await connection
    assert opened is connection
    try:
        await connection.hop(prepare)
    except BaseException:
        await connection.close()
        raise
    return connection
