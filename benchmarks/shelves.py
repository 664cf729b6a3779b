"""Much that is stored: publications of two hundred others whom a collective of ours follows, put in by the tables' owners."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from actors import births, follows
from actors import store as actor_store
from actors.model import ROLE_REMOTE, Actor
from fedi.config import parse_config
from fedi.instance import Instance
from fedi.opening import open_instance
from fedi.unit import Unit

AUTHORS = 200
PORTION = 1000
Put = Callable[[Unit, Actor, int], None]
"""Store one publication of this author: the unit, the author, the number."""


@asynccontextmanager
async def an_instance(settings: str = "") -> AsyncIterator[Instance]:
    """An instance at bench.test in a folder that is removed afterwards."""
    with TemporaryDirectory(prefix="bench-") as name:
        config = parse_config(
            f'[storage]\nfolder = "{Path(name)}"\n{settings}',
            {"FEDI_INSTANCE_BASE_URL": "https://bench.test"},
        )
        async with open_instance(config) as instance:
            yield instance


async def meet(instance: Instance) -> tuple[Actor, tuple[Actor, ...]]:
    """Our collective, and the others whom it follows."""
    ours = await births.add_collective(instance, births.NewCollective("bench", "ساحة"))
    authors = tuple(_author(number) for number in range(AUTHORS))

    def work(unit: Unit) -> None:
        for each in authors:
            actor_store.save(unit, each)
            follows.ask(unit, ours.uri, each.uri, f"{ours.uri}/follow/{each.username}")
            follows.decide(unit, ours.uri, each.uri, follows.ACCEPTED)

    await instance.change(work)
    return ours, authors


async def fill(
    instance: Instance, authors: tuple[Actor, ...], put: Put, start: int, stop: int
) -> None:
    """Store what has the numbers from `start` to below `stop`; the authors take turns."""
    for first in range(start, stop, PORTION):

        def work(unit: Unit, first: int = first) -> None:
            for number in range(first, min(first + PORTION, stop)):
                put(unit, authors[number % AUTHORS], number)

        await instance.change(work)


def _author(number: int) -> Actor:
    uri = f"https://town.test/actor/{number}"
    return Actor(
        uri=uri, host="town.test", role=ROLE_REMOTE, type="Group", username=f"house{number}",
        name=f"بيت {number}", summary="", inbox=f"{uri}/inbox", followers=f"{uri}/followers",
        indexable=True,
    )  # fmt: skip
