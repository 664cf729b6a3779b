"""Looking at a SQLite file beside whoever writes it: a connection that can change nothing, and a copy of one moment."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from fedi.db.engine import Row
from fedi.db.sqlite import BUSY_TIMEOUT

_UNCHANGING = "mode=ro&immutable=1"


class Glance:
    """A Reader over a connection that can change nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> Sequence[Row]:
        return self._connection.execute(sql, values).fetchall()

    def integrity(self) -> str:
        """`ok`, or what is damaged."""
        row = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        return str(row[0]) if row else "no answer"


@contextmanager
def glance(file: Path, *, is_unchanging: bool = False) -> Iterator[Glance]:
    """Look at one moment of a database without changing it, from the first look on; what is written meanwhile is not seen.

    `is_unchanging`: nobody writes it and it has no journal beside it. Raises sqlite3.Error.
    """
    how = _UNCHANGING if is_unchanging else "mode=ro"
    with closing(
        sqlite3.Connection(
            f"{file.absolute().as_uri()}?{how}", timeout=30, uri=True, isolation_level=None
        )
    ) as connection:
        connection.execute("BEGIN")
        yield Glance(connection)


def weight(file: Path) -> int:
    """About how many bytes a copy takes. Raises sqlite3.Error."""
    with glance(file) as rx:
        pages = rx.one("PRAGMA page_count")
        free = rx.one("PRAGMA freelist_count")
        size = rx.one("PRAGMA page_size")
    return (int(pages[0]) - int(free[0])) * int(size[0]) if pages and free and size else 0


def copy_moment(file: Path, target: Path) -> None:
    """Write all that is committed at one moment to `target`, journal included, whoever writes meanwhile.

    One statement on a connection that can change nothing in `file`: it never waits for writers, never makes them wait,
    and never tidies the journal. `target` must not exist; it is readable by this user only. Raises sqlite3.Error, OSError.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(
        sqlite3.Connection(
            f"{file.absolute().as_uri()}?mode=ro", timeout=30, uri=True, isolation_level=None
        )
    ) as connection:
        connection.execute(BUSY_TIMEOUT)
        connection.execute("VACUUM INTO ?", (str(target),))
