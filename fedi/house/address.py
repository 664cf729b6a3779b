"""`/me/mail`: an address for the day the password is forgotten. Given freely, proved by a code, kept sealed, taken back at will."""

import hmac

from starlette.responses import Response

from actors import journal, mail, onetime
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid, NotFound
from fedi.house.factor import confirm
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit


async def show(visit: Visit) -> Response:
    """The page. Raises NotFound where no mail is sent."""
    return await _page(visit)


async def save(visit: Visit, form: Form) -> Response:
    """Another address, to which a code is sent; an empty one takes it back."""
    instance, person = visit.instance, visit.member.person
    secret, typed = instance.keyring.secret, form.get("address")
    _check_offered(visit)
    try:
        await confirm.check(visit, form)
        address = mail.check_address(typed) if typed.strip() else ""
        if address:
            # who is written to has not asked for it
            instance.letters.begin_known(f"confirm {person.id}", instance.clock.monotonic())
    except FediError as problem:
        return await _page(visit, problems_of(problem), typed)

    def work(unit: Unit) -> None:
        if address:
            mail.set_address(unit, secret, person.id, address)
            mail.wish(unit, secret, "confirm", address, person.id)
        else:
            mail.forget(unit, person.id)
        journal.note(unit, journal.HOUSE, person.id, "journal.mail_changed")

    await instance.change(work)
    return go("/me/mail", "saved")


async def prove(visit: Visit, form: Form) -> Response:
    """The code that was sent there."""
    instance, person = visit.instance, visit.member.person
    _check_offered(visit)
    secret, known_as = instance.keyring.secret, f"mail {person.id}"
    try:
        instance.entrances.begin_known(known_as, instance.clock.monotonic())
        right = await instance.look(lambda rx: mail.code_of(rx, secret, person.id))
        if not right or not hmac.compare_digest(right, onetime.digits_of(form.get("code"))):
            raise Invalid("mail.code_wrong", field="code")
        instance.entrances.forgive_known(known_as)
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    await instance.change(lambda unit: mail.confirm(unit, person.id))
    return go("/me/mail", "saved")


async def choose_digest(visit: Visit, form: Form) -> Response:
    """How often to be told by mail that something waits."""
    _check_offered(visit)
    person, days = visit.member.person, form.number("digest") or 0
    try:
        await visit.instance.change(lambda unit: mail.set_digest(unit, person.id, days))
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    return go("/me/mail", "saved")


def _check_offered(visit: Visit) -> None:
    if not visit.instance.config.mail.host:
        raise NotFound(detail="mail")


async def _page(
    visit: Visit, problems: tuple[Problem, ...] = (), typed: str | None = None
) -> Response:
    _check_offered(visit)
    secret, person = visit.instance.keyring.secret, visit.member.person

    def look(rx: Reader) -> mail.Address | None:
        return mail.find(rx, secret, person.id)

    found = await visit.instance.look(look)
    return page(
        visit,
        "mail.html",
        visit.visitor.t("mail.title"),
        status=400 if problems else 200,
        problems=problems,
        section="me",
        address=(found.text if found else "") if typed is None else typed,
        waits=found is not None and not found.is_confirmed,
        digest=str(found.digest_days) if found is not None and found.is_confirmed else "",
        digests=[(str(days), visit.visitor.t(f"mail.digest.{days}")) for days in mail.DIGEST_DAYS],
        asks_password=not confirm.is_fresh(visit),
    )


DOORS = (
    Door("/me/mail", Right.SELF, ask=show, tell=save),
    Door("/me/mail/code", Right.SELF, tell=prove),
    Door("/me/mail/digest", Right.SELF, tell=choose_digest),
)
