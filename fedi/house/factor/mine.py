"""`/me/factor`: a second factor for oneself: set up, new codes on paper, taken away."""

import base64
import binascii

from starlette.responses import Response

from actors import factors, journal, onetime, sessions
from actors.sealing import seal, unseal
from fedi.errors import FediError, Invalid, SetupError
from fedi.house import cookies
from fedi.house.factor import confirm
from fedi.house.factor.duty import Duty
from fedi.house.factor.picture import picture_of
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.i18n.dates import day_line, zone_of
from fedi.publications.contract import Problem
from fedi.unit import Unit

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
        return codes, _only_here(unit, visit)

    codes, session = await instance.change(work)
    return _codes(visit, codes, session)


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
        return codes, _only_here(unit, visit)

    codes, session = await instance.change(work)
    return _codes(visit, codes, session)


async def remove(visit: Visit, form: Form) -> Response:
    """The password alone again."""
    instance, person = visit.instance, visit.member.person
    try:
        await confirm.check(visit, form)
    except FediError as problem:
        return await _page(visit, problems_of(problem))

    def work(unit: Unit) -> str:
        if factors.forget(unit, person.id):
            journal.note(unit, journal.HOUSE, person.id, "journal.factor_removed")
        return _only_here(unit, visit)

    session = await instance.change(work)
    answer = go("/me/factor", "factor_removed")
    cookies.keep(instance, visit.request, answer, cookies.SESSION, session)
    return answer


async def note_told(visit: Visit, _form: Form) -> Response:
    """The person has seen that a steward took the factor away."""
    person = visit.member.person
    await visit.instance.change(lambda unit: factors.note_told(unit, person.id))
    return go("/me/factor")


def _only_here(unit: Unit, visit: Visit) -> str:
    """A new session in the place of all others (S79); its secret."""
    person = visit.member.person
    sessions.end_all(unit, person.id)
    return sessions.begin(unit, person.id, label=visit.member.session.label)


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


def _codes(visit: Visit, codes: list[str], session: str) -> Response:
    instance = visit.instance
    answer = page(
        visit,
        "factor/codes.html",
        visit.visitor.t("factor.codes.title"),
        section="me",
        token=cookies.form_token(instance, session),
        codes=codes,
    )
    cookies.keep(instance, visit.request, answer, cookies.SESSION, session)
    return answer


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), shared: bytes | None = None
) -> Response:
    instance, person, visitor = visit.instance, visit.member.person, visit.visitor
    found, taken = await instance.look(
        lambda rx: (factors.find(rx, person.id), factors.taken_at(rx, person.id))
    )
    shared = shared or onetime.new_secret()
    issuer = instance.config.instance.name or instance.urls.host
    sealed = seal(instance.keyring.secret, _label(visit), shared)
    letters = onetime.in_letters(shared)

    def day(moment: object) -> str:
        if moment is None:
            return ""
        here = moment.astimezone(zone_of(visitor.zone))  # type: ignore[attr-defined]
        return day_line(here.date(), visitor.language, digits=visitor.digits)

    return page(
        visit,
        "factor/mine.html",
        visitor.t("factor.title"),
        status=400 if problems else 200,
        problems=problems,
        section="me",
        factor=found,
        since=day(found.since if found else None),
        taken=day(taken),
        must=visit.member.duty is Duty.MUST,
        picture=picture_of(onetime.key_uri(shared, issuer, person.name)),
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
