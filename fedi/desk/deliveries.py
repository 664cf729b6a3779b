"""The ledger of what was sent: the story of every delivery, and trying again."""

from collections.abc import Sequence
from datetime import datetime

from actors import blocks
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.order import Notice, Order, Result
from fedi.errors import Forbidden, Gone, Invalid, NotFound
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.wake import DELIVERY, INBOX, LOOPBACK
from inbox import store as inbox_store
from outbox import hosts, ledger
from outbox import store as outbox_store

HOST_MAX = 255
UNSENT_MAX = 200


class WhichOrder(Order, frozen=True, kw_only=True):
    """A publication, or an activity of ours, by address. Nothing: whatever did not arrive, or not yet."""

    which: str = ""


class RetryOrder(Order, frozen=True, kw_only=True):
    """What to try again at once: everything that waits; or what waits, was refused or given up to one host or about
    one publication (or activity)."""

    host: str = ""
    which: str = ""
    quarantined: bool = False


class Delivery(Result, frozen=True, kw_only=True):
    """One activity for one inbox, and its story: a stable word for the cause, and sentences by key with their values.

    `story` is the same in words, where the answer is for people.
    """

    activity: str
    type: str
    host: str
    inbox: str
    state: str
    cause: str
    attempts: int
    next_try_at: datetime | None
    last_status: int | None
    last_reason: str
    last_at: datetime | None
    sentences: list[Notice]
    story: str = ""


class Ledger(Result, frozen=True, kw_only=True):
    """Every delivery about a publication; without `uri`, the newest of those that did not arrive."""

    uri: str
    deliveries: list[Delivery]


class Retried(Result, frozen=True, kw_only=True):
    """How many hosts are tried again at once, and how many arrivals."""

    hosts: int
    arrivals: int


async def show(instance: Instance, order: WhichOrder) -> Ledger:
    """The ledger of a publication, also of one that was withdrawn. Raises NotFound."""

    def look(rx: Reader) -> Ledger:
        if not order.which:
            return Ledger(uri="", deliveries=_told(rx, outbox_store.list_unsent(rx, UNSENT_MAX)))
        uri = _uri_of(rx, instance, order.which)
        return Ledger(uri=uri, deliveries=_told(rx, outbox_store.list_deliveries(rx, uri)))

    return await instance.look(look)


async def retry(instance: Instance, order: RetryOrder) -> Retried:
    """Try again at once. Hosts that are shut out here are left alone.

    Raises NotFound for an unknown publication, Invalid for no host name, Forbidden for a host that is shut out.
    """
    if len(order.host) > HOST_MAX or "\x00" in order.host:
        raise Invalid("desk.host_form", field="host")

    def work(unit: Unit) -> Retried:
        arrivals = inbox_store.release_quarantined(unit) if order.quarantined else 0
        if order.which:
            count = _retry_about(unit, _uri_of(unit.tx, instance, order.which))
        elif order.host:
            count = _retry_host(unit, order.host.strip().lower())
        else:
            outbox_store.retry_waiting(unit)
            count = hosts.retry_now(unit)
        unit.wakes.update((DELIVERY, LOOPBACK, INBOX))
        return Retried(hosts=count, arrivals=arrivals)

    return await instance.change(work)


def _retry_about(unit: Unit, uri: str) -> int:
    concerned = {
        each.host
        for each in outbox_store.list_deliveries(unit.tx, uri)
        if each.state in outbox_store.RETRIED
    }
    open_hosts = [host for host in sorted(concerned) if not blocks.is_host_blocked(unit.tx, host)]
    if not open_hosts:
        return 0
    outbox_store.retry_about(unit, uri, open_hosts)
    hosts.enqueue(unit, open_hosts)
    return sum(hosts.retry_now(unit, host) for host in open_hosts)


def _retry_host(unit: Unit, host: str) -> int:
    if blocks.is_host_blocked(unit.tx, host):
        raise Forbidden("error.host_blocked", detail=host)
    if outbox_store.retry_host(unit, host) == 0:
        return 0
    hosts.enqueue(unit, [host])
    return hosts.retry_now(unit, host)


def _told(rx: Reader, deliveries: Sequence[outbox_store.Delivery]) -> list[Delivery]:
    names = sorted({each.host for each in deliveries})
    if not names:
        return []
    known = hosts.find_many(rx, names)
    taking = outbox_store.list_taking(rx, names)
    return [
        _line(each, ledger.tell(each, known.get(each.host), takes_others=each.host in taking))
        for each in deliveries
    ]


def _line(delivery: outbox_store.Delivery, story: ledger.Story) -> Delivery:
    return Delivery(
        activity=delivery.activity_uri,
        type=delivery.activity_type,
        host=delivery.host,
        inbox=delivery.inbox,
        state=story.state,
        cause=story.cause,
        attempts=delivery.attempts,
        next_try_at=story.next_try_at,
        last_status=delivery.last_status,
        last_reason=delivery.last_reason,
        last_at=delivery.last_at,
        sentences=[Notice(each.key, dict(each.values)) for each in story.sentences],
    )


def _uri_of(rx: Reader, instance: Instance, which: str) -> str:
    try:
        return lookup.load(rx, instance.urls, which).uri
    except Gone as problem:
        return problem.detail
    except NotFound:
        if outbox_store.find(rx, which.strip()) is None:
            raise
        return which.strip()
