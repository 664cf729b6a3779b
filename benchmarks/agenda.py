"""The agenda over much that is stored: `python -m benchmarks.agenda [--quick]`.

A database is filled with events of followed actors, straight through the tables' own owners, half of them over; then the
work of a page and of a calendar (reading, leaving out, writing) is timed again and again. A calendar is timed as it is asked for by
programs that have it, and as it is written when something changed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from actors.model import Actor
from benchmarks import machine, shelves
from fedi.instance import Instance
from fedi.publications import shelf
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Tag, Text
from fedi.publications.place import Place
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from fedi.web.pages import agenda

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
    return asyncio.run(_measure(stored, rounds))


async def _measure(stored: int, rounds: int) -> dict[str, dict[str, float]]:
    async with shelves.an_instance() as instance:
        _, authors = await shelves.meet(instance)
        await shelves.fill(
            instance,
            authors,
            lambda unit, author, number: put(unit, author, number, stored),
            0,
            stored,
        )
        return {name: await time_page(instance, name, rounds) for name in PAGES}


async def time_page(instance: Instance, name: str, rounds: int) -> dict[str, float]:
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
        request = request_for(path, asked)
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


def request_for(path: str, query: str) -> Request:
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


def put(unit: Unit, author: Actor, number: int, stored: int) -> None:
    """One event of somebody whom we follow."""
    assert shelf.put(unit, _event(unit, author, number, stored), is_local=False) is not None


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


if __name__ == "__main__":
    is_quick = "--quick" in sys.argv
    print(machine.describe())
    amount = 2_000 if is_quick else 50_000
    print(f"{amount:,} stored")
    for page_name, row in measure(amount, 10 if is_quick else 25).items():
        print(
            f"  {page_name:26} {row['median_ms']:6.1f} ms  processor {row['cpu_ms']:6.1f} ms  load {row['load']:.1f}"
        )
