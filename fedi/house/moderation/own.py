"""`/house/{username}/blocks`: whom one collective has shut out for itself."""

from starlette.responses import Response

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import blocking, sight
from fedi.desk.blocking import ActorOrder, ListOrder
from fedi.desk.sight import HistoryOrder
from fedi.errors import FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import said, who_line
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.web.shown.people import Who


async def show(visit: Visit) -> Response:
    """The list, the form, what was decided."""
    return await _page(visit, Form())


async def decide(visit: Visit, form: Form) -> Response:
    """Shut somebody out, or let them in again."""
    order = ActorOrder(
        who=form.get("who"),
        actor=visit.username,
        why=form.get("why"),
        person=visit.member.person.id,
    )
    try:
        if form.get("act") == "unblock":
            await blocking.unblock_actor(visit.instance, order)
        else:
            await blocking.block_actor(visit.instance, order)
    except FediError as problem:
        return await _page(visit, form, problems_of(problem))
    return go(f"/house/{visit.username}/blocks", "decided")


async def _page(visit: Visit, form: Form, problems: tuple[Problem, ...] = ()) -> Response:
    instance = visit.instance
    found = await blocking.list_blocks(instance, ListOrder(actor=visit.username))
    log = await sight.history(instance, HistoryOrder(actor=visit.username))

    def look(rx: Reader) -> list[tuple[str, Who]]:
        known = actor_store.list_by_uri(rx, [each.target for each in found.blocks])
        return [
            (each.target, who_line(visit, rx, each.target))
            for each in found.blocks
            if each.target in known
        ]

    return page(
        visit,
        "moderation/own.html",
        visit.visitor.t("moderation.own.title"),
        status=400 if problems else 200,
        problems=problems,
        section="settings",
        lines=await instance.look(look),
        log=said(visit, log.entries),
        typed={"who": form.get("who"), "why": form.get("why")},
    )


DOORS = (Door("/house/{username}/blocks", Right.STEWARD, ask=show, tell=decide),)
