"""What a database engine is. Work is a plain synchronous function that runs whole, in one hop, on an engine thread.

SQL is the common subset of SQLite and PostgreSQL with `?` placeholders. A row is a plain tuple.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeVar

log = logging.getLogger("fedi.db")

T = TypeVar("T")

Row = tuple[Any, ...]

# At the end of a statement that looks for what may be claimed. To SQLite, where units never overlap, it is a remark; on
# PostgreSQL rows that another unit holds just now are passed over.
UNHELD: Final = "/* of those that nobody holds */"


class Reader(Protocol):
    """One consistent look at the database."""

    def one(self, sql: str, *values: object) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, sql: str, *values: object) -> Sequence[Row]:
        """Every row."""
        ...


class Writer(Reader, Protocol):
    """One transaction. `rows`: how many it changed so far."""

    rows: int

    def run(self, sql: str, *values: object) -> int:
        """Execute a statement; the number of rows it changed."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once per row of values."""
        ...

    def on_commit(self, call: Callable[[], None]) -> None:
        """Call this on the event loop once the transaction is on disk; never when it is rolled back.

        What it raises is logged and changes nothing: what is on disk was done.
        """
        ...

    def tell(self, words: str) -> None:
        """Once the transaction is on disk, have every process that shares the database hear these words, this one too.

        At most 7,900 bytes. Where the database is not shared nobody hears them.
        """
        ...

    def queue_up(self, number: int) -> None:
        """Wait until no other transaction that asked for this number is under way; the next one waits for this one."""
        ...


class Ear(Protocol):
    """Who listens to what others that share the database tell. Called on the event loop."""

    def opened(self) -> None:
        """From now on everything is heard. What was told before may have been missed."""
        ...

    def heard(self, words: str) -> None:
        """Somebody told this, perhaps we ourselves."""
        ...

    def lost(self) -> None:
        """Nothing is heard any more, until `opened` is called again. A duty has ended."""
        ...

    def put_on_duty(self) -> None:
        """What one process does for all is ours to do, until `lost`."""
        ...

    def shut_out(self) -> None:
        """While we were cut off somebody had the database for themselves: nothing that we know need be true."""
        ...


class Database(Protocol):
    """An engine. `read` and `write` run a whole function in one hop and hand back what it returned.

    A function may be run more than once before it counts, so it leaves nothing behind but what it returns.
    `is_shared`: other processes work on it at the same time.
    """

    dialect: str
    is_shared: bool

    async def read(self, work: Callable[[Reader], T]) -> T: ...

    async def write(self, work: Callable[[Writer], T]) -> T: ...

    async def write_each(
        self, works: Sequence[Callable[[Writer], T]]
    ) -> Sequence[T | BaseException]:
        """As `write` for each of these; returns when all are on disk or failed.

        In the place of what failed stands what it raised; it undoes nothing of the others. The order is not promised.
        """
        ...

    async def claim(self, work: Callable[[Writer], T]) -> T:
        """As `write`, for a function that only takes rows which it finds free (`UNHELD`) and changes nothing else.

        Such functions never come into the way of one another, however many there are.
        """
        ...

    def listening(self, ear: Ear, *, wants_duty: bool) -> AbstractAsyncContextManager[None]:
        """While this is held `ear` hears what others tell. `wants_duty`: take it when nobody has it.

        Where the database is not shared there is nobody to hear.
        """
        ...

    def migrating(self) -> AbstractAsyncContextManager[None]:
        """While this is held no other process changes the tables."""
        ...

    async def is_half_there(self) -> bool:
        """Whether all of a database was to be copied here and was not finished."""
        ...

    async def weigh(self) -> int:
        """The bytes that the database takes."""
        ...

    async def empty_journal(self) -> bool:
        """Leave nothing of what was deleted in a journal beside the tables; False when somebody reads just now."""
        ...

    async def close(self) -> None: ...


def call_all(calls: Iterable[Callable[[], None]]) -> None:
    """What follows from commits, one after the other. None of it may keep the others, or who waits, from going on."""
    for call in calls:
        try:
            call()
        except Exception:
            log.exception("what follows from a commit failed")


def marks(count: int) -> str:
    """`?, ?, ?` for an IN list of `count` values."""
    return ", ".join("?" * count)
