"""What waits to be sent or processed, what became of it, and trying again."""

from datetime import datetime

from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Order, Result
from fedi.errors import Gone, Invalid
from fedi.instance import Instance
from fedi.jobs.loopback import carry
from fedi.unit import Unit
from fedi.wake import DELIVERY, INBOX, LOOPBACK
from inbox import store as inbox_store
from inbox.limits import HostLimits
from inbox.process import Processor
from outbox import hosts
from outbox import store as outbox_store
from outbox.deliver import Deliverer

HOST_MAX = 255
DRAIN_S_MAX = 3600


class WhichOrder(Order, frozen=True, kw_only=True):
    """A publication, or an activity of ours, by address."""

    which: str


class RetryOrder(Order, frozen=True, kw_only=True):
    """What to try again at once: everything, one host, or everything refused about one publication."""

    host: str = ""
    which: str = ""
    quarantined: bool = False


class DrainOrder(Order, frozen=True, kw_only=True):
    """Send and process until nothing is due, at most about so many seconds."""

    seconds: int = 60


class Trouble(Result, frozen=True, kw_only=True):
    """A host that does not take what is sent."""

    host: str
    failures: int
    since: datetime | None
    next_try_at: datetime | None
    reason: str


class Status(Result, frozen=True, kw_only=True):
    """How many deliveries and arrivals are in each state; since when the oldest waits; hosts in trouble."""

    deliveries: dict[str, int]
    arrivals: dict[str, int]
    oldest_delivery_at: datetime | None
    oldest_arrival_at: datetime | None
    troubled: list[Trouble]

    @property
    def waiting(self) -> int:
        """Deliveries that wait."""
        return self.deliveries.get(outbox_store.WAITING, 0)


class Delivery(Result, frozen=True, kw_only=True):
    """One activity for one inbox."""

    activity: str
    type: str
    host: str
    inbox: str
    state: str
    attempts: int
    due_at: datetime
    last_status: int | None
    last_reason: str
    last_at: datetime | None


class Ledger(Result, frozen=True, kw_only=True):
    """Every delivery about a publication."""

    uri: str
    deliveries: list[Delivery]


class Retried(Result, frozen=True, kw_only=True):
    """How many hosts are tried again at once, and how many arrivals."""

    hosts: int
    arrivals: int


class Drained(Result, frozen=True, kw_only=True):
    """How much was worked, and how many deliveries still wait."""

    worked: int
    waiting: int


async def status(instance: Instance, _order: NoOrder) -> Status:
    """How the queues stand."""

    def look(rx: Reader) -> Status:
        return Status(
            deliveries=outbox_store.count_states(rx),
            arrivals=inbox_store.count_states(rx),
            oldest_delivery_at=outbox_store.oldest_waiting(rx),
            oldest_arrival_at=inbox_store.oldest_waiting(rx),
            troubled=[
                Trouble(
                    host=each.host,
                    failures=each.failures,
                    since=each.failing_since,
                    next_try_at=each.due_at,
                    reason=each.last_reason,
                )
                for each in hosts.list_troubled(rx)
            ],
        )

    return await instance.look(look)


async def show(instance: Instance, order: WhichOrder) -> Ledger:
    """The ledger of a publication, also of one that was withdrawn. Raises NotFound."""

    def look(rx: Reader) -> Ledger:
        uri = _uri_of(rx, instance, order.which)
        return Ledger(
            uri=uri,
            deliveries=[
                Delivery(
                    activity=each.activity_uri,
                    type=each.activity_type,
                    host=each.host,
                    inbox=each.inbox,
                    state=each.state,
                    attempts=each.attempts,
                    due_at=each.due_at,
                    last_status=each.last_status,
                    last_reason=each.last_reason,
                    last_at=each.last_at,
                )
                for each in outbox_store.list_deliveries(rx, uri)
            ],
        )

    return await instance.look(look)


async def retry(instance: Instance, order: RetryOrder) -> Retried:
    """Try again at once. Raises NotFound for an unknown publication, Invalid for no host name."""
    if len(order.host) > HOST_MAX or "\x00" in order.host:
        raise Invalid("desk.host_form", field="host")

    def work(unit: Unit) -> Retried:
        arrivals = inbox_store.release_quarantined(unit) if order.quarantined else 0
        if order.which:
            uri = _uri_of(unit.tx, instance, order.which)
            concerned = outbox_store.retry_refused(unit, uri)
            hosts.enqueue(unit, concerned)
            waiting = {
                each.host
                for each in outbox_store.list_deliveries(unit.tx, uri)
                if each.state == outbox_store.WAITING
            }
            count = sum(hosts.retry_now(unit, host) for host in sorted(waiting))
        else:
            count = hosts.retry_now(unit, order.host.strip().lower() or None)
        unit.wakes.update((DELIVERY, LOOPBACK, INBOX))
        return Retried(hosts=count, arrivals=arrivals)

    return await instance.change(work)


async def drain(instance: Instance, order: DrainOrder) -> Drained:
    """Do now what the workers of a running server do all the time. Leases keep the two apart."""
    if not 1 <= order.seconds <= DRAIN_S_MAX:
        raise Invalid("desk.number_range", field="seconds", least=1, most=DRAIN_S_MAX)
    limits = HostLimits(instance.config.inbox.host_per_minute)
    until = instance.clock.monotonic() + order.seconds
    total = 0
    while True:
        worked = await carry(instance)
        worked += await Processor(instance, limits).drain()
        worked += await Deliverer(instance).drain()
        total += worked
        if worked == 0 or instance.clock.monotonic() >= until:
            waiting = await instance.look(outbox_store.count_waiting)
            return Drained(worked=total, waiting=waiting)


def _uri_of(rx: Reader, instance: Instance, which: str) -> str:
    try:
        return lookup.load(rx, instance.urls, which).uri
    except Gone as problem:
        return problem.detail
