"""Noticing that we were away: many servers send only once, so their outboxes are read again (wire 3.3)."""

from datetime import timedelta

from fedi import chores, settings
from fedi.clock import from_ms
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.wake import CHORES, DELIVERY, INBOX
from inbox import store as inbox_store
from inbox.backfill import reread_everybody
from outbox import hosts
from outbox import store as outbox_store

LAST_SEEN = "last_running_at"
LONG = timedelta(minutes=10)
NOTE_EVERY = timedelta(minutes=5)
# Every table with a moment before which nothing happens.
BRING_FORWARD = (
    chores.bring_forward,
    inbox_store.bring_forward,
    hosts.bring_forward,
    outbox_store.bring_forward,
)


async def note_running(instance: Instance) -> int:
    """Write down that we run; 1 when it turned out that we had been away for long, and reading again was arranged.

    When the clock was ahead the last time, nothing keeps waiting for moments that are far off now.
    """

    def work(unit: Unit) -> bool:
        known = settings.find(unit.tx, LAST_SEEN)
        settings.put(unit, LAST_SEEN, str(unit.now_ms))
        if known is None:
            return False
        passed = unit.now - from_ms(int(known))
        if passed < timedelta():
            for bring_forward in BRING_FORWARD:
                bring_forward(unit)
            unit.wakes.update((CHORES, DELIVERY, INBOX))
        return passed > LONG

    was_away = await instance.change(work)
    if was_away:
        await reread_everybody(instance)
    return int(was_away)


async def write_down_schemes(instance: Instance) -> int:
    """Keep which style of signature each host understood, so that a restart does not forget it; how many were new."""
    learned = dict(instance.schemes_learned)
    if not learned:
        return 0

    def work(unit: Unit) -> None:
        for origin, scheme in learned.items():
            hosts.remember_scheme(unit, origin.partition("://")[2], scheme)

    await instance.change(work)
    for origin in learned:
        instance.schemes_learned.pop(origin, None)
    return len(learned)
