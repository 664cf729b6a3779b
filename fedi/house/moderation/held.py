"""`/steward/moderation/held`: what strangers said and nobody sees until somebody decides."""

from urllib.parse import urlencode

from starlette.responses import Response

from fedi.db.engine import Reader
from fedi.desk import held
from fedi.desk.held import DecideOrder, ListOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import Told, told
from fedi.house.rights import Right
from fedi.publications import store
from fedi.publications.contract import Problem

HELD = "/steward/moderation/held"
PAGE = 25


async def show(visit: Visit) -> Response:
    """The newest that waits, and where most of it comes from."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """Let through or delete: some, all from a host, or everything."""
    scope, act = form.get("scope", "chosen"), form.get("act")
    order = DecideOrder(
        which=form.all("which") if scope == "chosen" else (),
        from_host=form.get("host") if scope == "host" else "",
        everything=scope == "everything",
        then=form.get("then") if act == "refuse" else "",
        ends_follows=form.has("ends_follows"),
        why=form.get("why"),
        person=visit.member.person.id,
    )
    try:
        if scope == "chosen" and not order.which:
            raise Invalid("moderation.held.choose", field="which")
        if act == "release":
            await held.release(visit.instance, order)
        elif act == "refuse":
            await held.refuse(visit.instance, order)
        else:
            raise Invalid("moderation.act_missing", field="act")
    except FediError as problem:
        return await _page(visit, form, problems_of(problem))
    return go(HELD, "decided")


async def _page(
    visit: Visit, form: Form | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    instance, query = visit.instance, visit.request.query_params
    host, before = query.get("host", "")[:255], query.get("before", "")[:20]
    found = await held.list_waiting(instance, ListOrder(host=host, most=PAGE, before=before))

    def look(rx: Reader) -> list[tuple[Told, list[str]]]:
        published = [(store.find(rx, each.uri), each.why) for each in found.entries]
        return [(told(visit, rx, each), why) for each, why in published if each is not None]

    more = ""
    if len(found.entries) == PAGE:
        more = f"{HELD}?{urlencode({'host': host, 'before': found.entries[-1].row})}"
    form = form or Form()
    return page(
        visit,
        "moderation/held.html",
        visit.visitor.t("moderation.held.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        tab="held",
        entries=await instance.look(look),
        total=found.total,
        hosts=[(each, f"{HELD}?{urlencode({'host': each.host})}") for each in found.hosts],
        reasons=found.reasons,
        host=host,
        more=more,
        chosen=form.all("which"),
        typed={"then": form.get("then"), "why": form.get("why")},
        thens=held.THEN,
    )


DOORS = (Door(HELD, Right.HOUSE, ask=show, tell=decide),)
