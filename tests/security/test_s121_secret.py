"""S121: the instance secret is exchanged whole or not at all, at whatever moment the machine dies."""

import asyncio
import base64
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from actors import factors, keys, mail, onetime, welcome
from fedi.cli.main import run
from fedi.config import Config
from fedi.db.migrate import list_migrations
from fedi.errors import Conflict, SetupError
from fedi.instance import Instance
from fedi.opening import FolderInUse, exchange_secret, lock_backups, open_instance
from fedi.secret import NEXT, SECRET
from fedi.unit import Unit
from tests.harness.backups import back_up, restored
from tests.harness.world import World, a_note, world

ROOT = Path(__file__).parents[2]
HERE, THERE = "agora.test", "bond.test"
SHARED = b"twenty bytes of key!"
PERSON, ADDRESS = 7, "salma@example.org"
# Dies at one step, as a machine whose plug is pulled.
DIES = """
import asyncio, os, signal, sys
from fedi.config import parse_config
from fedi.opening import exchange_secret
config = parse_config(open(sys.argv[1]).read(), {})
def at(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(exchange_secret(config, at))
"""


def config_of(made: World, host: str = HERE) -> Config:
    return made.sites[host].instance.config


def written(config: Config, folder: Path) -> Path:
    file = folder / "dying.toml"
    file.write_text(
        f'[instance]\nbase_url = "{config.instance.base_url}"\n[storage]\nfolder = "{config.data_folder}"\n'
        f'[database]\nurl = "{config.database.url}"\n'
    )
    return file


def hide(unit: Unit, secret: bytes) -> tuple[str | None, list[str]]:
    """One of everything that is sealed; what has to be found again."""
    codes = factors.begin(unit, secret, PERSON, SHARED, 0)
    mail.set_address(unit, secret, PERSON, ADDRESS)
    mail.confirm(unit, PERSON)
    mail.wish(unit, secret, "lost", ADDRESS)
    return welcome.offer(unit, secret), codes


async def opened(instance: Instance, token: str | None) -> list[object]:
    """What everything sealed says, in the order of `hide`."""
    secret = instance.keyring.secret
    now = instance.clock.now()
    code = onetime.code_at(SHARED, onetime.step_of(now))

    def work(unit: Unit) -> list[object]:
        address = mail.find(unit.tx, secret, PERSON)
        (letter,) = mail.claim(unit, secret, 5, timedelta(0))
        rows = unit.tx.all("SELECT uri FROM actor_key WHERE private_sealed IS NOT NULL")
        for (uri,) in rows:
            keys.load_signing_key(unit.tx, secret, uri)
        return [
            factors.use(unit, secret, PERSON, code),
            address.text if address else None,
            mail.owners(unit.tx, secret, ADDRESS),
            letter.address,
            welcome.offer(unit, secret) == token,
            len(rows) >= 4,
        ]

    return await instance.change(work)


WHOLE = ["code", ADDRESS, [PERSON], ADDRESS, True, True]


async def test_everything_sealed_opens_with_the_new_secret_and_not_with_the_old() -> None:
    async with world(HERE, THERE) as made:
        agora, bond = await made.collective(HERE, "agora"), await made.collective(THERE, "bond")
        await made.follow(bond, agora)
        old, config = made[HERE].keyring.secret, config_of(made)
        token, codes = await made[HERE].change(lambda unit: hide(unit, old))
        await made.stop(HERE)
        assert await exchange_secret(config) == 1
        await made.open(HERE, config, config.data_folder)
        new = made[HERE].keyring.secret
        assert new != old
        assert await opened(made[HERE], token) == WHOLE
        # what cannot be carried over has ended, and is not believed
        used = await made[HERE].change(lambda unit: factors.use(unit, new, PERSON, codes[0]))
        assert used is None
        with pytest.raises(SetupError):
            await made[HERE].look(lambda rx: mail.find(rx, old, PERSON))
        files = [file for file in config.data_folder.rglob("*") if file.is_file()]
        assert not any(old in file.read_bytes() for file in files)
        # peers notice nothing: the keys are the same
        await made.publish(agora, a_note("still us"))
        await made.settle()
        assert any("still us" in title for title in await made.titles(THERE))


@pytest.mark.parametrize(
    ("step", "is_new"), [("written", False), ("counts", True), ("in place", True)]
)
async def test_a_machine_that_dies_on_the_way_leaves_one_secret_that_opens_everything(
    step: str, is_new: bool, tmp_path: Path
) -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        old, config = made[HERE].keyring.secret, config_of(made)
        token, _ = await made[HERE].change(lambda unit: hide(unit, old))
        await made.stop(HERE)
        died = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", DIES, str(written(config, tmp_path)), step],
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        await made.open(HERE, config, config.data_folder)
        assert (made[HERE].keyring.secret != old) == is_new
        assert await opened(made[HERE], token) == WHOLE
        assert (config.data_folder / SECRET).read_bytes() == made[HERE].keyring.secret
        assert not (config.data_folder / NEXT).exists()
        # and again, to the end
        await made.stop(HERE)
        await exchange_secret(config)
        await made.open(HERE, config, config.data_folder)
        assert made[HERE].keyring.secret != old


async def test_a_backup_of_a_folder_where_an_exchange_was_cut_off_restores() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        config, stopped = config_of(made), made.sites[HERE]
        await made.stop(HERE)
        present = (config.data_folder / SECRET).read_bytes()

        def fails(step: str) -> None:
            if step == "counts":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await exchange_secret(config, fails)
        # as if the machine had died: the new one counts, the old one lies in its place
        assert (config.data_folder / SECRET).read_bytes() == present
        made.sites[HERE] = stopped
        file = (await back_up(made, HERE)).file
        del made.sites[HERE]
        stands = await restored(made, file, HERE)
        await made.open(HERE, stands.config, stands.config.data_folder)
        assert made[HERE].keyring.secret != present


async def test_what_does_not_open_stops_the_exchange_and_nothing_has_changed() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        old, config = made[HERE].keyring.secret, config_of(made)
        token, _ = await made[HERE].change(lambda unit: hide(unit, old))
        spoiled = os.urandom(60)
        await made[HERE].change(
            lambda unit: unit.tx.run("UPDATE welcome SET token_sealed = ?", spoiled)
        )
        await made.stop(HERE)
        with pytest.raises(SetupError):
            await exchange_secret(config)
        assert not (config.data_folder / NEXT).exists()
        await made.open(HERE, config, config.data_folder)
        assert made[HERE].keyring.secret == old
        await made[HERE].change(welcome.close)
        assert (await opened(made[HERE], token))[:4] == WHOLE[:4]


async def test_it_waits_for_the_server_and_for_a_backup_to_end() -> None:
    async with world(HERE) as made:
        config = config_of(made)
        before = (config.data_folder / SECRET).read_bytes()
        with pytest.raises(FolderInUse):
            await exchange_secret(config)
        await made.stop(HERE)
        with lock_backups(config.data_folder), pytest.raises(Conflict):
            await exchange_secret(config)
        assert (config.data_folder / SECRET).read_bytes() == before


async def test_a_secret_of_another_time_is_refused_at_the_door(tmp_path: Path) -> None:
    async with world(HERE) as made:
        config = config_of(made)
        await made.stop(HERE)
        shutil.copy2(config.data_folder / SECRET, tmp_path / SECRET)
        await exchange_secret(config)
        shutil.copy2(tmp_path / SECRET, config.data_folder / SECRET)
        with pytest.raises(SetupError, match="does not belong"):
            async with open_instance(config):
                pass


def test_nothing_sealed_is_forgotten() -> None:
    """Whoever adds a sealed column has to say here how it is exchanged."""
    text = "\n".join(migration.text for migration in list_migrations())
    sealed = {word.strip("(),") for word in text.split() if word.strip("(),").endswith("_sealed")}
    assert sealed == {
        "private_sealed",
        "secret_sealed",
        "token_sealed",
        "address_sealed",
        "wish_sealed",
        "mail_sealed",
    }


def test_the_command_says_what_ended_and_what_is_left_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["secret", "rotate"]) == 1
    assert "no instance" in capsys.readouterr().err
    assert run(["init", "--base-url", "https://agora.example"]) == 0
    before = (tmp_path / "data" / SECRET).read_bytes()
    capsys.readouterr()
    assert run(["secret", "rotate"]) == 0
    said = capsys.readouterr()
    assert "fedi keys rotate" in said.out
    after = (tmp_path / "data" / SECRET).read_bytes()
    assert before != after
    assert base64.b64encode(after) not in said.out.encode()
