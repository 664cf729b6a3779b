"""Backups: `python -m benchmarks.backup [--quick]`. Time, size and memory for 100,000 publications (quick: 10,000), once
while nobody writes and once, in a thread of the process that serves, while somebody writes all the time.
"""

import asyncio
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from actors import births
from actors.model import Actor
from benchmarks import machine
from fedi.backup import envelope
from fedi.backup.checking import check
from fedi.backup.making import Made, Wish, make
from fedi.backup.restoring import Order, restore
from fedi.clock import SystemClock
from fedi.config import parse_config
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.opening import DATABASE, open_instance
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.unit import Unit
from outbox.actions.create import create

MANY, FEW, AT_ONCE = 100_000, 10_000, 500
LENGTH = 400


def main() -> None:
    count = FEW if "--quick" in sys.argv else MANY
    identity, recipient = envelope.new_identity()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = asyncio.run(_measure(folder, count, recipient))
        start = time.monotonic()
        check(made.file, [identity], folder, lambda _n: None)
        print(f"check          {time.monotonic() - start:6.2f} s")
        order = Order(
            made.file,
            [identity],
            folder / "none.toml",
            {
                "FEDI_STORAGE_FOLDER": str(folder / "elsewhere"),
                "FEDI_INSTANCE_BASE_URL": made.about.base_url,
            },
        )
        start = time.monotonic()
        restore(order, SystemClock())
        print(f"restore        {time.monotonic() - start:6.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"memory at most {peak:6} MiB, load {machine.load_average()}")


async def _measure(folder: Path, count: int, recipient: str) -> Made:
    config = parse_config(f'[storage]\nfolder = "{folder / "data"}"\n', {})
    async with open_instance(config) as here:
        await _fill(here, count)
        size = (config.data_folder / DATABASE).stat().st_size
        print(f"{count} publications, database of {size // 2**20} MiB")
        wish = partial(
            Wish, config.data_folder, base_url=here.urls.base, recipients=[recipient], config_file=None
        )  # fmt: skip
        start = time.monotonic()
        made = await asyncio.to_thread(make, wish(folder=folder / "a", now=here.clock.now()))
        print(f"backup         {time.monotonic() - start:6.2f} s, {made.size_bytes // 2**20} MiB")
        writing = asyncio.create_task(_write_on(here))
        start = time.monotonic()
        made = await asyncio.to_thread(make, wish(folder=folder / "b", now=here.clock.now()))
        writing.cancel()
        print(f"while written  {time.monotonic() - start:6.2f} s")
        await asyncio.gather(writing, return_exceptions=True)
    return made


async def _fill(here: Instance, count: int) -> None:
    agora = await births.add_collective(here, births.NewCollective("agora", "Agora"))
    words = " ".join(Path("README.md").read_text(encoding="utf-8").split())

    def work(unit: Unit, first: int, author: Actor) -> None:
        for number in range(first, first + AT_ONCE):
            begin = number * 37 % (len(words) - LENGTH)
            draft = Draft(
                "note", {"en": DraftText("", f"{words[begin : begin + LENGTH]} {number}")}
            )
            uri = unit.urls.publication("note", new_public_id(unit.now))
            create(
                unit, author, compose(draft, Setting(author, uri, unit.now, unit.urls.hashtag, {}))
            )

    for first in range(0, count, AT_ONCE):
        await here.change(partial(work, first=first, author=agora))


async def _write_on(here: Instance) -> None:
    """Write until cancelled, then tell how long the writer waited."""
    waits: list[float] = []
    try:
        while True:
            start = time.perf_counter()
            await here.change(lambda unit: unit.tx.run("UPDATE setting SET value = value"))
            waits.append((time.perf_counter() - start) * 1000)
            await asyncio.sleep(0.002)
    finally:
        waits.sort()
        told = f"p99 {waits[len(waits) * 99 // 100]:.1f} ms, max {waits[-1]:.1f} ms"
        print(f"writer waited  {told}, {len(waits)} times")


if __name__ == "__main__":
    main()
