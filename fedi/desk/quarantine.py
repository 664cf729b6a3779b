"""What came and broke us more than once: looking at it, and letting go of it (S112). Trying again is `deliveries.retry`."""

from datetime import datetime
from typing import Final

from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk import blocking
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.held import HostCount
from fedi.desk.order import Order, Result
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.unit import Unit
from inbox import store
from inbox.store import SetAside

PAGE_MAX: Final = 500
NAMED_MAX: Final = 20
CHOSEN_MAX: Final = 500
TEXT_MAX: Final = 20_000
_FIRST: Final = 2**62


class ListOrder(Order, frozen=True, kw_only=True):
    """Of one host or of all; at most so many, older than the row `before`."""

    host: str = ""
    most: int = 50
    before: str = ""


class RowOrder(Order, frozen=True, kw_only=True):
    """One of them, by its row."""

    row: str


class DropOrder(ByOrder, frozen=True, kw_only=True):
    """These rows, or everything of a host."""

    rows: tuple[str, ...] = ()
    from_host: str = ""


class Line(Result, frozen=True, kw_only=True):
    """Something that was set aside. `size_bytes`: 0 when its bytes were forgotten since."""

    row: str
    type: str
    actor: str
    host: str
    uri: str
    reason: str
    size_bytes: int
    came_at: datetime


class Lines(Result, frozen=True, kw_only=True):
    """The newest first; how many there are in all, and the hosts from which most came."""

    entries: list[Line]
    total: int
    hosts: list[HostCount]


class Whole(Result, frozen=True, kw_only=True):
    """One of them and the beginning of what came, as text."""

    line: Line
    text: str
    is_cut: bool


class Dropped(Result, frozen=True, kw_only=True):
    """How many were let go of."""

    dropped: int


async def list_all(instance: Instance, order: ListOrder) -> Lines:
    """What was set aside. Raises Invalid."""
    if not 1 <= order.most <= PAGE_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=PAGE_MAX)
    host = blocking.host_elsewhere(instance, order.host) if order.host else ""
    before = _row_of(order.before) if order.before else _FIRST

    def look(rx: Reader) -> Lines:
        counted: dict[str, int] = {}
        for actor_uri, count in store.count_set_aside(rx):
            counted[host_of(actor_uri)] = counted.get(host_of(actor_uri), 0) + count
        hosts = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return Lines(
            entries=[_line(each) for each in store.list_set_aside(rx, host, before, order.most)],
            total=counted.get(host, 0) if host else sum(counted.values()),
            hosts=[HostCount(host=name, count=count) for name, count in hosts[:NAMED_MAX]],
        )

    return await instance.look(look)


async def show(instance: Instance, order: RowOrder) -> Whole:
    """One of them. Raises Invalid, NotFound."""
    row = _row_of(order.row)
    found = await instance.look(lambda rx: store.find_set_aside(rx, row))
    if found is None:
        raise NotFound("quarantine.unknown", field="row")
    text = found[1].decode("utf-8", "replace")
    return Whole(line=_line(found[0]), text=text[:TEXT_MAX], is_cut=len(text) > TEXT_MAX)


async def drop(instance: Instance, order: DropOrder) -> Dropped:
    """Let go of some, or of everything of a host. Raises Invalid, NotFound when there is nothing."""
    check_why(order)
    if bool(order.rows) == bool(order.from_host):
        raise Invalid("quarantine.choose", field="rows")
    if len(order.rows) > CHOSEN_MAX:
        raise Invalid("desk.number_range", field="rows", least=1, most=CHOSEN_MAX)
    rows = [_row_of(each) for each in order.rows]
    host = blocking.host_elsewhere(instance, order.from_host) if order.from_host else ""

    def work(unit: Unit) -> int:
        if host:
            count, hosts = store.drop_from_host(unit, host), [host]
        else:
            known = [found[0] for row in rows if (found := store.find_set_aside(unit.tx, row))]
            count = sum(store.drop_set_aside(unit, each.id) for each in known)
            hosts = sorted({host_of(each.actor_uri) for each in known})
        if not count:
            raise NotFound("quarantine.nothing", field="host" if host else "rows")
        for each in hosts:
            decided(unit, order, "host", each, "quarantine_drop")
        return count

    return Dropped(dropped=await instance.change(work))


def _line(each: SetAside) -> Line:
    return Line(
        row=str(each.id),
        type=each.type,
        actor=each.actor_uri,
        host=host_of(each.actor_uri),
        uri=each.uri,
        reason=each.reason,
        size_bytes=each.size,
        came_at=each.received_at,
    )


def _row_of(text: str) -> int:
    """The number of a row as it was shown. Raises Invalid."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63):
        raise Invalid("quarantine.row_form", field="row")
    return int(text)
