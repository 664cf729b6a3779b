"""How long work that was claimed stays with whoever claimed it, and keeping it while it is under way.

Alone with a database everything is free again at the next start, so leases are long. Where several processes share one,
what a dead process held is taken over when its lease has run out: leases are short, and prolonged as long as the process
lives.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from fedi.errors import FediError
from fedi.instance import Instance
from fedi.unit import Unit

log = logging.getLogger("fedi.jobs")

AMONG_OTHERS: Final = timedelta(seconds=30)


def lease_of(instance: Instance, alone: timedelta) -> timedelta:
    """The lease for work that one process alone would claim for so long."""
    return AMONG_OTHERS if instance.db.is_shared else alone


@asynccontextmanager
async def prolonged(
    instance: Instance, lease: timedelta, prolong: Callable[[], Callable[[Unit], None] | None]
) -> AsyncIterator[None]:
    """While this is held, leases are prolonged before they run out. `prolong` gives the work, or None when nothing is held."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(lease.total_seconds() / 3)
            work = prolong()
            if work is None:
                continue
            try:
                await instance.change(work)
            except FediError as problem:
                log.warning("leases were not prolonged", extra={"why": problem.message_key})
            except Exception:
                log.exception("leases were not prolonged")

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
