"""Pages of the house over much that is stored: `python -m benchmarks.timeline [--quick]`.

A database is filled with publications of followed actors, straight through the tables' own owners; then the work of a page
(reading, deciding what may be seen, and rendering) is timed again and again, with few rows stored and with many.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from starlette.requests import Request

from actors.model import Actor
from benchmarks import machine, shelves
from fedi.house.member import Member, Visit
from fedi.house.reading import home, neighbours, search, thread, timeline
from fedi.instance import Instance
from fedi.publications import shelf
from fedi.publications import timeline as entries
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Text
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from fedi.web.pages.frame import visitor_here

KINDS = ("note", "note", "note", "statement", "event")
LANGUAGES = ("ar", "ar", "fr", "en")


@dataclass(frozen=True, slots=True)
class Scene:
    """The instance, its collective, and who visits."""

    instance: Instance
    ours: Actor
    authors: tuple[Actor, ...]


SETTINGS = "[search]\nothers = true\n"


def measure(stored: int, rounds: int) -> dict[str, dict[str, float]]:
    """page → its median, processor time and 95th percentile in milliseconds, with so much stored."""
    return asyncio.run(_measure(stored, rounds))


async def _measure(stored: int, rounds: int) -> dict[str, dict[str, float]]:
    async with shelves.an_instance(SETTINGS) as instance:
        ours, authors = await shelves.meet(instance)
        scene = Scene(instance, ours, authors)
        await shelves.fill(
            instance,
            authors,
            lambda unit, author, number: put(unit, ours, author, number, stored),
            0,
            stored,
        )
        pages: dict[str, tuple[Callable[[Visit], Awaitable[Any]], str]] = {
            "home": (home.show, ""),
            "timeline": (timeline.show, ""),
            "timeline, one kind": (timeline.show, "kind=event"),
            "timeline, kind and language": (timeline.show, "kind=statement&language=en"),
            "timeline, one author": (timeline.show, f"who={scene.authors[4].uri}&kind=event"),
            "thread": (thread.show, "about=https://town.test/note/0"),
            "neighbours": (neighbours.show, ""),
            "actor": (neighbours.show_actor, f"who={scene.authors[4].uri}"),
            "search, common word": (search.show, "q=bread"),
            "search, two words": (search.show, "q=bread+number7"),
        }
        return {
            name: await time_page(scene, show, query, rounds)
            for name, (show, query) in pages.items()
        }


async def time_page(
    scene: Scene, show: Callable[[Visit], Awaitable[Any]], query: str, rounds: int
) -> dict[str, float]:
    took: list[float] = []
    worked: list[float] = []
    for _ in range(rounds + 3):
        visit = await _visit(scene, query)
        begun, cpu = time.perf_counter(), time.process_time()
        answer = await show(visit)
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
        assert answer.status_code == 200, (query, answer.status_code)
    took = sorted(took[3:])
    return {
        "median_ms": statistics.median(took),
        # what the page costs by itself, whatever else the machine is busy with
        "cpu_ms": statistics.median(worked[3:]),
        "p95_ms": took[int(len(took) * 0.95) - 1],
        "load": machine.load_average(),
    }


async def _visit(scene: Scene, query: str) -> Visit:
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/house/bench",
            "raw_path": b"/house/bench",
            "query_string": query.encode(),
            "headers": [(b"host", b"bench.test"), (b"accept-language", b"ar")],
            "path_params": {"username": "bench"},
        }
    )
    person: Any = SimpleNamespace(id=1, name="Ana", language="ar", roles={})
    session: Any = SimpleNamespace(id=1)
    member = Member(person, session, "token", (scene.ours,), scene.ours, "steward", True)
    return Visit(scene.instance, request, member, visitor_here(scene.instance, request))


def put(unit: Unit, ours: Actor, author: Actor, number: int, stored: int) -> None:
    """One publication of somebody whom we follow, in our timeline."""
    publication = _publication(unit, author, number, stored)
    row_id = shelf.put(unit, publication, is_local=False)
    assert row_id is not None
    at = int(publication.published_at.timestamp() * 1000)
    entries.add(unit, [ours.uri], row_id, publication.kind, at)


def _publication(unit: Unit, author: Actor, number: int, stored: int) -> Publication:
    kind = KINDS[number % len(KINDS)]
    published = unit.now - timedelta(minutes=stored - number)
    details = None
    if kind == "event":
        starts = unit.now + timedelta(minutes=number - stored // 2)
        details = EventDetails(
            starts_at=starts, ends_at=starts + timedelta(hours=2), timezone="Africa/Tunis"
        )
    name = None if kind == "note" else f"عنوان {number}"
    publication = Publication(
        uri=f"https://town.test/{kind}/{number}",
        kind=kind,
        type={"event": "Event", "statement": "Article"}.get(kind, "Note"),
        author=author.uri,
        visibility=Visibility.PUBLIC,
        to=(PUBLIC,),
        cc=(f"{author.uri}/followers",),
        texts={
            LANGUAGES[number % 4]: Text(
                name, None, f"<p>bread number{number} نلتقي مساء الخميس</p>"
            )
        },
        published_at=published,
        details=details,
    )
    # a thread worth reading: fifty answers to the first message
    return (
        replace(publication, in_reply_to="https://town.test/note/0")
        if 0 < number < 250 and kind == "note" and number % 3 == 0
        else publication
    )


if __name__ == "__main__":
    is_quick = "--quick" in sys.argv
    print(machine.describe())
    for amount in (1_000, 10_000 if is_quick else 100_000):
        print(f"{amount:,} stored")
        for page_name, row in measure(amount, 20 if is_quick else 60).items():
            print(
                f"  {page_name:30} {row['median_ms']:6.1f} ms  processor {row['cpu_ms']:6.1f} ms  p95 {row['p95_ms']:6.1f} ms  load {row['load']:.1f}"
            )
