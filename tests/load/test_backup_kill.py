"""A process that is killed while it writes or reads a backup: nothing half stays, nothing lies open, the next one works."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fedi.backup.making import COPY
from fedi.config import Config, load_config
from fedi.opening import DATABASE, RESTORING, open_instance
from fedi.unit import Unit
from tests.harness.backups import IDENTITY, RECIPIENT

ROUNDS = 8
ROWS = 4000


async def prepared(folder: Path) -> Config:
    """An instance with some megabytes in it."""
    file = folder / "config.toml"
    file.write_text(f'[backup]\nrecipients = ["{RECIPIENT}"]\n')
    config = load_config(file, {})
    async with open_instance(config) as here:

        def fill(unit: Unit) -> None:
            unit.tx.run_many(
                "INSERT INTO setting (name, value) VALUES (?, ?)",
                [(f"weight {number}", os.urandom(2000).hex()) for number in range(ROWS)],
            )

        await here.change(fill)
    return config


def start(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "fedi", *words, "--config", str(folder / "config.toml"), "--json"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def kill_when(process: "subprocess.Popen[bytes]", is_time: Callable[[], bool]) -> bool:
    """Kill it as soon as something is so; False when it ended before."""
    while process.poll() is None:
        if is_time():
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return True
        time.sleep(0.001)
    process.communicate()
    return False


async def test_a_backup_that_is_killed_leaves_nothing_in_clear_and_nothing_half(
    tmp_path: Path,
) -> None:
    config = await prepared(tmp_path)
    folder, chance, killed = tmp_path / "backups", random.Random(7), 0
    for round_ in range(ROUNDS):
        process = start(tmp_path, "backup")
        wanted = chance.randrange(1, 6_000_000)

        def is_under_way(wanted: int = wanted, round_: int = round_) -> bool:
            if round_ < 2:
                return (config.data_folder / COPY).exists()
            return any(each.stat().st_size >= wanted for each in folder.glob(".*.part"))

        killed += await asyncio.to_thread(kill_when, process, is_under_way)
    assert killed >= ROUNDS // 2
    (tmp_path / "key").write_text(IDENTITY)
    process = start(tmp_path, "backup")
    _, err = process.communicate()
    assert process.returncode == 0, err
    left = [each.name for each in config.data_folder.iterdir() if each.name.startswith(COPY)]
    assert left == []
    assert list(folder.glob(".*.part")) == []
    # what has the name of a backup is one
    for file in folder.glob("mujawara-*"):
        proof = start(tmp_path, "backup", "--check", str(file), "--identity", str(tmp_path / "key"))
        _, err = proof.communicate()
        assert proof.returncode == 0, err


async def test_a_restoration_that_is_killed_is_begun_anew(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    await prepared(here)
    (there / "key").write_text(IDENTITY)
    (there / "config.toml").write_text("")
    process = start(here, "backup")
    _, err = process.communicate()
    assert process.returncode == 0, err
    (file,) = (here / "backups").iterdir()
    words = ("restore", str(file), "--identity", str(there / "key"))
    data, killed = there / "data", 0
    for size in (0, 100_000, 4_000_000, 15_000_000):

        def is_under_way(size: int = size) -> bool:
            database = data / DATABASE
            try:
                return (data / RESTORING).exists() and database.stat().st_size >= size
            except FileNotFoundError:
                return False

        if not await asyncio.to_thread(kill_when, start(there, *words), is_under_way):
            break
        killed += 1
        assert (data / RESTORING).exists()
        serving = start(there, "serve")
        out, _ = serving.communicate()
        assert serving.returncode == 1
        assert b"backup.unfinished" in out
    assert killed >= 2
    if (data / RESTORING).exists():
        process = start(there, *words)
        _, err = process.communicate()
        assert process.returncode == 0, err
    async with open_instance(load_config(there / "config.toml", {})) as stands:
        found = await stands.look(
            lambda rx: rx.one("SELECT COUNT(*) FROM setting WHERE name LIKE 'weight %'")
        )
    assert found == (ROWS,)
