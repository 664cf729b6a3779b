"""All of a database carried into another one: nothing is lost, nothing is added, and whoever is cut off goes on."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import product
from pathlib import Path

import pytest

from fedi.db.migrate import list_migrations, migrate
from fedi.db.moving import MARK, Side, SqliteSide, copy_all, count_all, tables
from fedi.db.postgres import open_postgres
from fedi.db.postgres_beside import PostgresSide
from fedi.db.sqlite import open_sqlite
from fedi.errors import Conflict, SetupError
from tests.harness.postgres import cluster

ENGINES = ("sqlite", "postgres")
Open = Callable[[bool], Side]


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Callable[[str], Open]]:
    """Gives empty places for a database; each opens as a side to read from (True) or to write to."""
    with ExitStack() as stack:
        number = iter(range(100))

        def place(engine: str) -> Open:
            if engine == "sqlite":
                file = tmp_path / f"{next(number)}.sqlite3"
                return lambda is_source: SqliteSide(file, is_source=is_source)
            url = stack.enter_context(cluster().database())
            return lambda is_source: PostgresSide(url, "", is_source=is_source)

        yield place


def value(kind: str, number: int) -> object:
    if kind == "BOOLEAN":
        return number % 2
    if kind == "BLOB":
        return bytes([0, 255, number % 256, 92])
    if kind == "DOUBLE PRECISION":
        return number / 3
    if kind == "INTEGER":
        return number * 2**40 - 7
    return f"{number} ﷺ\U0001d11e\t\\N\n'\" ?%s"


def filled(file: Path, rows: int) -> None:
    """A file with so many rows in every table."""
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("PRAGMA foreign_keys=OFF")
        for table in tables():
            kinds = [str(row[2]) for row in made.execute(f"PRAGMA table_info({table.name})")]
            optional = [not row[3] for row in made.execute(f"PRAGMA table_info({table.name})")]
            for n in range(rows):
                values = [
                    None if may and n % 3 == 2 else value(kind, n)
                    for kind, may in zip(kinds, optional, strict=True)
                ]
                made.execute(
                    f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(kinds))})", values
                )


@pytest.fixture
async def source(tmp_path: Path) -> Path:
    file = tmp_path / "source.sqlite3"
    database = await open_sqlite(file, readers=1)
    await migrate(database, now_ms=1)
    await database.close()
    filled(file, 5)
    return file


def everything(side: Side) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [
            tuple(int(each) if isinstance(each, bool) else each for each in row)
            for row in side.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}")
        ]
        for table in tables()
    }


def carry(here: Side, there: Side) -> int:
    with closing(here), closing(there):
        return copy_all(here, there)


async def test_from_a_file_to_a_server_and_back_every_row_is_the_same(
    source: Path, places: Callable[[str], Open]
) -> None:
    server, back = places("postgres"), places("sqlite")
    total = 5 * len(tables())
    counted: list[int] = []
    with closing(SqliteSide(source, is_source=True)) as here:
        assert count_all(here) == total
        before = everything(here)
        with closing(server(False)) as there:
            assert copy_all(here, there, counted.append) == total == sum(counted)
    assert carry(server(True), back(False)) == total
    for each in (server(True), back(True)):
        with closing(each):
            assert everything(each) == before
            assert not each.has(MARK)
            ledger = each.all("SELECT version FROM schema_version ORDER BY version")
            assert [row[0] for row in ledger] == [m.version for m in list_migrations()]
    assert {len(rows) for rows in before.values()} == {5}


@pytest.mark.parametrize(("engine", "last"), [*product(ENGINES, ("follow", "setting"))])
async def test_whoever_was_cut_off_goes_on_and_sees_what_changed_meanwhile(
    engine: str, last: str, source: Path, places: Callable[[str], Open]
) -> None:
    place = places(engine)

    class Cut(Exception):
        pass

    def cut_in(side: Side) -> Side:
        fill = side.fill

        def fill_or_cut(table: object, rows: object) -> None:
            if getattr(table, "name", "") == last:
                raise Cut
            fill(table, rows)  # type: ignore[arg-type]

        side.fill = fill_or_cut  # type: ignore[method-assign]
        return side

    with pytest.raises(Cut):
        carry(SqliteSide(source, is_source=True), cut_in(place(False)))
    with closing(place(True)) as halfway:
        assert halfway.has(MARK)
        assert halfway.all("SELECT version FROM schema_version") == []
    with closing(sqlite3.connect(source)) as used, used:
        used.execute("DELETE FROM actor WHERE uri LIKE '3 %'")
        used.execute("UPDATE actor SET name = 'changed' WHERE uri LIKE '1 %'")
    carry(SqliteSide(source, is_source=True), place(False))
    with closing(place(True)) as there, closing(SqliteSide(source, is_source=True)) as here:
        assert everything(there) == everything(here)
        assert len(everything(there)["actor"]) == 4


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_database_that_holds_something_is_left_alone(
    engine: str, source: Path, places: Callable[[str], Open]
) -> None:
    place = places(engine)
    carry(SqliteSide(source, is_source=True), place(False))
    with pytest.raises(Conflict) as caught:
        carry(SqliteSide(source, is_source=True), place(False))
    assert caught.value.message_key == "database.not_empty"


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_arrives_otherwise_than_it_was_sent_is_found(
    engine: str, source: Path, places: Callable[[str], Open]
) -> None:
    place = places(engine)
    side = place(False)
    fill = side.fill

    def lossy(table: object, rows: Iterator[tuple[object, ...]]) -> None:
        kept = (row for n, row in enumerate(list(rows)) if (n, table.name) != (2, "follow"))  # type: ignore[attr-defined]
        fill(table, kept)  # type: ignore[arg-type]

    side.fill = lossy  # type: ignore[method-assign, assignment]
    with pytest.raises(SetupError) as caught:
        carry(SqliteSide(source, is_source=True), side)
    assert caught.value.values == {"table": "follow"}


async def test_nobody_serves_from_a_database_that_is_only_half_there(
    source: Path, places: Callable[[str], Open], tmp_path: Path
) -> None:
    place = places("postgres")
    with closing(place(False)) as side:
        side.change([(f"CREATE TABLE {MARK} (name TEXT PRIMARY KEY, digest TEXT)", ())])
    url = place.__closure__[0].cell_contents  # type: ignore[attr-defined]
    database = await open_postgres(url)
    try:
        with pytest.raises(SetupError) as caught:
            await migrate(database, now_ms=1)
    finally:
        await database.close()
    assert caught.value.message_key == "database.unfinished"


async def test_the_zero_character_of_a_file_does_not_keep_anybody_from_moving(
    source: Path, places: Callable[[str], Open]
) -> None:
    with closing(sqlite3.connect(source)) as used, used:
        used.execute("UPDATE actor SET name = 'a' || CHAR(0) || 'b' WHERE uri LIKE '1 %'")
    place = places("postgres")
    carry(SqliteSide(source, is_source=True), place(False))
    with closing(place(True)) as there:
        assert there.all("SELECT name FROM actor WHERE uri LIKE '1 %'") == [("a�b",)]
