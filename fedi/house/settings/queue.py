"""`/steward/queue`: what waits to go out, which hosts do not take it, since when and why; what other servers cost us."""

from typing import Final

from starlette.responses import Response

from fedi.desk import deliveries, hosts, queue
from fedi.desk.collectives import NoOrder
from fedi.desk.deliveries import RetryOrder
from fedi.desk.hosts import HostsOrder
from fedi.desk.queue import DropOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import moment, target_href
from fedi.house.rights import Right
from fedi.publications.contract import Problem

QUEUE: Final = "/steward/queue"


async def show(visit: Visit) -> Response:
    """How the queues stand."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Try again now: everything, or one host; or give up what waits for one."""
    host, act = form.get("host"), form.get("act")
    try:
        if act == "drop":
            await queue.drop(
                visit.instance,
                DropOrder(host=host, why=form.get("why"), person=visit.member.person.id),
            )
        elif act in ("retry", "quarantined"):
            order = RetryOrder(host=host, quarantined=act == "quarantined")
            await deliveries.retry(visit.instance, order)
        else:
            raise Invalid("moderation.act_missing", field="act")
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go(QUEUE, "decided" if act == "drop" else "trying")


def reason_of(visit: Visit, code: str) -> str:
    """A short code of the client that sends, in words where there are some."""
    t = visit.visitor.t
    key = f"doctor.code.{code}"
    return t(key) if t.has(key) else code


async def _page(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    found = await queue.status(visit.instance, NoOrder())
    heavy = await hosts.list_hosts(visit.instance, HostsOrder(most=10))
    return page(
        visit,
        "settings/queue.html",
        visit.visitor.t("settings.queue.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        waiting=found.waiting,
        arrivals=found.arrivals.get("waiting", 0),
        quarantined=found.arrivals.get("quarantined", 0),
        oldest=moment(visit, found.oldest_delivery_at) if found.oldest_delivery_at else "",
        troubled=[
            (
                each,
                reason_of(visit, each.reason),
                moment(visit, each.since) if each.since else "",
                moment(visit, each.next_try_at) if each.next_try_at else "",
                target_href("host", each.host),
            )
            for each in found.troubled
        ],
        heavy=[(each, target_href("host", each.host)) for each in heavy.hosts],
    )


DOORS = (Door(QUEUE, Right.HOUSE, ask=show, tell=decide),)
