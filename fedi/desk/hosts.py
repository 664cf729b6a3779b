"""What other servers cost us lately, the heaviest first."""

from fedi.desk.order import Order, Result
from fedi.errors import Invalid
from fedi.instance import Instance

MOST_MAX = 500


class HostsOrder(Order, frozen=True, kw_only=True):
    """At most so many."""

    most: int = 20


class Host(Result, frozen=True, kw_only=True):
    """What one host cost; half of everything is forgotten each hour. `share_percent`: of what all cost together."""

    host: str
    share_percent: float
    cpu_ms: float
    size_bytes: int
    rows: int
    fetches: int


class Hosts(Result, frozen=True, kw_only=True):
    """The heaviest first; how many there are in all."""

    hosts: list[Host]
    known: int


async def list_hosts(instance: Instance, order: HostsOrder) -> Hosts:
    """What other servers cost this process, as it remembers. Raises Invalid."""
    if not 1 <= order.most <= MOST_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=MOST_MAX)
    found = instance.accounts.list_heaviest(instance.clock.monotonic(), order.most)
    return Hosts(
        hosts=[
            Host(
                host=each.host,
                share_percent=round(100 * each.share, 1),
                cpu_ms=round(1000 * each.cpu_s, 1),
                size_bytes=each.size_bytes,
                rows=each.rows,
                fetches=each.fetches,
            )
            for each in found
        ],
        known=len(instance.accounts),
    )
