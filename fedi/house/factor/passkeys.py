"""`/me/factor/passkeys`: passkeys of oneself: one more, another name for one, one less."""

import asyncio

from starlette.responses import Response

from actors import authenticators, factors, journal, passkeys
from fedi.errors import FediError, Invalid, NotFound
from fedi.house import cookies
from fedi.house.factor import ceremony, confirm
from fedi.house.factor.after import day_of, only_here, show_codes
from fedi.house.factor.duty import Duty
from fedi.house.forms import Form
from fedi.house.frame import go, page, problems_of, said
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.publications.contract import Problem
from fedi.unit import Unit

_ID_LENGTH_MAX = 19


async def show(visit: Visit) -> Response:
    """The form to add one."""
    return await _page(visit)


async def add(visit: Visit, form: Form) -> Response:
    """One more. With the first second factor come codes on paper, shown once."""
    instance, person = visit.instance, visit.member.person
    secret = instance.keyring.secret
    label = form.get("label")
    try:
        await confirm.check(visit, form)
        new, question = await _made(visit, form)
    except FediError as problem:
        return await _page(visit, problems_of(problem), label)

    def work(unit: Unit) -> tuple[list[str], str]:
        if not passkeys.spend(unit, question, ceremony.ends_at(question)):
            raise Invalid("passkey.stale")
        codes = factors.add_passkey(unit, secret, person.id, new, label)
        journal.note(unit, journal.HOUSE, person.id, "journal.passkey_added", label)
        return codes, only_here(unit, visit)

    try:
        codes, session = await instance.change(work)
    except FediError as problem:
        return await _page(visit, problems_of(problem), label)
    if codes:
        return show_codes(visit, codes, session)
    answer = go("/me/factor", "passkey_added")
    cookies.keep(instance, visit.request, answer, cookies.SESSION, session)
    return answer


async def show_one(visit: Visit) -> Response:
    """One passkey. Raises NotFound, alike for none and for somebody else's (S81)."""
    return await _page_of_one(visit)


async def rename(visit: Visit, form: Form) -> Response:
    """Another name for it. Raises NotFound like `show_one`."""
    label, passkey_id, person = form.get("label"), _asked_for(visit), visit.member.person
    if not label.strip():
        return await _page_of_one(visit, (Problem("label", "passkey.label_missing"),))
    renamed = await visit.instance.change(
        lambda unit: passkeys.rename(unit, passkey_id, person.id, label)
    )
    if not renamed:
        raise NotFound(detail="passkey")
    return go("/me/factor", "saved")


async def remove(visit: Visit, form: Form) -> Response:
    """It opens nothing any more. Raises NotFound like `show_one`."""
    instance, person, passkey_id = visit.instance, visit.member.person, _asked_for(visit)
    try:
        await confirm.check(visit, form)
    except FediError as problem:
        return await _page_of_one(visit, problems_of(problem))

    def work(unit: Unit) -> tuple[str, bool]:
        found = passkeys.find(unit.tx, passkey_id, person.id)
        if found is None or not factors.remove_passkey(unit, passkey_id, person.id):
            raise NotFound(detail="passkey")
        journal.note(unit, journal.HOUSE, person.id, "journal.passkey_removed", found.label)
        return only_here(unit, visit), factors.has(unit.tx, person.id)

    session, has_factor = await instance.change(work)
    answer = go("/me/factor", "passkey_removed" if has_factor else "factor_removed")
    cookies.keep(instance, visit.request, answer, cookies.SESSION, session)
    return answer


async def _made(visit: Visit, form: Form) -> tuple[authenticators.New, bytes]:
    """The passkey that the device made for this form, and the question it answers. Raises Invalid."""
    instance, request = visit.instance, visit.request
    if not form.get("label").strip():
        raise Invalid("passkey.label_missing", field="label")
    place = ceremony.place_here(instance, request)
    if place is None:
        raise ceremony.why_none(instance)
    cookie = cookies.secret_in(instance, request, cookies.SESSION)
    question = ceremony.read(instance, "add", cookie, form.get("question"))
    if question is None:
        raise Invalid("passkey.stale")
    made = await asyncio.to_thread(authenticators.read_new, form.get("passkey"), place, question)
    return made, question


def _asked_for(visit: Visit) -> int:
    text = str(visit.request.path_params["passkey"])
    if len(text) <= _ID_LENGTH_MAX and text.isascii() and text.isdecimal() and int(text) < 2**63:
        return int(text)
    raise NotFound(detail="passkey")


async def _page(visit: Visit, problems: tuple[Problem, ...] = (), label: str = "") -> Response:
    instance, request, person = visit.instance, visit.request, visit.member.person
    known = await instance.look(lambda rx: passkeys.list_of(rx, person.id))
    cookie = cookies.secret_in(instance, request, cookies.SESSION)
    ids = [each.credential_id for each in known]
    asked = ceremony.ask_to_add(instance, request, cookie, (person.id, person.name), ids)
    return page(
        visit,
        "factor/passkey_new.html",
        visit.visitor.t("passkey.add"),
        status=400 if problems else 200,
        problems=problems,
        section="me",
        asked=asked,
        why_none=""
        if asked
        else said(visit.visitor, problems_of(ceremony.why_none(instance)))[0][1],
        label=label,
        label_max=passkeys.LABEL_MAX,
        asks_password=not confirm.is_fresh(visit),
    )


async def _page_of_one(visit: Visit, problems: tuple[Problem, ...] = ()) -> Response:
    person, passkey_id = visit.member.person, _asked_for(visit)
    found, listed = await visit.instance.look(
        lambda rx: (
            passkeys.find(rx, passkey_id, person.id),
            (factors.find(rx, person.id), passkeys.list_of(rx, person.id)),
        )
    )
    if found is None:
        raise NotFound(detail="passkey")
    factor, every = listed
    is_last = len(every) == 1 and (factor is None or factor.since is None)
    return page(
        visit,
        "factor/passkey.html",
        found.label,
        status=400 if problems else 200,
        problems=problems,
        section="me",
        passkey=found,
        since=day_of(visit, found.since),
        used=day_of(visit, found.used_at),
        is_last=is_last,
        must=visit.member.duty is Duty.MUST,
        label_max=passkeys.LABEL_MAX,
        asks_password=not confirm.is_fresh(visit),
    )


DOORS = (
    Door("/me/factor/passkeys", Right.SELF, ask=show, tell=add),
    Door("/me/factor/passkeys/{passkey}", Right.SELF, ask=show_one, tell=rename),
    Door("/me/factor/passkeys/{passkey}/remove", Right.SELF, tell=remove),
)
