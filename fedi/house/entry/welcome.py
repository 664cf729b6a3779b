"""`/welcome/{token}`: the first steward of a new instance answers six questions and is in.

The address was printed by the first start, on the machine. It works once, and not at all once a steward can sign in.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from actors import births, journal, passwords, people
from actors import store as actor_store
from actors import welcome as door
from actors.model import Actor
from fedi.config import LANGUAGES
from fedi.db.engine import Reader
from fedi.desk.collectives import SUMMARY_BYTES_MAX
from fedi.errors import FediError, NotFound
from fedi.house import forms
from fedi.house.entry.enter import enter
from fedi.house.entry.entry_form import STALE, entry_page, read_entry
from fedi.house.frame import problems_of
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.text.markup import render
from fedi.unit import Unit
from fedi.web.pages.frame import visitor_here


@dataclass(frozen=True, slots=True)
class _Typed:
    """The six answers, but for the password."""

    language: str
    collective: str
    username: str
    summary: str
    name: str = ""


async def ask(instance: Instance, request: Request) -> Response:
    """The questions. Raises NotFound unless this is the unused address."""
    actor = await _first(instance, request)
    visitor = visitor_here(instance, request)
    typed = _Typed(visitor.language, "", actor.username, actor.summary_source or "")
    if actor.name not in (actor.username, instance.config.instance.name or actor.username):
        typed = _Typed(visitor.language, actor.name, actor.username, actor.summary_source or "")
    return await _form(instance, request, actor, typed)


async def tell(instance: Instance, request: Request) -> Response:
    """Take the answers, all or nothing, and let the steward in. Raises NotFound, Forbidden."""
    actor = await _first(instance, request)
    form, is_ours = await read_entry(instance, request)
    typed = _Typed(
        *(form.get(name) for name in ("language", "collective", "username", "summary", "name"))
    )
    if not is_ours:
        return await _form(instance, request, actor, typed, status=403, problems=STALE)
    problems = await _problems(instance, typed, form)
    if problems:
        return await _form(instance, request, actor, typed, status=400, problems=problems)
    kept = await passwords.hash_of(form.get("password"))
    token = request.path_params["token"]
    wanted = births.NewCollective(
        username=typed.username,
        name=typed.collective,
        summary=render(
            typed.summary, mention_link=lambda _: None, hashtag_url=instance.urls.hashtag
        ),
        summary_source=typed.summary or None,
        language=typed.language,
    )

    def move_in(unit: Unit) -> tuple[people.Person, Actor]:
        if not door.fits(unit.tx, token):
            raise NotFound(detail="welcome")
        named = births.name_anew(unit, actor, wanted)
        person = people.add(unit, typed.name, typed.language)
        people.grant(unit, person.id, named.uri, "steward")
        passwords.save(unit, person.id, kept)
        door.close(unit)
        journal.note(unit, journal.HOUSE, person.id, "journal.moved_in")
        return person, named

    try:
        person, named = await instance.change(move_in)
    except NotFound:
        raise
    except FediError as problem:
        found = _placed(problem)
        return await _form(instance, request, actor, typed, status=400, problems=found)
    onward = forms.Form({"next": (f"/house/{named.username}/first",)})
    return await enter(instance, request, person, onward)


async def _problems(instance: Instance, typed: _Typed, form: forms.Form) -> tuple[Problem, ...]:
    """Everything that is wrong with the answers, to be mended in one go."""
    found: list[Problem] = []
    if typed.language not in LANGUAGES:
        found.append(Problem("language", "house.language"))
    if not typed.collective.strip():
        found.append(Problem("collective", "actor.name_missing"))
    try:
        births.check_username(typed.username)
    except FediError as problem:
        found.extend(problems_of(problem))
    if len(typed.summary.encode("utf-8", "replace")) > SUMMARY_BYTES_MAX or "\x00" in typed.summary:
        found.append(Problem("summary", "desk.text_too_long", {"limit": SUMMARY_BYTES_MAX // 1000}))
    if not typed.name.strip() or "\x00" in typed.name or len(typed.name) > people.NAME_MAX:
        found.append(Problem("name", "person.name_missing"))
    if form.get("password") != form.get("again"):
        found.append(Problem("again", "password.differ"))
    else:
        about = [typed.name, typed.collective, typed.username, instance.urls.host]
        try:
            await passwords.check_new(form.get("password"), about)
        except FediError as problem:
            found.extend(problems_of(problem))
    return tuple(found)


def _placed(problem: FediError) -> tuple[Problem, ...]:
    """What the database refused, beside its field."""
    field = "name" if problem.message_key.startswith("person.") else "username"
    return tuple(Problem(field, each.message_key, each.values) for each in problems_of(problem))


async def _first(instance: Instance, request: Request) -> Actor:
    """The collective that the instance began with. Raises NotFound unless the address fits."""
    token = request.path_params["token"]

    def look(rx: Reader) -> Actor | None:
        known = actor_store.list_collectives(rx) if door.fits(rx, token) else []
        return known[0] if known else None

    found = await instance.look(look)
    if found is None:
        raise NotFound(detail="welcome")
    return found


async def _form(
    instance: Instance,
    request: Request,
    actor: Actor,
    typed: _Typed,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
) -> Response:
    visitor = visitor_here(instance, request)
    return await entry_page(
        instance,
        request,
        visitor,
        "welcome.html",
        visitor.t("welcome.title"),
        status=status,
        problems=problems,
        typed=typed,
        host=instance.urls.host,
        is_local=instance.urls.host.partition(":")[0] in ("localhost", "127.0.0.1"),
        is_fixed=not await instance.look(lambda rx: births.is_unknown(rx, actor)),
        least=passwords.LENGTH_MIN,
    )
