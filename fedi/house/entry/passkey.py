"""Coming in with a passkey: alone (`/sign-in/passkey`), or after the password (`/sign-in/code/passkey`).

Alone it is enough: the device has verified the person before it answered, and that it has the key is the other factor. Whatever is
wrong with an answer, the same is said: unknown, removed, of somebody else, badly signed.
"""

import asyncio
import hashlib

from starlette.requests import Request
from starlette.responses import Response

from actors import authenticators, journal, passkeys, people
from fedi.db.engine import Reader
from fedi.errors import FediError, Forbidden, Invalid, TooMany
from fedi.house import cookies, forms
from fedi.house.entry.enter import LOST_FILES, enter, kept_in, target_of
from fedi.house.entry.factor import show_step, waiting
from fedi.house.entry.form import Typed, begin_again, show_form
from fedi.house.factor import ceremony
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.unit import Unit


async def tell(instance: Instance, request: Request) -> Response:
    """Let in whose passkey answered, or the form to sign in again."""
    form = await _form_from_here(request)
    secret = cookies.secret_in(instance, request, cookies.ENTRY)
    try:
        if not cookies.is_token(instance, secret, form.get(forms.TOKEN)):
            raise Invalid("house.sign_in.stale")
        person = await _prove(instance, request, form, "sign in", secret)
    except FediError as problem:
        typed = Typed(kept_in(form), form.has(LOST_FILES), form.get("name"))
        target = target_of(form.get("next"))
        status, problems = _said(problem)
        answer = await show_form(
            instance, request, target, status=status, problems=problems, typed=typed
        )
        return _waiting_for(answer, problem)
    return await enter(instance, request, person, form)


async def tell_second(instance: Instance, request: Request) -> Response:
    """Let in who proved the password before and whose passkey answered, or that step again."""
    form = await _form_from_here(request)
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    person = await waiting(instance, secret)
    if person is None or not cookies.is_token(instance, secret, form.get(forms.TOKEN)):
        return await begin_again(instance, request, form)
    try:
        await _prove(instance, request, form, "second step", secret, person.id)
    except FediError as problem:
        status, problems = _said(problem)
        answer = await show_step(
            instance, request, form, secret, person.id, status=status, problems=problems
        )
        return _waiting_for(answer, problem)
    return await enter(instance, request, person, form)


async def _form_from_here(request: Request) -> forms.Form:
    if not cookies.is_from_here(request):
        raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
    return await forms.read(request)


async def _prove(
    instance: Instance,
    request: Request,
    form: forms.Form,
    purpose: ceremony.Purpose,
    cookie: str,
    person_id: int | None = None,
) -> people.Person:
    """Whose passkey answered the question of this form. `person_id`: whose it has to be, where that is known already.

    Raises Invalid, TooMany after too many wrong answers.
    """
    place = ceremony.place_here(instance, request)
    if place is None:
        raise ceremony.why_none(instance)
    question = ceremony.read(instance, purpose, cookie, form.get("question"))
    if question is None:
        raise Invalid("passkey.stale")
    address = request.client.host if request.client else ""
    now = instance.clock.monotonic()
    said = form.get("passkey")
    known_as = f"factor {person_id}"
    if person_id is None:
        known_as = f"passkey {hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()}"
        instance.entrances.begin(known_as, address, now)
    else:
        instance.entrances.begin_known(known_as, now)
    answer = await asyncio.to_thread(authenticators.read_answer, said)
    person = await _use(instance, place, answer, question, person_id)
    if person_id is None:
        instance.entrances.forgive(known_as, address, now)
    else:
        instance.entrances.forgive_known(known_as)
    return person


async def _use(
    instance: Instance,
    place: authenticators.Place,
    answer: authenticators.Answer,
    question: bytes,
    person_id: int | None,
) -> people.Person:
    def look(rx: Reader) -> tuple[passkeys.Passkey | None, people.Person | None]:
        found = passkeys.find_by_credential(rx, answer.credential_id)
        return found, people.find_by_id(rx, found.person_id) if found else None

    passkey, person = await instance.look(look)
    if (
        passkey is None
        or person is None
        or person.id != (person_id or person.id)
        or answer.user_handle != authenticators.handle_of(place, person.id)
    ):
        raise Invalid("passkey.refused", detail="whose passkey")
    count = await asyncio.to_thread(
        authenticators.prove, answer, place, question, passkey.public_key
    )

    def work(unit: Unit) -> passkeys.Outcome:
        if not passkeys.spend(unit, question, ceremony.ends_at(question)):
            raise Invalid("passkey.stale")
        outcome = passkeys.use(unit, passkey, count)
        if outcome == "copied":
            journal.note(unit, journal.HOUSE, person.id, "journal.passkey_copied", passkey.label)
        return outcome

    if await instance.change(work) != "used":
        raise Invalid("passkey.refused", detail="counter of a passkey")
    return person


def _said(problem: FediError) -> tuple[int, tuple[Problem, ...]]:
    if isinstance(problem, TooMany):
        minutes = -(-problem.retry_after_s // 60)
        return 429, (Problem("", "house.sign_in.wait", {"n": minutes}),)
    return 403, (Problem("", problem.message_key, problem.values),)


def _waiting_for(answer: Response, problem: FediError) -> Response:
    if isinstance(problem, TooMany):
        answer.headers["retry-after"] = str(problem.retry_after_s)
    return answer
