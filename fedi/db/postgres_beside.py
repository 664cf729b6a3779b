"""Looking at a PostgreSQL database beside whoever serves from it, and carrying all of one in or out."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fedi.db.engine import Reader, Row
from fedi.db.moving import Table
from fedi.db.postgres import (
    LOOK,
    PostgresReader,
    Server,
    explained,
    first_connection,
    leave,
    numbered,
    told_at_start,
    transaction,
)

T = TypeVar("T")


def look_beside(url: str, password: str, work: Callable[[Reader], T]) -> T:
    """One look at a database beside whoever serves from it. Raises psycopg.Error, Unavailable."""
    line = Server(url, password).connect(10)
    try:
        with transaction(line, LOOK):
            result = work(PostgresReader(line))
            line.execute("COMMIT")
            return result
    finally:
        line.close()


def weigh_beside(url: str, password: str) -> int:
    """The bytes that a database takes. Raises SetupError."""
    with told_at_start():
        row = look_beside(
            url, password, lambda rx: rx.one("SELECT pg_database_size(current_database())")
        )
    return int(row[0]) if row else 0


def describe(url: str, password: str) -> tuple[str, bool]:
    """The version of the server, and whether it writes through to the disk. Raises psycopg.Error, Unavailable."""
    row = look_beside(
        url,
        password,
        lambda rx: rx.one("SELECT current_setting('server_version'), current_setting('fsync')"),
    )
    return (str(row[0]), row[1] == "on") if row else ("", False)


class PostgresSide:
    """A whole database, to be copied. `is_source`: one moment of it is read, whoever serves from it unless `is_alone`.
    Else it is ours alone until we have done.

    Raises SetupError when it cannot be reached, is in use or does not fit.
    """

    dialect = "postgres"

    def __init__(self, url: str, password: str, *, is_source: bool, is_alone: bool = False) -> None:
        server = Server(url, password)
        with told_at_start():
            is_shared = is_source and not is_alone
            self._keeper = None if is_shared else first_connection(server)
            try:
                self._line = server.connect(0)
            except BaseException:
                if self._keeper is not None:
                    self._keeper.close()
                raise
        self._line.execute("SET idle_in_transaction_session_timeout = 0")
        if is_source:
            self._line.execute(LOOK)

    def has(self, table: str) -> bool:
        asked = "SELECT to_regclass(current_schema() || '.' || $1) IS NOT NULL"
        row = self._line.execute(asked, (table,)).fetchone()
        return row is not None and bool(row[0])

    def all(self, sql: str) -> Sequence[Row]:
        with explained():
            return self._line.execute(sql).fetchall()

    def each(self, sql: str) -> Iterator[Row]:
        with explained(), self._line.transaction(), self._line.cursor(name="each") as cursor:
            cursor.itersize = 1000
            cursor.execute(sql)
            yield from cursor

    def change(self, steps: Sequence[tuple[str, Sequence[object]]]) -> None:
        with explained(), self._line.transaction():
            for sql, values in steps:
                self._line.execute(numbered(sql), values)

    def fill(self, table: Table, rows: Iterator[Row]) -> None:
        into = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
        with explained(), self._line.transaction(), self._line.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table.name}")
            with cursor.copy(into) as copy:
                for row in rows:
                    copy.write_row(row)

    def close(self) -> None:
        self._line.close()
        if self._keeper is not None:
            leave(self._keeper)
