"""How the running server is doing, in numbers: what is told to Prometheus, and which hosts are slow or in trouble."""

from fedi.desk.collectives import NoOrder
from fedi.desk.order import Result
from fedi.desk.queue import Trouble, list_trouble
from fedi.errors import Unavailable
from fedi.instance import Instance
from fedi.observe.now import measure

HOSTS_MAX = 10


class Number(Result, frozen=True, kw_only=True):
    """One number with its whole name and its labels."""

    name: str
    labels: dict[str, str]
    value: float


class Slow(Result, frozen=True, kw_only=True):
    """How long a host took to answer lately, in the mean over so many requests."""

    host: str
    mean_ms: float
    requests: int


class Numbers(Result, frozen=True, kw_only=True):
    """All numbers; `up_s`: how long this server has been counting. The hosts that are slowest, those in trouble."""

    up_s: float
    numbers: list[Number]
    slowest: list[Slow]
    troubled: list[Trouble]


async def now(instance: Instance, _order: NoOrder) -> Numbers:
    """As of this moment."""
    told = await measure(instance)
    try:
        troubled = await instance.look(lambda rx: list_trouble(rx, HOSTS_MAX))
    except Unavailable:
        troubled = []
    slowest = instance.accounts.list_slowest(instance.clock.monotonic(), HOSTS_MAX)
    return Numbers(
        up_s=instance.metrics.age_s,
        numbers=[
            Number(name=each.name, labels=dict(each.labels), value=float(each.value))
            for _, samples in told
            for each in samples
        ],
        slowest=[
            Slow(host=each.host, mean_ms=round(1000 * each.mean_s, 1), requests=each.requests)
            for each in slowest
        ],
        troubled=troubled,
    )
