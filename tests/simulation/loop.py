"""An event loop whose time is virtual and whose every step belongs to somebody who may be dead by then.

Nothing waits: when nothing is ready, time goes on to the next timer, or as far as `leap` lets it. What a thread would do
is done here, a moment later, in the order in which a thread would have done it. Handles of somebody who was killed are
never run, so that a death leaves nothing behind but what is on disk: no `finally`, no goodbye.
"""

import asyncio
import heapq
from asyncio import Future, Handle, TimerHandle
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

STEPS_MAX = 300_000


class Owner:
    """Somebody to whom steps belong. `steps` counts them; `dies_at` is the step before which it ends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.steps = 0
        self.dies_at: int | None = None
        self.row_last = 0
        self.aside_pending = 0


OWNER: ContextVar[Owner | None] = ContextVar("owner", default=None)


class Stuck(AssertionError):
    """Nothing will ever happen any more, or much too much did."""


class Queue:
    """What one thread would have to do, one thing after the other."""

    def __init__(self) -> None:
        self.free_at = 0.0


class VirtualLoop(BaseEventLoop):
    """One thread, no system: only timers and what is ready."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.chance = chance
        self.steps = 0
        self.nobody = Owner("nobody")
        self.leap: Callable[[float], float] = lambda when: when
        self.kill: Callable[[Owner], None] = lambda _owner: None
        self.around: Callable[[Owner | None], None] = lambda _owner: None
        self._now = 0.0
        self._count = 0
        self._soon: deque[Handle] = deque()
        self._timers: list[tuple[float, int, TimerHandle]] = []
        # what the dead would have done next: kept, so that nothing is unwound before the world ends
        self._undone: list[Handle] = []

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        handle = Handle(callback, args, self, copy_context() if context is None else context)
        self._soon.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> TimerHandle:
        handle = TimerHandle(
            when, callback, args, self, copy_context() if context is None else context
        )
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """Left where it is until its time comes."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        return self.aside(lambda: func(*args), Queue())

    def aside(self, work: Callable[[], T], queue: Queue) -> "Future[T]":
        """Do what a thread would do: at a moment of its own, and its asker hears of it yet later."""
        future: Future[T] = self.create_future()
        starts = max(self._now, queue.free_at) + self.chance.choice((0.0, 0.0001, 0.002))
        queue.free_at = starts
        owner = OWNER.get() or self.nobody
        owner.aside_pending += 1

        def settle(result: Any, problem: BaseException | None) -> None:
            owner.aside_pending -= 1
            if future.done():
                return
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)

        def run() -> None:
            result, problem = None, None
            try:
                result = work()
            except Exception as caught:  # noqa: BLE001 - handed to whoever asked
                problem = caught
            self.call_later(self.chance.choice((0.0, 0.0001)), settle, result, problem)

        self.call_at(starts, run)
        return future

    def _run_once(self) -> None:
        handle = self._next()
        if handle.cancelled():
            return
        owner = handle._context.get(OWNER)  # type: ignore[attr-defined]
        if owner is not None:
            if owner.is_dead:
                self._undone.append(handle)
                return
            owner.steps += 1
            if owner.dies_at is not None and owner.steps >= owner.dies_at:
                self._undone.append(handle)
                self.kill(owner)
                return
        self.around(owner)
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise Stuck("this never ends")
        handle._run()

    def _next(self) -> Handle:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._soon:
            if not self._timers:
                raise Stuck("nothing is under way and nothing will be")
            when = self._timers[0][0]
            if when > self._now:
                self._now = max(when, self.leap(when))
        if self._timers and self._timers[0][0] <= self._now:
            self._soon.append(heapq.heappop(self._timers)[2])
        return self._soon.popleft()

    def forget(self, owner: Owner) -> None:
        """Nothing of somebody who is dead waits any more."""
        self._undone += [each for each in self._soon if _owner_of(each) is owner]
        self._undone += [each[2] for each in self._timers if _owner_of(each[2]) is owner]
        self._soon = deque(each for each in self._soon if _owner_of(each) is not owner)
        self._timers = [each for each in self._timers if _owner_of(each[2]) is not owner]
        heapq.heapify(self._timers)

    def close(self) -> None:
        self._soon.clear()
        self._timers.clear()
        self._undone.clear()
        super().close()

    def _process_events(self, event_list: Any) -> None:
        raise NotImplementedError

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


def _owner_of(handle: Handle) -> Owner | None:
    found: Owner | None = handle._context.get(OWNER)  # type: ignore[attr-defined]
    return found


def running() -> VirtualLoop:
    """The loop of this world."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
