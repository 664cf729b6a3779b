"""The tables can be made, and their owners' statements are understood, in both databases the files are written for."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from fedi.clock import SystemClock, to_ms
from fedi.db.migrate import list_migrations, migrate, statements_of
from fedi.db.sqlite import open_sqlite
from tests.house.test_sql import every_statement, ready

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
LEDGER = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, title TEXT, checksum TEXT, applied_at BIGINT)"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL server of our own, reached through a socket in `folder`."""

    folder: Path

    def execute(self, sql: str, *, stop: bool = True) -> str:
        """Run a script, to its first mistake or (not `stop`) to its end; the complaints, or nothing."""
        result = subprocess.run(
            ["psql", "-X", "-q", "-h", str(self.folder), "-U", "postgres", "-v", f"ON_ERROR_STOP={int(stop)}", "-f", "-", "postgres"],
            input=sql, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return result.stderr


def someone_else() -> int | None:
    """The account that may run PostgreSQL when we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no account called postgres")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    initdb = shutil.which("initdb") or next((str(place) for place in PLACES), None)
    if initdb is None or shutil.which("psql") is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    account = someone_else()
    folder = Path(tempfile.mkdtemp(prefix="mujawara-pg-"))
    if account is not None:
        os.chown(folder, account, -1)

    def run(name: str, *words: str) -> None:
        with (folder / f"{name}.log").open("w") as log:
            subprocess.run(
                [str(Path(initdb).with_name(name)), "-D", str(folder / "db"), *words],
                stdout=log, stderr=log, check=True, user=account, cwd=folder, timeout=60,
            )  # fmt: skip

    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        run("pg_ctl", "-w", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        try:
            yield Cluster(folder)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def with_tables(postgres: Cluster) -> Cluster:
    statements = [LEDGER]
    for migration in list_migrations():
        statements.extend(statements_of(migration.text, "postgres"))
    assert postgres.execute(";\n".join(statements) + ";") == ""
    return postgres


def numbered(sql: str) -> str:
    """`?` as `$1`, `$2` …, as the wire of PostgreSQL has it."""
    next_number: Callable[[], int] = count(1).__next__
    return "".join(f"${next_number()}" if sign == "?" else sign for sign in sql)


async def test_a_new_database_reaches_the_last_version_and_stays_there(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "db.sqlite3", readers=1)
    try:
        now_ms = to_ms(SystemClock().now())
        reached = await migrate(database, now_ms=now_ms)
        assert reached == len(list_migrations())
        assert await migrate(database, now_ms=now_ms) == reached
    finally:
        await database.close()


def test_postgres_understands_every_statement(with_tables: Cluster) -> None:
    texts = [
        (each.place, numbered(" ".join(text.split())))
        for each in every_statement()
        for text in ready(each)
    ]
    script = "\n".join(f"PREPARE s{line} AS {text};" for line, (_, text) in enumerate(texts))
    complaints = re.findall(
        r"<stdin>:(\d+): ERROR:\s+(.*)", with_tables.execute(script, stop=False)
    )
    assert [(texts[int(line) - 1][0], said) for line, said in complaints] == []


def test_postgres_would_complain_about_what_it_does_not_understand(with_tables: Cluster) -> None:
    assert "nothing_such" in with_tables.execute("PREPARE bad AS SELECT nothing_such FROM setting;")
