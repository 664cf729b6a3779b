"""`/me/factor`: a second factor for oneself: passkeys, a program for codes set up or taken away, new codes on paper."""

import base64
import binascii

from starlette.responses import Response

from actors import factors, journal, onetime, passkeys
from actors.sealing import seal, unseal
from fedi.errors import FediError, Invalid, SetupError
from fedi.house import cookies
from fedi.house.factor import ceremony, confirm
from fedi.house.factor.after import day_of, only_here, show_codes
from fedi.house.factor.duty import Duty
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit
from fedi.web.shown.code import code_of

_SEALED_MAX = 200


async def show(visit: Visit) -> Response:
    """What there is, or how to set it up. Nothing is kept before the first code was right."""
    return await _page(visit)


async def begin(visit: Visit, form: Form) -> Response:
    """The first code: when it is right, the factor counts, and the codes on paper are shown once."""
    instance, person = visit.instance, visit.member.person
    shared = _opened(visit, form.get("sealed"))
    if shared is None:
        return await _page(visit, (Problem("code", "factor.stale"),))
    try:
        await confirm.check(visit, form)
        step = onetime.matching_step(shared, form.get("code"), instance.clock.now())
        if step is None:
            raise Invalid("factor.wrong", field="code")
    except FediError as problem:
        return await _page(visit, problems_of(problem), shared)
    secret = instance.keyring.secret

    def work(unit: Unit) -> tuple[list[str], str]:
        codes = factors.begin(unit, secret, person.id, shared, step)
        journal.note(unit, journal.HOUSE, person.id, "journal.factor_added")
        return codes, only_here(unit, visit)

    codes, session = await instance.change(work)
    return show_codes(visit, codes, session)


async def renew_codes(visit: Visit, form: Form) -> Response:
    """Ten new codes on paper in the place of the old ones."""
    instance, person = visit.instance, visit.member.person
    secret = instance.keyring.secret
    try:
        await confirm.check(visit, form)
    except FediError as problem:
        return await _page(visit, problems_of(problem))

    def work(unit: Unit) -> tuple[list[str], str]:
        if not factors.has(unit.tx, person.id):
            raise Invalid("factor.none")
        codes = factors.new_codes(unit, secret, person.id)
        journal.note(unit, journal.HOUSE, person.id, "journal.codes_renewed")
        return codes, only_here(unit, visit)

    codes, session = await instance.change(work)
    return show_codes(visit, codes, session)


async def remove(visit: Visit, form: Form) -> Response:
    """No program for codes any more: passkeys, or the password alone again."""
    instance, person = visit.instance, visit.member.person
    try:
        await confirm.check(visit, form)
    except FediError as problem:
        return await _page(visit, problems_of(problem))

    def work(unit: Unit) -> tuple[str, bool]:
        if factors.remove_program(unit, person.id):
            journal.note(unit, journal.HOUSE, person.id, "journal.factor_removed")
        return only_here(unit, visit), factors.has(unit.tx, person.id)

    session, has_passkeys = await instance.change(work)
    answer = go("/me/factor", "program_removed" if has_passkeys else "factor_removed")
    cookies.keep(instance, visit.request, answer, cookies.SESSION, session)
    return answer


async def note_told(visit: Visit, _form: Form) -> Response:
    """The person has seen that a steward took the factor away."""
    person = visit.member.person
    await visit.instance.change(lambda unit: factors.note_told(unit, person.id))
    return go("/me/factor")


def _opened(visit: Visit, sealed: str) -> bytes | None:
    """The secret that the form carried, as we had sealed it for this person."""
    if not sealed or len(sealed) > _SEALED_MAX:
        return None
    try:
        raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
        return unseal(visit.instance.keyring.secret, _label(visit), raw)
    except (SetupError, binascii.Error, UnicodeError):
        return None


def _label(visit: Visit) -> str:
    return f"factor to come {visit.member.person.id}"


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), shared: bytes | None = None
) -> Response:
    instance, person, visitor = visit.instance, visit.member.person, visit.visitor
    found, taken, keys = await instance.look(
        lambda rx: (
            factors.find(rx, person.id),
            factors.taken_at(rx, person.id),
            passkeys.list_of(rx, person.id),
        )
    )
    shared = shared or onetime.new_secret()
    issuer = instance.config.instance.name or instance.urls.host
    sealed = seal(instance.keyring.secret, _label(visit), shared)
    letters = onetime.in_letters(shared)

    return page(
        visit,
        "factor/mine.html",
        visitor.t("factor.title"),
        status=400 if problems else 200,
        problems=problems,
        section="me",
        factor=found,
        since=day_of(visit, found.since if found else None),
        taken=day_of(visit, taken),
        passkeys=[(each, day_of(visit, each.used_at or each.since)) for each in keys],
        has_place=ceremony.place_here(instance, visit.request) is not None,
        is_under_onion=visit.request.headers.get("host", "").lower() == instance.urls.onion != "",
        host=instance.urls.host,
        must=visit.member.duty is Duty.MUST,
        picture=code_of(onetime.key_uri(shared, issuer, person.name)),
        letters=" ".join(letters[start : start + 4] for start in range(0, len(letters), 4)),
        sealed=base64.urlsafe_b64encode(sealed).decode(),
        asks_password=not confirm.is_fresh(visit),
    )


DOORS = (
    Door("/me/factor", Right.SELF, ask=show, tell=begin),
    Door("/me/factor/codes", Right.SELF, tell=renew_codes),
    Door("/me/factor/remove", Right.SELF, tell=remove),
    Door("/me/factor/told", Right.SELF, tell=note_told),
)
