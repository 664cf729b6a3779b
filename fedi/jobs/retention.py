"""Forgetting in time (S85): bodies of what was processed, old lines of the ledger, letters nobody could take."""

from datetime import timedelta

from actors import keys
from fedi.clock import to_ms
from fedi.instance import Instance
from fedi.unit import Unit
from inbox import store as inbox_store
from outbox import hosts
from outbox import store as outbox_store

BODIES_KEPT = timedelta(days=7)
LEDGER_KEPT = timedelta(days=90)
HOSTS_KEPT = timedelta(days=30)
# as long as the letter that announces new keys may still wait to be delivered
RETIRED_KEYS_KEPT = timedelta(days=60)


async def forget(instance: Instance) -> int:
    """Apply every retention period once; how many rows were concerned."""
    give_up_after = timedelta(days=instance.config.delivery.give_up_days)

    def work(unit: Unit) -> int:
        return (
            inbox_store.forget_bodies(unit, unit.now - BODIES_KEPT)
            + outbox_store.give_up(unit, unit.now - give_up_after)
            + outbox_store.purge(unit, unit.now - LEDGER_KEPT)
            + hosts.forget_silent(unit, unit.now - HOSTS_KEPT)
            + keys.forget_retired(unit, to_ms(unit.now - RETIRED_KEYS_KEPT))
        )

    return await instance.change(work)
