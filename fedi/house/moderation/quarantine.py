"""`/steward/moderation/quarantine`: what came and broke us, by host, with its reason; letting go of it or trying again (S112)."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from fedi.desk import deliveries, quarantine
from fedi.desk.deliveries import RetryOrder
from fedi.desk.quarantine import DropOrder, ListOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import moment, target_href
from fedi.house.rights import Right
from fedi.publications.contract import Problem

QUARANTINE: Final = "/steward/moderation/quarantine"
PAGE: Final = 25
_KILO: Final = 1024


async def show(visit: Visit) -> Response:
    """The newest that was set aside."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Let go of one, or of everything of a host; or try everything again."""
    act, person = form.get("act"), visit.member.person.id
    try:
        if act == "drop":
            order = DropOrder(rows=form.all("row"), from_host=form.get("host"), person=person)
            await quarantine.drop(visit.instance, order)
        elif act == "again":
            await deliveries.retry(visit.instance, RetryOrder(quarantined=True))
        else:
            raise Invalid("moderation.act_missing", field="act")
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go(QUARANTINE, "decided" if act == "drop" else "trying")


async def _page(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    t, query = visit.visitor.t, visit.request.query_params
    host, before = query.get("host", "")[:255], query.get("before", "")[:20]
    order = ListOrder(host=host, most=PAGE, before=before)
    found = await quarantine.list_all(visit.instance, order)
    more = ""
    if len(found.entries) == PAGE:
        more = f"{QUARANTINE}?{urlencode({'host': host, 'before': found.entries[-1].row})}"

    def why(reason: str) -> str:
        key = f"quarantine.reason.{reason}"
        return t(key) if t.has(key) else reason

    return page(
        visit,
        "moderation/quarantine.html",
        t("quarantine.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="quarantine",
        entries=[
            (
                each,
                why(each.reason),
                moment(visit, each.came_at),
                target_href("actor", each.actor),
                t.number(max(1, each.size_bytes // _KILO)) if each.size_bytes else "",
            )
            for each in found.entries
        ],
        total=found.total,
        hosts=[(each, f"{QUARANTINE}?{urlencode({'host': each.host})}") for each in found.hosts],
        host=host,
        more=more,
    )


DOORS = (Door(QUARANTINE, Right.HOUSE, ask=show, tell=decide),)
