"""The look that the server takes at itself every night, from inside, and what it remembers of the last one (R19)."""

import logging
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from fedi import settings
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.doctor.finding import Finding, Verdict
from fedi.instance import Instance
from fedi.opening import Outside
from fedi.unit import Unit

log = logging.getLogger("fedi.doctor")

NIGHT: Final = "last_night"
# From which hour to which, where the collective lives.
HOURS: Final = range(2, 6)
AGAIN: Final = timedelta(hours=20)
# A machine that is switched off every night is looked at by day, when it has been up for a while.
MISSED: Final = timedelta(hours=48)
AWAKE_S: Final = 3600.0
# Whoever has just begun has other things to do.
SETTLED_S: Final = 600.0
KEPT_MAX: Final = 50
# Nobody waits for it, and millions of rows take their time.
CHECK_S: Final = 3600.0


class Night(msgspec.Struct, frozen=True):
    """The last look: when, and what is not as it should be."""

    at_ms: int
    findings: tuple[Finding, ...] = ()


def find_night(rx: Reader) -> Night | None:
    """The last look; None when there was none, or another version wrote down what this one does not understand."""
    raw = settings.find(rx, NIGHT)
    try:
        night = msgspec.json.decode(raw, type=Night) if raw else None
        if night is not None:
            from_ms(night.at_ms)
    except (msgspec.DecodeError, OverflowError):
        return None
    return night


async def look_at_night(instance: Instance) -> int:
    """Look when it is time for it; how often it was. What is found is kept for the stewards."""
    last = await instance.look(find_night)
    if not is_due(instance, last):
        return 0
    from fedi.doctor.run import examine  # noqa: PLC0415 - all that it looks at, for once a day

    found = [
        finding
        async for finding in examine(
            instance.config, Outside(clock=instance.clock), inside_only=True, check_s=CHECK_S
        )
        if finding.verdict in (Verdict.WARNING, Verdict.FAULT)
    ]

    def work(unit: Unit) -> None:
        night = Night(unit.now_ms, tuple(found[:KEPT_MAX]))
        settings.put(unit, NIGHT, msgspec.json.encode(night).decode())

    await instance.change(work)
    if found:
        log.warning(
            "the nightly look found something",
            extra={"checks": sorted({each.check for each in found})},
        )
    return 1


def is_due(instance: Instance, last: Night | None) -> bool:
    """Whether to look now. A last look that lies ahead was taken by a clock that was wrong."""
    now = instance.clock.now()
    since = _since(now, last)
    if timedelta() <= since < AGAIN or instance.metrics.age_s < SETTLED_S:
        return False
    if now.astimezone(ZoneInfo(instance.config.instance.timezone)).hour in HOURS:
        return True
    return instance.metrics.age_s >= AWAKE_S and not timedelta() <= since < MISSED


def _since(now: datetime, last: Night | None) -> timedelta:
    return MISSED if last is None else now - from_ms(last.at_ms)
