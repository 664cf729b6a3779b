"""Time. The only module that may ask the system what time it is."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

# How much the clocks of machines may differ that share a database.
CLOCKS_APART_S: Final = 5.0


class Clock(Protocol):
    """What tells the time. `now` is always aware and always UTC; `monotonic` is seconds for measuring spans."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def cpu_s() -> float:
    """Seconds of processor that this thread has used; for measuring what happens without a pause in it."""
    return time.thread_time()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, the form in which every moment is stored. `moment` must be aware."""
    return (moment - EPOCH) // _MS


def rounded_down(moment: datetime, grain: timedelta) -> datetime:
    """The last moment that is a whole number of grains; with no grain the moment itself."""
    return EPOCH + (moment - EPOCH) // grain * grain if grain else moment


def from_ms(ms: int) -> datetime:
    """The aware UTC moment of a stored number of milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)


def iso(moment: datetime) -> str:
    """`2026-11-21T07:04:52Z`: UTC, whole seconds, the form that every peer reads."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
