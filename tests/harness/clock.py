"""The clock of a test world: every instance reads the same one, and only `advance` moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at the machine's time, so that programs of others accept our signatures."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, **span: float) -> None:
        step = timedelta(**span)
        self._now += step
        # a clock that is set back leaves the time that passes as it is
        self._elapsed += max(0.0, step.total_seconds())
