"""`/steward/moderation/history`: what the stewards decided, when and why."""

from starlette.responses import Response

from fedi.desk.sight import HistoryOrder, history
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import said
from fedi.house.rights import Right

HISTORY = "/steward/moderation/history"
PAGE = 50


async def show(visit: Visit) -> Response:
    """The newest first."""
    before = visit.request.query_params.get("before", "")[:20]
    found = await history(visit.instance, HistoryOrder(most=PAGE, before=before))
    more = f"{HISTORY}?before={found.entries[-1].row}" if len(found.entries) == PAGE else ""
    return page(
        visit,
        "moderation/history.html",
        visit.visitor.t("moderation.history.title"),
        section="steward",
        tab="history",
        log=said(visit, found.entries),
        more=more,
    )


DOORS = (Door(HISTORY, Right.HOUSE, ask=show),)
