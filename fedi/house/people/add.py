"""`/house/{username}/people/new`: somebody new, and the link that lets them in, shown once."""

from dataclasses import dataclass

from starlette.responses import Response

from actors import members, people
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk import people as desk
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.people.link import show_link
from fedi.house.people.roles import choices_of_role
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit


@dataclass(frozen=True, slots=True)
class _Typed:
    name: str = ""
    language: str = ""
    role: str = "author"


async def show(visit: Visit) -> Response:
    """The form."""
    return await _page(visit, _Typed(language=visit.visitor.language))


async def save(visit: Visit, form: Form) -> Response:
    """Add the person and show the link."""
    typed = _Typed(form.get("name"), form.get("language"), form.get("role"))
    by = visit.member.person.id
    try:
        if typed.role not in people.ROLES:
            raise Invalid("person.role", field="role")
        if typed.language and typed.language not in LANGUAGES:
            raise Invalid("house.language", field="language")
        order = desk.AddOrder(
            name=typed.name, language=typed.language, role=typed.role, actor=visit.username
        )
        made = await desk.add(visit.instance, order, by=by)
    except FediError as problem:
        found = problems_of(problem)
        if problem.message_key == "person.name_taken":
            found = (Problem("name", problem.message_key),)
        return await _page(visit, typed, found)
    invited = await desk.invite(visit.instance, desk.NameOrder(name=made.name), by=by)
    return show_link(visit, invited, is_new=True)


async def save_known(visit: Visit, form: Form) -> Response:
    """A role for somebody who belongs to another collective of this house."""
    who, role = form.number("who") or 0, form.get("role")
    if not visit.member.is_house_steward:
        raise NotFound(detail="person")

    def work(unit: Unit) -> None:
        person = people.load_by_id(unit.tx, who)
        members.set_role(unit, person, visit.actor.uri, role, visit.member.person.id)

    await visit.instance.change(work)
    return go(f"/house/{visit.username}/people", "saved")


async def _page(visit: Visit, typed: _Typed, problems: tuple[Problem, ...] = ()) -> Response:
    def look(rx: Reader) -> list[tuple[str, str]]:
        if not visit.member.is_house_steward:
            return []
        everybody = people.list_all(rx)
        return [
            (str(each.id), each.name) for each in everybody if visit.actor.uri not in each.roles
        ]

    return page(
        visit,
        "people/add.html",
        visit.visitor.t("people.add"),
        status=400 if problems else 200,
        problems=problems,
        section="people",
        typed=typed,
        known=await visit.instance.look(look),
        role_choices=choices_of_role(visit.visitor),
    )


DOORS = (
    Door("/house/{username}/people/new", Right.STEWARD, ask=show, tell=save),
    Door("/house/{username}/people/known", Right.STEWARD, tell=save_known),
)
