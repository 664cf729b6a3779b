"""A disk that is full or fails at any byte, a journal that was cut or spoilt anywhere, a file that somebody else locks."""

import asyncio
import random
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fedi.config import parse_config
from fedi.db.engine import Reader
from fedi.db.sqlite import SqliteDatabase, open_sqlite
from fedi.errors import SetupError, Unavailable
from fedi.opening import DATABASE, open_instance

pytestmark = pytest.mark.embedded

WORDS = "x" * 700
COMMITS = 12


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[SqliteDatabase]:
    database = await open_sqlite(file)
    try:
        yield database
    finally:
        await database.close()


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes; what would is written as far as it goes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def say(database: SqliteDatabase, number: int) -> None:
    await database.write(lambda tx: tx.run("INSERT INTO t VALUES (?, ?)", number, WORDS))


def numbers(rx: Reader) -> list[int]:
    return [row[0] for row in rx.all("SELECT number FROM t ORDER BY number")]


def is_sound(rx: Reader) -> bool:
    return rx.one("PRAGMA integrity_check") == ("ok",)


async def test_wherever_writing_breaks_off_what_was_answered_is_there_and_nothing_else(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "db") as database:
        await database.write(lambda tx: tx.run("CREATE TABLE t (number INTEGER, words TEXT)"))
        answered, refused = [], 0
        for number in range(80):
            journal = (tmp_path / "db-wal").stat().st_size
            with no_file_beyond(journal + 131 * number):
                try:
                    await say(database, number)
                    answered.append(number)
                except Unavailable:
                    refused += 1
            if number % 10 == 9:
                # room again: it goes on without a restart
                await say(database, 1000 + number)
                answered.append(1000 + number)
        assert refused > 10
        assert len(answered) > 20
        assert await database.read(numbers) == sorted(answered)
        assert await database.read(is_sound)
    async with opened(tmp_path / "db") as again:
        assert await again.read(numbers) == sorted(answered)


@pytest.fixture
async def journal(tmp_path: Path) -> tuple[Path, list[int]]:
    """A copy of a database and its journal as the disk had them when the power went, and how long the journal was after
    each commit."""
    file, sizes = tmp_path / "db", []
    async with opened(file) as database:
        await database.write(lambda tx: tx.run("CREATE TABLE t (number INTEGER, words TEXT)"))
        for number in range(COMMITS):
            await say(database, number)
            sizes.append((tmp_path / "db-wal").stat().st_size)
        copy = tmp_path / "copy"
        copy.mkdir()
        for each in ("db", "db-wal"):
            shutil.copy(tmp_path / each, copy / each)
    return copy, sizes


def found_in(folder: Path) -> list[int]:
    database = sqlite3.connect(folder / "db")
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [row[0] for row in database.execute("SELECT number FROM t ORDER BY number")]
    finally:
        database.close()


def cut(copy: Path, folder: Path, size: int) -> Path:
    folder.mkdir()
    shutil.copy(copy / "db", folder / "db")
    (folder / "db-wal").write_bytes((copy / "db-wal").read_bytes()[:size])
    return folder


async def test_wherever_the_power_goes_what_was_answered_before_is_there(
    journal: tuple[Path, list[int]], tmp_path: Path
) -> None:
    copy, sizes = journal
    for size in range(sizes[0], sizes[-1] + 1, 512):
        found = found_in(cut(copy, tmp_path / f"cut-{size}", size))
        answered = sum(1 for each in sizes if each <= size)
        assert found == list(range(answered)), size


async def test_a_spoilt_journal_loses_its_end_and_tells_nothing_wrong(
    journal: tuple[Path, list[int]], tmp_path: Path
) -> None:
    copy, sizes = journal
    chance = random.Random(8)
    for round_ in range(40):
        folder = cut(copy, tmp_path / f"spoilt-{round_}", sizes[-1])
        spoilt = bytearray((folder / "db-wal").read_bytes())
        place = chance.randrange(sizes[0], len(spoilt))
        spoilt[place] ^= 1 << chance.randrange(8)
        (folder / "db-wal").write_bytes(bytes(spoilt))
        found = found_in(folder)
        assert found == list(range(len(found)))
        assert len(found) >= sum(1 for each in sizes if each <= place)


async def test_somebody_elses_lock_delays_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "db") as database:
        await database.write(lambda tx: tx.run("CREATE TABLE t (number INTEGER, words TEXT)"))
        other = sqlite3.connect(tmp_path / "db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        saying = [asyncio.create_task(say(database, number)) for number in range(3)]
        done, _ = await asyncio.wait(saying, timeout=0.05)
        assert done == set()
        # who only reads does not wait
        assert await database.read(numbers) == []
        other.execute("COMMIT")
        other.close()
        await asyncio.gather(*saying)
        assert await database.read(numbers) == [0, 1, 2]


async def test_a_damaged_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    config = parse_config(f'[storage]\nfolder = "{tmp_path}"\n', {})
    async with open_instance(config):
        pass
    file = tmp_path / DATABASE
    damaged = b"no database at all " * 300
    file.write_bytes(damaged)
    with pytest.raises(SetupError) as problem:
        async with open_instance(config):
            pass
    assert "restore" in problem.value.detail
    assert file.read_bytes() == damaged


async def test_a_folder_in_the_place_of_which_there_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    config = parse_config(f'[storage]\nfolder = "{tmp_path / "data"}"\n', {})
    with pytest.raises(SetupError, match="data folder"):
        async with open_instance(config):
            pass
    assert (tmp_path / "data").read_text() == ""
