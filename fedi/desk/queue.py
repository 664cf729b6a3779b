"""What waits to be sent or processed, what became of it, and trying again."""

from datetime import datetime

from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.order import Order, Result
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.jobs.loopback import carry
from fedi.unit import Unit
from inbox import store as inbox_store
from inbox.limits import HostLimits
from inbox.process import Processor
from outbox import hosts
from outbox import store as outbox_store
from outbox.deliver import Deliverer

HOST_MAX = 255
DRAIN_S_MAX = 3600
TROUBLED_MAX = 100


class DrainOrder(Order, frozen=True, kw_only=True):
    """Send and process until nothing is due, at most about so many seconds."""

    seconds: int = 60


class DropOrder(ByOrder, frozen=True, kw_only=True):
    """The host for which everything that waits is given up."""

    host: str


class Dropped(Result, frozen=True, kw_only=True):
    """How many deliveries were given up."""

    deliveries: int


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
            troubled=list_trouble(rx, TROUBLED_MAX),
        )

    return await instance.look(look)


def list_trouble(rx: Reader, most: int) -> list[Trouble]:
    """The hosts that do not take what is sent, longest in trouble first."""
    return [
        Trouble(
            host=each.host,
            failures=each.failures,
            since=each.failing_since,
            next_try_at=each.due_at,
            reason=each.last_reason,
        )
        for each in hosts.list_troubled(rx, most)
    ]


async def drop(instance: Instance, order: DropOrder) -> Dropped:
    """Give up what waits for a host. It can be asked for again. Raises Invalid, NotFound when nothing waits."""
    check_why(order)
    host = order.host.strip().lower()
    if not host or len(host) > HOST_MAX or "\x00" in host:
        raise Invalid("desk.host_form", field="host")

    def work(unit: Unit) -> Dropped:
        count = outbox_store.drop_for_host(unit, host)
        if not count:
            raise NotFound("queue.nothing_waits", field="host", host=host)
        decided(unit, order, "host", host, "drop")
        return Dropped(deliveries=count)

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
