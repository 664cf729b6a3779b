"""`/steward/safety`: new keys, and signing everybody out, for the day when somebody else may have seen something."""

from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.desk import instance as desk
from fedi.desk import keys
from fedi.desk.collectives import NoOrder, list_all
from fedi.desk.instance import EndOrder
from fedi.desk.keys import RotateOrder
from fedi.errors import FediError, Invalid
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

SAFETY: Final = "/steward/safety"
SERVER: Final = "-server"


async def show(visit: Visit) -> Response:
    """Both forms."""
    return await _page(visit)


async def rotate(visit: Visit, form: Form) -> Response:
    """New keys for a collective, or for the server itself."""
    whose = form.get("whose")
    try:
        if not whose:
            raise Invalid("settings.safety.whose", field="whose")
        order = RotateOrder(server=True) if whose == SERVER else RotateOrder(actor=whose)
        await keys.rotate_keys(visit.instance, order)
    except FediError as problem:
        wrong = tuple(Problem("whose", p.message_key, p.values) for p in problems_of(problem))
        return await _page(visit, wrong)

    def note(unit: Unit) -> None:
        about = "" if whose == SERVER else whose
        journal.note(unit, journal.HOUSE, visit.member.person.id, "journal.keys_rotated", about)

    await visit.instance.change(note)
    return go(SAFETY, "rotated")


async def end_sessions(visit: Visit, form: Form) -> Response:
    """Everybody but who asks has to sign in again."""
    if not form.has("sure"):
        return await _page(visit, (Problem("sure", "settings.safety.sure_missing"),))
    order = EndOrder(person=visit.member.person.id, but=visit.member.session.id)
    await desk.end_sessions(visit.instance, order)
    return go(SAFETY, "ended")


async def _page(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    found = await list_all(visit.instance, NoOrder())
    return page(
        visit,
        "settings/safety.html",
        visit.visitor.t("settings.safety.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        collectives=[(each.username, each.name or each.username) for each in found.collectives],
        server=SERVER,
    )


DOORS = (
    Door(SAFETY, Right.HOUSE, ask=show, tell=rotate),
    Door(f"{SAFETY}/sessions", Right.HOUSE, tell=end_sessions),
)
