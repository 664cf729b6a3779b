"""PostgreSQL: a few threads for changes and a few for looks, each with a connection of its own (psycopg).

A unit of work is one SERIALIZABLE transaction, run whole in one hop: what is true of the embedded engine, where one change
comes after the other, stays true with many at once. A unit that came into another's way is run again; the third time it
has the tables for itself, so it cannot lose for ever. A look is REPEATABLE READ, READ ONLY: one moment of the database.

Nothing here is loaded by an instance that keeps its tables in a file.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache, partial
from itertools import count
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper, Loader

from fedi.db.engine import Reader, Row, Writer, call_all
from fedi.db.migrate import LEDGER
from fedi.db.watch import READ, WRITE, Watch, now_s
from fedi.errors import Invalid, SetupError, Unavailable

T = TypeVar("T")
Line = psycopg.Connection[Row]
log = logging.getLogger("fedi.db")

OLDEST: Final = 130000
# Words of our own among the advisory locks of a database: who serves from it, who changes its tables.
SERVING, MIGRATING = 0x6D756A61, 0x6D756A62
CONNECT_S: Final = 5
# A server that is away is not asked again by every request.
AWAY_S: Final = 1.0
RETRY_AFTER_S: Final = 30
KEEP_S: Final = 5.0
ATTEMPTS_TOGETHER: Final = 2
ATTEMPTS: Final = 6

LOOK: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# LOCK takes no snapshot, so whoever had to wait for it sees what the others left. Looks are kept from nothing.
_CHANGE: Final = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE schema_version IN ROW SHARE MODE"
_CHANGE_ALONE: Final = (
    "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE schema_version IN EXCLUSIVE MODE"
)
_HALF_THERE: Final = (
    "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'moving'"
)
# What a network or a machine that vanished must not hold for ever; and no commit is told before it is on disk.
_MANNERS: Final = (
    "SET statement_timeout = '{statement_s}s'; SET lock_timeout = '20s'; "
    "SET idle_in_transaction_session_timeout = '60s'; "
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
_AGAIN: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
_MARKS: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?")
INTEGER_MAX: Final = 2**63
# What PostgreSQL cannot have in a text, and what nobody writes.
_ZERO, _NOBODY_S = "\x00", "\uffff\U0010fffe\uffff"


class StatementRefused(Exception):
    """A statement broke a rule of the tables or was not understood. Says which rule, never which values."""


class _Whole(Dumper):
    """Numbers without a type: the column or the comparison gives it, a truth value among them."""

    oid = 0

    def dump(self, obj: int) -> bytes:
        if not -INTEGER_MAX <= obj < INTEGER_MAX:
            raise OverflowError("a number beyond 64 bits")
        return b"%d" % obj

    def quote(self, obj: int) -> bytes:
        return b" %d" % obj


class _Sum(Loader):
    """Sums of whole numbers are whole."""

    def load(self, data: Any) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


@lru_cache(maxsize=1)
def _adapters() -> AdaptContext:
    adapters = AdaptersMap(psycopg.adapters)
    for kind in (int, bool):
        adapters.register_dumper(kind, _Whole)
    adapters.register_loader("numeric", _Sum)

    class Context:
        connection = None

        def __init__(self) -> None:
            self.adapters = adapters

    return Context()


@lru_cache(maxsize=4096)
def numbered(sql: str) -> str:
    """`?` as `$1`, `$2` …, but for those inside quotes."""
    numbers = count(1)
    return _MARKS.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)


class PostgresReader:
    """Reader over a plain connection; lives for one hop."""

    __slots__ = ("_line", "_watch")

    def __init__(self, line: Line, watch: Watch | None = None) -> None:
        self._line = line
        self._watch = watch or Watch()

    def one(self, sql: str, *values: object) -> Row | None:
        began_s = now_s()
        cursor = self._ask(sql, values)
        row = cursor.fetchone() if cursor.description else None
        self._watch.statement(sql, began_s, row is not None)
        return row

    def all(self, sql: str, *values: object) -> Sequence[Row]:
        began_s = now_s()
        cursor = self._ask(sql, values)
        rows = cursor.fetchall() if cursor.description else []
        self._watch.statement(sql, began_s, len(rows))
        return rows

    def _ask(self, sql: str, values: Sequence[object]) -> psycopg.Cursor[Row]:
        if any(type(each) is str and _ZERO in each for each in values):
            # no text in the tables holds it, so nothing is found by it
            values = [
                each.replace(_ZERO, _NOBODY_S) if isinstance(each, str) else each for each in values
            ]
        return self._line.execute(numbered(sql), values)


class PostgresWriter(PostgresReader):
    """Writer over a plain connection; lives for one attempt at a unit."""

    __slots__ = ("commit_calls", "rows")

    def __init__(self, line: Line, watch: Watch) -> None:
        super().__init__(line, watch)
        self.commit_calls: list[Callable[[], None]] = []
        self.rows = 0

    def _ask(self, sql: str, values: Sequence[object]) -> psycopg.Cursor[Row]:
        return self._line.execute(numbered(sql), values)

    def run(self, sql: str, *values: object) -> int:
        began_s = now_s()
        changed = self._line.execute(numbered(sql), values).rowcount
        self._watch.statement(sql, began_s, changed)
        self.rows += max(0, changed)
        return changed

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        began_s = now_s()
        with self._line.cursor() as cursor:
            cursor.executemany(numbered(sql), rows)
            changed = max(0, cursor.rowcount)
        self._watch.statement(sql, began_s, changed)
        self.rows += changed

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_calls.append(call)


class _Lines:
    """Threads with a connection each, opened by the first unit that needs one and again after it was lost."""

    def __init__(self, connect: Callable[[], Line], size: int, name: str) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._mine = threading.local()
        self._open: set[Line] = set()

    def get(self) -> Line:
        """The connection of this thread. Raises psycopg.OperationalError, Unavailable."""
        line: Line | None = getattr(self._mine, "line", None)
        if line is None or line.closed:
            if line is not None:
                self._open.discard(line)
            line = self._mine.line = self._connect()
            self._open.add(line)
        return line

    async def hop(self, call: Callable[[], T]) -> T:
        """Run it in one of the threads. A caller that is cancelled does not stop it."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._threads, call))

    async def close(self) -> None:
        """What was begun is finished, then nobody is connected."""
        await asyncio.to_thread(self._threads.shutdown)
        for line in tuple(self._open):
            line.close()


class Server:
    """Where the database is. Connecting to one that is away fails at once for a moment after it failed slowly."""

    def __init__(self, url: str, password: str) -> None:
        self._url, self._password = url, password
        self._away_until = 0.0

    def connect(self, statement_s: int) -> Line:
        """A connection with our manners. Raises psycopg.Error, Unavailable."""
        if time.monotonic() < self._away_until:
            raise Unavailable(
                "error.storage", detail="PostgreSQL is away", retry_after_s=RETRY_AFTER_S
            )
        words: dict[str, Any] = {"password": self._password} if self._password else {}
        try:
            line: Line = psycopg.Connection.connect(
                self._url,
                autocommit=True,
                prepare_threshold=3,
                context=_adapters(),
                cursor_factory=psycopg.RawCursor,
                connect_timeout=CONNECT_S,
                application_name="mujawara",
                client_encoding="UTF8",
                keepalives_idle=30,
                keepalives_interval=10,
                keepalives_count=3,
                tcp_user_timeout=60_000,
                **words,
            )
        except psycopg.OperationalError:
            self._away_until = time.monotonic() + AWAY_S
            raise
        line.prepared_max = 600
        try:
            line.execute(_MANNERS.format(statement_s=statement_s), prepare=False)
        except BaseException:
            line.close()
            raise
        return line


class PostgresDatabase:
    """The engine for more than one machine. Open with `open_postgres`, always close."""

    dialect = "postgres"

    def __init__(
        self, server: Server, keeper: Line, watch: Watch, *, readers: int, writers: int
    ) -> None:
        self._watch = watch
        self._server, self._keeper = server, keeper
        self._keeping = threading.Lock()
        self._readers = _Lines(partial(self._connect, 30), readers, "database-look")
        self._writers = _Lines(partial(self._connect, 60), writers, "database-change")

    def _connect(self, statement_s: int) -> Line:
        """After the server was away somebody else may have come in meanwhile: then we keep out."""
        with self._keeping:
            try:
                self._keeper.execute("SELECT 1")
            except psycopg.OperationalError:
                self._keeper.close()
                self._keeper = _keep(self._server, 0)
        return self._server.connect(statement_s)

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on one snapshot of the database."""
        return await self._readers.hop(partial(_look, self._readers, work, self._watch, now_s()))

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in a transaction and return when it is on disk. A cancelled caller does not undo the unit.

        `work` may run more than once; only the last time counts. Raises Unavailable when the server is away: unless it
        vanished in the moment of the commit, nothing was done.
        """
        loop = asyncio.get_running_loop()
        watch, asked_s = self._watch, now_s()

        def whole() -> T:
            result, calls = _change(self._writers, work, watch, asked_s)
            if calls:
                loop.call_soon_threadsafe(call_all, calls)
            return result

        return await self._writers.hop(whole)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[None]:
        """While this is held no other process changes the tables."""
        line = await self._writers.hop(partial(self._server.connect, 0))
        try:
            await self._writers.hop(
                lambda: line.execute(
                    f"SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATING})", prepare=False
                )
            )
            yield
        finally:
            line.close()

    async def is_half_there(self) -> bool:
        """Whether all of a database was to be copied here and was not finished."""
        return await self.read(lambda rx: rx.one(_HALF_THERE)) is not None

    async def weigh(self) -> int:
        """The bytes that the database takes."""
        row = await self.read(lambda rx: rx.one("SELECT pg_database_size(current_database())"))
        return int(row[0]) if row else 0

    async def empty_journal(self) -> bool:
        """The journal and the room of deleted rows belong to the server, which tidies them by itself."""
        return True

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
        await self._writers.close()
        await self._readers.close()
        leave(self._keeper)


def _look(lines: _Lines, work: Callable[[Reader], T], watch: Watch, asked_s: float) -> T:
    began_s = now_s()
    for is_last in (False, True):
        with explained():
            line = lines.get()
            try:
                with transaction(line, LOOK):
                    result = work(PostgresReader(line, watch))
                    line.execute("COMMIT")
                    watch.unit(READ, asked_s, began_s)
                    return result
            except psycopg.OperationalError:
                # a connection that was lost while nobody used it is no reason to fail
                if is_last or not line.closed:
                    raise
    raise AssertionError("unreachable")


def _change(
    lines: _Lines, work: Callable[[Writer], T], watch: Watch, asked_s: float
) -> tuple[T, Sequence[Callable[[], None]]]:
    began_s = now_s()
    is_alone = was_lost = False
    for attempt in range(1, ATTEMPTS + 1):
        with explained():
            line = lines.get()
            is_alone = is_alone or attempt > ATTEMPTS_TOGETHER
            is_committing = False
            try:
                with transaction(line, _CHANGE_ALONE if is_alone else _CHANGE):
                    writer = PostgresWriter(line, watch)
                    result = work(writer)
                    is_committing = True
                    watch.unit(WRITE, asked_s, began_s)
                    committing_s = now_s()
                    line.execute("COMMIT")
                    watch.committed(committing_s)
                    return result, writer.commit_calls
            except _AGAIN:
                if attempt == ATTEMPTS:
                    raise
            except psycopg.IntegrityError:
                # somebody else may have been quicker with the same row: alone we see it and decide anew
                if is_alone:
                    raise
                is_alone = True
            except psycopg.OperationalError:
                if was_lost or is_committing or not line.closed:
                    raise
                was_lost = True
    raise AssertionError("unreachable")


@contextmanager
def transaction(line: Line, begin: str) -> Iterator[None]:
    """A transaction that ends here, in whatever way; a connection that cannot end it is given up."""
    try:
        line.execute(begin, prepare=False)
        yield
    except BaseException as problem:
        if isinstance(problem, errors.ReadOnlySqlTransaction):
            line.close()  # the server became a copy of another one
        if not line.closed:
            try:
                line.execute("ROLLBACK")
            except psycopg.Error:
                line.close()
        raise


@contextmanager
def explained() -> Iterator[None]:
    """What the library says, in words of ours and without values."""
    try:
        yield
    except psycopg.Error as problem:
        raise _as_expected(problem) from None


def _as_expected(problem: psycopg.Error) -> Exception:
    what = f"{type(problem).__name__} {problem.sqlstate or ''}".strip()
    if isinstance(problem, psycopg.OperationalError | errors.ReadOnlySqlTransaction):
        log.warning("the database could not do it", extra={"reason": what})
        return Unavailable("error.storage", detail=what, retry_after_s=RETRY_AFTER_S)
    if isinstance(problem, psycopg.DataError) and "NUL" in str(problem):
        return Invalid("json.nul", detail=what)
    rule = problem.diag.constraint_name or ""
    said = (
        ""
        if rule or isinstance(problem, psycopg.DataError)
        else str(problem.diag.message_primary or problem)
    )
    return StatementRefused(" ".join(part for part in (what, rule, said) if part))


def _keep(server: Server, wait_s: float) -> Line:
    """A connection that says, as long as it lives, that this process has the database. Raises Unavailable, psycopg.Error.

    A process that was just killed is not noticed by the server at once, so whoever comes after it waits a little.
    """
    line = server.connect(0)
    try:
        line.execute(
            f"SET lock_timeout = {max(1, int(wait_s * 1000))}; SELECT pg_advisory_lock({SERVING})",
            prepare=False,
        )
    except errors.LockNotAvailable as problem:
        line.close()
        raise Unavailable(
            "error.storage",
            detail="another process has this database",
            retry_after_s=RETRY_AFTER_S,
        ) from problem
    except BaseException:
        line.close()
        raise
    return line


def leave(keeper: Line) -> None:
    """The next one may come in at once: without a word the server takes a moment to notice."""
    with suppress(psycopg.Error):
        keeper.execute("SELECT pg_advisory_unlock_all()")
    keeper.close()


async def open_postgres(
    url: str,
    password: str = "",
    *,
    readers: int = 4,
    writers: int = 4,
    watch: Watch | None = None,
) -> PostgresDatabase:
    """Connect. Raises SetupError with what to do when that does not succeed or the database does not fit."""
    server = Server(url, password)
    with told_at_start():
        keeper = await asyncio.to_thread(first_connection, server)
    return PostgresDatabase(server, keeper, watch or Watch(), readers=readers, writers=writers)


@contextmanager
def told_at_start() -> Iterator[None]:
    """What is wrong with the way to the server, for the person who wrote the settings."""
    try:
        yield
    except Unavailable as problem:
        raise SetupError("database.in_use") from problem
    except psycopg.OperationalError as problem:
        # says host, user and name of the database, and never a password
        raise SetupError(detail=f"[database]: PostgreSQL: {str(problem).strip()}") from None
    except psycopg.Error as problem:
        raise SetupError(
            detail=f"[database]: PostgreSQL does not understand the url ({type(problem).__name__}); "
            "write one like postgresql://user@host/name"
        ) from None


def first_connection(server: Server) -> Line:
    keeper = _keep(server, KEEP_S)
    try:
        if keeper.info.server_version < OLDEST:
            raise SetupError(detail="[database]: PostgreSQL 13 or later is needed")
        row = keeper.execute(
            "SELECT current_setting('server_encoding'), pg_is_in_recovery()"
        ).fetchone()
        if row is None or row[0] != "UTF8":
            raise SetupError(
                detail="[database]: the database must have the encoding UTF8; make it with: createdb -E UTF8 -T template0"
            )
        if row[1]:
            raise SetupError(
                detail="[database]: this server is a copy of another one; name that other one"
            )
        with suppress(errors.UniqueViolation, errors.DuplicateTable):
            keeper.execute(LEDGER)
    except BaseException:
        keeper.close()
        raise
    return keeper
