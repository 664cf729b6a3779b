"""The agenda over much that is stored: `python -m benchmarks.agenda [--quick]`.

A database is filled with events of followed actors, straight through the tables' own owners, half of them over; then the
work of a page and of a calendar (reading, leaving out, writing) is timed again and again. A calendar is timed as it is asked for by
programs that have it, and as it is written when something changed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.requests import Request
from starlette.responses import Response

from actors import births, follows
from actors import store as actor_store
from actors.model import ROLE_REMOTE, Actor
from benchmarks import machine
from fedi.config import parse_config
from fedi.instance import Instance
from fedi.opening import open_instance
from fedi.publications import shelf
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Tag, Text
from fedi.publications.place import Place
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from fedi.web.pages import agenda

AUTHORS = 200
PORTION = 1000
TOWNS = (("Tunis", 36.8, 10.18), ("Sfax", 34.74, 10.76), ("Roubaix", 50.69, 3.18))
PAGES: dict[str, tuple[Callable[[Instance, Request], Awaitable[Response]], str, str]] = {
    "page": (agenda.agenda, "/agenda", ""),
    "page, place and hashtag": (agenda.agenda, "/agenda", "place=sfax&tag=rare"),
    "page, distance": (agenda.agenda, "/agenda", "near=36.8,10.2&km=25"),
    "page, past": (agenda.agenda, "/agenda", "past=1"),
    "month": (agenda.agenda, "/agenda", "view=month"),
    "map": (agenda.agenda, "/agenda", "view=map"),
    "calendar": (agenda.agenda_calendar, "/agenda.ics", ""),
    "calendar, changed": (agenda.agenda_calendar, "/agenda.ics", "changed"),
    "feed": (agenda.agenda_feed, "/agenda.json", ""),
}


def measure(stored: int, rounds: int) -> dict[str, dict[str, float]]:
    """page → its median and processor time in milliseconds, with so many events stored."""
    with _folder() as folder:
        return asyncio.run(_measure(folder, stored, rounds))


async def _measure(folder: Path, stored: int, rounds: int) -> dict[str, dict[str, float]]:
    config = parse_config(
        f'[storage]\nfolder = "{folder}"\n', {"FEDI_INSTANCE_BASE_URL": "https://bench.test"}
    )
    async with open_instance(config) as instance:
        await _fill(instance, stored)
        return {name: await _time(instance, name, rounds) for name in PAGES}


async def _time(instance: Instance, name: str, rounds: int) -> dict[str, float]:
    show, path, query = PAGES[name]
    took: list[float] = []
    worked: list[float] = []
    for number in range(rounds + 3):
        # other days give other events, which are written anew
        asked = (
            f"from={(instance.clock.now().date() + timedelta(days=number)).isoformat()}"
            if query == "changed"
            else query
        )
        request = _request(path, asked)
        begun, cpu = time.perf_counter(), time.process_time()
        answer = await show(instance, request)
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
        assert answer.status_code == 200, (name, answer.status_code)
    return {
        "median_ms": statistics.median(took[3:]),
        "cpu_ms": statistics.median(worked[3:]),
        "load": machine.load_average(),
    }


def _request(path: str, query: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", b"bench.test"), (b"accept-language", b"ar")],
            "server": ("bench.test", 443),
            "scheme": "https",
        }
    )


async def _fill(instance: Instance, stored: int) -> None:
    ours = await births.add_collective(instance, births.NewCollective("bench", "ساحة"))
    authors = tuple(_author(number) for number in range(AUTHORS))

    def meet(unit: Unit) -> None:
        for each in authors:
            actor_store.save(unit, each)
            follows.ask(unit, ours.uri, each.uri, f"{ours.uri}/follow/{each.username}")
            follows.decide(unit, ours.uri, each.uri, follows.ACCEPTED)

    await instance.change(meet)
    for start in range(0, stored, PORTION):

        def work(unit: Unit, start: int = start) -> None:
            for number in range(start, min(start + PORTION, stored)):
                event = _event(unit, authors[number % AUTHORS], number, stored)
                assert shelf.put(unit, event, is_local=False) is not None

        await instance.change(work)


def _author(number: int) -> Actor:
    uri = f"https://town.test/actor/{number}"
    return Actor(
        uri=uri, host="town.test", role=ROLE_REMOTE, type="Group", username=f"house{number}",
        name=f"بيت {number}", summary="", inbox=f"{uri}/inbox", followers=f"{uri}/followers",
    )  # fmt: skip


def _event(unit: Unit, author: Actor, number: int, stored: int) -> Publication:
    starts = unit.now + timedelta(minutes=20 * (number - stored // 2))
    town, latitude, longitude = TOWNS[number % len(TOWNS)]
    return Publication(
        uri=f"https://town.test/event/{number}",
        kind="event",
        type="Event",
        author=author.uri,
        visibility=Visibility.PUBLIC,
        to=(PUBLIC,),
        cc=(f"{author.uri}/followers",),
        texts={"ar": Text(f"عنوان {number}", None, "<p>نلتقي مساء الخميس حول مائدة طويلة</p>")},
        published_at=unit.now - timedelta(minutes=stored - number),
        tags=(Tag("hashtag", "rare" if number % 500 == 1 else "often"),),
        details=EventDetails(
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            timezone="Africa/Tunis",
            place=Place(name="Dar", locality=town, latitude=latitude, longitude=longitude),
        ),
    )


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


if __name__ == "__main__":
    is_quick = "--quick" in sys.argv
    print(machine.describe())
    amount = 2_000 if is_quick else 50_000
    print(f"{amount:,} stored")
    for page_name, row in measure(amount, 10 if is_quick else 25).items():
        print(
            f"  {page_name:26} {row['median_ms']:6.1f} ms  processor {row['cpu_ms']:6.1f} ms  load {row['load']:.1f}"
        )
