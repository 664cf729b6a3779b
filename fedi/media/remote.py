"""Pictures from elsewhere, asked for when somebody looks at them. An address that one of our pages shows enters; a picture
written anew by our own decoder leaves, from the cache if it is there. The host of the picture learns nothing of the reader.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from actors import blocks
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.errors import ForbiddenAddress, Invalid, NotFound, RemoteError, Unavailable
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.media import cache
from fedi.media.cache import NewPicture, Remembered
from fedi.media.intake import Prepared, prepare
from fedi.media.places import SEEN, aside, open_place
from fedi.media.seen import FULL
from fedi.media.storage import MediaStorage, media_type_of
from fedi.metrics import Family, Kind
from fedi.unit import Unit

PICTURE_BYTES_MAX: Final = 8 * 1024 * 1024
FETCH_S: Final = 10.0
WAIT_S: Final = 10.0
FETCHES_MAX: Final = 8
FETCHES_PER_HOST: Final = 2
FLIGHTS_MAX: Final = 64
MISSES_PER_MINUTE: Final = 120
RETRY_AFTER_S: Final = 30
KEPT: Final = "kept"
NEW: Final = "fetched"
POSTPONED: Final = "postponed"
FAILED: Final = "failed"
SHOWN: Final = Family(
    "mujawara_remote_media_total",
    Kind.COUNTER,
    "Pictures from elsewhere that somebody looked at: kept here, fetched, not now, or not to be had.",
    outcome=(KEPT, NEW, POSTPONED, FAILED),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One form of a picture, ready to be sent. `is_due`: it is time to note that it was asked for."""

    key: str
    content: bytes
    is_due: bool = False

    @property
    def media_type(self) -> str:
        """From our own table, whatever its origin said (S78)."""
        return media_type_of(self.key)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Both forms of a picture, as long as somebody waits for it."""

    keys: tuple[str, str]
    contents: tuple[bytes, bytes]


class _Budget:
    """So many per minute, in the long run and at once. `now` is in monotonic seconds."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute)
        self._at = now

    def take(self, now: float) -> bool:
        """Whether there is one left; then it is taken."""
        refill = (now - self._at) * self._per_minute / 60
        self._left = min(float(self._per_minute), self._left + refill)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RemoteMedia:
    """Finds or fetches pictures. One for each application: it holds what is under way."""

    def __init__(
        self,
        instance: Instance,
        *,
        misses_per_minute: int = MISSES_PER_MINUTE,
        fetch_s: float = FETCH_S,
        wait_s: float = WAIT_S,
    ) -> None:
        self._instance = instance
        self._storage = storage_of(instance)
        self._budget = _Budget(misses_per_minute, instance.clock.monotonic())
        self._fetch_s = fetch_s
        self._wait_s = wait_s
        self._flights: dict[str, asyncio.Task[_Arrived]] = {}
        self._lanes: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._fetching = asyncio.Semaphore(FETCHES_MAX)
        # One of the two places of the decoder stays free for what members send.
        self._decoding = asyncio.Semaphore(1)

    async def show(self, url: str, variant: str) -> Picture:
        """A picture in one of its forms. Raises NotFound when it cannot be had, Unavailable when not now."""
        number = 0 if variant == FULL else 1
        known = await self._look(url)
        if known is not None and known.keys is not None:
            key = known.keys[number]
            content = await aside(self._read, key)
            if content is not None:
                self._count(KEPT)
                is_due = known.used_at <= self._instance.clock.now() - cache.USE_NOTED_EVERY
                return Picture(key, content, is_due)
        arrived = await self._arrival(url)
        return Picture(arrived.keys[number], arrived.contents[number])

    async def note_use(self, url: str) -> None:
        """Remember that a picture was asked for, so that it stays longer than those nobody looks at."""
        await self._instance.change(lambda unit: cache.note_use(unit, url))

    async def _look(self, url: str) -> Remembered | None:
        """What is kept of an address; None when it may be asked for. Raises NotFound when it may not."""

        def work(rx: Reader) -> tuple[Remembered | None, bool]:
            known = cache.find(rx, url)
            hosts = {host_of(url)} | ({known.source_host} if known else set())
            return known, any(blocks.is_host_blocked(rx, host) for host in hosts)

        known, is_blocked = await self._instance.look(work)
        if is_blocked:
            raise NotFound(detail="blocked_host")
        now = self._instance.clock.now()
        if known is None:
            return None
        if known.keys is None:
            if known.due_at > now:
                raise NotFound(detail="failed_before")
            return None
        age_max = timedelta(days=self._instance.config.media.cache_days_max)
        return known if known.fetched_at >= now - age_max else None

    def _read(self, key: str) -> bytes | None:
        """The bytes; None when another worker has just deleted them, or this machine never had them."""
        try:
            with self._storage.open(key) as file:
                return file.read()
        except NotFound:
            return None

    async def _arrival(self, url: str) -> _Arrived:
        """Wait for the one fetch of this address, whoever started it; it goes on when the reader leaves."""
        flight = self._flights.get(url)
        if flight is None:
            if len(self._flights) >= FLIGHTS_MAX or not self._budget.take(
                self._instance.clock.monotonic()
            ):
                self._count(POSTPONED)
                raise _later("too many pictures were asked for")
            flight = asyncio.create_task(self._fly(url))
            self._flights[url] = flight
            flight.add_done_callback(partial(self._landed, url))
        return await asyncio.shield(flight)

    def _landed(self, url: str, flight: "asyncio.Task[_Arrived]") -> None:
        self._flights.pop(url, None)
        if not flight.cancelled():
            flight.exception()  # heard, even when every reader has left

    async def _fly(self, url: str) -> _Arrived:
        known = await self._look(url)  # it may have arrived since the reader looked
        if known is not None and known.keys is not None:
            contents = [await aside(self._read, key) for key in known.keys]
            if contents[0] is not None and contents[1] is not None:
                return _Arrived(known.keys, (contents[0], contents[1]))
        async with self._place(host_of(url)):
            try:
                async with asyncio.timeout(self._fetch_s):
                    raw, source = await self._instance.http.fetch_media(
                        url, bytes_max=PICTURE_BYTES_MAX, may_ask=self._may_ask
                    )
                async with self._decoding:
                    prepared = await prepare(raw)
            except (RemoteError, Invalid, TimeoutError) as problem:
                await self._fail(url, problem)
                raise NotFound(detail="cannot be had") from problem
        return await self._keep(url, source, prepared)

    @asynccontextmanager
    async def _place(self, host: str) -> AsyncIterator[None]:
        """A place among the fetches under way. Raises Unavailable when none becomes free in time."""
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = asyncio.Semaphore(FETCHES_PER_HOST)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._wait_s):
                    await stack.enter_async_context(lane)
                    await stack.enter_async_context(self._fetching)
            except TimeoutError as problem:
                self._count(POSTPONED)
                raise _later("no place became free") from problem
            yield

    async def _may_ask(self, address: str) -> bool:
        host = host_of(address)
        return not await self._instance.look(lambda rx: blocks.is_host_blocked(rx, host))

    async def _fail(self, url: str, problem: Exception) -> None:
        reason = _reason_of(problem)
        self._count(FAILED)
        await self._instance.change(
            lambda unit: cache.note_failure(unit, url, host_of(url), reason)
        )

    async def _keep(self, url: str, source: str, prepared: Prepared) -> _Arrived:
        small = prepared.previews[0]
        public_id = new_public_id(self._instance.told_now)
        keys = (f"{public_id}.{prepared.extension}", f"{public_id}-small.{small.extension}")
        await self._instance.change(lambda unit: cache.announce(unit, keys))
        for key, variant in zip(keys, (prepared, small), strict=True):
            await aside(self._storage.put, key, variant.content, variant.media_type)
        size_bytes = len(prepared.content) + len(small.content)
        picture = NewPicture(url, host_of(url), host_of(source), keys, size_bytes)
        bytes_max = self._instance.config.media.cache_bytes_max

        def work(unit: Unit) -> None:
            cache.keep(unit, picture)
            cache.evict(unit, bytes_max)

        await self._instance.change(work)
        await sweep(self._instance)
        self._count(NEW)
        return _Arrived(keys, (prepared.content, small.content))

    def _count(self, outcome: str) -> None:
        self._instance.metrics.count(SHOWN, outcome)


def storage_of(instance: Instance) -> MediaStorage:
    """Where these pictures rest: apart from those of members, since a backup needs none of them."""
    return open_place(instance.config, SEEN)


async def tidy(instance: Instance) -> int:
    """Let go of what is too old, too much or from a host that is shut out, and delete the files; how many rows."""
    oldest = instance.clock.now() - timedelta(days=instance.config.media.cache_days_max)
    bytes_max = instance.config.media.cache_bytes_max

    def work(unit: Unit) -> int:
        return (
            cache.forget_fetched_before(unit, oldest)
            + cache.forget_failures_beyond(unit)
            + cache.evict(unit, bytes_max)
        )

    shut_out = await instance.look(
        lambda rx: [host for host in cache.list_hosts(rx) if blocks.is_host_blocked(rx, host)]
    )
    total = await instance.change(
        lambda unit: sum(cache.forget_host(unit, host) for host in shut_out)
    )
    while gone := await instance.change(work):
        total += gone
    await sweep(instance)
    return total


async def sweep(instance: Instance) -> int:
    """Delete the files that were let go; how many."""
    storage = storage_of(instance)
    total = 0
    while True:
        now = instance.clock.now()
        keys = await instance.look(partial(cache.list_leaving, now=now))
        if not keys:
            return total
        for key in keys:
            await aside(storage.delete, key)
        await instance.change(partial(cache.strike_off, keys=keys))
        total += len(keys)


def _reason_of(problem: Exception) -> str:
    """A short word for the row: what went wrong, never an address or a text of theirs."""
    if isinstance(problem, TimeoutError):
        return "timeout"
    if isinstance(problem, ForbiddenAddress | RemoteError):
        return problem.detail or problem.message_key
    assert isinstance(problem, Invalid)
    return problem.message_key


def _later(why: str) -> Unavailable:
    return Unavailable(detail=why, retry_after_s=RETRY_AFTER_S)
