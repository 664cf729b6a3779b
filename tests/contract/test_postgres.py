"""What only PostgreSQL can do to us: go away, come back, stop a statement, be somebody else's."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
import pytest

from actors import follows, refresh
from fedi.db.engine import Writer
from fedi.db.migrate import migrate
from fedi.db.postgres import ATTEMPTS, PostgresDatabase, numbered, open_postgres
from fedi.errors import FediError, SetupError, Unavailable
from fedi.http.transport import Request
from fedi.jobs.run import settle
from fedi.unit import Unit
from inbox import store as inbox_store
from outbox.actions.follow import follow
from tests.harness.cutter import cutter
from tests.harness.postgres import cluster
from tests.harness.world import World, world
from tests.hostile.stranger import Document, Heard, a_note_of, deliver, say, stranger

# A line that just ends is the kinder case.
NOTHING = pytest.param(b"", marks=pytest.mark.thorough, id="nothing")


@pytest.fixture
def url() -> Iterator[str]:
    with cluster().database() as made:
        yield made


@pytest.fixture
async def db(url: str) -> AsyncIterator[PostgresDatabase]:
    database = await open_postgres(url)
    try:
        await database.write(lambda tx: tx.run("CREATE TABLE t (n INTEGER)"))
        yield database
    finally:
        await database.close()


def name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def cut(url: str, *, for_good: bool) -> None:
    """Everybody's connection to this database ends; `for_good`: and nobody gets another one."""
    name = name_of(url)
    if for_good:
        cluster().execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    cluster().execute(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    )


def let_in(url: str) -> None:
    cluster().execute(f"ALTER DATABASE {name_of(url)} WITH ALLOW_CONNECTIONS true")


async def count(db: PostgresDatabase) -> int:
    row = await db.read(lambda rx: rx.one("SELECT COUNT(*) FROM t"))
    assert row is not None
    return int(row[0])


async def test_lines_that_were_cut_are_joined_again_without_anybody_noticing(
    url: str, db: PostgresDatabase
) -> None:
    assert await count(db) == 0
    cut(url, for_good=False)
    assert await count(db) == 0
    cut(url, for_good=False)
    await db.write(lambda tx: tx.run("INSERT INTO t VALUES (1)"))
    assert await count(db) == 1


async def test_a_server_that_is_away_is_later_and_works_again_once_it_is_back(
    url: str, db: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    rung: list[int] = []

    def work(tx: Writer) -> None:
        tx.run("INSERT INTO t VALUES (1)")
        tx.on_commit(lambda: rung.append(1))

    cut(url, for_good=True)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await db.write(work)
        assert caught.value.retry_after_s > 0
        with pytest.raises(Unavailable):
            await count(db)
    let_in(url)
    assert (await count(db), rung) == (0, [])
    await db.write(work)
    assert (await count(db), rung) == (1, [1])


async def test_a_unit_that_loses_its_line_midway_is_done_again_and_once(
    db: PostgresDatabase,
) -> None:
    times: list[int] = []

    def work(tx: Writer) -> None:
        times.append(1)
        tx.run("INSERT INTO t VALUES (1)")
        if len(times) == 1:
            tx.one("SELECT pg_terminate_backend(pg_backend_pid())")

    await db.write(work)
    assert (len(times), await count(db)) == (2, 1)


@pytest.mark.parametrize("last_words", [b"", b"C\0\0\0\4", b"words without sense"])
async def test_wherever_the_line_breaks_a_unit_is_done_once_or_told_as_later(
    url: str, monkeypatch: pytest.MonkeyPatch, last_words: bytes
) -> None:
    """A server that is killed stops anywhere, in the middle of a word too, and leaves behind what makes no sense.

    Before the commit nobody notices: the unit is run again. Whether the commit was written nobody knows.
    """
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    with cutter(url) as (cut, through):
        cut.last_words = last_words
        db = await open_postgres(through, readers=1, writers=1)
        try:
            await db.write(lambda tx: tx.run("CREATE TABLE t (n INTEGER)"))
            outcomes: list[str] = []
            size = rows = 0
            while outcomes[-1:] != ["whole"]:
                size += 11

                def work(tx: Writer) -> None:
                    tx.all("SELECT n FROM t WHERE n < 0")
                    tx.run_many("INSERT INTO t VALUES (?)", [(1,), (2,)])
                    tx.one("SELECT 'some more words'")

                await db.write(lambda tx: tx.all("SELECT n FROM t WHERE n < 0"))
                cut.cut_after(size)
                try:
                    await db.write(work)
                    outcomes.append("whole" if cut.times else "again")
                except Unavailable:
                    outcomes.append("later")
                cut.mend()
                counted = await count(db)
                assert counted - rows == 2 or (outcomes[-1] == "later" and counted == rows)
                rows = counted
        finally:
            await db.close()
    # first what nobody notices, then the moment of the commit
    assert outcomes.count("again") > 5
    assert outcomes == sorted(outcomes, key=("again", "later", "whole").index)


async def test_a_line_that_is_lost_at_the_last_try_is_told_as_later(db: PostgresDatabase) -> None:
    times: list[int] = []

    def work(tx: Writer) -> None:
        times.append(1)
        if len(times) < ATTEMPTS:
            tx.run("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$")
        tx.one("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable):
        await db.write(work)
    assert len(times) == ATTEMPTS


async def test_who_was_idle_too_long_in_a_unit_does_it_again(db: PostgresDatabase) -> None:
    """The server ends the line with an error of its own kind."""
    times: list[int] = []

    def work(tx: Writer) -> None:
        times.append(1)
        if len(times) == 1:
            mine = tx.one("SELECT pg_backend_pid()")
            assert mine is not None
            tx.run("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
            while cluster().execute(f"SELECT 1 FROM pg_stat_activity WHERE pid = {mine[0]}"):
                pass
        tx.run("INSERT INTO t VALUES (1)")

    await db.write(work)
    assert (len(times), await count(db)) == (2, 1)


async def test_a_line_that_is_lost_in_the_moment_of_the_commit_is_not_taken_for_success(
    db: PostgresDatabase,
) -> None:
    """Nobody knows what became of it, so it is told as later and not done a second time."""
    for statement in (
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION die()",
    ):
        await db.write(lambda tx, statement=statement: tx.run(statement))  # type: ignore[misc]
    times: list[int] = []
    rung: list[int] = []

    def work(tx: Writer) -> None:
        times.append(1)
        tx.run("INSERT INTO t VALUES (1)")
        tx.on_commit(lambda: rung.append(1))

    with pytest.raises(Unavailable):
        await db.write(work)
    assert (len(times), rung, await count(db)) == (1, [], 0)


async def test_a_statement_that_takes_too_long_is_stopped_and_told_as_later(
    db: PostgresDatabase,
) -> None:
    def work(tx: Writer) -> None:
        tx.run("INSERT INTO t VALUES (1)")
        tx.run("SET LOCAL statement_timeout = '20ms'")
        tx.one("SELECT pg_sleep(5)")

    with pytest.raises(Unavailable):
        await db.write(work)
    assert await count(db) == 0


async def test_commits_wait_for_the_disk_and_nothing_waits_for_ever(db: PostgresDatabase) -> None:
    asked = (
        "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation'), "
        "current_setting('transaction_read_only'), current_setting('statement_timeout'), current_setting('lock_timeout'), "
        "current_setting('idle_in_transaction_session_timeout')"
    )
    changing = await db.write(lambda tx: tx.one(asked))
    looking = await db.read(lambda rx: rx.one(asked))
    assert changing == ("on", "serializable", "off", "1min", "20s", "1min")
    assert looking == ("on", "repeatable read", "on", "30s", "20s", "1min")


async def test_a_database_has_one_process_and_the_next_comes_when_it_has_gone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedi.db.postgres.KEEP_S", 0.01)
    first = await open_postgres(url)
    with pytest.raises(SetupError) as caught:
        await open_postgres(url)
    assert caught.value.message_key == "database.in_use"
    await first.close()
    await (await open_postgres(url)).close()


async def test_whoever_comes_in_while_we_were_away_keeps_the_database(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    first = await open_postgres(url)
    try:
        cut(url, for_good=False)
        second = await open_postgres(url)
        try:
            with pytest.raises(Unavailable):
                await first.write(lambda tx: tx.run("CREATE TABLE late (n INTEGER)"))
        finally:
            await second.close()
        await first.write(lambda tx: tx.run("CREATE TABLE late (n INTEGER)"))
    finally:
        await first.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("postgresql://me:hush@127.0.0.1:1/fedi", "127.0.0.1"),
        ("postgresql://me:hush@127.0.0.1:1/fedi?nothing=such", "postgresql://user@host/name"),
        ("postgresql://me:hush@/fedi?host=/nowhere", "/nowhere"),
    ],
)
async def test_what_cannot_be_reached_is_named_without_its_password(wrong: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        await open_postgres(wrong)
    assert said in caught.value.detail
    assert "hush" not in f"{caught.value.detail} {caught.value!r}"
    with pytest.raises(SetupError) as caught:
        await open_postgres(wrong.replace("me:hush", "me"), "hush")
    assert "hush" not in f"{caught.value.detail} {caught.value!r}"


async def test_a_database_of_another_encoding_is_refused() -> None:
    cluster().execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(SetupError, match="UTF8"):
            await open_postgres(cluster().url("latin"))
    finally:
        cluster().execute("DROP DATABASE latin WITH (FORCE)")


async def test_a_database_with_another_order_of_letters_is_ordered_as_ours(url: str) -> None:
    db = await open_postgres(url)
    try:
        await migrate(db, now_ms=1)
        texts = await db.read(
            lambda rx: rx.all(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' "
                "AND table_name <> 'schema_version'"
            )
        )
    finally:
        await db.close()
    assert texts == []


async def test_the_inbox_says_later_while_the_database_is_away_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    async with world() as made:
        await made.start("agora.test", engine="postgres")
        await made.start("beirut.test", engine="sqlite")
        agora = await made.collective("agora.test", "agora")
        beirut = await made.collective("beirut.test", "beirut")
        known = await refresh.find_or_fetch_actor(made["beirut.test"], agora.uri)
        await made["beirut.test"].change(lambda unit: follow(unit, beirut, known))
        url = made.database("agora.test")
        cut(url, for_good=True)
        there = made.sites["beirut.test"]
        await settle(there.instance, there.limits)
        rows = await there.instance.look(
            lambda rx: rx.all("SELECT state, last_reason FROM delivery")
        )
        let_in(url)
        assert await made.followers(agora) == []
        made.clock.advance(hours=1)
        await made.settle()
        assert await made.followers(agora) == [beirut.uri]
    assert [(row[0], "503" in row[1]) for row in rows] == [("waiting", True)]


@pytest.mark.parametrize("last_words", [NOTHING, b"words without sense"])
async def test_words_that_break_off_are_later_for_who_sends_and_in_their_order_for_who_works(
    monkeypatch: pytest.MonkeyPatch, last_words: bytes
) -> None:
    """Wherever the database breaks off: the sender hears 503, and an Update never overtakes its Create in the inbox."""
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    sizes = range(1, 900, 120)
    async with world() as made, stranger(made, "zarzis.test") as there:
        with cutter(made.database("agora.test", "postgres")) as (cut, through):
            made.databases["agora.test"] = through
            here = await made.start("agora.test")
            agora = await made.collective("agora.test", "agora")
            zahra = there.person("zahra")
            await refresh.fetch_actor(here, zahra.uri)
            await here.change(lambda unit: befriend(unit, agora.uri, zahra.uri))
            cut.last_words = last_words
            refused: list[Heard] = []

            async def send(document: Document, size: int) -> None:
                """As an honest server does: again until it is accepted."""
                cut.cut_after(size, times=2)
                while (
                    heard := await deliver(made, "agora.test", zahra.key, document)
                ).status != 202:
                    refused.append(heard)
                    cut.mend()

            for size in sizes:
                note = a_note_of(zahra, size)
                better = a_note_of(
                    zahra, size, "<p>better words</p>", updated="2026-01-02T00:00:00Z"
                )
                await send(say(zahra, "Create", note, size), size)
                made.clock.advance(seconds=1)
                await send(say(zahra, "Update", better, size), size)
                cut.cut_after(size * 7, times=2)
                with suppress(Unavailable):
                    await made.settle()
                cut.mend()
                made.clock.advance(minutes=6)
                await settle_once_it_is_back(made)
            states = await here.look(inbox_store.count_states)
            titles = await made.titles("agora.test")
            await made.stop("agora.test")
    assert states == {"done": 2 * len(sizes)}
    assert titles == ["<p>better words</p>"] * len(sizes)
    assert refused
    assert {(each.status, each.headers.get("retry-after")) for each in refused} == {(503, "30")}


async def settle_once_it_is_back(made: World) -> None:
    """The server takes a moment to notice that a line of ours ended, and keeps us out so long."""
    while True:
        with suppress(Unavailable):
            return await made.settle()


def befriend(unit: Unit, one: str, other: str) -> None:
    follows.ask(unit, one, other, f"{one}/follow")
    follows.decide(unit, one, other, follows.ACCEPTED)


@pytest.mark.parametrize("last_words", [NOTHING, b"words without sense"])
async def test_who_begins_while_words_break_off_says_so_and_begins_the_next_time(
    monkeypatch: pytest.MonkeyPatch, last_words: bytes
) -> None:
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    monkeypatch.setattr("fedi.db.postgres.KEEP_S", 0.2)
    said: list[str] = []
    async with world() as made:
        with cutter(made.database("agora.test", "postgres")) as (cut, through):
            made.databases["agora.test"] = through
            cut.last_words = last_words
            # alone, then beside others
            for begin in (made.start, made.share):
                size = 1
                while True:
                    cut.cut_after(size, times=20)
                    try:
                        await begin("agora.test")
                    except FediError as problem:
                        said.append(problem.message_key)
                    else:
                        break
                    finally:
                        cut.mend()
                    size += 700
                if begin == made.start:
                    await made.stop("agora.test")
            cut.mend()
            assert len(said) > 3


async def test_a_database_that_leaves_while_a_key_is_asked_for_is_held_against_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stranger knocks, is asked for its key, and the key cannot be stored: later, and then it is let in at once."""
    monkeypatch.setattr("fedi.db.postgres.AWAY_S", 0.0)
    async with world() as made, stranger(made, "zarzis.test") as there:
        await made.start("agora.test", engine="postgres")
        agora = await made.collective("agora.test", "agora")
        zahra = there.person("zahra")
        url = made.database("agora.test")

        def leave(request: Request) -> None:
            if request.url.startswith(zahra.uri) and not asked:
                asked.append(request.url)
                cut(url, for_good=True)

        asked: list[str] = []
        made.wire.watchers.append(leave)
        said = say(zahra, "Follow", agora.uri)
        first = await deliver(made, "agora.test", zahra.key, said)
        let_in(url)
        second = await deliver(made, "agora.test", zahra.key, said)
    assert asked
    assert (first.status, second.status) == (503, 202)
    assert int(first.headers["retry-after"]) > 0


async def test_a_database_that_is_lived_in_again_is_as_new() -> None:
    """The tests' own promise: whatever one left behind, the next one finds nothing of it."""
    async with world() as made:
        url = made.database("agora.test", "postgres")
        fresh = all_there_is(url)
        await made.start("agora.test")
        await made.collective("agora.test", "agora")
        assert all_there_is(url) != fresh
        left = psycopg.connect(url)
    with left, cluster().database(has_tables=True) as again:
        assert again == url
        assert all_there_is(again) == fresh
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
        cluster().execute("ALTER TABLE setting ADD COLUMN more TEXT", name_of(again))
    with cluster().database(has_tables=True) as another:
        assert another != url
        assert all_there_is(another) == fresh


def all_there_is(url: str) -> list[tuple[object, ...]]:
    """What is in a database: relations, and how many rows each table has."""
    with psycopg.connect(url) as line:
        relations = line.execute(
            "SELECT relname::text, relkind::text, relnatts FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
        ).fetchall()
        tables = [name for name, kind, _ in relations if kind == "r"]
        counts = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in tables)
        return [*relations, *line.execute(counts.encode()).fetchall()]


def test_a_question_mark_is_a_place_only_outside_of_quotes() -> None:
    assert numbered("SELECT '?', \"a?\", 'it''s ?' WHERE a = ? AND b = ?") == (
        "SELECT '?', \"a?\", 'it''s ?' WHERE a = $1 AND b = $2"
    )


def test_an_instance_with_a_file_loads_nothing_of_it() -> None:
    script = (
        "import sys, fedi.cli.main, fedi.opening, fedi.serving; print('psycopg' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"
