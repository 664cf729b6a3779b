"""Pictures that were shown a moment ago: a store elsewhere is asked once for many readers.

A picture never changes under its key. One that is deleted meanwhile may be shown that much longer, by whoever deleted it too:
those who read it before have it anyway, for as long as they like.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from fedi.errors import NotFound

BYTES_MAX: Final = 16 * 1024 * 1024
# Larger ones would push out all others.
EACH_BYTES_MAX: Final = 2 * 1024 * 1024
KNOWN_MAX: Final = 10_000
FOR_S: Final = 300.0


class Recent:
    """What was read lately, and what was seen to be there; the least recently asked for leave first.

    `read` and `is_there` ask the store. Whoever asks for what is being asked for already waits for the same answer.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[bytes]],
        is_there: Callable[[str], Awaitable[bool]],
        monotonic: Callable[[], float],
        for_s: float = FOR_S,
    ) -> None:
        """`for_s`: how long; 0 keeps nothing."""
        self._read, self._is_there, self._monotonic = read, is_there, monotonic
        self._for_s = for_s
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._bytes = 0
        self._reading: dict[str, asyncio.Task[bytes]] = {}

    async def content(self, key: str) -> bytes:
        """The bytes of a picture. Raises what `read` raises."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._monotonic():
            self._kept.move_to_end(key)
            return kept[1]
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._fetch(key))
            task.add_done_callback(lambda done: self._read_ended(key, done))
        # a reader who leaves takes it away from nobody
        return await asyncio.shield(task)

    async def check(self, key: str) -> None:
        """Whether it is still there, for who has its bytes. Raises NotFound, and what `is_there` raises."""
        if self._known.get(key, 0.0) > self._monotonic():
            return
        if not await self._is_there(key):
            self._forget(key)
            raise NotFound("media.not_found", detail="media")
        self._note(key)

    async def _fetch(self, key: str) -> bytes:
        self._forget(key)
        content = await self._read(key)
        self._note(key)
        if self._for_s and len(content) <= EACH_BYTES_MAX:
            self._kept[key] = self._monotonic() + self._for_s, content
            self._bytes += len(content)
            while self._bytes > BYTES_MAX:
                self._forget(next(iter(self._kept)))
        return content

    def _read_ended(self, key: str, done: "asyncio.Task[bytes]") -> None:
        del self._reading[key]
        if not done.cancelled():
            # everybody who waited may have left
            done.exception()

    def _note(self, key: str) -> None:
        self._known[key] = self._monotonic() + self._for_s
        self._known.move_to_end(key)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def _forget(self, key: str) -> None:
        self._known.pop(key, None)
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= len(kept[1])
