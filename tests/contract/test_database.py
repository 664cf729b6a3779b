"""What an engine promises, held against each engine there is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from fedi.db.engine import Database, Reader, Writer
from fedi.db.migrate import list_migrations, migrate
from fedi.db.sqlite import open_sqlite
from fedi.db.watch import COMMIT, RAN, READ, SLOW, WAITED, WRITE, Watch
from fedi.errors import Invalid, SetupError
from fedi.metrics import Family, Metrics
from tests.harness.postgres import cluster

ORDERED = ["", " ", "!", "A", "B", "a", "aa", "b", "z", "é", "ا", "ب", "\uffff", "𝄞"]


@dataclass
class Engine:
    """One engine, empty. `is_many`: units run beside each other."""

    db: Database
    reopen: Callable[..., Awaitable[Database]]
    is_many: bool

    async def make(self, *statements: str) -> None:
        await self.db.write(lambda tx: [tx.run(each) for each in statements])

    async def watch(self, slow_s: float) -> Metrics:
        """Open it anew, with its times told."""
        metrics = Metrics()
        await self.db.close()
        self.db = await self.reopen(Watch(metrics, slow_s))
        return metrics

    async def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return list(await self.db.read(lambda rx: rx.all(sql, *values)))


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    is_postgres = request.param == "postgres"
    place: AbstractContextManager[str] = cluster().database() if is_postgres else nullcontext("")
    with place as url:

        async def reopen(watch: Watch | None = None) -> Database:
            if not is_postgres:
                return await open_sqlite(tmp_path / "db", watch=watch)
            from fedi.db.postgres import open_postgres

            return await open_postgres(url, watch=watch)

        made = Engine(await reopen(), reopen, is_postgres)
        try:
            yield made
        finally:
            await made.db.close()


async def test_what_follows_from_a_commit_and_fails_keeps_nobody_waiting(engine: Engine) -> None:
    await engine.make("CREATE TABLE thing (n INTEGER)")
    rung: list[int] = []

    def work(tx: Writer, number: int) -> int:
        tx.run("INSERT INTO thing (n) VALUES (?)", number)
        tx.on_commit(lambda: rung.append(1 // (number - 1)))
        tx.on_commit(lambda: rung.append(number))
        return number

    async with asyncio.timeout(10):
        done = await asyncio.gather(
            *(engine.db.write(partial(work, number=number)) for number in (1, 2))
        )
        # on one engine it follows beside the answer, not before it
        await engine.db.write(lambda tx: tx.on_commit(lambda: rung.append(9)))
        while 9 not in rung:
            await asyncio.sleep(0)
    assert (done, sorted(rung)) == ([1, 2], [1, 1, 2, 9])
    assert sorted(await engine.rows("SELECT n FROM thing")) == [(1,), (2,)]


async def test_what_was_written_is_read_as_it_was(engine: Engine) -> None:
    values = (
        1,
        2**63 - 1,
        -(2**63),
        True,
        False,
        "a'b\"c\\d %s ? $1 ﷺ\U0001d11e\n\t",
        b"\x00\xff\\x",
        None,
    )
    kinds = "BIGINT BIGINT BIGINT BOOLEAN BOOLEAN TEXT {} TEXT".format(
        "BYTEA" if engine.is_many else "BLOB"
    )
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(kinds.split()))
    await engine.make(f"CREATE TABLE t ({columns})")
    await engine.db.write(
        lambda tx: tx.run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
    )
    assert await engine.rows("SELECT * FROM t") == [values]
    assert await engine.rows(
        "SELECT COUNT(*), SUM(c0), SUM(c3 = ?), COALESCE(SUM(c0), 0) FROM t WHERE c5 = ? AND c3 = ? AND c4 = ?"
        if not engine.is_many
        else "SELECT COUNT(*), SUM(c0), ?::int, COALESCE(SUM(c0), 0) FROM t WHERE c5 = ? AND c3 = ? AND c4 = ?",
        1, values[5], 1, 0,
    ) == [(1, 1, 1, 1)]  # fmt: skip


async def test_signs_in_quotes_are_no_placeholders(engine: Engine) -> None:
    assert await engine.rows("SELECT 'a?%''?', 'b%s', 1 AS \"c?\" WHERE 7 = ?", 7) == [
        ("a?%'?", "b%s", 1)
    ]
    assert await engine.rows("SELECT 'a?%' WHERE 'x' LIKE '%'") == [("a?%",)]


async def test_text_is_ordered_and_compared_byte_by_byte(engine: Engine) -> None:
    from fedi.db.migrate import statements_of

    (statement,) = statements_of(
        "CREATE TABLE t (word TEXT NOT NULL PRIMARY KEY)", engine.db.dialect
    )
    await engine.make(statement)
    await engine.db.write(
        lambda tx: tx.run_many("INSERT INTO t VALUES (?)", [(word,) for word in reversed(ORDERED)])
    )
    found = [row[0] for row in await engine.rows("SELECT word FROM t ORDER BY word")]
    assert found == ORDERED == sorted(ORDERED, key=str.encode)
    after = await engine.rows(
        "SELECT word FROM t WHERE word > ? AND word < ? ORDER BY word", "a", "é"
    )
    assert [row[0] for row in after] == ["aa", "b", "z"]


async def test_a_failing_unit_undoes_itself_and_nobody_else(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    rung: list[int] = []

    def unit(number: int) -> Any:
        def work(tx: Writer) -> int:
            tx.run("INSERT INTO t VALUES (?)", number)
            tx.on_commit(lambda: rung.append(number))
            if number % 2:
                raise ValueError(number)
            return number

        return engine.db.write(work)

    results = await asyncio.gather(*(unit(n) for n in range(8)), return_exceptions=True)
    assert [row[0] for row in await engine.rows("SELECT n FROM t ORDER BY n")] == [0, 2, 4, 6]
    assert sorted(rung) == [0, 2, 4, 6]
    assert [type(each) for each in results] == [int, ValueError] * 4


async def test_a_unit_that_takes_long_keeps_nobody_else_from_going_on(engine: Engine) -> None:
    """However many come with it: it could wait for ever for what only the event loop can do."""
    loop, is_free = asyncio.get_running_loop(), Event()

    def waits_for_the_loop(_tx: Writer) -> bool:
        loop.call_soon_threadsafe(is_free.set)
        return is_free.wait(10)

    works = [waits_for_the_loop, *[lambda _tx: True] * 15]
    assert await asyncio.gather(*map(engine.db.write, works)) == [True] * 16


async def test_units_that_are_asked_for_together_are_still_units_of_their_own(
    engine: Engine,
) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)")
    rung: list[int] = []

    def work(tx: Writer, number: int) -> int:
        tx.run("INSERT INTO t VALUES (?)", number)
        tx.on_commit(lambda: rung.append(number))
        if number % 3 == 1:
            raise ValueError(number)
        return number

    results = await engine.db.write_each([partial(work, number=n) for n in range(7)])
    assert await engine.rows("SELECT n FROM t ORDER BY n") == [(0,), (2,), (3,), (5,), (6,)]
    assert [str(each) for each in results] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [n for n, each in enumerate(results) if isinstance(each, ValueError)] == [1, 4]
    assert await engine.db.write_each([]) == []
    await engine.db.close()
    engine.db = await engine.reopen()
    assert sorted(rung) == [0, 2, 3, 5, 6]


async def test_whoever_asked_for_several_units_and_is_cancelled_undoes_none(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)")
    works = [partial(_insert, number=n) for n in range(3)]
    caller = asyncio.create_task(engine.db.write_each(works))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait({caller})
    await engine.db.close()
    engine.db = await engine.reopen()
    assert await engine.rows("SELECT n FROM t ORDER BY n") == [(0,), (1,), (2,)]


def _insert(tx: Writer, number: int) -> None:
    tx.run("INSERT INTO t VALUES (?)", number)


async def test_a_caller_that_is_cancelled_does_not_undo_its_unit(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)")
    rung: list[int] = []

    def work(tx: Writer) -> None:
        tx.run("INSERT INTO t VALUES (1)")
        tx.on_commit(lambda: rung.append(1))

    caller = asyncio.create_task(engine.db.write(work))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait({caller})
    await engine.db.close()
    engine.db = await engine.reopen()
    assert await engine.rows("SELECT n FROM t") == [(1,)]
    assert rung == [1]


async def test_changes_that_read_before_they_write_do_not_miss_each_other(engine: Engine) -> None:
    """Two who each see room for one and take it would make two: one of them has to look again."""
    await engine.make(
        "CREATE TABLE t (n INTEGER)", "CREATE TABLE sum (n INTEGER)", "INSERT INTO sum VALUES (0)"
    )

    def take(tx: Writer) -> bool:
        row = tx.one("SELECT COUNT(*) FROM t")
        assert row is not None
        if row[0] >= 5:
            return False
        tx.run("INSERT INTO t VALUES (?)", row[0])
        tx.run("UPDATE sum SET n = n + 1")
        return True

    taken = await asyncio.gather(*(engine.db.write(take) for _ in range(20)))
    assert sum(taken) == 5
    assert await engine.rows("SELECT n FROM t ORDER BY n") == [(n,) for n in range(5)]
    assert await engine.rows("SELECT n FROM sum") == [(5,)]


async def test_whoever_was_slower_with_the_same_row_sees_it_and_decides_anew(
    engine: Engine,
) -> None:
    await engine.make("CREATE TABLE t (n INTEGER PRIMARY KEY)")

    def add_once(tx: Writer) -> int:
        if tx.one("SELECT 1 FROM t WHERE n = 1") is not None:
            return 0
        return tx.run("INSERT INTO t VALUES (1)")

    assert sum(await asyncio.gather(*(engine.db.write(add_once) for _ in range(8)))) == 1


async def test_a_look_sees_one_moment(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (0)")
    loop = asyncio.get_running_loop()

    def look(rx: Reader) -> tuple[Any, Any]:
        before = rx.one("SELECT n FROM t")
        asyncio.run_coroutine_threadsafe(engine.make("UPDATE t SET n = 1"), loop).result(20)
        return before, rx.one("SELECT n FROM t")

    assert await engine.db.read(look) == ((0,), (0,))
    assert await engine.rows("SELECT n FROM t") == [(1,)]


async def test_a_look_changes_nothing(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)")
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await engine.db.read(lambda rx: rx.all("INSERT INTO t VALUES (1) RETURNING n"))
    assert await engine.rows("SELECT n FROM t") == []


async def test_rows_are_counted_and_handed_back(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT)")

    def work(tx: Writer) -> tuple[Any, ...]:
        tx.run_many("INSERT INTO t VALUES (?, ?)", [(n, "x") for n in range(4)])
        many = tx.rows
        upserted = tx.run("INSERT INTO t VALUES (1, 'y') ON CONFLICT (n) DO NOTHING")
        changed = tx.run("UPDATE t SET word = ? WHERE n < ?", "z", 3)
        back = tx.one("DELETE FROM t WHERE n = ? RETURNING word", 0)
        return many, upserted, changed, back, tx.one("DELETE FROM t WHERE n = 9"), tx.rows

    assert await engine.db.write(work) == (4, 0, 3, ("z",), None, 7)


async def test_a_number_beyond_what_fits_is_an_error_and_changes_nothing(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n BIGINT)")
    with pytest.raises(OverflowError):
        await engine.db.write(lambda tx: tx.run("INSERT INTO t VALUES (?)", 2**63))
    assert await engine.rows("SELECT n FROM t") == []


async def test_the_zero_character_is_refused_or_kept_but_never_half_done(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (word TEXT)")

    def work(tx: Writer) -> None:
        tx.run("INSERT INTO t VALUES ('before')")
        tx.run("INSERT INTO t VALUES (?)", "a\x00b")

    if engine.is_many:
        with pytest.raises(Invalid):
            await engine.db.write(work)
        assert await engine.rows("SELECT word FROM t") == []
        assert await engine.rows("SELECT word FROM t WHERE word = ?", "a\x00b") == []
    else:
        await engine.db.write(work)
        assert await engine.rows("SELECT word FROM t") == [("before",), ("a\x00b",)]


async def test_a_broken_rule_of_a_table_is_told_without_values(engine: Engine) -> None:
    await engine.make(
        "CREATE TABLE t (word TEXT NOT NULL UNIQUE)", "INSERT INTO t VALUES ('particular')"
    )
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        await engine.db.write(lambda tx: tx.run("INSERT INTO t VALUES (?)", "particular"))
    assert "particular" not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert await engine.db.write(lambda tx: tx.run("INSERT INTO t VALUES ('other')")) == 1


async def test_migrations_reach_the_last_version_and_stay_there(engine: Engine) -> None:
    last = len(list_migrations())
    assert [await migrate(engine.db, now_ms=1) for _ in range(2)] == [last, last]
    assert await engine.rows("SELECT MAX(version), COUNT(*) FROM schema_version") == [(last, last)]
    assert await engine.db.weigh() > 0


async def test_migrations_go_on_where_they_broke_off_and_refuse_what_was_changed(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE a (n INTEGER);\n")
    (folder / "0002_second.sql").write_text("CREATE TABLE b (n INTEGER);\nBROKEN;\n")
    with pytest.raises(Exception, match="syntax error"):
        await migrate(engine.db, now_ms=1, folder=folder)
    assert await engine.rows("SELECT version FROM schema_version") == [(1,)]
    with pytest.raises(Exception, match=r"(?i)no such table|UndefinedTable"):
        await engine.rows("SELECT n FROM b")
    (folder / "0002_second.sql").write_text("CREATE TABLE b (n INTEGER);\n")
    assert [await migrate(engine.db, now_ms=2, folder=folder) for _ in range(2)] == [2, 2]
    (folder / "0001_first.sql").write_text("CREATE TABLE a (n TEXT);\n")
    with pytest.raises(SetupError, match="was changed after"):
        await migrate(engine.db, now_ms=3, folder=folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(SetupError, match="is at version 2, this program knows 1"):
        await migrate(engine.db, now_ms=4, folder=folder)


async def test_closing_waits_for_what_was_begun(engine: Engine) -> None:
    await engine.make("CREATE TABLE t (n INTEGER)")
    begun = [asyncio.create_task(engine.make("INSERT INTO t VALUES (1)")) for _ in range(20)]
    await asyncio.sleep(0)
    await engine.db.close()
    await asyncio.gather(*begun)
    engine.db = await engine.reopen()
    assert await engine.rows("SELECT COUNT(*) FROM t") == [(20,)]


SOMEBODYS = "the words of somebody"
# Counts to a number, which takes as long as the number is large.
COUNTING = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    SELECT COUNT(*) FROM n WHERE 'x' <> ?"""


def noted(metrics: Metrics, family: Family, **labels: str) -> float:
    names = (family.name, f"{family.name}_count")
    samples = [each for each in metrics.samples(family) if each.name in names]
    return sum(each.value for each in samples if labels.items() <= each.labels.items())


async def test_every_unit_and_every_commit_is_timed(engine: Engine) -> None:
    metrics = await engine.watch(slow_s=0)
    await engine.make("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    writes = (partial(_add, number=number) for number in range(3))
    await asyncio.gather(*(engine.db.write(each) for each in writes))
    await engine.rows("SELECT n FROM t")
    for family in (WAITED, RAN):
        assert noted(metrics, family, work=READ) == 1
        assert noted(metrics, family, work=WRITE) == 4
    assert 2 <= noted(metrics, RAN, work=COMMIT) <= 4
    assert noted(metrics, SLOW) == 0


def _add(tx: Writer, number: int) -> int:
    return tx.run("INSERT INTO t VALUES (?)", number)


async def test_a_slow_statement_is_written_down_without_its_values(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fedi")
    metrics = await engine.watch(slow_s=0.001)
    await engine.db.read(lambda rx: rx.one(COUNTING, 123_456, SOMEBODYS))
    await engine.db.write(lambda tx: tx.all(COUNTING, 123_456, SOMEBODYS))
    said = [vars(each) for each in caplog.records if each.message == "slow statement"]
    said = [each for each in said if "RECURSIVE" in each["sql"]]
    assert [each["rows"] for each in said] == [1, 1]
    assert all(each["ms"] >= 1 and "i < ?)" in each["sql"] for each in said)
    assert "\n" not in said[0]["sql"]
    assert noted(metrics, SLOW) >= 2
    written = str([vars(each) for each in caplog.records])
    assert SOMEBODYS not in written
    assert "123456" not in written


async def test_no_statement_is_slow_when_nobody_wants_to_know(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fedi")
    await engine.watch(slow_s=0)
    await engine.db.read(lambda rx: rx.one(COUNTING, 20_000, SOMEBODYS))
    assert [each.message for each in caplog.records] == []
