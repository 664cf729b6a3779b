"""Stalls of the event loop: looked at while something runs, and no timer while nothing does."""

import asyncio
from collections.abc import Callable
from typing import Any

from fedi.http.stalls import BUSY_S, LATE, STEP_S, Stalls
from fedi.metrics import Metrics


class _Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.is_cancelled = at, call, False

    def cancel(self) -> None:
        self.is_cancelled = True


class _Loop:
    """A loop whose time the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[_Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[..., None], *values: Any) -> _Timer:
        timer = _Timer(self.now + delay, lambda: call(*values))
        self.timers.append(timer)
        return timer

    def fire(self, late_s: float) -> None:
        timer = self.timers.pop()
        assert not timer.is_cancelled
        self.now = timer.at + late_s
        timer.call()


def noted(metrics: Metrics) -> tuple[float, float]:
    found = {each.name: each.value for each in metrics.samples(LATE)}
    return found.get(f"{LATE.name}_count", 0), round(found.get(f"{LATE.name}_sum", 0), 6)


def test_an_idle_machine_is_not_woken() -> None:
    loop, used = _Loop(), [0.0]
    metrics = Metrics()
    stalls = Stalls(metrics, lambda: used[0])
    for _ in range(5):
        used[0] += BUSY_S / 2
        stalls.round(loop, loop.now)  # type: ignore[arg-type]
    assert loop.timers == []
    assert not stalls.is_measuring
    assert noted(metrics) == (5, 0)


def test_while_something_runs_the_loop_is_asked_and_what_is_late_is_noted() -> None:
    loop, used = _Loop(), [0.0]
    metrics = Metrics()
    stalls = Stalls(metrics, lambda: used[0])
    used[0] = 1.0
    stalls.round(loop, loop.now)  # type: ignore[arg-type]
    assert [timer.at for timer in loop.timers] == [loop.now + STEP_S]
    loop.fire(late_s=0.4)
    loop.fire(late_s=0.0)
    assert noted(metrics) == (3, 0.4)
    (waiting,) = loop.timers
    stalls.round(loop, loop.now)  # type: ignore[arg-type]
    assert waiting.is_cancelled
    assert not stalls.is_measuring


async def test_it_ends_with_the_door() -> None:
    used = [0.0]
    stalls = Stalls(Metrics(), lambda: used[0])
    used[0] = 1.0
    loop = asyncio.get_running_loop()
    stalls.round(loop, loop.time())
    assert stalls.is_measuring
    stalls.stop()
    assert not stalls.is_measuring
