"""From the file to a server and back: the same instance goes on, for everybody else as if nothing had been."""

import asyncio
import io
import json
import sys
from dataclasses import replace

import pytest

from fedi.backup.moving import move
from fedi.cli.main import run
from fedi.config import Config, DatabaseConfig
from fedi.db.moving import OnRows
from fedi.errors import Conflict
from fedi.instance import Instance
from fedi.opening import DATABASE, FolderInUse
from tests.harness.postgres import cluster
from tests.harness.world import World, a_note, count_rows, world

HERE, THERE = "agora.test", "beirut.test"


async def moved(made: World, config: Config, to: DatabaseConfig) -> tuple[int, int, Config]:
    """Rows there were, rows that were told of on the way, and the settings from now on."""
    totals, seen = [], []

    def on_total(total: int) -> OnRows:
        totals.append(total)
        return seen.append

    rows = await move(config, to, made.clock, on_total)
    assert totals == [rows]
    return rows, sum(seen), replace(config, database=to)


async def contents(instance: Instance) -> dict[str, int]:
    rows = await count_rows(instance)
    # what happens at every start is not what was moved
    return {
        name: count for name, count in rows.items() if name not in {"setting", "schema_version"}
    }


async def test_an_instance_moves_to_a_server_and_back_and_the_conversation_goes_on() -> None:
    async with world() as made:
        for host in (HERE, THERE):
            await made.start(host, engine="sqlite")
        with cluster().database() as url:
            agora, beirut = [
                await made.collective(host, host.partition(".")[0]) for host in (HERE, THERE)
            ]
            await made.follow(agora, beirut)
            await made.follow(beirut, agora)
            await made.publish(agora, a_note("in the file"))
            await made.settle()
            made.wire.cut.add(THERE)
            await made.publish(agora, a_note("on its way"))
            await made.settle()
            made.wire.cut.clear()
            config, folder = made[HERE].config, made.sites[HERE].folder
            before = await contents(made[HERE])
            secret = made[HERE].keyring.secret
            await made.stop(HERE)

            rows, seen, config = await moved(made, config, DatabaseConfig(url=url))
            assert rows == seen > 0
            here = await made.open(HERE, config, folder)
            assert (here.db.dialect, here.keyring.secret) == ("postgres", secret)
            assert await contents(here) == before
            made.clock.advance(hours=1)
            await made.publish(beirut, a_note("to the server"))
            await made.settle()
            assert await made.titles(THERE) == ["<p>in the file</p>", "<p>on its way</p>"]
            assert await made.titles(HERE) == ["<p>to the server</p>"]
            after = await contents(here)
            await made.stop(HERE)

            # the old file is still there and is not written over
            with pytest.raises(Conflict) as caught:
                await moved(made, config, DatabaseConfig())
            assert caught.value.message_key == "database.not_empty"
            for file in folder.glob(f"{DATABASE}*"):
                file.unlink()
            _, _, config = await moved(made, config, DatabaseConfig())
            assert (folder / DATABASE).stat().st_mode & 0o777 == 0o600
            here = await made.open(HERE, config, folder)
            assert here.db.dialect == "sqlite"
            assert await contents(here) == after
            await made.publish(agora, a_note("in the file again"))
            await made.settle()
            assert "<p>in the file again</p>" in await made.titles(THERE)
            await made.stop(HERE)


@pytest.mark.embedded
async def test_nothing_moves_while_the_server_runs_or_to_where_it_is() -> None:
    async with world(HERE) as made:
        config = made[HERE].config
        with cluster().database() as url:
            with pytest.raises(FolderInUse):
                await moved(made, config, DatabaseConfig(url=url))
            await made.stop(HERE)
            with pytest.raises(Conflict) as caught:
                await moved(made, config, DatabaseConfig())
            assert caught.value.message_key == "database.same"
            await made.open(
                HERE, config, made.sites[HERE].folder if HERE in made.sites else config.data_folder
            )


@pytest.mark.embedded
async def test_the_command_moves_and_says_what_comes_next(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        folder = made.sites[HERE].folder
        await made.stop(HERE)
        file = made.folder / "config.toml"
        file.write_text(
            f'[instance]\nbase_url = "https://{HERE}"\n[storage]\nfolder = "{folder}"\n'
        )

        async def fedi(*words: str) -> tuple[int, str]:
            capsys.readouterr()
            status = await asyncio.to_thread(run, ["--config", str(file), *words])
            return status, "".join(capsys.readouterr())

        with cluster().database() as url:
            status, said = await fedi("database", "move", "--to", "mysql://me:hush@host/x")
            assert status != 0
            assert "hush" not in said
            assert "postgresql://" in said
            status, said = await fedi("database", "move", "--json", "--to", url)
            assert status == 0
            told = json.loads(said)
            assert told["to"] == "postgresql"
            assert told["rows"] > 5
            status, said = await fedi("database", "move", "--to", url)
            assert status != 0
            assert "not empty" in said
