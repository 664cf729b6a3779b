"""A PostgreSQL server for the tests of this process: made when the first asks, gone with the process; a database for each who asks.

Where PostgreSQL is not installed, whoever asks is skipped and says so.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from fedi.db.migrate import BEFORE, LEDGER, list_migrations, statements_of

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
# Nothing here has to outlive a power cut, and nobody tidies tables that live for a second.
HASTE = (
    "-c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=400 "
    "-c shared_buffers=48MB -c max_wal_size=4GB -c checkpoint_timeout=1h"
)


@dataclass(slots=True)
class Cluster:
    """A server of our own, reached through a socket in `folder`."""

    folder: Path
    bin: Path
    account: int | None
    numbers: Iterator[int] = field(default_factory=count)
    templates: set[str] = field(default_factory=set)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One statement outside of any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as line:
            cursor = line.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, *, has_tables: bool = False) -> Iterator[str]:
        """The url of a fresh database; dropped afterwards, whoever is still connected."""
        template = self._with_tables() if has_tables else "template0"
        name = f"world_{next(self.numbers)}"
        # by copying files: cheaper than through the journal where nothing is synced
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

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
            self.templates.add(name)
        return name

    def control(self, *words: str) -> None:
        """pg_ctl: `stop`, `start` …"""
        self.run("pg_ctl", "-w", "-o", f"-k {self.folder} {HASTE}", *words)

    def run(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("a") as log:
            subprocess.run(
                [str(self.bin / name), "-D", str(self.folder / "db"), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, user=self.account,
                cwd=self.folder, timeout=60,
            )  # fmt: skip


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
    folder = Path(tempfile.mkdtemp(prefix="mujawara-pg-"))
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
    made.control("start")
    atexit.register(_end, made)
    return made


def _end(made: Cluster) -> None:
    made.control("-m", "immediate", "stop")
    shutil.rmtree(made.folder, ignore_errors=True)
