"""One host: a data folder, and now and then a process in it. The process is the whole program, all workers included."""

import asyncio
import atexit
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from threading import Event
from typing import Any, TypeVar

import pytest

import fedi.db.sqlite
import fedi.ids
from actors import births
from fedi.app import assemble
from fedi.config import Config, parse_config
from fedi.instance import Instance
from fedi.jobs.run import run_workers
from fedi.opening import CONTROL, DATABASE, LOCK, Outside, open_instance
from inbox.limits import HostLimits
from tests.harness.pairs import next_pair
from tests.simulation.loop import OWNER, Owner, Queue, VirtualLoop, running
from tests.simulation.network import Door, Network, context_of

T = TypeVar("T")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COLLECTIVES = ("agora", "souk")
SHM = Path("/dev/shm")
_open: dict[Owner | None, list["InlineConnection"]] = {}


class InlineConnection:
    """What `aiosqlite.Connection` is, without its thread: the loop does the work when the thread would have."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], _chunk: int) -> None:
        self._connector = connector
        self._queue = Queue()
        self._hops = 0
        self.plain: sqlite3.Connection | None = None

    def __await__(self) -> Any:
        return self._connect().__await__()

    async def _connect(self) -> "InlineConnection":
        self.plain = await running().aside(self._connector, self._queue)
        _open.setdefault(OWNER.get(), []).append(self)
        return self

    async def hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As the real one, whole and in one go."""
        assert self.plain is not None
        plain = self.plain
        result = await running().aside(lambda: work(plain), self._queue)
        self._hops += 1
        if self._hops == 1:
            # whatever was committed is on disk as far as this world goes: it knows deaths, not power cuts
            plain.execute("PRAGMA synchronous=OFF")
        return result

    def stand_aside(self, _until: Event) -> None:
        """There is no thread to leave anything to."""

    async def close(self) -> None:
        """Close it."""
        if self.plain is not None:
            await running().aside(self.plain.close, self._queue)


@dataclass(slots=True)
class SimClock:
    """The clock of one host: what time it believes to be is off by `skew_s`."""

    loop: VirtualLoop
    skew_s: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time() + self.skew_s)

    def monotonic(self) -> float:
        return self.loop.time()


@dataclass(slots=True)
class Site:
    """A host of the world. `instance` is there while its process is up."""

    host: str
    folder: Path
    network: Network
    clock: SimClock
    chance: Random
    generation: int = 0
    owner: Owner | None = None
    instance: Instance | None = None
    stop: asyncio.Event | None = None
    life: "asyncio.Task[None] | None" = None
    looker: sqlite3.Connection | None = None
    grave: list[object] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / f"life-{self.generation}"

    def rise(self) -> Owner:
        """Start a process."""
        owner = self.owner = Owner(f"{self.host}-{self.generation}")
        context = context_of(owner)
        self.life = running().create_task(self._live(owner), context=context)
        self.grave.append(self.life)
        return owner

    async def _live(self, owner: Owner) -> None:
        config = config_of(self.host, self.data)
        outside = Outside(
            clock=self.clock,
            chance=self.chance.random,
            transport=self.network.transport(self.host),
            new_keys=next_pair,
        )
        async with open_instance(config, outside) as instance:
            self.instance, self.stop = instance, asyncio.Event()
            limits = HostLimits.of(config.inbox)
            app = assemble(instance, limits)
            self.network.doors[self.host] = Door(app, context_of(owner), owner, self.clock.now)
            await run_workers(instance, limits, self.stop)
        _open.pop(owner, None)

    async def end(self) -> None:
        """Let the process end as SIGTERM does."""
        assert self.life is not None
        assert self.stop is not None
        assert self.instance is not None
        del self.network.doors[self.host]
        while self.owner is not None and self.network.served.get(self.owner):
            await asyncio.sleep(0.1)
        self.stop.set()
        self.instance.wake.ring_all()
        await self.life
        self.instance = self.owner = None

    def die(self) -> None:
        """What kill -9 leaves: the files as they are, and a silence."""
        owner = self.owner
        assert owner is not None
        owner.is_dead = True
        before = self.data
        self.look_away()
        self.generation += 1
        leave = shutil.ignore_patterns(LOCK, CONTROL, "*-shm")
        shutil.copytree(before, self.data, ignore=leave)
        self.network.doors.pop(self.host, None)
        self.network.die(owner)
        running().forget(owner)
        # whatever stands on their stacks is not unwound while this world lives
        self.grave.append(asyncio.all_tasks())
        close_all(owner)
        shutil.rmtree(before, ignore_errors=True)
        self.grave.append(self.instance)
        self.instance = self.owner = None

    def look(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says, seen from outside."""
        if self.looker is None:
            self.looker = sqlite3.connect(self.data / DATABASE, isolation_level=None)
        return self.looker.execute(sql, values).fetchall()

    def look_away(self) -> None:
        """Close what `look` opened."""
        if self.looker is not None:
            self.looker.close()
            self.looker = None


def close_all(owner: Owner | None) -> None:
    """Close what a dead process had open, as the system does."""
    for connection in _open.pop(owner, []):
        if connection.plain is not None:
            connection.plain.close()


def config_of(host: str, folder: Path) -> Config:
    """The settings of a host."""
    return parse_config(
        f'[storage]\nfolder = "{folder}"\n',
        {
            "FEDI_INSTANCE_BASE_URL": f"https://{host}",
            "FEDI_INBOX_HOST_PER_MINUTE": "1000000",
            "FEDI_SERVER_REQUESTS_PER_SOURCE": "0",
            "FEDI_INBOX_HOLD_ACCOUNTS_YOUNGER_DAYS": "0",
        },
    )


class SeededSecrets:
    """Ids of this world come from its seed."""

    def __init__(self, chance: Random) -> None:
        self.randbits = chance.getrandbits

    def token_urlsafe(self, count: int) -> str:
        return f"{self.randbits(count * 8):x}"


@contextmanager
def inside(loop: VirtualLoop, chance: Random) -> Iterator[None]:
    """While this is held, the program's threads are the loop's, its ids come from `chance`, each process counts its own."""
    nobody = Owner("nobody")
    current = [nobody]

    def around(owner: Owner | None) -> None:
        if (owner or nobody) is not current[0]:
            current[0].row_last = fedi.ids._row_last
            current[0] = owner or nobody
            fedi.ids._row_last = current[0].row_last

    loop.around = around
    before = fedi.ids._row_last
    fedi.ids._row_last = 0
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fedi.db.sqlite, "_Connection", InlineConnection)
            patched.setattr(fedi.ids, "secrets", SeededSecrets(chance))
            yield
    finally:
        fedi.ids._row_last = before


@cache
def template(host: str) -> Path:
    """A data folder of this host with its collectives in it, made once for all worlds."""
    place = str(SHM) if SHM.is_dir() else None
    folder = Path(mkdtemp(prefix="fedi-simulation-", dir=place)) / host
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    chance = Random(host)
    loop = VirtualLoop(chance)

    async def make() -> None:
        outside = Outside(clock=SimClock(loop), chance=chance.random, new_keys=next_pair)
        async with open_instance(config_of(host, folder), outside) as instance:
            for name in COLLECTIVES:
                await births.add_collective(instance, births.NewCollective(name, name.title()))

    with closing(loop), inside(loop, chance):
        loop.run_until_complete(make())
    _open.clear()
    return folder
