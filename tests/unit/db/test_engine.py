"""The embedded engine alone: a full disk. What every engine promises is in tests/contract."""

from pathlib import Path

import pytest

from fedi.db.engine import Writer
from fedi.db.sqlite import open_sqlite
from fedi.errors import Unavailable


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
