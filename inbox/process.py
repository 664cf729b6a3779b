"""The worker that acts on what arrived: claim, fetch what is needed, then one transaction per activity.

Activities of one actor are worked in the order of their arrival; those of different actors side by side, and as long as
nothing has to be fetched they go to the database together, each still a transaction of its own. A failure
belongs to its activity alone: it is tried again a few times, then set aside with its reason (R7).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from actors import blocks, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.clock import cpu_s
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid, RemoteError, RemoteUnreachable, TooMany, Unavailable
from fedi.instance import Instance
from fedi.leases import lease_of, prolonged
from fedi.metrics import Family, Kind
from fedi.publications.activitystreams import parse_publication
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity, parse_activity
from fedi.vocab.audience import Addressing
from fedi.vocab.strict import parse_document
from fedi.wake import INBOX
from inbox import authority, forwarding, overload, resolve, store
from inbox.authenticate import sender_of
from inbox.contract import Done, Handler, Ignored, Incoming, Later, Outcome, Refused
from inbox.handlers import BY_ACTIVITY
from inbox.limits import HostLimits
from inbox.store import Kept

log = logging.getLogger("fedi.inbox")

# Small, so that a flood is taken in before it is worked: senders wait for the door, nobody waits for the worker.
BATCH = 24
HELD_MAX = 2 * BATCH
# Reading what came may take long when it is long: so much of it until others have their turn.
READ_BYTES_AT_ONCE = 32 * 1024
REST_S = 30.0
# So long a process lives before it takes up what others died with, by the number of their deaths: whoever is killed again and
# again from outside does not come to it, and it is not mistaken for the reason (R7).
PATIENCE = {2: timedelta(seconds=1), 3: timedelta(seconds=4)}
UNREACHABLE_AGAIN = (timedelta(minutes=2), timedelta(minutes=30), timedelta(hours=6))
FAILED_AGAIN = timedelta(minutes=5)
# All fetches for one activity together: several slow hosts must not add up (S61).
FETCHING_S_MAX = 30.0
LATER = "later"
ACTED = Family(
    "mujawara_activities_total",
    Kind.COUNTER,
    "Activities that the worker took up, by type, and what came of them.",
    type=BY_ACTIVITY,
    outcome=("done", "ignored", "refused", LATER, store.QUARANTINED),
)


class _TakenOver(Exception):
    """The lease ran out and another process has the activity: what was done here is undone."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """One arrival in the lane of its actor. `activity`: what the door read a moment ago, if it was this process."""

    sender: Actor | None
    kept: Kept
    activity: Activity | None


class Processor:
    """Works the inbox. One per process; `run` until told to stop, or `drain` once."""

    def __init__(self, instance: Instance, limits: HostLimits) -> None:
        self._instance = instance
        self._limits = limits
        self._slots = asyncio.Semaphore(instance.config.inbox.workers)
        self._lanes: dict[str, deque[_Turn]] = {}
        # rows in hand, each with the number of the attempt by which it is known to be ours
        self._held: dict[int, int] = {}
        self._lease = lease_of(instance, store.LEASE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._trouble: Unavailable | None = None
        self._is_stopping = False
        self._is_careful = False
        self._began = instance.clock.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, finishing what is under way."""
        async with prolonged(self._instance, self._lease, self._prolonging):
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        self._limits.backlog = await self._instance.look(store.count_waiting)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if await self._claim_unless_in_trouble() == 0:
                    bell = asyncio.create_task(
                        self._instance.wake.wait(INBOX, await self._rest_s())
                    )
                    await asyncio.wait({bell, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    bell.cancel()
                elif len(self._held) > HELD_MAX - BATCH:
                    self._room.clear()
                    room = asyncio.create_task(self._room.wait())
                    await asyncio.wait({room, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    room.cancel()
        finally:
            self._is_stopping = True
            self._limits.fresh.close()
            stopping.cancel()
            while self._tasks:
                await asyncio.wait(self._tasks)

    async def drain(self) -> int:
        """Work everything that is due now; how many."""
        total = 0
        async with prolonged(self._instance, self._lease, self._prolonging):
            while True:
                claimed = await self._claim()
                while self._tasks:
                    await asyncio.wait(self._tasks)
                if self._trouble is not None:
                    raise self._trouble
                if claimed == 0:
                    return total
                total += claimed

    def _prolonging(self) -> Callable[[Unit], None] | None:
        held = list(self._held.items())
        return (lambda unit: store.keep_claimed(unit, held, self._lease)) if held else None

    async def _claim_unless_in_trouble(self) -> int:
        try:
            if self._trouble is not None:
                raise self._trouble
            return await self._claim(opens=True)
        except Unavailable as problem:
            # the store is in trouble (a full disk): everything is still there, try again soon
            log.warning("inbox rests", extra={"why": problem.message_key})
            overload.tell(self._instance, problem)
            self._limits.fresh.close()
            self._trouble = None
            return 0

    async def _claim(self, *, opens: bool = False) -> int:
        """Claim some, each behind what its actor said before; how many. `opens`: what arrives next may come in memory."""
        fresh = self._limits.fresh

        if fresh.has_more_than(BATCH):
            claimed: Sequence[Kept] = ()
            taken = fresh.take(BATCH)
        else:
            claimed, self._is_careful = await self._instance.claim(
                lambda unit: self._take(unit, opens=opens)
            )
            taken = fresh.take()
        long_ago = self._instance.clock.now() - store.LEASE / 2
        arrived = [(kept, activity) for kept, activity in taken if kept.received_at > long_ago]
        batch = []
        for kept, activity in (*arrived, *((kept, None) for kept in claimed)):
            # a lease that ran out while its activity still waits for its turn here changes nothing
            if kept.id in self._held:
                self._held[kept.id] = kept.attempts
            else:
                batch.append((kept, activity))
        if not batch:
            return 0
        uris = list({kept.arrival.actor_uri for kept, _ in batch})
        senders = await self._instance.look(lambda rx: actor_store.list_by_uri(rx, uris))
        begun = []
        for kept, activity in sorted(batch, key=lambda each: each[0].id):
            uri = kept.arrival.actor_uri
            self._held[kept.id] = kept.attempts
            if uri not in self._lanes:
                self._lanes[uri] = deque()
                begun.append(uri)
            self._lanes[uri].append(_Turn(senders.get(uri), kept, activity))
        if begun:
            self._start(self._work_lanes(begun))
        return len(batch)

    def _take(self, unit: Unit, *, opens: bool) -> tuple[Sequence[Kept], bool]:
        """What is claimed now, and whether one of what waits may be deadly."""
        if self._instance.db.is_shared:
            return self._take_among_others(unit)
        fresh = self._limits.fresh
        if deaths := store.deaths_of_suspects(unit.tx, unit.now):
            # one of these may kill the process: each alone and in its turn, so that it is known which
            fresh.close()
            if self._held or (opens and self._patience_s(deaths) > 0):
                return (), True
            return store.claim(unit, 1, self._lease), True
        claimed = store.claim(unit, BATCH, self._lease)
        if opens and len(claimed) < BATCH:
            fresh.open()
        return claimed, False

    def _patience_s(self, deaths: int) -> float:
        """How long this process has to live until it takes up what was in hand at so many deaths."""
        lived = self._instance.clock.monotonic() - self._began
        return PATIENCE[min(deaths, store.DEATHS_MAX)].total_seconds() - lived

    def _take_among_others(self, unit: Unit) -> tuple[Sequence[Kept], bool]:
        if deadly := store.note_deaths(unit):
            unit.tx.on_commit(lambda: _tell_deadly(deadly))
        if self._is_careful and self._held:
            return (), True
        if not self._held and (suspect := store.claim_suspect(unit, self._lease)):
            return suspect, True
        return store.claim_among_others(unit, BATCH, self._lease), False

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_lanes(self, begun: Sequence[str]) -> None:
        """What these actors said, of each in its order. While nothing has to be asked of anybody, the first that each of them
        still has here goes to the database together with those of the others; whoever has to wait gets a lane alone."""
        mine = list(begun)
        taken: list[_Turn] = []
        try:
            while mine and self._goes_on:
                ready = await self._take_heads(mine, taken)
                results = await self._instance.change_each(
                    [partial(_counted, ready=each) for each in ready]
                )
                for turn, result in zip(tuple(taken), results, strict=True):
                    await self._settle_or_rest(turn, result)
                    taken.remove(turn)
        finally:
            for turn in taken:
                self._let_go(turn)
            for uri in mine:
                self._close_lane(uri)

    async def _take_heads(self, mine: list[str], taken: list[_Turn]) -> Sequence["_Ready"]:
        """Take the first turn of each of these lanes, as far as it can be worked at once; the others leave `mine`."""
        ready, size = [], 0
        for uri in tuple(mine):
            lane = self._lanes[uri]
            head = self._ready_at_once(lane[0]) if lane else None
            if head is not None:
                ready.append(head)
                taken.append(lane.popleft())
                size += len(head.kept.arrival.body)
            elif lane:
                mine.remove(uri)
                self._start(self._work_lane(uri))
            else:
                mine.remove(uri)
                self._close_lane(uri)
            if size > READ_BYTES_AT_ONCE:
                size = 0
                await asyncio.sleep(0)
        return ready

    async def _work_lane(self, uri: str) -> None:
        """What one actor said, in order. When the store is in trouble the rest comes back by its lease."""
        lane = self._lanes[uri]
        try:
            while lane and self._goes_on:
                turn = lane.popleft()
                try:
                    result: _Acted | Outcome | BaseException = await self._act(turn)
                except Exception as problem:  # noqa: BLE001 - judged where the others are
                    result = problem
                await self._settle_or_rest(turn, result)
        finally:
            self._close_lane(uri)

    @property
    def _goes_on(self) -> bool:
        return self._trouble is None and not self._is_stopping

    def _let_go(self, turn: _Turn) -> None:
        self._held.pop(turn.kept.id, None)
        if self._is_careful:
            self._instance.wake.ring(INBOX)
        if len(self._held) <= HELD_MAX - BATCH:
            self._room.set()

    def _close_lane(self, uri: str) -> None:
        for turn in self._lanes.pop(uri):
            self._held.pop(turn.kept.id, None)
        self._room.set()
        if self._instance.db.is_shared:
            # what else this actor said was left alone meanwhile
            self._instance.wake.ring(INBOX)

    async def _settle_or_rest(
        self, turn: _Turn, result: "_Acted | Outcome | BaseException"
    ) -> None:
        """As `_settle`, and it is no longer in hand; when the store is in trouble it comes back by its lease."""
        try:
            await self._settle(turn.kept, result)
        except Unavailable as problem:
            self._trouble = problem
        finally:
            self._let_go(turn)

    async def _settle(self, kept: Kept, result: "_Acted | Outcome | BaseException") -> None:
        """Write down what came of an activity, unless its own transaction did. Raises Unavailable."""
        instance = self._instance
        if isinstance(result, _TakenOver):
            log.info("activity is another process's by now", extra={"row": kept.id})
            return
        outcome = self._judged(kept, result)
        if isinstance(result, _Acted):
            now = instance.clock.monotonic()
            instance.accounts.note(result.host, now, cpu_s=result.cpu_s, rows=result.rows)
        if isinstance(outcome, Later):
            later = outcome
            await instance.change(
                lambda unit: store.postpone(
                    unit, kept.id, self._attempt(kept), later.reason, later.after
                )
            )
        elif isinstance(result, _Acted):
            self._limits.backlog = max(0, self._limits.backlog - 1)
        elif outcome is None:
            await self._end(kept, store.QUARANTINED, "internal")
        else:
            await self._end(kept, _state_of(outcome), outcome.reason)
        if isinstance(outcome, Later):
            what = LATER
        else:
            what = store.QUARANTINED if outcome is None else _state_of(outcome)
        instance.metrics.count(ACTED, kept.arrival.type, what)

    def _judged(self, kept: Kept, result: "_Acted | Outcome | BaseException") -> Outcome | None:
        """The outcome; None when it broke us too often and is set aside (R7). Raises Unavailable, and what is no failure."""
        match result:
            case _Acted():
                return result.outcome
            case Unavailable():
                raise result
            case RemoteUnreachable() | TooMany():
                return _again(kept, result)
            case RemoteError() | Invalid():
                return Refused(result.message_key)
            case FediError():
                return Ignored(result.message_key)
            case Exception():
                log.error(
                    "activity failed",
                    exc_info=result,
                    extra={"verb": kept.arrival.type, "row": kept.id},
                )
                is_hopeless = kept.attempts >= store.ATTEMPTS_MAX
                return None if is_hopeless else Later("internal", FAILED_AGAIN)
            case BaseException():
                raise result
            case _:
                return result

    async def _end(self, kept: Kept, state: str, reason: str) -> None:
        self._limits.backlog = max(0, self._limits.backlog - 1)
        await self._instance.change(
            lambda unit: store.finish(unit, kept.id, self._attempt(kept), state, reason)
        )

    def _attempt(self, kept: Kept) -> int:
        return self._held.get(kept.id, kept.attempts)

    async def _act(self, turn: _Turn) -> "_Acted | Outcome":
        """Everything that is slow or needs the network first; then one transaction."""
        sender, kept = turn.sender, turn.kept
        activity = turn.activity or parse_activity(parse_document(kept.arrival.body))
        handler = BY_ACTIVITY.get(activity.type)
        if handler is None:
            return Ignored("verb_unknown")
        if sender is None:
            # forgotten for its long silence (S85) between the proof at the door and this turn
            sender = await refresh.fetch_actor(self._instance, kept.arrival.actor_uri)
        found = await self._fetched(sender, activity, handler)
        ready = self._ready(kept, sender, activity, handler, found)
        return await self._instance.change(partial(_counted, ready=ready))

    def _ready_at_once(self, turn: _Turn) -> "_Ready | None":
        """The activity, when nothing of it has to be waited for and nothing is wrong with it."""
        if turn.sender is None:
            return None
        try:
            activity = turn.activity or parse_activity(parse_document(turn.kept.arrival.body))
            handler = BY_ACTIVITY.get(activity.type)
            if handler is None or handler.asks_others(activity):
                return None
            return self._ready(turn.kept, turn.sender, activity, handler, {})
        except Exception:  # noqa: BLE001 - it happens again where it is judged
            return None

    def _ready(
        self,
        kept: Kept,
        sender: Actor,
        activity: Activity,
        handler: Handler,
        found: dict[str, Publication],
    ) -> "_Ready":
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
        return _Ready(kept, self._attempt(kept), sender.host, activity, handler, publication, found)

    async def _fetched(
        self, sender: Actor, activity: Activity, handler: Handler
    ) -> dict[str, Publication]:
        """What has to come from others first; only this takes one of the slots, for only this is slow."""
        if not handler.asks_others(activity):
            return {}
        refreshes, actors = handler.refreshes(activity), handler.actors(activity)
        needed = handler.needs(activity)
        async with self._slots:
            try:
                async with asyncio.timeout(FETCHING_S_MAX):
                    for uri in (*((sender.uri,) if refreshes else ()), *actors):
                        await refresh.fetch_actor(self._instance, uri)
                    return await resolve.resolve(self._instance, needed) if needed else {}
            except TimeoutError as problem:
                raise RemoteUnreachable(detail="budget") from problem

    async def _rest_s(self) -> float:
        now = self._instance.clock.now()
        if self._is_careful and not self._held and not self._instance.db.is_shared:
            deaths = await self._instance.look(lambda rx: store.deaths_of_suspects(rx, now))
            return max(0.05, self._patience_s(deaths)) if deaths else 0.05
        due = await self._instance.look(lambda rx: store.next_due(rx, now))
        if due is None:
            return REST_S
        return min(REST_S, max(0.05, (due - now).total_seconds()))


def _tell_deadly(count: int) -> None:
    log.warning("set aside: processes died of it", extra={"activities": count})


def _again(kept: Kept, problem: RemoteUnreachable | TooMany) -> Outcome:
    """Somebody does not answer, or too many of their neighbours are new here: later, a few times."""
    if kept.attempts > len(UNREACHABLE_AGAIN):
        return Ignored("unreachable")
    return Later(problem.detail or "unreachable", UNREACHABLE_AGAIN[kept.attempts - 1])


@dataclass(frozen=True, slots=True)
class _Ready:
    """An activity with everything that its transaction needs. `attempt`: by whose number the row is ours. `host`: who pays."""

    kept: Kept
    attempt: int
    host: str
    activity: Activity
    handler: Handler
    publication: Publication | None
    found: dict[str, Publication]


@dataclass(frozen=True, slots=True)
class _Acted:
    """What came of an activity in its transaction, the seconds of processor that took its host's account, the rows changed.

    The outcome is written, unless the activity is to wait.
    """

    outcome: Outcome
    host: str
    cpu_s: float
    rows: int


def _counted(unit: Unit, ready: _Ready) -> _Acted:
    start_s = cpu_s()
    outcome = _apply(unit, ready)
    return _Acted(outcome, ready.host, cpu_s() - start_s, unit.tx.rows)


def _apply(unit: Unit, ready: _Ready) -> Outcome:
    """The one transaction: gate, authority, effect and the mark that it was done, together or not at all."""
    outcome = _effect(unit, ready)
    if not isinstance(outcome, Later):
        is_ours = store.finish(
            unit, ready.kept.id, ready.attempt, _state_of(outcome), outcome.reason
        )
        if not is_ours:
            raise _TakenOver
    return outcome


def _effect(unit: Unit, ready: _Ready) -> Outcome:
    kept, handler = ready.kept, ready.handler
    sender, recipient = _parties(unit.tx, kept)
    if sender is None or sender.deleted_at is not None:
        return Ignored("sender_gone")
    if blocks.standing(unit, sender.uri).is_shut_out:
        return Refused("blocked")
    # of one Create for a few, each copy may be for another of them: its handler knows what is new
    if not handler.reads_publication and store.was_done_before(unit.tx, kept):
        return Ignored("repeated")
    incoming = Incoming(
        ready.activity,
        sender_of(sender, kept.arrival.proof),
        recipient,
        kept.received_at,
        ready.publication,
        ready.found,
    )
    refusal = authority.check(unit, incoming, handler.authority)
    if refusal is not None:
        return refusal
    owner = forwarding.owner_of(unit, incoming)
    outcome = handler.apply(unit, incoming)
    if isinstance(outcome, Done) and owner is not None and not outcome.is_private:
        forwarding.forward(unit, owner, incoming, kept.arrival.body)
    return outcome


def _parties(rx: Reader, kept: Kept) -> tuple[Actor | None, Actor | None]:
    sender = actor_store.find(rx, kept.arrival.actor_uri)
    recipient = actor_store.find(rx, kept.arrival.recipient) if kept.arrival.recipient else None
    return sender, recipient


def _state_of(outcome: Outcome) -> str:
    if isinstance(outcome, Done):
        return "done"
    return "refused" if isinstance(outcome, Refused) else "ignored"
