"""A PostgreSQL server for the tests of this process: made when the first asks, gone with the process; a database for each who asks.

A database with tables is lived in again, emptied, by who comes later: to make one takes ten times as long as to empty it.

Where PostgreSQL is not installed, whoever asks is skipped and says so.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from fedi.db.migrate import BEFORE, LEDGER, list_migrations, statements_of

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
PREFIX = "mujawara-pg-"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
# Nothing here has to outlive a power cut, and nobody tidies tables that live for a second.
HASTE = (
    "-c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=400 "
    "-c shared_buffers=64MB -c max_wal_size=256MB -c checkpoint_timeout=1h -c jit=off -c wal_level=minimal "
    "-c max_wal_senders=0 -c update_process_title=off"
)
# Everything about a database but its rows: what is there, by number and name, and what somebody found out about it.
SHAPE = """
SELECT
  (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relnatts, reltuples, relchecks), ',' ORDER BY oid)
     FROM pg_class WHERE oid >= 16384 AND relname <> 'held_alone'),
  (SELECT count(*) FROM pg_attribute WHERE attrelid >= 16384 AND (attisdropped OR attnotnull OR atthasdef)),
  (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_statistic),
  (SELECT count(*) FROM pg_proc WHERE oid >= 16384), (SELECT count(*) FROM pg_namespace WHERE oid >= 16384),
  (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase <> 0), (SELECT count(*) FROM pg_prepared_xacts),
  (SELECT string_agg(v::text, ',' ORDER BY version) FROM schema_version v)
"""
WRITTEN = """
SELECT relname::text, pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_version' AND pg_relation_size(oid) > 0
"""
LEAVE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Rows that were deleted stay in their files; with more of them than this it is quicker to begin anew.
WORN_BYTES = 4 << 20


@dataclass(slots=True)
class Cluster:
    """A server of our own, reached through a socket in `folder`."""

    folder: Path
    bin: Path
    account: int | None
    numbers: Iterator[int] = field(default_factory=count)
    templates: set[str] = field(default_factory=set)
    # databases with tables and without rows that nobody lives in
    empty: list[str] = field(default_factory=list)
    shape: tuple[object, ...] = ()
    server: "subprocess.Popen[bytes] | None" = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One statement outside of any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as line:
            cursor = line.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, *, has_tables: bool = False) -> Iterator[str]:
        """The url of a database that nobody has written to; whoever is still connected afterwards is not any more."""
        name = self.empty.pop() if has_tables and self.empty else self._made(has_tables=has_tables)
        try:
            yield self.url(name)
        finally:
            if has_tables and self._emptied(name):
                self.empty.append(name)
            else:
                self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, *, has_tables: bool) -> str:
        template = self._with_tables() if has_tables else "template0"
        name = f"world_{next(self.numbers)}"
        self.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY file_copy"
        )
        return name

    def _emptied(self, name: str) -> bool:
        """Leave a database with tables as it was made; False when that cannot be, because more than rows was changed."""
        try:
            with psycopg.connect(self.url(name), autocommit=True) as line:
                line.execute(LEAVE)
                written = line.execute(WRITTEN).fetchall()
                if sum(size for _, size in written) > WORN_BYTES:
                    return False
                # with the checks of references off: every one of their tables is emptied too
                line.execute(
                    "; ".join(
                        [
                            "SET session_replication_role = replica",
                            "DROP SEQUENCE IF EXISTS held_alone",
                            *(f"DELETE FROM {table}" for table, _ in written),
                        ]
                    ).encode()
                )
                return line.execute(SHAPE).fetchone() == self.shape
        except psycopg.Error:
            return False

    def _with_tables(self) -> str:
        """A database that is migrated already; worlds begin as a copy of it."""
        name = "with_tables"
        if name not in self.templates:
            self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
            with psycopg.connect(self.url(name)) as line:
                line.execute(LEDGER.encode())
                for each in list_migrations():
                    for statement in (*BEFORE["postgres"], *statements_of(each.text, "postgres")):
                        line.execute(statement.encode())
                    line.execute(
                        "INSERT INTO schema_version VALUES (%s, %s, %s, 0)",
                        (each.version, each.title, each.checksum),
                    )
                found = line.execute(SHAPE).fetchone()
                assert found is not None
                self.shape = found
            self.templates.add(name)
        return name

    def run(self, name: str, *words: str) -> None:
        """A program of PostgreSQL, to its end."""
        with (self.folder / f"{name}.log").open("a") as log:
            subprocess.run(
                [str(self.bin / name), "-D", str(self.folder / "db"), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, user=self.account,
                cwd=self.folder, timeout=60,
            )  # fmt: skip

    def start(self) -> None:
        """Serve until this process ends, in whatever way it ends."""
        with (self.folder / "postgres.log").open("a") as log:
            self.server = subprocess.Popen(
                [str(self.bin / "postgres"), "-D", str(self.folder / "db"), "-k", str(self.folder), *HASTE.split()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self.account, cwd=self.folder,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - it calls the kernel and nothing else
            )  # fmt: skip
        for _ in range(3000):
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                # not ready yet; one that has ended never will be
                with suppress(subprocess.TimeoutExpired):
                    raise RuntimeError(f"PostgreSQL ended with {self.server.wait(0.02)}") from None
            else:
                return
        raise RuntimeError("PostgreSQL does not answer")

    def crash(self) -> None:
        """End in the middle of a word, as it does when its machine does."""
        assert self.server is not None
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(30)

    def end(self) -> None:
        """Nobody is served any more, and nothing is left."""
        if self.server is not None:
            self.crash()
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _end_with_us() -> None:
    """Linux ends the server with the thread that started it: whoever kills a run of the tests leaves no server behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def cluster() -> Cluster:
    """The server of this process."""
    found = _cluster()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@lru_cache(maxsize=1)
def _cluster() -> Cluster | str:
    initdb = shutil.which("initdb") or next((str(place) for place in PLACES), None)
    if initdb is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    account = None
    if os.geteuid() == 0:
        # it refuses to run as root
        try:
            account = pwd.getpwnam("postgres").pw_uid
        except KeyError:
            return "PostgreSQL does not run as root, and there is no account called postgres"
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    _sweep(folder.stat().st_mtime - 3600)
    if account is not None:
        os.chown(folder, account, -1)
    made = Cluster(folder, Path(initdb).resolve().parent, account)
    made.run(
        "initdb",
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-sync",
        "--no-instructions",
    )
    made.start()
    return made


def _place() -> Path:
    """In memory, where there is room: each world makes and removes a thousand files."""
    with suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
            return MEMORY
    return Path(tempfile.gettempdir())


def _sweep(before: float) -> None:
    """Folders of runs that were killed before this moment, and serve nobody."""
    for folder in (*MEMORY.glob(f"{PREFIX}*"), *Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        with suppress(OSError):
            note = folder / "db" / "postmaster.pid"
            served_by = note.read_text().split()[:1] if note.exists() else []
            is_served = bool(served_by) and Path("/proc", served_by[0].lstrip("-")).exists()
            if not is_served and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def end() -> None:
    """The run is over."""
    if _cluster.cache_info().currsize and isinstance(made := _cluster(), Cluster):
        made.end()
