"""Doing the chores: what each kind means, and how often a failed one is tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from actors import handles
from fedi import chores
from fedi.chores import Chore
from fedi.errors import FediError, RemoteUnreachable, TooMany, Unavailable
from fedi.instance import Instance
from fedi.jobs import reindex
from fedi.jobs.attendance import tell_all
from fedi.leases import lease_of, prolonged
from fedi.metrics import Family, Kind
from fedi.unit import Unit
from inbox import backfill, hints, relayed, synchronise
from outbox import touring

log = logging.getLogger("fedi.jobs")

LEASE = timedelta(minutes=5)
AT_ONCE = 8
AGAIN = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=12))


async def _follow_later(instance: Instance, subject: str) -> int:
    # the desk brings half the program with it, and a server that starts has no such chore
    from fedi.desk.bringing import follow_later  # noqa: PLC0415

    return await follow_later(instance, subject)


async def _block_later(instance: Instance, subject: str) -> int:
    from fedi.desk.bringing import block_later  # noqa: PLC0415 - see above

    return await block_later(instance, subject)


async def _refresh_tour(instance: Instance, subject: str) -> int:
    tour, _, stop = subject.partition(" ")

    def work(unit: Unit) -> int:
        # taken with the transaction that reads the stops: what changes after it is a chore of its own
        waiting = chores.take_for(unit, chores.TOUR, tour)
        named = [each.partition(" ")[2] for each in waiting]
        return int(touring.refresh(unit, tour, dict.fromkeys((stop, *named))))

    return await instance.change(work)


KINDS: dict[str, Callable[[Instance, str], Awaitable[int]]] = {
    chores.BACKFILL: backfill.backfill,
    chores.ANCESTOR: backfill.fetch_ancestor,
    chores.REPLIES: backfill.fetch_replies,
    chores.LOOK: hints.look,
    chores.FAREWELL: hints.confirm_farewell,
    chores.FOLLOW: _follow_later,
    chores.BLOCK: _block_later,
    chores.RELAYED: relayed.fetch,
    chores.PARTICIPANTS: tell_all,
    chores.HANDLE: handles.confirm,
    chores.TOUR: _refresh_tour,
    chores.REINDEX: reindex.go_on,
    chores.FOLLOWERS: synchronise.reconcile,
}
DONE, LATER, GIVEN_UP, REFUSED, FAILED = "done", "later", "given_up", "refused", "failed"
CHORES = Family(
    "mujawara_chores_total",
    Kind.COUNTER,
    "Things fetched and done in the background. failed: by a mistake of ours; the log has each.",
    kind=KINDS,
    outcome=(DONE, LATER, GIVEN_UP, REFUSED, FAILED),
)


async def do_chores(instance: Instance) -> int:
    """Do some of what is due, side by side: one that asks a slow host holds up no other; how many."""
    lease = lease_of(instance, LEASE)
    claimed = await instance.claim(lambda unit: chores.claim(unit, AT_ONCE, lease))
    if not claimed:
        return 0
    async with prolonged(
        instance, lease, lambda: partial(chores.keep, claimed=claimed, lease=lease)
    ):
        done = await asyncio.gather(
            *(_do(instance, chore) for chore in claimed), return_exceptions=True
        )
    for problem in done:
        if problem is not None:
            raise problem
    return len(claimed)


async def _do(instance: Instance, chore: Chore) -> None:
    try:
        await KINDS[chore.kind](instance, chore.subject)
        outcome = DONE
    except (RemoteUnreachable, TooMany):
        if chore.attempts < chores.ATTEMPTS_MAX:
            after = AGAIN[chore.attempts - 1]
            await instance.change(partial(chores.postpone, chore=chore, after=after))
            instance.metrics.count(CHORES, chore.kind, LATER)
            return
        outcome = GIVEN_UP
    except Unavailable:
        raise
    except FediError:
        outcome = REFUSED
    except Exception:
        outcome = FAILED
        log.exception("chore failed", extra={"kind": chore.kind})
    await instance.change(partial(chores.finish, chore=chore))
    instance.metrics.count(CHORES, chore.kind, outcome)
