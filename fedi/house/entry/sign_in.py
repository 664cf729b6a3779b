"""`/sign-in`: a name and a password. Whoever was in the middle of writing goes on with what they wrote."""

from starlette.requests import Request
from starlette.responses import Response

from actors import passwords, people
from fedi.db.engine import Reader
from fedi.errors import TooMany
from fedi.house.entry.enter import LOST_FILES, kept_in, target_of
from fedi.house.entry.entry_form import STALE, read_entry
from fedi.house.entry.factor import enter_or_ask
from fedi.house.entry.form import Typed, show_form
from fedi.house.frame import go
from fedi.house.member import find_member
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.text.letters import fold_letters


async def ask(instance: Instance, request: Request) -> Response:
    """The form; whoever is signed in goes straight on."""
    target = target_of(request.query_params.get("next", ""))
    if await find_member(instance, request, None) is not None:
        return go(target)
    return await show_form(instance, request, target)


async def tell(instance: Instance, request: Request) -> Response:
    """Sign in, or the form again with what is wrong; it is never said whether the name or the password was."""
    form, is_ours = await read_entry(instance, request)
    target = target_of(form.get("next"))
    typed = Typed(kept_in(form), form.has(LOST_FILES), form.get("name"))
    if not is_ours:
        return await show_form(instance, request, target, status=403, problems=STALE, typed=typed)
    name, password = form.get("name"), form.get("password")
    known_as = fold_letters(name[: people.NAME_MAX * 2]).casefold()
    address = request.client.host if request.client else ""
    now = instance.clock.monotonic()
    try:
        instance.entrances.begin(known_as, address, now)
    except TooMany as problem:
        wait = Problem("", "house.sign_in.wait", {"n": -(-problem.retry_after_s // 60)})
        answer = await show_form(
            instance, request, target, status=429, problems=(wait,), typed=typed
        )
        answer.headers["retry-after"] = str(problem.retry_after_s)
        return answer

    def look(rx: Reader) -> tuple[people.Person | None, str | None]:
        person = people.find_signing_in(rx, name[: people.NAME_MAX * 2])
        return person, passwords.find(rx, person.id) if person else None

    person, kept = await instance.look(look)
    if not await passwords.is_right(kept, password) or person is None:
        wrong = (Problem("password", "house.sign_in.wrong"),)
        return await show_form(instance, request, target, status=403, problems=wrong, typed=typed)
    instance.entrances.forgive(known_as, address, now)
    return await enter_or_ask(instance, request, person, form)
