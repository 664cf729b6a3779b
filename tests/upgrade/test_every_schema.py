"""Whoever upgrades from any earlier version keeps everything: tables of then with rows in them, then the program of today."""

import asyncio
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from actors.model import Actor
from fedi.backup.making import Wish, make
from fedi.config import Config, parse_config
from fedi.db.migrate import list_migrations, statements_of
from fedi.opening import DATABASE
from fedi.secret import SECRET
from tests.harness.backups import RECIPIENT, restored, start_again
from tests.harness.world import World, a_note, an_event, world

pytestmark = pytest.mark.embedded

HERE, THERE = "agora.test", "bond.test"
MIGRATIONS = list_migrations()


async def lived_in(made: World) -> tuple[Actor, Actor]:
    """Two instances that talked; then the first one ends."""
    agora = await made.collective(HERE, "agora")
    bond = await made.collective(THERE, "bond")
    await made.follow(bond, agora)
    await made.follow(agora, bond)
    await made.publish(agora, an_event("Assembly"))
    await made.publish(bond, a_note("from there"))
    await made.settle()
    await made.publish(agora, a_note("still waiting"))
    await made.stop(HERE)
    return agora, bond


def as_it_was(source: Path, target: Path, version: int) -> Mapping[str, int]:
    """A data folder as the program of then would have it: its tables, and in them what fits of the rows of today.

    How many rows each of its tables got.
    """
    target.mkdir()
    shutil.copy(source / SECRET, target / SECRET)
    counts = {}
    with closing(sqlite3.connect(target / DATABASE)) as then:
        then.execute("ATTACH ? AS today", (str(source / DATABASE),))
        then.execute(
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, title TEXT NOT NULL, "
            "checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)"
        )
        for migration in MIGRATIONS[:version]:
            for statement in statements_of(migration.text, "sqlite"):
                then.execute(statement)
        tables = [
            name
            for (name,) in then.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            columns = ", ".join(row[1] for row in then.execute(f"PRAGMA main.table_info({table})"))
            which = f"WHERE version <= {version}" if table == "schema_version" else ""
            cursor = then.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table} {which}"
            )
            counts[table] = cursor.rowcount
        then.commit()
    return counts


def configured(folder: Path) -> Config:
    return parse_config(
        f'[storage]\nfolder = "{folder}"\n[server]\nrequests_per_source = 0\n',
        {"FEDI_INSTANCE_BASE_URL": f"https://{HERE}", "FEDI_INBOX_HOST_PER_MINUTE": "1000000"},
    )


def shape(file: Path) -> list[str]:
    """Every table and index, in the words that made it."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return [" ".join(str(row[0]).split()) for row in rows]


def agenda_of(file: Path) -> set[tuple[str, str]]:
    """Under what each event is found."""
    with closing(sqlite3.connect(file)) as database:
        return set(
            database.execute(
                "SELECT k.key, p.uri FROM agenda_key k JOIN publication p ON p.id = k.publication_id"
            )
        )


@pytest.mark.parametrize(
    "step", [pytest.param(7, id="some"), pytest.param(1, id="each", marks=pytest.mark.thorough)]
)
async def test_every_earlier_schema_becomes_todays_keeps_its_rows_and_works(step: int) -> None:
    async with world(HERE, THERE) as made:
        agora, bond = await lived_in(made)
        today = made.folder / HERE
        keys = agenda_of(today / DATABASE)
        assert len(keys) > 5
        for version in range(1, len(MIGRATIONS) + 1, step):
            folder = made.folder / f"v{version}"
            counts = as_it_was(today, folder, version)
            assert counts["publication"] == 3, version
            assert counts["follow"] == 2, version
            here = await made.open(HERE, configured(folder), folder)
            kept = await made.rows(HERE)
            lost = {
                table: count
                for table, count in counts.items()
                if table != "schema_version" and kept[table] < count
            }
            assert lost == {}, version
            assert await made.followers(agora) == [bond.uri], version
            said = await made.publish(agora, a_note(f"from version {version}"))
            await made.settle()
            assert await made.find(THERE, said.uri) is not None, version
            answer = await made.publish(bond, a_note(f"to version {version}"))
            await made.settle()
            assert await made.find(HERE, answer.uri) is not None, version
            assert here.urls.host == HERE
            assert agenda_of(folder / DATABASE) == keys, version
            await made.stop(HERE)
            assert shape(folder / DATABASE) == shape(today / DATABASE), version
            with closing(sqlite3.connect(folder / DATABASE)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), version
        titles = await made.titles(THERE)
        assert sum("still waiting" in each for each in titles) == 1


async def test_a_backup_of_the_first_version_is_restored_by_the_program_of_today() -> None:
    async with world(HERE, THERE) as made:
        agora, bond = await lived_in(made)
        folder = made.folder / "first"
        as_it_was(made.folder / HERE, folder, 1)
        wish = Wish(
            folder, made.folder / "b", f"https://{HERE}", (RECIPIENT,), None, made.clock.now()
        )
        backup = await asyncio.to_thread(make, wish)
        assert backup.about.schema == 1
        await start_again(made, HERE, await restored(made, backup.file, HERE))
        assert await made.followers(agora) == [bond.uri]
        await made.settle()
        assert any("still waiting" in each for each in await made.titles(THERE))
