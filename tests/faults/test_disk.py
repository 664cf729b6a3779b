"""A disk that is full or fails at any byte, a journal that was cut or spoilt anywhere, a file that somebody else locks."""

import asyncio
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fedi.backup.making import Wish, make
from fedi.config import Config, parse_config
from fedi.db.engine import Reader
from fedi.db.sqlite import SqliteDatabase, open_sqlite
from fedi.doctor.facts import gather
from fedi.errors import FediError, SetupError, Unavailable
from fedi.opening import DATABASE, open_instance
from tests.harness.world import TABLES, World, a_note, world

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).parents[2]
HERE = "agora.test"
SYNCS = 20
FLIPS = 60
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


async def test_a_journal_that_cannot_be_emptied_is_said_in_our_words_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "a.db") as database:
        await database.write(lambda tx: tx.run("CREATE TABLE t (number INTEGER, words TEXT)"))
        await database.empty_journal()
        for number in range(20):
            await say(database, number)
        with no_file_beyond((tmp_path / "a.db").stat().st_size), pytest.raises(Unavailable):
            await database.empty_journal()
        assert await database.read(numbers) == list(range(20))
        assert await database.empty_journal()
        assert await database.read(is_sound)


@pytest.fixture
def failing_sync(tmp_path: Path) -> Path:
    """A library that stands before fsync and fdatasync; skips, saying why, where nothing compiles it."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("there is no C compiler (cc) for what makes syncing fail")
    library = tmp_path / "failing_sync.so"
    source = Path(__file__).with_name("failing_sync.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"],
        check=True,
        timeout=60,
    )
    return library


@pytest.mark.thorough
def test_wherever_syncing_fails_what_was_answered_is_there(
    failing_sync: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.syncing", str(tmp_path / "tried"), str(SYNCS)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(failing_sync)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tried = json.loads(done.stdout)
    assert len(tried) == 2 * SYNCS
    # each of these failed in the middle of something, and somebody was told
    assert sum(each["refused"] > 0 for each in tried) > SYNCS
    for each in tried:
        folder = Path(each["folder"])
        for place in (folder, folder / "copy"):
            found = found_in(place)
            # what was refused may be there or not, never half
            assert set(each["answered"]) <= set(found) <= set(range(14)), place
            assert len(found) == len(set(found))


def contents(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, read without any index."""
    database = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    database.text_factory = bytes
    try:
        names = [row[0].decode() for row in database.execute(TABLES["sqlite"])]
        return {
            name: sorted(database.execute(f"SELECT * FROM {name} NOT INDEXED"), key=repr)
            for name in names
        }
    finally:
        database.close()


@pytest.mark.thorough
async def test_a_flipped_bit_is_refused_said_or_changes_one_row_and_no_other(
    tmp_path: Path,
) -> None:
    """The engine has no digests of its pages: a bit within a word stays unnoticed. Whatever holds words together does not."""
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        for number in range(30):
            await made.publish(agora, a_note(f"note {number} " + "words " * number))
        source = made.sites[HERE].folder
        await made[HERE].db.empty_journal()
        await made.stop(HERE)
        whole = (source / DATABASE).read_bytes()
        true = contents(source / DATABASE)
        chance, outcomes = random.Random(13), []
        config = parse_config(
            f'[storage]\nfolder = "{source}"', {"FEDI_INSTANCE_BASE_URL": f"https://{HERE}"}
        )
        for round_ in range(FLIPS):
            spoilt = bytearray(whole)
            # most of them where pages describe themselves
            page = 4096 * chance.randrange(len(whole) // 4096)
            within = chance.randrange(4096 if round_ % 3 == 0 else 20)
            spoilt[page + within] ^= 1 << chance.randrange(8)
            (source / DATABASE).write_bytes(bytes(spoilt))
            outcomes.append(await outcome_of(made, config, source, true))
            for left in ("-wal", "-shm"):
                (source / f"{DATABASE}{left}").unlink(missing_ok=True)
        assert outcomes.count("said") + outcomes.count("refused") > FLIPS // 4
        assert "unnoticed" not in outcomes


async def outcome_of(
    made: World, config: Config, folder: Path, true: dict[str, list[tuple[object, ...]]]
) -> str:
    """What becomes of a database that is not what it was."""
    facts = await gather(config)
    if facts is None or facts.integrity != "ok":
        # then no backup takes the place of a good one, either
        with pytest.raises(FediError):
            await asyncio.to_thread(make, a_wish(made, folder))
        return "said"
    try:
        found = contents(folder / DATABASE)
    except sqlite3.DatabaseError:
        return "refused"
    differing = sum(
        max(len(set(map(repr, rows)) ^ set(map(repr, found.get(name, [])))), 0)
        for name, rows in true.items()
    )
    if differing <= 2 and found.keys() == true.keys():
        return "one row"
    try:
        await asyncio.to_thread(make, a_wish(made, folder))
    except FediError:
        return "said"
    return "unnoticed"


def a_wish(made: World, folder: Path) -> Wish:
    return Wish(folder, made.folder / "backups", f"https://{HERE}", (), None, made.clock.now())


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
