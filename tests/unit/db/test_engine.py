"""The embedded engine: shared commits, failing units, a full disk, migrations."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fedi.db.engine import Writer
from fedi.db.migrate import migrate
from fedi.db.sqlite import open_sqlite
from fedi.errors import SetupError, Unavailable


async def test_a_failing_unit_undoes_itself_and_nobody_else(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "db")
    rung: list[int] = []
    try:
        await database.write(lambda tx: tx.run("CREATE TABLE t (n INTEGER PRIMARY KEY)"))

        def unit(number: int) -> Any:
            def work(tx: Writer) -> int:
                tx.run("INSERT INTO t VALUES (?)", number)
                tx.on_commit(lambda: rung.append(number))
                if number % 2:
                    raise ValueError(number)
                return number

            return database.write(work)

        results = await asyncio.gather(*(unit(n) for n in range(8)), return_exceptions=True)
        rows = await database.read(lambda rx: rx.all("SELECT n FROM t ORDER BY n"))
    finally:
        await database.close()
    assert [row[0] for row in rows] == [0, 2, 4, 6] == rung
    assert [type(each) for each in results] == [int, ValueError] * 4


async def test_a_caller_that_is_cancelled_does_not_undo_its_unit(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "db")
    try:
        await database.write(lambda tx: tx.run("CREATE TABLE t (n INTEGER)"))
        caller = asyncio.create_task(database.write(lambda tx: tx.run("INSERT INTO t VALUES (1)")))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait({caller})
        rows = await database.read(lambda rx: rx.all("SELECT n FROM t"))
        await database.write(lambda tx: tx.run("INSERT INTO t VALUES (2)"))
        rows = await database.read(lambda rx: rx.all("SELECT n FROM t ORDER BY n"))
    finally:
        await database.close()
    assert [row[0] for row in rows] == [1, 2]


async def test_a_full_disk_is_later_and_works_again_once_there_is_room(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "db")
    try:
        await database.write(lambda tx: tx.run("CREATE TABLE t (words TEXT)"))
        await database.write(lambda tx: list(tx.all("PRAGMA max_page_count = 4")))

        def fill(tx: Writer) -> None:
            for _ in range(50):
                tx.run("INSERT INTO t VALUES (?)", "x" * 1000)

        with pytest.raises(Unavailable):
            await database.write(fill)
        assert await database.read(lambda rx: rx.one("SELECT COUNT(*) FROM t")) == (0,)
        await database.write(lambda tx: list(tx.all("PRAGMA max_page_count = 100000")))
        await database.write(fill)
        assert await database.read(lambda rx: rx.one("SELECT COUNT(*) FROM t")) == (50,)
    finally:
        await database.close()


async def test_migrations_go_on_where_they_broke_off_and_refuse_what_was_changed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE a (n INTEGER);\n")
    (folder / "0002_second.sql").write_text("CREATE TABLE b (n INTEGER);\nBROKEN;\n")
    database = await open_sqlite(tmp_path / "db")
    try:
        with pytest.raises(Exception, match="syntax error"):
            await migrate(database, now_ms=1, folder=folder)
        names = await database.read(lambda rx: rx.all("SELECT version FROM schema_version"))
        assert names == [(1,)]
        assert (
            await database.read(lambda rx: rx.one("SELECT 1 FROM sqlite_master WHERE name = 'b'"))
            is None
        )
        (folder / "0002_second.sql").write_text("CREATE TABLE b (n INTEGER);\n")
        assert [await migrate(database, now_ms=2, folder=folder) for _ in range(2)] == [2, 2]
        (folder / "0001_first.sql").write_text("CREATE TABLE a (n TEXT);\n")
        with pytest.raises(SetupError, match="was changed after"):
            await migrate(database, now_ms=3, folder=folder)
        (folder / "0002_second.sql").unlink()
        with pytest.raises(SetupError, match="is at version 2, this program knows 1"):
            await migrate(database, now_ms=4, folder=folder)
    finally:
        await database.close()
