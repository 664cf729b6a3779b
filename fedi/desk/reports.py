"""Reports of conduct that arrived from elsewhere, for the stewards."""

from datetime import datetime

from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.order import Done, Order, Result
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.moderation import decisions, flags
from fedi.text.excerpt import excerpt
from fedi.unit import Unit

CONTENT_MAX = 2000


class Flag(Result, frozen=True, kw_only=True):
    """A report: who sent it, in which words, about what."""

    id: str
    by: str
    content: str
    objects: list[str]
    received_at: datetime


class Flags(Result, frozen=True, kw_only=True):
    """Those nobody has dealt with, the newest first."""

    flags: list[Flag]


class WhichOrder(Order, frozen=True, kw_only=True):
    """One report, by its number."""

    id: str


class SettleOrder(ByOrder, frozen=True, kw_only=True):
    """A report that is dealt with, or (`again`) opened once more."""

    id: str
    again: bool = False


class SentReport(Result, frozen=True, kw_only=True):
    """A report of ours to the stewards of another server."""

    target: str
    words: str
    person: str
    at: datetime


class SentReports(Result, frozen=True, kw_only=True):
    """The newest first."""

    reports: list[SentReport]


async def settle(instance: Instance, order: SettleOrder) -> Done:
    """Note that a report is dealt with. Raises NotFound, Invalid."""
    check_why(order)
    number = _number(order.id)

    def work(unit: Unit) -> Done:
        found = flags.find(unit.tx, number)
        if found is None:
            raise NotFound("flag.unknown", field="id")
        changed = flags.settle(unit, number, is_open=order.again)
        if changed:
            decided(unit, order, "flag", str(number), "reopen" if order.again else "settle")
        return Done(changed=changed)

    return await instance.change(work)


async def show(instance: Instance, order: WhichOrder) -> tuple[Flag, bool]:
    """One report, and whether it is open. Raises NotFound."""
    number = _number(order.id)
    found = await instance.look(lambda rx: flags.find(rx, number))
    if found is None:
        raise NotFound("flag.unknown", field="id")
    return _shown(found[0]), found[1]


async def list_settled(instance: Instance, _order: NoOrder) -> Flags:
    """The newest fifty that somebody dealt with."""
    found = await instance.look(flags.list_settled)
    return Flags(flags=[_shown(each) for each in found])


async def list_sent(instance: Instance, _order: NoOrder) -> SentReports:
    """The newest fifty that we sent to others."""

    def look(rx: Reader) -> SentReports:
        return SentReports(
            reports=[
                SentReport(target=each.target, words=each.why, person=each.person, at=each.at)
                for each in decisions.list_done(rx, "report", 50)
            ]
        )

    return await instance.look(look)


async def list_open(instance: Instance, _order: NoOrder) -> Flags:
    """The newest fifty that are open."""
    found = await instance.look(flags.list_open)
    return Flags(flags=[_shown(each) for each in found])


def _shown(flag: flags.Flag) -> Flag:
    return Flag(
        id=str(flag.id),
        by=flag.actor_uri,
        content=excerpt(flag.content, CONTENT_MAX),
        objects=list(flag.objects),
        received_at=flag.received_at,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise NotFound("flag.unknown", field="id")
    return min(int(text), 2**63 - 1)
