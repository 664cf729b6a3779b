"""The worker that sends. Claims lanes (hosts), sends what waits in each in order, settles in batches.

Many hosts at once, never more than a few requests to one; letters from one author to one inbox never overtake each
other. Nothing here decides policy: `retry.judge` says what an answer means, `retry.next_attempt` when to come back.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from actors import blocks
from actors.keys import RSA
from fedi.canonical import host_of
from fedi.clock import from_ms, to_ms
from fedi.errors import FediError, ForbiddenAddress, NotFound, RemoteError, RemoteUnreachable
from fedi.http.client import Posted
from fedi.instance import Instance
from fedi.leases import lease_of, prolonged
from fedi.metrics import Family, Kind
from fedi.unit import Unit
from fedi.wake import DELIVERY
from outbox import hosts, store
from outbox.hosts import Lane
from outbox.retry import Judgement, Verdict, judge, next_attempt
from outbox.seal import Sealer, current_key, signing_key
from outbox.store import Letter, Settlement
from outbox.synchronise import Digests

log = logging.getLogger("fedi.outbox")

LEASE = timedelta(minutes=2)
BATCH = 50
REST_S = 30.0
# Who has not answered by then takes no place from those who do, and who has not got everything gets it over several
# connections: for less, opening them costs both sides more than it saves.
SLOW_S = 0.3
# So many lanes at most may wait beside the others.
SLOW_LANES_MAX = 512
BODIES_BYTES_MAX = 16 * 1024 * 1024

_STATE = {
    Verdict.SENT: store.SENT,
    Verdict.REFUSED: store.REFUSED,
    Verdict.GONE: store.GONE,
    Verdict.LATER: store.WAITING,
    Verdict.HOST_LATER: store.WAITING,
}
DELIVERED: Final = Family(
    "mujawara_deliveries_total",
    Kind.COUNTER,
    "Attempts to deliver. waiting: to be tried again, or the host is in trouble.",
    outcome=(store.SENT, store.WAITING, store.REFUSED, store.GONE, store.GIVEN_UP),
)
DELIVERY_S: Final = Family(
    "mujawara_delivery_seconds", Kind.HISTOGRAM, "How long one attempt to deliver took."
)


@dataclass(slots=True, eq=False)
class _Run:
    """One pass after the other over a lane: what is left to send, what became of it, and whether the host turned out to be in trouble.

    `skew_s`: its clock minus ours, where that may be why it refused a signature. `until`: how long the lane is ours, in
    milliseconds; after that somebody else may have it. `is_slow`: it waits beside those who answer.
    """

    lane: Lane
    letters: deque[Letter]
    settled: list[Settlement] = field(default_factory=list)
    held_inboxes: set[tuple[str, str]] = field(default_factory=set)
    busy_inboxes: set[tuple[str, str]] = field(default_factory=set)
    trouble: tuple[str, int | None] | None = None
    was_heard: bool = False
    skew_s: int | None = None
    until: int = 0
    is_slow: bool = False

    def begin(self, letters: Sequence[Letter]) -> None:
        """Another pass, over these."""
        self.letters, self.settled = deque(letters), []
        self.held_inboxes, self.busy_inboxes = set(), set()
        self.trouble, self.was_heard, self.skew_s = None, False, None


class Deliverer:
    """Sends what is due. One per process; `run` until told to stop, or `drain` once."""

    def __init__(self, instance: Instance, slow_s: float = SLOW_S) -> None:
        self._instance = instance
        self._slow_s = slow_s
        self._slow_lanes = 0
        self._room = asyncio.Event()
        self._slots = asyncio.Semaphore(instance.config.delivery.concurrency)
        self._lanes: set[asyncio.Task[None]] = set()
        self._runs: set[_Run] = set()
        self._lease = lease_of(instance, LEASE)
        self._bodies: OrderedDict[int, bytes] = OrderedDict()
        self._bodies_bytes = 0
        self._sealer = Sealer(instance)
        self._digests = Digests(instance)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then let the requests under way finish and hand back the rest."""
        async with prolonged(self._instance, self._lease, self._prolonging):
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if await self._start_lanes() == 0:
                    bell = asyncio.create_task(
                        self._instance.wake.wait(DELIVERY, await self._rest_s())
                    )
                    await asyncio.wait(
                        {bell, stopping, *self._lanes}, return_when=asyncio.FIRST_COMPLETED
                    )
                    bell.cancel()
        finally:
            stopping.cancel()
            if self._lanes:
                await asyncio.wait(self._lanes)

    async def drain(self) -> int:
        """Send everything that is due now and return how many lanes were worked."""
        worked = 0
        async with prolonged(self._instance, self._lease, self._prolonging):
            while True:
                started = await self._start_lanes()
                if self._lanes:
                    await asyncio.wait(self._lanes)
                if started == 0:
                    return worked
                worked += started

    async def _start_lanes(self) -> int:
        quick = len(self._lanes) - self._slow_lanes
        free = self._instance.config.delivery.concurrency - quick
        if free <= 0:
            self._room.clear()
            await self._room.wait()
            return -1
        own_host = self._instance.urls.host
        claimed = await self._instance.claim(
            lambda unit: hosts.claim(unit, free, self._lease, own_host=own_host)
        )
        for lane in claimed:
            under_way = next((run for run in self._runs if run.lane.host == lane.host), None)
            if under_way is not None:
                # a lease that ran out here (the clock was set forward) makes no second lane: this one goes on with the new one
                under_way.lane, under_way.until = lane, lane.until
                continue
            run = _Run(lane, deque(), until=lane.until)
            self._runs.add(run)
            task = asyncio.create_task(self._work_lane(run))
            self._lanes.add(task)
            task.add_done_callback(self._end_lane)
        return len(claimed)

    def _end_lane(self, lane: asyncio.Task[None]) -> None:
        self._lanes.discard(lane)
        self._room.set()

    async def _rest_s(self) -> float:
        due = await self._instance.look(hosts.next_due)
        if due is None:
            return REST_S
        wait = (due - self._instance.clock.now()).total_seconds()
        return min(REST_S, max(0.05, wait))

    def _prolonging(self) -> Callable[[Unit], None] | None:
        held = list(self._runs)
        return (lambda unit: self._prolong(unit, held)) if held else None

    def _prolong(self, unit: Unit, held: Sequence[_Run]) -> None:
        kept = [run for run in held if hosts.extend(unit, run.lane, self._lease)]
        unit.tx.on_commit(lambda: self._note_prolonged(kept, unit.now + self._lease))

    def _note_prolonged(self, runs: Sequence[_Run], until: datetime) -> None:
        """One that is another's by now is left when its time is over."""
        for run in runs:
            run.until = to_ms(until)

    async def _work_lane(self, run: _Run) -> None:
        try:
            while await self._pass(run):
                pass
        except FediError as problem:
            # the store is in trouble (a full disk): the lease runs out by itself and the lane comes back
            log.warning("lane left", extra={"host": run.lane.host, "why": problem.message_key})
        except Exception:
            log.exception("lane failed", extra={"host": run.lane.host})
            await self._instance.change(
                lambda unit: hosts.note_trouble(
                    unit, run.lane, "internal", unit.now + timedelta(minutes=15)
                )
            )
        finally:
            self._runs.discard(run)
            self._slow_lanes -= run.is_slow

    async def _pass(self, run: _Run) -> bool:
        """Send one batch of a lane; whether there may be more to do at once."""
        lane, now_ms = run.lane, to_ms(self._instance.clock.now())
        letters = await self._instance.look(
            lambda rx: store.list_sendable(rx, lane.host, now_ms, BATCH)
        )
        run.begin(letters)
        await self._send_all(run)
        due_at = await self._instance.change(lambda unit: self._finish(unit, run))
        for each in run.settled:
            self._instance.metrics.count(DELIVERED, each.state)
        return (
            due_at is not None and due_at <= to_ms(self._instance.clock.now()) and bool(run.settled)
        )

    def _finish(self, unit: Unit, run: _Run) -> int | None:
        """Write down what happened and give the lane back, or keep it when more can go at once."""
        store.settle(unit, run.settled)
        if run.trouble is not None:
            reason, after_s = run.trouble
            due = next_attempt(run.lane.failures + 1, unit.now, self._instance.chance(), after_s)
            hosts.note_trouble(unit, run.lane, reason, due)
            return None
        if run.was_heard:
            hosts.note_sent(unit, run.lane.host)
        if run.skew_s is not None:
            hosts.note_skew(unit, run.lane.host, run.skew_s)
        due_at = store.next_due_for(unit.tx, run.lane.host, unit.now_ms)
        if due_at is None or due_at > unit.now_ms or not run.settled:
            hosts.release(unit, run.lane, due_at)
            return due_at
        if not hosts.extend(unit, run.lane, self._lease):
            return None
        unit.tx.on_commit(lambda: self._note_prolonged((run,), unit.now + self._lease))
        return due_at

    async def _send_all(self, run: _Run) -> None:
        """Send what is left of a batch, over one connection as long as that goes quickly or nobody has answered yet."""
        alone = asyncio.ensure_future(self._send_letters(run))
        try:
            others = 0
            while not others and not (await asyncio.wait({alone}, timeout=self._slow_s))[0]:
                if run.lane.failures == 0 and (run.lane.is_known or run.was_heard):
                    others = self._instance.config.delivery.per_host - 1
            await asyncio.gather(alone, *(self._send_letters(run) for _ in range(others)))
        finally:
            alone.cancel()

    async def _send_letters(self, run: _Run) -> None:
        while run.trouble is None and not self._is_lost(run):
            letter = self._take(run)
            if letter is None:
                return
            way = (letter.actor_uri, letter.inbox)
            run.busy_inboxes.add(way)
            try:
                settlement = await self._send_in_turn(run, letter)
            finally:
                run.busy_inboxes.discard(way)
            run.settled.append(settlement)
            if settlement.state == store.WAITING:
                run.held_inboxes.add(way)

    async def _send_in_turn(self, run: _Run, letter: Letter) -> Settlement:
        """Send when there is a place, and give it up when no answer comes: one that hangs delays nobody else (R6)."""
        if run.is_slow:
            return await self._send_timed(run, letter)
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None

        def make_way() -> None:
            nonlocal timer
            if run.is_slow or self._slow_lanes < SLOW_LANES_MAX:
                self._slow_lanes += not run.is_slow
                run.is_slow, timer = True, None
                self._slots.release()
                self._room.set()
                self._instance.wake.ring(DELIVERY)
            else:
                timer = loop.call_later(self._slow_s, make_way)

        timer = loop.call_later(self._slow_s, make_way)
        try:
            return await self._send_timed(run, letter)
        finally:
            if timer is not None:
                timer.cancel()
                self._slots.release()

    async def _send_timed(self, run: _Run, letter: Letter) -> Settlement:
        began_s = self._instance.clock.monotonic()
        settlement = await self._send(run, letter)
        if settlement.was_tried:
            self._instance.metrics.note(DELIVERY_S, self._instance.clock.monotonic() - began_s)
        return settlement

    def _is_lost(self, run: _Run) -> bool:
        """Whether the lease has run out, so that another process may be sending the same."""
        return self._instance.db.is_shared and run.until <= to_ms(self._instance.clock.now())

    def _take(self, run: _Run) -> Letter | None:
        """The next letter that may go: not behind an older one from the same author to the same inbox."""
        for _ in range(len(run.letters)):
            letter = run.letters.popleft()
            way = (letter.actor_uri, letter.inbox)
            if way in run.held_inboxes:
                continue
            if way in run.busy_inboxes:
                run.letters.append(letter)
                continue
            if any(
                (other.actor_uri, other.inbox) == way and other.id < letter.id
                for other in run.letters
            ):
                run.letters.append(letter)
                continue
            return letter
        return None

    async def _send(self, run: _Run, letter: Letter) -> Settlement:
        untried = await self._without_trying(run, letter)
        if untried is not None:
            return untried
        try:
            answer = await self._post(letter)
        except ForbiddenAddress as problem:
            return self._settled(
                run, letter, Judgement(Verdict.REFUSED, f"address_{problem.detail}"), None, None
            )
        except RemoteUnreachable as problem:
            judgement = Judgement(Verdict.HOST_LATER, problem.detail or "unreachable")
            return self._settled(run, letter, judgement, None, problem.retry_after_s)
        except RemoteError as problem:
            return self._settled(
                run,
                letter,
                Judgement(Verdict.LATER, problem.detail or "malformed"),
                problem.http_status,
                None,
            )
        except NotFound:
            return Settlement(
                letter.id, store.REFUSED, None, "no_key", letter.due_at, was_tried=False
            )
        judgement = judge(answer.status, letter.attempts + 1)
        if answer.skew_s is not None and judgement.verdict is not Verdict.SENT:
            # one of the two clocks is wrong, and will be set right: no word about the letter
            judgement = Judgement(Verdict.LATER, "clock")
            run.skew_s = answer.skew_s
        run.was_heard = run.was_heard or judgement.verdict is not Verdict.HOST_LATER
        return self._settled(run, letter, judgement, answer.status, answer.retry_after_s)

    async def _post(self, letter: Letter) -> Posted:
        """Sign a letter and hand it over. Raises `RemoteError`s, and NotFound without a key."""
        instance = self._instance
        body = await self._body(letter.activity_id)
        also = (
            await self._digests.headers(letter.actor_uri, letter.inbox)
            if letter.is_for_followers
            else None
        )
        key_uri = letter.key_uri or await current_key(instance, letter.actor_uri, RSA)
        key = await signing_key(instance, key_uri)
        answer = await instance.http.post(letter.inbox, body, key, also=also)
        if answer.status == 401 and letter.key_uri is not None:
            # who never knew the old key, or knows the new one already, believes the new one only
            key = await signing_key(instance, await current_key(instance, letter.actor_uri, RSA))
            answer = await instance.http.post(letter.inbox, body, key, also=also)
        return answer

    async def _without_trying(self, run: _Run, letter: Letter) -> Settlement | None:
        """What becomes of a letter that is not to be sent any more."""
        age = self._instance.clock.now() - from_ms(letter.created_at)
        if age > timedelta(days=self._instance.config.delivery.give_up_days):
            return Settlement(letter.id, store.GIVEN_UP, None, "", letter.due_at, was_tried=False)
        if not await self._may_go(run.lane.host, host_of(letter.inbox)):
            return Settlement(
                letter.id, store.REFUSED, None, "inbox_elsewhere", letter.due_at, was_tried=False
            )
        try:
            await self._body(letter.activity_id)
        except NotFound:
            # withdrawn after this batch was listed: nothing of it is to be said any more
            return Settlement(letter.id, store.SUPERSEDED, None, "", letter.due_at, was_tried=False)
        return None

    async def _may_go(self, host: str, inbox_host: str) -> bool:
        """Whether the inbox is where its owner is, or where a steward still lets it be (S60) and nobody is shut out."""
        if host == inbox_host:
            return True
        if (host, inbox_host) not in self._instance.config.delivery.inbox_pairs:
            return False
        return not await self._instance.look(lambda rx: blocks.is_host_blocked(rx, inbox_host))

    def _settled(
        self,
        run: _Run,
        letter: Letter,
        judgement: Judgement,
        status: int | None,
        after_s: int | None,
    ) -> Settlement:
        due_at = letter.due_at
        if judgement.verdict is Verdict.HOST_LATER:
            run.trouble = (judgement.reason, after_s)
        elif judgement.verdict is Verdict.LATER:
            now = self._instance.clock.now()
            due_at = to_ms(next_attempt(letter.attempts + 1, now, self._instance.chance(), after_s))
        return Settlement(letter.id, _STATE[judgement.verdict], status, judgement.reason, due_at)

    async def _body(self, activity_id: int) -> bytes:
        body = self._bodies.get(activity_id)
        if body is None:
            body = await self._sealer.body(activity_id)
            self._bodies[activity_id] = body
            self._bodies_bytes += len(body)
            while self._bodies_bytes > BODIES_BYTES_MAX and len(self._bodies) > 1:
                self._bodies_bytes -= len(self._bodies.popitem(last=False)[1])
        return body
