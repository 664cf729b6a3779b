"""`/invitation/{token}`: who is invited, as what, until when; then a password, and in. Opening the page uses nothing up.

The same link, made by a steward, is how somebody who lost the password comes back: every other session ends.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from actors import journal, passwords, people, sessions
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.entry.entry_form import STALE, entry_page, read_entry
from fedi.house.entry.factor import enter_or_ask
from fedi.house.frame import problems_of
from fedi.i18n.dates import moment_line
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.unit import Unit
from fedi.web.pages.frame import visitor_here
from fedi.web.shown.people import Who, who_of

TOKEN_MAX = 100


@dataclass(frozen=True, slots=True)
class _Invited:
    """An invitation as its page shows it. `is_back`: the person had a password before."""

    person: people.Person
    until: people.Invitation
    roles: list[tuple[Who, str]]
    is_back: bool


async def ask(instance: Instance, request: Request) -> Response:
    """The page of an unused invitation. Raises NotFound for any other token."""
    invited = await _invited(instance, request)
    return await _form(instance, request, invited)


async def tell(instance: Instance, request: Request) -> Response:
    """Take the password and let the person in; the invitation is used up. Raises NotFound, Forbidden."""
    invited = await _invited(instance, request)
    form, is_ours = await read_entry(instance, request)
    if not is_ours:
        return await _form(instance, request, invited, status=403, problems=STALE)
    password = form.get("password")
    try:
        if form.get("password") != form.get("again"):
            raise Invalid("password.differ", field="again")
        about = [invited.person.name, instance.urls.host, instance.config.instance.name]
        await passwords.check_new(password, about)
    except FediError as problem:
        return await _form(instance, request, invited, status=400, problems=problems_of(problem))
    kept = await passwords.hash_of(password)
    token = request.path_params["token"]

    def take(unit: Unit) -> people.Person:
        person = people.use_invitation(unit, token)
        passwords.save(unit, person.id, kept)
        sessions.end_all(unit, person.id)
        done = "journal.password_changed" if invited.is_back else "journal.joined"
        journal.note(unit, journal.HOUSE, person.id, done)
        return person

    person = await instance.change(take)
    return await enter_or_ask(instance, request, person, form)


async def _invited(instance: Instance, request: Request) -> _Invited:
    token = request.path_params["token"]
    now = instance.clock.now()

    def look(rx: Reader) -> _Invited:
        found = people.find_invitation(rx, token, now) if len(token) <= TOKEN_MAX else None
        if found is None:
            raise NotFound("person.no_invitation", detail="invitation")
        person = people.load_by_id(rx, found.person_id)
        actors = actor_store.list_by_uri(rx, list(person.roles))
        roles = [
            (who_of(actors.get(uri), uri, instance.urls), role)
            for uri, role in person.roles.items()
        ]
        return _Invited(person, found, roles, passwords.find(rx, person.id) is not None)

    return await instance.look(look)


async def _form(
    instance: Instance,
    request: Request,
    invited: _Invited,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
) -> Response:
    visitor = visitor_here(instance, request)
    until = moment_line(
        invited.until.expires_at, visitor.zone, visitor.language, digits=visitor.digits
    )
    return await entry_page(
        instance,
        request,
        visitor,
        "invitation.html",
        visitor.t("web.invitation.title"),
        status=status,
        problems=problems,
        name=invited.person.name,
        is_back=invited.is_back,
        roles=invited.roles,
        until=until,
        least=passwords.LENGTH_MIN,
    )
