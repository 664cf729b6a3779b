"""`/sign-in/code`: the step between the password and the house, for who has a second factor.

Until it is taken there is only a session that opens nothing, for ten minutes. What was on its way goes through this page too.
"""

from starlette.requests import Request
from starlette.responses import Response

from actors import factors, journal, passkeys, people, sessions
from fedi.db.engine import Reader
from fedi.errors import Forbidden, TooMany
from fedi.house import cookies, forms
from fedi.house.entry.enter import HOME, KEPT, LOST_FILES, enter, kept_in, target_of
from fedi.house.entry.form import begin_again
from fedi.house.factor import ceremony
from fedi.house.frame import door_page, go, problems_of, said
from fedi.house.member import life_of
from fedi.instance import Instance
from fedi.publications.contract import Problem
from fedi.unit import Unit
from fedi.web.pages.frame import visitor_here


async def enter_or_ask(
    instance: Instance, request: Request, person: people.Person, form: forms.Form
) -> Response:
    """Let in who proved the password, or ask for the second factor first."""
    if not await instance.look(lambda rx: factors.has(rx, person.id)):
        return await enter(instance, request, person, form)
    old = cookies.secret_in(instance, request, cookies.SESSION)

    def begin(unit: Unit) -> str:
        if old:
            sessions.end_secret(unit, old)
        label = form.get("device")
        return sessions.begin(unit, person.id, stage=sessions.FACTOR, label=label)

    secret = await instance.change(begin)
    answer = await show_step(instance, request, form, secret, person.id)
    cookies.keep(instance, request, answer, cookies.SESSION, secret)
    return answer


async def ask(instance: Instance, request: Request) -> Response:
    """The form; without the step before there is nothing to do here."""
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    person = await waiting(instance, secret)
    if person is None:
        return go("/sign-in")
    return await show_step(instance, request, forms.Form(), secret, person.id)


async def tell(instance: Instance, request: Request) -> Response:
    """Take the code and let the person in, or the form again."""
    if not cookies.is_from_here(request):
        raise Forbidden("house.from_elsewhere", detail="form from elsewhere")
    form = await forms.read(request)
    secret = cookies.secret_in(instance, request, cookies.SESSION)
    person = await waiting(instance, secret)
    if person is None or not cookies.is_token(instance, secret, form.get(forms.TOKEN)):
        # the ten minutes are over: once more from the password, with everything that was typed
        return await begin_again(instance, request, form)
    known_as = f"factor {person.id}"
    try:
        instance.entrances.begin_known(known_as, instance.clock.monotonic())
    except TooMany as problem:
        wait = Problem("", "house.sign_in.wait", {"n": -(-problem.retry_after_s // 60)})
        answer = await show_step(
            instance, request, form, secret, person.id, status=429, problems=(wait,)
        )
        answer.headers["retry-after"] = str(problem.retry_after_s)
        return answer

    def use(unit: Unit) -> factors.How | None:
        how = factors.use(unit, instance.keyring.secret, person.id, form.get("code"))
        if how == "recovery":
            journal.note(unit, journal.HOUSE, person.id, "journal.code_used")
        return how

    how = await instance.change(use)
    if how is None:
        wrong = (Problem("code", "factor.wrong"),)
        return await show_step(
            instance, request, form, secret, person.id, status=403, problems=wrong
        )
    instance.entrances.forgive_known(known_as)
    return await enter(instance, request, person, form)


async def waiting(instance: Instance, secret: str) -> people.Person | None:
    """Who has proved the password with this session and nothing more."""
    now, life = instance.clock.now(), life_of(instance)

    def look(rx: Reader) -> people.Person | None:
        session = sessions.find(rx, secret, now, life)
        if session is None or session.stage != sessions.FACTOR:
            return None
        return people.find_by_id(rx, session.person_id)

    return await instance.look(look)


async def show_step(
    instance: Instance,
    request: Request,
    form: forms.Form,
    secret: str,
    person_id: int,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
) -> Response:
    """The form of this step. `secret`: of the session in which this person has proved the password."""
    visitor = visitor_here(instance, request)
    target = target_of(form.get("next"))
    factor, has_passkeys = await instance.look(
        lambda rx: (factors.find(rx, person_id), passkeys.has(rx, person_id))
    )
    asked = ceremony.ask_to_use(instance, request, "second step", secret) if has_passkeys else None
    has_program = factor is not None and factor.since is not None
    return await door_page(
        instance,
        request,
        visitor,
        "factor/ask.html",
        visitor.t("factor.ask.title" if has_program else "passkey.ask.title"),
        asked=asked,
        has_program=has_program,
        why_none="" if asked else said(visitor, problems_of(ceremony.why_none(instance)))[0][1],
        token=cookies.form_token(instance, secret),
        status=status,
        problems=problems,
        next=target if target != HOME else "",
        kept=[(KEPT + name, value) for name, value in kept_in(form)],
        lost_files=form.has(LOST_FILES),
        device=form.get("device"),
    )
