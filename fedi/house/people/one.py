"""`/house/{username}/people/{person}`: one person: another role, a new link, out.

A link opens everything its owner may do. A steward of one collective therefore makes none for somebody who also belongs to a
collective that this steward does not look after.
"""

from starlette.responses import Response

from actors import factors, members, passwords, people
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import people as desk
from fedi.errors import Conflict, FediError, Forbidden, NotFound
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.people.link import show_link
from fedi.house.people.roles import choices_of_role
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

_LENGTH_MAX = 19


async def show(visit: Visit) -> Response:
    """The page. Raises NotFound for somebody who is not in this collective, as for nobody."""
    return await _page(visit)


async def save_role(visit: Visit, form: Form) -> Response:
    """Another role."""
    role, me = form.get("role"), visit.member
    if role not in people.ROLES:
        return await _page(visit, (Problem("role", "person.role"),))

    def work(unit: Unit) -> people.Person:
        person = load_here(unit.tx, visit)
        but = me.session.id if person.id == me.person.id else 0
        members.set_role(unit, person, visit.actor.uri, role, me.person.id, but=but)
        return person

    try:
        person = await visit.instance.change(work)
    except Conflict as problem:
        return await _page(visit, _at("role", problem))
    if person.id == me.person.id and role != "steward":
        return go(f"/house/{visit.username}", "saved")
    return go(f"/house/{visit.username}/people", "saved")


async def make_link(visit: Visit, _form: Form) -> Response:
    """A new link: for who never came, and for who lost the password."""

    def look(rx: Reader) -> people.Person:
        person = load_here(rx, visit)
        check_answers_for(visit, person)
        return person

    person = await visit.instance.look(look)
    order = desk.NameOrder(name=person.name)
    invited = await desk.invite(visit.instance, order, by=visit.member.person.id)
    return show_link(visit, invited, is_new=False)


async def take_factor(visit: Visit, _form: Form) -> Response:
    """The telephone is lost: the password alone again. For oneself there is another page, which asks for the password."""

    def work(unit: Unit) -> bool:
        person = load_here(unit.tx, visit)
        check_answers_for(visit, person)
        if person.id == visit.member.person.id:
            raise Forbidden("people.factor.own", detail="own factor")
        return members.take_factor(unit, person, visit.member.person.id)

    await visit.instance.change(work)
    return go(f"/house/{visit.username}/people", "factor_taken")


async def remove(visit: Visit, form: Form) -> Response:
    """Out, at once, everywhere: only when it was said twice."""
    me = visit.member
    if not form.has("sure"):
        return await _page(visit, (Problem("sure", "people.remove.unsure"),))

    def work(unit: Unit) -> people.Person:
        person = load_here(unit.tx, visit)
        members.leave(unit, person, visit.actor.uri, me.person.id)
        return person

    try:
        person = await visit.instance.change(work)
    except Conflict as problem:
        return await _page(visit, _at("sure", problem))
    if person.id == me.person.id:
        return go("/")
    return go(f"/house/{visit.username}/people", "removed")


def load_here(rx: Reader, visit: Visit) -> people.Person:
    """The person in the address. Raises NotFound, alike for nobody and for somebody of another collective (S81)."""
    text = str(visit.request.path_params["person"])
    known = len(text) <= _LENGTH_MAX and text.isascii() and text.isdecimal() and int(text) < 2**63
    person = people.find_by_id(rx, int(text)) if known else None
    if person is None or visit.actor.uri not in person.roles:
        raise NotFound("person.not_found", detail="person")
    return person


def check_answers_for(visit: Visit, person: people.Person) -> None:
    """Raises Forbidden unless this steward looks after every collective in which the person is."""
    if not _answers_for(visit, person):
        raise Forbidden("people.not_yours", detail="person of another collective")


def _answers_for(visit: Visit, person: people.Person) -> bool:
    mine = visit.member.person.roles
    return visit.member.is_house_steward or all(mine.get(uri) == "steward" for uri in person.roles)


def _at(field: str, problem: FediError) -> tuple[Problem, ...]:
    return tuple(Problem(field, each.message_key, each.values) for each in problems_of(problem))


async def _page(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    def look(rx: Reader) -> tuple[people.Person, bool, bool, bool]:
        person = load_here(rx, visit)
        others = actor_store.list_by_uri(rx, list(person.roles))
        has_come = passwords.find(rx, person.id) is not None
        return person, has_come, len(others) > 1, factors.has(rx, person.id)

    person, has_come, is_elsewhere, has_factor = await visit.instance.look(look)
    return page(
        visit,
        "people/one.html",
        person.name,
        status=400 if problems else 200,
        problems=problems,
        section="people",
        person=person,
        role=person.roles[visit.actor.uri],
        role_choices=choices_of_role(visit.visitor),
        has_come=has_come,
        has_factor=has_factor,
        is_elsewhere=is_elsewhere,
        answers_for=_answers_for(visit, person),
        is_self=person.id == visit.member.person.id,
    )


DOORS = (
    Door("/house/{username}/people/{person}", Right.STEWARD, ask=show),
    Door("/house/{username}/people/{person}/role", Right.STEWARD, tell=save_role),
    Door("/house/{username}/people/{person}/link", Right.STEWARD, tell=make_link),
    Door("/house/{username}/people/{person}/factor", Right.STEWARD, tell=take_factor),
    Door("/house/{username}/people/{person}/remove", Right.STEWARD, tell=remove),
)
