"""`/steward/collectives`: the collectives of this instance, and founding one more."""

from starlette.responses import Response

from actors import journal, people
from fedi.config import LANGUAGES
from fedi.desk import collectives
from fedi.desk.collectives import AddOrder, Collective, NoOrder
from fedi.errors import FediError
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

USERNAME_MAX = 60


async def show(visit: Visit) -> Response:
    """All of them, and the form."""
    return await _page(visit, Form(), ())


async def add(visit: Visit, form: Form) -> Response:
    """A new collective; whoever founds it is its steward."""
    order = AddOrder(
        username=form.get("username").strip().lower()[:USERNAME_MAX],
        name=form.get("name"),
        summary=form.get("summary"),
        language=form.get("language"),
    )
    try:
        made = await collectives.add(visit.instance, order)
    except FediError as problem:
        return await _page(visit, form, problems_of(problem))
    await visit.instance.change(lambda unit: _welcome(unit, visit, made))
    return go(f"/house/{made.username}/profile", "saved")


def _welcome(unit: Unit, visit: Visit, made: Collective) -> None:
    person = visit.member.person.id
    people.grant(unit, person, made.uri, "steward")
    journal.note(unit, made.uri, person, "journal.founded", made.username)
    journal.note(unit, journal.HOUSE, person, "journal.founded", made.username)


async def _page(visit: Visit, form: Form, problems: tuple[Problem, ...]) -> Response:
    found = await collectives.list_all(visit.instance, NoOrder())
    return page(
        visit,
        "settings/collectives.html",
        visit.visitor.t("settings.collectives.title"),
        status=400 if problems else 200,
        problems=problems,
        section="steward",
        languages=LANGUAGES,
        lines=found.collectives,
        host=visit.instance.urls.host,
        typed={name: form.get(name) for name in ("username", "name", "summary", "language")},
    )


DOORS = (Door("/steward/collectives", Right.HOUSE, ask=show, tell=add),)
