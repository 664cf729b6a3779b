"""Noticing that we were away: many servers send only once, so their outboxes are read again (wire 3.3)."""

from datetime import timedelta

from fedi import settings
from fedi.clock import from_ms
from fedi.instance import Instance
from fedi.unit import Unit
from inbox.backfill import reread_everybody
from outbox import hosts

LAST_SEEN = "last_running_at"
LONG = timedelta(minutes=10)
NOTE_EVERY = timedelta(minutes=5)


async def note_running(instance: Instance) -> int:
    """Write down that we run; 1 when it turned out that we had been away for long, and reading again was arranged."""

    def work(unit: Unit) -> bool:
        known = settings.find(unit.tx, LAST_SEEN)
        settings.put(unit, LAST_SEEN, str(unit.now_ms))
        return known is not None and unit.now - from_ms(int(known)) > LONG

    was_away = await instance.change(work)
    await write_down_schemes(instance)
    if was_away:
        await reread_everybody(instance)
    return int(was_away)


async def write_down_schemes(instance: Instance) -> None:
    """Keep which style of signature each host understood, so that a restart does not forget it."""
    learned = dict(instance.schemes_learned)
    if not learned:
        return

    def work(unit: Unit) -> None:
        for origin, scheme in learned.items():
            hosts.remember_scheme(unit, origin.partition("://")[2], scheme)

    await instance.change(work)
    for origin in learned:
        instance.schemes_learned.pop(origin, None)
