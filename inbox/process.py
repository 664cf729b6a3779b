"""The worker that acts on what arrived: claim, fetch what is needed, then one transaction per activity.

Activities of one actor are worked in the order of their arrival; those of different actors side by side. A failure
belongs to its activity alone: it is tried again a few times, then set aside with its reason (R7).
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from actors import refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid, RemoteError, RemoteUnreachable, Unavailable
from fedi.instance import Instance
from fedi.publications.activitystreams import parse_publication
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity, parse_activity
from fedi.vocab.audience import Addressing
from fedi.vocab.strict import parse_document
from fedi.wake import INBOX
from inbox import authority, forwarding, policy, resolve, store, synchronise
from inbox.authenticate import sender_of
from inbox.contract import Done, Handler, Ignored, Incoming, Later, Outcome, Refused
from inbox.handlers import BY_ACTIVITY
from inbox.limits import HostLimits
from inbox.store import Kept

log = logging.getLogger("fedi.inbox")

LEASE = timedelta(minutes=5)
BATCH = 100
REST_S = 30.0
UNREACHABLE_AGAIN = (timedelta(minutes=2), timedelta(minutes=30), timedelta(hours=6))
FAILED_AGAIN = timedelta(minutes=5)


class Processor:
    """Works the inbox. One per process; `run` until told to stop, or `drain` once."""

    def __init__(self, instance: Instance, limits: HostLimits) -> None:
        self._instance = instance
        self._limits = limits
        self._slots = asyncio.Semaphore(instance.config.inbox.workers)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, finishing what was claimed."""
        self._limits.backlog = await self._instance.look(store.count_waiting)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    worked = await self.work_batch()
                except Unavailable as problem:
                    # the store is in trouble (a full disk): everything is still there, try again soon
                    log.warning("inbox rests", extra={"why": problem.message_key})
                    worked = 0
                if worked == 0:
                    bell = asyncio.create_task(
                        self._instance.wake.wait(INBOX, await self._rest_s())
                    )
                    await asyncio.wait({bell, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    bell.cancel()
        finally:
            stopping.cancel()

    async def drain(self) -> int:
        """Work everything that is due now; how many."""
        total = 0
        while worked := await self.work_batch():
            total += worked
        return total

    async def work_batch(self) -> int:
        """Claim some and work them; how many."""
        await synchronise.work_pending(self._instance)
        batch = await self._instance.change(lambda unit: store.claim(unit, BATCH, LEASE))
        by_actor: dict[str, list[Kept]] = defaultdict(list)
        for kept in batch:
            by_actor[kept.arrival.actor_uri].append(kept)
        senders = await self._instance.look(lambda rx: actor_store.list_by_uri(rx, list(by_actor)))
        await asyncio.gather(
            *(self._work_in_order(senders.get(uri), group) for uri, group in by_actor.items())
        )
        return len(batch)

    async def _work_in_order(self, sender: Actor | None, group: Sequence[Kept]) -> None:
        for kept in group:
            async with self._slots:
                await self._work(sender, kept)

    async def _work(self, sender: Actor | None, kept: Kept) -> None:
        instance = self._instance
        try:
            outcome = await self._act(sender, kept)
        except RemoteUnreachable as problem:
            if kept.attempts > len(UNREACHABLE_AGAIN):
                outcome = Ignored("unreachable")
            else:
                outcome = Later(
                    problem.detail or "unreachable", UNREACHABLE_AGAIN[kept.attempts - 1]
                )
        except Unavailable:
            raise
        except (RemoteError, Invalid) as problem:
            outcome = Refused(problem.message_key)
        except FediError as problem:
            outcome = Ignored(problem.message_key)
        except Exception:
            log.exception("activity failed", extra={"verb": kept.arrival.type, "row": kept.id})
            if kept.attempts >= store.ATTEMPTS_MAX:
                await self._end(kept, store.QUARANTINED, "internal")
                return
            outcome = Later("internal", FAILED_AGAIN)
        if isinstance(outcome, Later):
            later = outcome
            await instance.change(
                lambda unit: store.postpone(unit, kept.id, later.reason, later.after)
            )
        elif not isinstance(outcome, Done):
            await self._end(kept, _state_of(outcome), outcome.reason)
        else:
            self._limits.backlog = max(0, self._limits.backlog - 1)
        instance.metrics.count(f"activity.{kept.arrival.type[:40]}", outcome.reason)

    async def _end(self, kept: Kept, state: str, reason: str) -> None:
        self._limits.backlog = max(0, self._limits.backlog - 1)
        await self._instance.change(lambda unit: store.finish(unit, kept.id, state, reason))

    async def _act(self, sender: Actor | None, kept: Kept) -> Outcome:
        """Everything that is slow or needs the network first; then one transaction."""
        activity = parse_activity(parse_document(kept.arrival.body))
        handler = BY_ACTIVITY.get(activity.type)
        if handler is None:
            return Ignored("verb_unknown")
        if sender is None:
            return Ignored("sender_gone")
        if handler.refreshes(activity):
            await refresh.fetch_actor(self._instance, sender.uri)
        for uri in handler.actors(activity):
            await refresh.fetch_actor(self._instance, uri)
        publication = None
        if (
            handler.reads_publication
            and activity.embedded is not None
            and not handler.refreshes(activity)
        ):
            publication = parse_publication(
                activity.embedded,
                now=self._instance.clock.now(),
                followers_uri=sender.followers,
                addressed=Addressing(activity.to, activity.cc),
            )
        needed = handler.needs(activity)
        found = await resolve.resolve(self._instance, needed) if needed else {}
        ready = _Ready(kept, activity, handler, publication, found)
        return await self._instance.change(lambda unit: _apply(unit, ready))

    async def _rest_s(self) -> float:
        due = await self._instance.look(store.next_due)
        if due is None:
            return REST_S
        return min(REST_S, max(0.05, (due - self._instance.clock.now()).total_seconds()))


@dataclass(frozen=True, slots=True)
class _Ready:
    """An activity with everything that its transaction needs."""

    kept: Kept
    activity: Activity
    handler: Handler
    publication: Publication | None
    found: dict[str, Publication]


def _apply(unit: Unit, ready: _Ready) -> Outcome:
    """The one transaction: gate, authority, effect and the mark that it was done, together or not at all."""
    kept, handler = ready.kept, ready.handler
    sender, recipient = _parties(unit.tx, kept)
    if sender is None or sender.deleted_at is not None:
        return Ignored("sender_gone")
    if not policy.is_welcome(unit.tx, sender.uri, sender.host):
        return Refused("blocked")
    if store.was_done_before(unit.tx, kept):
        return Ignored("repeated")
    incoming = Incoming(
        ready.activity,
        sender_of(sender, kept.arrival.proof),
        recipient,
        ready.publication,
        ready.found,
    )
    refusal = authority.check(unit, incoming, handler.authority)
    if refusal is not None:
        return refusal
    owner = forwarding.owner_of(unit, incoming)
    outcome = handler.apply(unit, incoming)
    if isinstance(outcome, Done):
        if owner is not None:
            forwarding.forward(unit, owner, incoming, kept.arrival.body)
        store.finish(unit, kept.id, "done", outcome.reason)
    return outcome


def _parties(rx: Reader, kept: Kept) -> tuple[Actor | None, Actor | None]:
    sender = actor_store.find(rx, kept.arrival.actor_uri)
    recipient = actor_store.find(rx, kept.arrival.recipient) if kept.arrival.recipient else None
    return sender, recipient


def _state_of(outcome: Outcome) -> str:
    return "refused" if isinstance(outcome, Refused) else "ignored"
