"""What more of everything costs: `python -m benchmarks.growth [--quick] [--draw]`. Processor time, memory and bytes on disk, with a
thousand to a million publications stored and with a hundred to a hundred thousand followers. `--draw` writes the pictures in
`docs/pictures`.
"""

import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from actors import follows
from actors import store as actor_store
from actors.model import ROLE_REMOTE, Actor
from benchmarks import agenda, machine, shelves, timeline
from benchmarks.chart import Series, draw
from benchmarks.town import WORDS
from fedi.house.reading import home, search
from fedi.house.reading import timeline as timeline_page
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.opening import DATABASE
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.unit import Unit
from fedi.web.pages import agenda as agenda_page
from outbox import hosts
from outbox.actions.create import create
from outbox.deliver import LEASE

STORED = (1_000, 10_000, 100_000, 1_000_000)
FOLLOWERS = (100, 1_000, 10_000, 100_000)
PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PER_HOST = 5
Figures = dict[int, dict[str, float]]


async def grow(steps: tuple[int, ...], rounds: int) -> Figures:
    """How many are stored → what costs what, in milliseconds of processor time; bytes for each; resident MiB."""
    found: Figures = {}
    async with shelves.an_instance(timeline.SETTINGS) as instance:
        ours, authors = await shelves.meet(instance)
        scene = timeline.Scene(instance, ours, authors)
        before, stored = _disk(instance), 0
        for step in steps:

            def put(unit: Unit, author: Actor, number: int, step: int = step) -> None:
                timeline.put(unit, ours, author, number, step)

            begun = time.process_time()
            await shelves.fill(instance, authors, put, stored, step)
            storing = (time.process_time() - begun) / (step - stored) * 1000
            stored = step
            row = {"storing one more": storing}
            for name, (show, query) in _PAGES.items():
                row[name] = (await timeline.time_page(scene, show, query, rounds))["cpu_ms"]
            row["agenda"] = await _cpu_ms(lambda: _ask_agenda(instance), rounds)
            gc.collect()
            row["bytes each"] = (_disk(instance) - before) / stored
            row["resident MiB"] = machine.resident_mib(os.getpid())
            found[step] = row
    return found


async def follow(steps: tuple[int, ...], rounds: int) -> Figures:
    """How many followers, five on each host → what one publication costs, and what claiming the work of sixty-four hosts does."""
    found: Figures = {}
    async with shelves.an_instance() as instance:
        ours, _ = await shelves.meet(instance)
        there = 0
        for step in steps:
            for first in range(there, step, shelves.PORTION):
                last = min(first + shelves.PORTION, step)

                def work(unit: Unit, first: int = first, last: int = last) -> None:
                    _add_followers(unit, ours, first, last)

                await instance.change(work)
            there = step
            publishing = await _cpu_ms(
                lambda: instance.change(lambda unit: _publish(unit, ours)), rounds
            )
            claiming = await _cpu_ms(
                lambda: instance.claim(
                    lambda unit: hosts.claim(unit, 64, LEASE, own_host=instance.urls.host)
                ),
                rounds,
            )
            found[step] = {
                "publishing": publishing,
                "publishing, µs for each": publishing / step * 1000,
                "claiming": claiming,
            }
    return found


_PAGES: dict[str, tuple[Callable[[Any], Awaitable[Any]], str]] = {
    "first page of the house": (home.show, ""),
    "timeline": (timeline_page.show, ""),
    "search": (search.show, "q=bread+number7"),
}


async def _ask_agenda(instance: Instance) -> None:
    answer = await agenda_page.agenda(instance, agenda.request_for("/agenda", ""))
    assert answer.status_code == 200


async def _cpu_ms(work: Callable[[], Awaitable[Any]], rounds: int) -> float:
    await work()
    took = []
    for _ in range(rounds):
        begun = time.process_time()
        await work()
        took.append((time.process_time() - begun) * 1000)
    return statistics.median(took)


def _disk(instance: Instance) -> int:
    file = Path(instance.config.storage.folder) / DATABASE
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*"))


def _add_followers(unit: Unit, ours: Actor, first: int, last: int) -> None:
    for number in range(first, last):
        host = f"h{number // PER_HOST}.town.test"
        uri = f"https://{host}/u/{number}"
        follower = Actor(
            uri=uri, host=host, role=ROLE_REMOTE, type="Person", username=f"u{number}", name=f"u{number}",
            summary="", inbox=f"{uri}/inbox", shared_inbox=f"https://{host}/inbox",
        )  # fmt: skip
        actor_store.save(unit, follower)
        follows.ask(unit, uri, ours.uri, f"{uri}/follow")
        follows.decide(unit, uri, ours.uri, follows.ACCEPTED)


def _publish(unit: Unit, ours: Actor) -> None:
    setting = Setting(
        author=ours,
        uri=unit.urls.publication("statement", new_public_id(unit.now)),
        published_at=unit.now,
        hashtag_url=unit.urls.hashtag,
        mentioned={},
    )
    create(unit, ours, compose(Draft("statement", {"en": DraftText("Now", WORDS)}), setting))


def _show(title: str, found: Figures) -> None:
    print(title)
    for step, row in found.items():
        values = "  ".join(f"{name} {value:,.3g}" for name, value in row.items())
        print(f"  {step:>9,}  {values}", flush=True)


def _series(found: Figures, names: tuple[str, ...]) -> list[Series]:
    return [Series(name, [(step, row[name]) for step, row in found.items()]) for name in names]


def main(*, is_quick: bool, draws: bool) -> None:
    """Measure, print, and draw when asked to."""
    print(machine.describe(), f"load {machine.load_average():.1f}")
    stored = asyncio.run(grow(STORED[:2] if is_quick else STORED, 5 if is_quick else 15))
    _show("publications stored", stored)
    followed = asyncio.run(follow(FOLLOWERS[:2] if is_quick else FOLLOWERS, 2 if is_quick else 3))
    _show("followers", followed)
    if not draws:
        return
    times = ("storing one more", *_PAGES, "agenda")
    charts = {
        "growth-time.svg": draw(
            "publications stored", "ms of processor time", _series(stored, times)
        ),
        "growth-disk.svg": draw(
            "publications stored",
            "bytes on disk for each; MiB of memory",
            _series(stored, ("bytes each", "resident MiB")),
        ),
        "growth-followers.svg": draw(
            "followers",
            "ms of processor time",
            _series(followed, ("publishing", "claiming")),
        ),
    }
    for name, picture in charts.items():
        (PICTURES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(is_quick="--quick" in sys.argv, draws="--draw" in sys.argv)
