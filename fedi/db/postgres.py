"""PostgreSQL: a few threads for changes and a few for looks, each with a connection of its own (psycopg).

A unit of work is one SERIALIZABLE transaction, run whole in one hop: what is true of the embedded engine, where one change
comes after the other, stays true with many at once. A unit that came into another's way is run again; the third time it
has the tables for itself, so it cannot lose for ever. A look is REPEATABLE READ, READ ONLY: one moment of the database.

One process has the database for itself, or several share it: a lock of each connection says so, and a number that grows
whenever somebody has it alone tells those who were cut off that nothing they know need be true.

Nothing here is loaded by an instance that keeps its tables in a file.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from functools import lru_cache, partial
from itertools import count
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper, Loader

from fedi.clock import CLOCKS_APART_S, SystemClock
from fedi.db import postgres_ear
from fedi.db.engine import UNHELD, Ear, Reader, Row, Writer, call_all
from fedi.db.migrate import LEDGER
from fedi.db.postgres_ear import CHANNEL, AsyncLine, ShutOut
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
KEEP_STEP_S: Final = 0.05
# They are many, and do not all go by themselves.
SHARED_KEEP_S: Final = 1.0
ATTEMPTS_TOGETHER: Final = 2
ATTEMPTS: Final = 6
# The detail of a refusal: it is shared, so nobody can have it alone.
SHARED: Final = "shared"

LOOK: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# LOCK takes no snapshot, so whoever had to wait for it sees what the others left. Looks are kept from nothing.
_CHANGE: Final = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE schema_version IN ROW SHARE MODE"
_CHANGE_ALONE: Final = (
    "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE schema_version IN EXCLUSIVE MODE"
)
# Whoever claims passes over what others hold, so it need not be alone in the world: with others it never has to run again.
_CLAIM: Final = "BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE schema_version IN ROW SHARE MODE"
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
# How often somebody had the database alone.
_MADE_ALONE: Final = "CREATE SEQUENCE IF NOT EXISTS held_alone"
# `nextval` writes numbers to the journal some ahead: after a crash of the server it would seem that somebody had been there.
_NEXT_ALONE: Final = "SELECT setval('held_alone', last_value + 1) FROM held_alone"
_LAST_ALONE: Final = "SELECT last_value FROM held_alone"
_HAS_ALONE: Final = "SELECT to_regclass('held_alone') IS NOT NULL"
_ALONE: Final = f"SELECT pg_try_advisory_lock({SERVING})"
_SHARE: Final = f"SELECT pg_try_advisory_lock_shared({SERVING})"
_IS_SHARED: Final = (
    f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = {SERVING} AND mode = 'ShareLock' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)
# Among the numbers that transactions queue up for.
_QUEUE: Final = 0x6D756A64
INTEGER_MAX: Final = 2**63
# What PostgreSQL cannot have in a text, and what nobody writes.
_ZERO, _NOBODY_S = "\x00", "\uffff\U0010fffe\uffff"


class StatementRefused(Exception):
    """A statement broke a rule of the tables or was not understood. Says which rule, never which values."""


class _Lost(psycopg.OperationalError):
    """The line ended while a unit was under way, whatever the library took the last words on it for."""


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
    """`?` as `$1`, `$2` …, but for those inside quotes; and the remark about what is held, in words of this engine."""
    numbers = count(1)
    sql = sql.replace(UNHELD, "FOR UPDATE SKIP LOCKED")
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
        if rows == []:
            return
        began_s = now_s()
        with self._line.cursor() as cursor:
            cursor.executemany(numbered(sql), rows)
            changed = max(0, cursor.rowcount)
        self._watch.statement(sql, began_s, changed)
        self.rows += changed

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_calls.append(call)

    def tell(self, words: str) -> None:
        self._line.execute("SELECT pg_notify($1, $2)", (CHANNEL, words))

    def queue_up(self, number: int) -> None:
        self._line.execute("SELECT pg_advisory_xact_lock($1::int4, $2::int4)", (_QUEUE, number))


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
        try:
            line: Line = psycopg.Connection.connect(
                self._url,
                cursor_factory=psycopg.RawCursor,
                **self._words,
                keepalives_idle=30,
                keepalives_interval=10,
                tcp_user_timeout=60_000,
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

    async def connect_to_listen(self) -> AsyncLine:
        """A connection that notices within seconds that the server does not answer any more. Raises psycopg.Error."""
        return await psycopg.AsyncConnection.connect(
            self._url,
            cursor_factory=psycopg.AsyncRawCursor,
            **self._words,
            keepalives_idle=2,
            keepalives_interval=1,
            tcp_user_timeout=5_000,
        )

    @property
    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = {"password": self._password} if self._password else {}
        return words | {
            "autocommit": True,
            "prepare_threshold": 3,
            "context": _adapters(),
            "connect_timeout": CONNECT_S,
            "application_name": "mujawara",
            "client_encoding": "UTF8",
            "keepalives_count": 3,
        }


class PostgresDatabase:
    """The engine for more than one machine. Open with `open_postgres`, always close.

    `since`: how often somebody had the database alone when we came in to share it; None when it is ours alone.
    """

    dialect = "postgres"

    def __init__(
        self,
        server: Server,
        keeper: Line,
        watch: Watch,
        *,
        readers: int,
        writers: int,
        since: int | None = None,
    ) -> None:
        self._watch = watch
        self._server, self._keeper = server, keeper
        self._keeping = threading.Lock()
        self._since = since
        self.is_shared = since is not None
        self._readers = _Lines(partial(self._connect, 30), readers, "database-look")
        self._writers = _Lines(partial(self._connect, 60), writers, "database-change")

    def _connect(self, statement_s: int) -> Line:
        """After the server was away somebody else may have come in meanwhile: then we keep out."""
        if self._since is not None:
            line = self._server.connect(statement_s)
            try:
                _come_back(
                    line.execute(_SHARE).fetchone(),
                    lambda: line.execute(_LAST_ALONE).fetchone(),
                    self._since,
                )
            except BaseException as problem:
                line.close()
                if isinstance(problem, ShutOut):
                    raise _kept_from() from None
                raise
            return line
        with self._keeping:
            try:
                self._keeper.execute("SELECT 1")
            except psycopg.DatabaseError:
                self._keeper.close()
                self._keeper = _keep(self._server, 0)
                _note_alone(self._keeper)
        return self._server.connect(statement_s)

    async def _reach(self) -> AsyncLine:
        """A connection to listen with. Raises psycopg.Error, Unavailable, ShutOut."""
        line = await self._server.connect_to_listen()
        try:
            is_in = await (await line.execute(_SHARE)).fetchone()
            alone = await (await line.execute(_LAST_ALONE)).fetchone()
            _come_back(is_in, lambda: alone, self._since or 0)
        except BaseException:
            await line.close()
            raise
        return line

    def listening(self, ear: Ear, *, wants_duty: bool) -> AbstractAsyncContextManager[None]:
        """While this is held `ear` hears what others tell; nobody does when the database is ours alone."""
        if not self.is_shared:
            return nullcontext()
        return postgres_ear.listening(
            self._reach,
            ear,
            lambda theirs_s: SystemClock().now().timestamp() - theirs_s,
            wants_duty=wants_duty,
        )

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Run `work` on one snapshot of the database."""
        return await self._readers.hop(partial(_look, self._readers, work, self._watch, now_s()))

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in a transaction and return when it is on disk. A cancelled caller does not undo the unit.

        `work` may run more than once; only the last time counts. Raises Unavailable when the server is away: unless it
        vanished in the moment of the commit, nothing was done.
        """
        return await self._write(work, _CHANGE)

    async def write_each(
        self, works: Sequence[Callable[[Writer], T]]
    ) -> Sequence[T | BaseException]:
        """The same for each of these, side by side."""
        return await asyncio.gather(*map(self.write, works), return_exceptions=True)

    async def claim(self, work: Callable[[Writer], T]) -> T:
        """As `write`, passing over what others hold; two of them never come into each other's way."""
        return await self._write(work, _CLAIM)

    async def _write(self, work: Callable[[Writer], T], begin: str) -> T:
        loop = asyncio.get_running_loop()
        watch, asked_s = self._watch, now_s()

        def whole() -> T:
            result, calls = _change(self._writers, work, watch, asked_s, begin)
            if calls:
                loop.call_soon_threadsafe(call_all, calls)
            return result

        return await self._writers.hop(whole)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[None]:
        """While this is held no other process changes the tables."""
        with explained():
            line = await self._writers.hop(partial(self._server.connect, 0))
        try:
            with explained():
                await self._writers.hop(
                    lambda: line.execute(
                        f"SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATING})",
                        prepare=False,
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
    lines: _Lines, work: Callable[[Writer], T], watch: Watch, asked_s: float, begin: str
) -> tuple[T, Sequence[Callable[[], None]]]:
    began_s = now_s()
    is_alone = was_lost = False
    for attempt in range(1, ATTEMPTS + 1):
        with explained():
            line = lines.get()
            is_alone = is_alone or attempt > ATTEMPTS_TOGETHER
            is_committing = False
            try:
                with transaction(line, _CHANGE_ALONE if is_alone else begin):
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
                if was_lost or is_committing or not line.closed or attempt == ATTEMPTS:
                    raise
                was_lost = True
    raise AssertionError("unreachable")


@contextmanager
def transaction(line: Line, begin: str) -> Iterator[None]:
    """A transaction that ends here, in whatever way; a connection that cannot end it is given up.

    Whatever went wrong because the connection was lost is an OperationalError.
    """
    try:
        line.execute(begin, prepare=False)
        yield
    except BaseException as problem:
        is_lost = line.closed
        if isinstance(problem, errors.ReadOnlySqlTransaction):
            line.close()  # the server became a copy of another one
        if not line.closed:
            try:
                line.execute("ROLLBACK")
            except psycopg.Error:
                line.close()
        is_known = isinstance(problem, psycopg.OperationalError)
        if is_lost and isinstance(problem, psycopg.Error) and not is_known:
            raise _Lost(type(problem).__name__) from problem
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
    if _is_away(problem):
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


def _is_away(problem: psycopg.Error) -> bool:
    """Whether the reason is the server, or the way to it, and not what was asked.

    A server that is killed stops in the middle of a word; what the library makes of such words has no kind of its own.
    """
    return (
        isinstance(problem, psycopg.OperationalError | errors.ReadOnlySqlTransaction)
        or type(problem) is psycopg.DatabaseError
    )


def _come_back(is_in: Row | None, last_alone: Callable[[], Row | None], since: int) -> None:
    """Whether a connection may be used by one that shares the database. Raises Unavailable, ShutOut."""
    if is_in is None or not is_in[0]:
        raise _kept_from()
    alone = last_alone()
    if alone is None or int(alone[0]) != since:
        raise ShutOut


def _kept_from(detail: str = "another process has this database") -> Unavailable:
    return Unavailable("error.storage", detail=detail, retry_after_s=RETRY_AFTER_S)


def _keep(server: Server, wait_s: float, *, is_shared: bool = False) -> Line:
    """A connection that says, as long as it lives, that this process has the database, alone or with others.

    A process that was just killed is not noticed by the server at once, so whoever comes after it waits a little. Raises
    Unavailable, psycopg.Error.
    """
    line = server.connect(0)
    asked = _SHARE if is_shared else _ALONE
    began_s = time.monotonic()
    try:
        # asked again and again instead of queueing up: whoever waits in line would keep those out who may come in
        while not _is_true(line, asked):
            waited_s = time.monotonic() - began_s
            is_common = not is_shared and _is_true(line, _IS_SHARED)
            if waited_s >= (min(wait_s, SHARED_KEEP_S) if is_common else wait_s):
                raise _kept_from(SHARED) if is_common else _kept_from()
            time.sleep(KEEP_STEP_S)
    except BaseException:
        line.close()
        raise
    return line


def _is_true(line: Line, asked: str) -> bool:
    row = line.execute(asked).fetchone()
    return row is not None and bool(row[0])


def _note_alone(keeper: Line) -> None:
    """Whoever shared the database before and was cut off finds out that somebody has had it alone."""
    with suppress(errors.UniqueViolation, errors.DuplicateTable):
        keeper.execute(_MADE_ALONE)
    keeper.execute(_NEXT_ALONE)


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
    is_shared: bool = False,
) -> PostgresDatabase:
    """Connect, to have the database alone or with others. Raises SetupError with what to do when that does not succeed
    or the database does not fit."""
    server = Server(url, password)
    since = None
    with told_at_start():
        if is_shared:
            keeper, since = await asyncio.to_thread(_shared_connection, server)
        else:
            keeper = await asyncio.to_thread(first_connection, server)
    return PostgresDatabase(
        server, keeper, watch or Watch(), readers=readers, writers=writers, since=since
    )


@contextmanager
def told_at_start() -> Iterator[None]:
    """What is wrong with the way to the server, for the person who wrote the settings."""
    try:
        yield
    except Unavailable as problem:
        raise SetupError(
            "database.shared" if problem.detail == SHARED else "database.in_use"
        ) from problem
    except psycopg.Error as problem:
        if not _is_away(problem):
            raise SetupError(
                detail=f"[database]: PostgreSQL does not understand the url ({type(problem).__name__}); "
                "write one like postgresql://user@host/name"
            ) from None
        # says host, user and name of the database, and never a password
        raise SetupError(detail=f"[database]: PostgreSQL: {str(problem).strip()}") from None


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
        _note_alone(keeper)
    except BaseException:
        keeper.close()
        raise
    return keeper


def _shared_connection(server: Server) -> tuple[Line, int]:
    """A connection that says that we share the database, and how often somebody had it alone before. Raises SetupError
    where nobody ever had: an instance is made by one."""
    keeper = _keep(server, KEEP_S, is_shared=True)
    try:
        has = keeper.execute(_HAS_ALONE).fetchone()
        if has is None or not has[0]:
            raise SetupError("database.not_begun")
        theirs = keeper.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8").fetchone()
        apart_s = SystemClock().now().timestamp() - theirs[0] if theirs else 0.0
        if abs(apart_s) > CLOCKS_APART_S:
            raise SetupError("database.clocks", seconds=round(apart_s))
        alone = keeper.execute(_LAST_ALONE).fetchone()
        return keeper, int(alone[0]) if alone else 0
    except BaseException:
        keeper.close()
        raise
