"""The gate of the house: who comes, from which form, and may they? Every page of members is reached through it.

It fails closed: a door says which right it asks, there is no default. Reading changes nothing; whatever changes something comes
by POST, from one of our own forms (S80). Somebody without a role is told what they would be told of a collective that does
not exist (S81).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedi.errors import FediError, Forbidden, Invalid, NotFound
from fedi.house import cookies, forms
from fedi.house.entry.form import ask_again
from fedi.house.factor.duty import Duty
from fedi.house.frame import HEADERS, go, page, problems_of
from fedi.house.member import Member, Visit, find_member
from fedi.house.parts import HELD, NOTHING, Brings
from fedi.house.rights import Right
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.web.pages.errors import error_page
from fedi.web.pages.frame import visitor_here

Ask = Callable[[Visit], Awaitable[Response]]
Tell = Callable[[Visit, forms.Form], Awaitable[Response]]
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Door:
    """A page of the house. `ask` shows it, `tell` takes what its form sends; `right`: what who comes must be allowed.

    A path with `{username}` is that of a collective, and the right is asked for there. `brings`: the files that its form may
    bring.
    """

    path: str
    right: Right
    ask: Ask | None = None
    tell: Tell | None = None
    brings: Brings = NOTHING


UNAUTHENTICATED: Final = "/sign-in"
FACTOR: Final = "/me/factor"
# What our own door takes: a longer way on, its signs encoded twice, is left behind rather than refused.
ADDRESS_MAX: Final = 8_000
# Members may take minutes for their pictures; whoever is nobody occupies a place at our door for no longer than this.
STRANGER_S: Final = 60.0


def routes_of(instance: Instance, doors: Sequence[Door]) -> list[Route]:
    """The routes of these doors."""
    found: list[Route] = []
    for door in doors:
        if door.ask is not None:
            asking = with_error_page(instance, _asking(instance, door, door.ask))
            found.append(Route(door.path, asking, methods=["GET"]))
        if door.tell is not None:
            telling = with_error_page(instance, _telling(instance, door, door.tell))
            found.append(Route(door.path, telling, methods=["POST"]))
    return found


def with_error_page(instance: Instance, answer: Answer) -> Answer:
    """`answer`, saying in a page what was refused before anybody was let in."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except FediError as problem:
            refused = await error_page(instance, request, problem)
            refused.headers.update(HEADERS)
            return refused

    return answered


def _asking(instance: Instance, door: Door, ask: Ask) -> Answer:
    async def answer(request: Request) -> Response:
        member = await find_member(instance, request, request.path_params.get("username"))
        if member is None:
            address = f"{UNAUTHENTICATED}?{urlencode({'next': _here(request)})}"
            return go(address if len(address) <= ADDRESS_MAX else UNAUTHENTICATED)
        if _lacks_factor(member, door):
            return go(FACTOR)
        visit = _admitted(instance, request, member, door)
        try:
            return await ask(visit)
        except FediError as problem:
            return _refusal(visit, problem)

    return answer


def _telling(instance: Instance, door: Door, tell: Tell) -> Answer:
    async def answer(request: Request) -> Response:
        if not cookies.is_from_here(request):
            raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
        member = await find_member(instance, request, request.path_params.get("username"))
        if member is None:
            # whatever was typed is kept in the page and goes on from there; files are not
            form = await _of_a_stranger(request, door)
            return await ask_again(instance, request, form)
        _admitted(instance, request, member, door)
        with HELD.claim() as claim:
            kept = claim if not _lacks_factor(member, door) else None
            form = await forms.read(request, brings=door.brings, claim=kept)
            return await _obey(instance, request, door, tell, form)

    return answer


async def _of_a_stranger(request: Request, door: Door) -> forms.Form:
    """The form of somebody without a session, who may be one whose session has just ended. Raises Invalid when it comes too slowly, and like `forms.read`."""
    try:
        async with asyncio.timeout(STRANGER_S):
            return await forms.read(request, brings=door.brings)
    except TimeoutError as problem:
        raise Invalid("house.form_slow", detail="form of a stranger") from problem


async def _obey(
    instance: Instance, request: Request, door: Door, tell: Tell, form: forms.Form
) -> Response:
    # on a bad line reading takes minutes: who was removed meanwhile is out
    member = await find_member(instance, request, request.path_params.get("username"))
    if member is None:
        return await ask_again(instance, request, form)
    visit = _admitted(instance, request, member, door)
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    if not cookies.is_token(instance, secret, form.get(forms.TOKEN)):
        return _confirm(visit, form)
    if _lacks_factor(member, door):
        return _confirm(visit, form, (Problem("", "factor.first"),))
    try:
        return await tell(visit, form)
    except FediError as problem:
        return _refusal(visit, problem)


def _admitted(instance: Instance, request: Request, member: Member, door: Door) -> Visit:
    if not member.may(door.right):
        # what the whole house does is no secret to its members; what a collective they are not in does is
        raise (
            NotFound(detail="house door")
            if member.actor is None and door.right is Right.HOUSE
            else Forbidden("house.not_your_role", detail=door.right)
        )
    visitor = visitor_here(instance, request, member.person.language or "")
    return Visit(instance, request, member, visitor)


def _lacks_factor(member: Member, door: Door) -> bool:
    """Whether this person has to set up a second factor before anything else is done."""
    return member.duty is Duty.MUST and not member.has_factor and not door.path.startswith(FACTOR)


def _confirm(visit: Visit, form: forms.Form, problems: tuple[Problem, ...] = ()) -> Response:
    """The form is of an earlier session, or came too early: the same words once more, to be sent by a press of a button."""
    return page(
        visit,
        "again.html",
        visit.visitor.t("house.again.title"),
        status=403,
        problems=problems,
        lacks_factor=bool(problems),
        kept=form.pairs(),
        lost_files=bool(form.files),
        address=_here(visit.request),
    )


def _refusal(visit: Visit, problem: FediError) -> Response:
    """What cannot be done or shown, in the look of the house."""
    t = visit.visitor.t
    answer = page(
        visit,
        "refusal.html",
        t("house.refusal.title"),
        status=problem.status,
        problems=problems_of(problem),
    )
    retry_after_s = getattr(problem, "retry_after_s", None)
    if retry_after_s is not None:
        answer.headers["retry-after"] = str(retry_after_s)
    return answer


def _here(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
