"""How late the event loop is: what one step holds up, everybody waits for.

An idle machine is not woken for it. The rounds of the door, once a second, say whether this process did anything since the
last one; only then, until the next round, the loop is asked twenty times a second whether it comes in time.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from fedi.metrics import Family, Kind, Metrics

LATE: Final = Family(
    "mujawara_loop_late_seconds",
    Kind.HISTOGRAM,
    "How much later than asked the event loop called; looked at while something runs, else once a second.",
)
STEP_S: Final = 0.05
# Of one processor: whoever uses less of it than this since the last round is idle.
BUSY_S: Final = 0.03


class Stalls:
    """Measures while something runs. `busy_s`: seconds of processor that this process has used."""

    def __init__(self, metrics: Metrics, busy_s: Callable[[], float] = time.process_time) -> None:
        self._metrics = metrics
        self._busy_s = busy_s
        self._used_s = busy_s()
        self._step: asyncio.TimerHandle | None = None

    def round(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        """A round of the door comes by, which was asked for at `due_s` of the loop's time."""
        self._note(loop, due_s)
        used_s = self._busy_s()
        is_busy = used_s - self._used_s >= BUSY_S
        self._used_s = used_s
        if is_busy and self._step is None:
            self._again(loop)
        elif not is_busy:
            self.stop()

    @property
    def is_measuring(self) -> bool:
        """Whether the loop is asked between the rounds."""
        return self._step is not None

    def stop(self) -> None:
        """Ask nothing more before the next round."""
        if self._step is not None:
            self._step.cancel()
            self._step = None

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._step = loop.call_later(STEP_S, self._look, loop, loop.time() + STEP_S)

    def _look(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        self._note(loop, due_s)
        self._again(loop)

    def _note(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        self._metrics.note(LATE, max(0.0, loop.time() - due_s))
