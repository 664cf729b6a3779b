"""`/sign-in`: a name and a password. Whoever was in the middle of writing goes on with what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from actors import passwords, people
from fedi.db.engine import Reader
from fedi.errors import Forbidden, TooMany
from fedi.house import cookies, forms
from fedi.house.entry.enter import HOME, KEPT, LOST_FILES, enter, kept_in, target_of
from fedi.house.frame import door_page, go
from fedi.house.member import find_member
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.text.letters import fold_letters
from fedi.web.pages.frame import visitor_here


@dataclass(frozen=True, slots=True)
class _Typed:
    """What is not to be typed again. `kept`: the fields of the form that was on its way."""

    kept: Sequence[tuple[str, str]] = ()
    lost_files: bool = False
    name: str = ""


async def ask(instance: Instance, request: Request) -> Response:
    """The form; whoever is signed in goes straight on."""
    target = target_of(request.query_params.get("next", ""))
    if await find_member(instance, request, None) is not None:
        return go(target)
    return await _form(instance, request, target)


async def ask_again(instance: Instance, request: Request, form: forms.Form) -> Response:
    """The form, after a session ended in the middle of something: what was typed stays in the page."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return await _form(
        instance,
        request,
        target,
        status=401,
        problems=(Problem("", "house.sign_in.ended"),),
        typed=_Typed(form.pairs(), bool(form.files)),
    )


async def tell(instance: Instance, request: Request) -> Response:
    """Sign in, or the form again with what is wrong; it is never said whether the name or the password was."""
    if not cookies.is_from_here(request):
        raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
    form = await forms.read(request, files=False)
    target = target_of(form.get("next"))
    typed = _Typed(kept_in(form), form.has(LOST_FILES), form.get("name"))
    secret = cookies.secret_in(instance, request, cookies.ENTRY)
    if not cookies.is_token(instance, secret, form.get(forms.TOKEN)):
        stale = (Problem("", "house.sign_in.stale"),)
        return await _form(instance, request, target, status=403, problems=stale, typed=typed)
    name, password = form.get("name"), form.get("password")
    known_as = fold_letters(name[: people.NAME_MAX * 2]).casefold()
    address = request.client.host if request.client else ""
    try:
        instance.entrances.check(known_as, address, instance.clock.monotonic())
    except TooMany as problem:
        wait = Problem("", "house.sign_in.wait", {"n": -(-problem.retry_after_s // 60)})
        answer = await _form(instance, request, target, status=429, problems=(wait,), typed=typed)
        answer.headers["retry-after"] = str(problem.retry_after_s)
        return answer

    def look(rx: Reader) -> tuple[people.Person | None, str | None]:
        person = people.find_signing_in(rx, name[: people.NAME_MAX * 2])
        return person, passwords.find(rx, person.id) if person else None

    person, kept = await instance.look(look)
    if not await passwords.is_right(kept, password) or person is None:
        instance.entrances.note_failure(known_as, address, instance.clock.monotonic())
        wrong = (Problem("password", "house.sign_in.wrong"),)
        return await _form(instance, request, target, status=403, problems=wrong, typed=typed)
    return await enter(instance, request, person, form)


async def _form(
    instance: Instance,
    request: Request,
    target: str,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    typed: _Typed | None = None,
) -> Response:
    typed = typed or _Typed()
    visitor = visitor_here(instance, request)
    secret = cookies.entry_secret(instance, request)
    answer = await door_page(
        instance,
        request,
        visitor,
        "sign_in.html",
        visitor.t("house.sign_in.title"),
        token=cookies.form_token(instance, secret),
        status=status,
        problems=problems,
        next=target if target != HOME else "",
        kept=[(KEPT + field, value) for field, value in typed.kept],
        lost_files=typed.lost_files,
        name=typed.name,
    )
    cookies.keep(instance, request, answer, cookies.ENTRY, secret)
    return answer
