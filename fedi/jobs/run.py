"""The workers of one process, started together and stopped together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from actors.handles import sweep as sweep_handles
from fedi.doctor.nightly import look_at_night
from fedi.errors import FediError
from fedi.instance import Instance
from fedi.jobs import attendance
from fedi.jobs.absence import NOTE_EVERY, note_running, write_down_schemes
from fedi.jobs.backups import back_up
from fedi.jobs.chores import do_chores
from fedi.jobs.loopback import carry
from fedi.jobs.mail import send_due, wish_digests
from fedi.jobs.retention import forget
from fedi.jobs.scheduled import make_more_times, publish_scheduled
from fedi.jobs.sources import read_sources
from fedi.media.remote import tidy
from fedi.moderation.subscriptions import fetch_due
from fedi.wake import BACKUP, CHORES, LOOPBACK
from inbox import store as inbox_store
from inbox.limits import HostLimits
from inbox.process import Processor
from outbox.deliver import Deliverer

log = logging.getLogger("fedi.jobs")

BACKLOG_EVERY: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Job:
    """Something done again and again."""

    name: str
    run: Callable[[Instance], Awaitable[int]]
    every: timedelta


# What each process does, whoever else is there: only it knows what it found out.
OWN_JOBS: tuple[Job, ...] = (Job("signature styles", write_down_schemes, NOTE_EVERY),)
# What one process does for all.
JOBS: tuple[Job, ...] = (
    Job("absence", note_running, NOTE_EVERY),
    Job("retention", forget, timedelta(hours=1)),
    Job("remote media", tidy, timedelta(hours=1)),
    Job("look at ourselves", look_at_night, timedelta(hours=1)),
    Job("scheduled publications", publish_scheduled, timedelta(seconds=30)),
    Job("times of what repeats", make_more_times, timedelta(hours=1)),
    Job("mail", send_due, timedelta(seconds=20)),
    Job("letters to participants", attendance.send_letters, timedelta(seconds=20)),
    Job("reminders", attendance.remind, timedelta(minutes=10)),
    Job("reminders of events elsewhere", attendance.remind_ourselves, timedelta(minutes=10)),
    Job("digests", wish_digests, timedelta(hours=1)),
    Job("block lists", fetch_due, timedelta(hours=1)),
    Job("event sources", read_sources, timedelta(minutes=5)),
    Job("handles", sweep_handles, timedelta(hours=1)),
)


async def run_workers(instance: Instance, limits: HostLimits, stop: asyncio.Event) -> None:
    """Send, process and forget until `stop`; then let what is under way finish."""
    duties = _duties if instance.company is None else _duties_while_ours
    workers = [
        _kept_alive("delivery", lambda: Deliverer(instance).run(stop), stop),
        _kept_alive("inbox", lambda: Processor(instance, limits).run(stop), stop),
        _kept_alive("loopback", lambda: _whenever(instance, LOOPBACK, carry, stop), stop),
        _kept_alive("chores", lambda: _whenever(instance, CHORES, do_chores, stop), stop),
        *(_repeat(instance, job, stop) for job in OWN_JOBS),
        duties(instance, stop),
    ]
    await asyncio.gather(*workers)


async def run_beside_workers(instance: Instance, limits: HostLimits, stop: asyncio.Event) -> None:
    """What a process does that leaves the work to others: keep an eye on how much waits, so that no more is taken in than
    they can do (R8)."""
    await asyncio.gather(
        *(_repeat(instance, job, stop) for job in OWN_JOBS),
        _repeat(
            instance, Job("backlog", partial(_note_backlog, limits=limits), BACKLOG_EVERY), stop
        ),
    )


async def _note_backlog(instance: Instance, limits: HostLimits) -> int:
    limits.backlog = await instance.look(inbox_store.count_waiting)
    return limits.backlog


async def _duties(instance: Instance, stop: asyncio.Event) -> None:
    """What one process does for all, until `stop`."""
    await asyncio.gather(
        _kept_alive("backup", lambda: _whenever(instance, BACKUP, back_up, stop), stop),
        *(_repeat(instance, job, stop) for job in JOBS),
    )


async def _duties_while_ours(instance: Instance, stop: asyncio.Event) -> None:
    """The same, as long as no other process does it. What is under way when that ends is finished."""
    company = instance.company
    assert company is not None
    while not stop.is_set():
        if not await _first_of(stop, company.duty):
            return
        log.info("on duty")
        over = asyncio.Event()
        working = asyncio.create_task(_duties(instance, over))
        await _first_of(stop, company.off_duty)
        over.set()
        instance.wake.ring(BACKUP)
        await working


async def _first_of(stop: asyncio.Event, event: asyncio.Event) -> bool:
    """Wait for either; whether it was the second that came, and not the end."""
    waiting = [asyncio.create_task(each.wait()) for each in (stop, event)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return not stop.is_set()


async def settle(instance: Instance, limits: HostLimits) -> int:
    """Work until nothing is due any more; how much was done. For commands and tests."""
    total = 0
    while True:
        worked = await carry(instance)
        worked += await Processor(instance, limits).drain()
        worked += await Deliverer(instance).drain()
        worked += await do_chores(instance)
        worked += await publish_scheduled(instance)
        if worked == 0:
            return total
        total += worked


async def _whenever(
    instance: Instance, bell: str, work: Callable[[Instance], Awaitable[int]], stop: asyncio.Event
) -> None:
    """Work whenever this bell rings, and now and then anyway."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            if await work(instance) == 0:
                waiting = asyncio.create_task(instance.wake.wait(bell, 30.0))
                await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
    finally:
        stopping.cancel()


async def _kept_alive(name: str, start: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """A worker that fails is started again: what it had claimed comes back by its lease."""
    while not stop.is_set():
        try:
            await start()
        except FediError as problem:
            log.warning("worker rests", extra={"worker": name, "why": problem.message_key})
        except Exception:
            log.exception("worker failed", extra={"worker": name})
        else:
            return
        await _rest(stop, 2.0)


async def _repeat(instance: Instance, job: Job, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await job.run(instance)
        except FediError as problem:
            log.warning("job rests", extra={"job": job.name, "why": problem.message_key})
        except Exception:
            log.exception("job failed", extra={"job": job.name})
        await _rest(stop, job.every.total_seconds())


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
