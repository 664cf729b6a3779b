"""What is kept too long: showing it, and letting go of it now instead of within the hour."""

from fedi.desk.order import Order, Result
from fedi.instance import Instance
from fedi.jobs import leftovers, retention


class PurgeOrder(Order, frozen=True, kw_only=True):
    """`apply`: let go of it; otherwise only say what would go."""

    apply: bool = False


class Line(Result, frozen=True, kw_only=True):
    """One rule: what it is about, after how many days, how many of them go, about how many bytes."""

    rule: str
    days: int
    rows: int
    size_bytes: int


class Purge(Result, frozen=True, kw_only=True):
    """What goes, or went. `files`: pictures on the disk that no row knows."""

    applied: bool
    lines: list[Line]
    files: int
    files_bytes: int


async def purge(instance: Instance, order: PurgeOrder) -> Purge:
    """Apply the rules of retention, or only weigh what they would take."""
    files = await leftovers.find(instance)
    weights = await (retention.apply if order.apply else retention.weigh)(instance)
    return Purge(
        applied=order.apply,
        lines=[
            Line(rule=each.rule, days=each.days, rows=each.rows, size_bytes=each.size_bytes)
            for each in weights
        ],
        files=len(files),
        files_bytes=sum(stored.content_bytes for stored in files),
    )
