"""`/steward/relays`: servers that pass public words on, in both directions."""

from typing import Final

from starlette.responses import Response

from actors import journal
from fedi.desk import relays
from fedi.desk.collectives import NoOrder
from fedi.desk.relays import AddOrder, AddressOrder
from fedi.errors import FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.moderation.lines import moment
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

RELAYS: Final = "/steward/relays"
ADDRESS_MAX: Final = 2048
STYLES: Final = ("", "mastodon", "litepub")


async def show(visit: Visit) -> Response:
    """Every relay and how it stands."""
    return await _page(visit, Form())


async def decide(visit: Visit, form: Form) -> Response:
    """Subscribe to one, or leave one."""
    address, leaves = form.get("address").strip()[:ADDRESS_MAX], form.get("act") == "leave"
    try:
        if leaves:
            await relays.remove(visit.instance, AddressOrder(address=address))
        else:
            order = AddOrder(address=address, style=form.get("style"))
            await relays.add(visit.instance, order)
    except FediError as problem:
        return await _page(visit, form, problems_of(problem))

    def note(unit: Unit) -> None:
        done = "journal.relay_left" if leaves else "journal.relay_added"
        journal.note(unit, journal.HOUSE, visit.member.person.id, done, address)

    await visit.instance.change(note)
    return go(RELAYS, "saved")


async def _page(visit: Visit, form: Form, problems: tuple[Problem, ...] = ()) -> Response:
    found = await relays.list_all(visit.instance, NoOrder())
    return page(
        visit,
        "settings/relays.html",
        visit.visitor.t("settings.relays.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        lines=[
            (each, moment(visit, each.heard_at) if each.heard_at else "") for each in found.relays
        ],
        styles=STYLES,
        typed={"address": form.get("address"), "style": form.get("style")},
    )


DOORS = (Door(RELAYS, Right.HOUSE, ask=show, tell=decide),)
