"""`/me`: what belongs to the person and to no collective: name, language, password, where they are signed in."""

from datetime import datetime

from starlette.responses import Response

from actors import journal, passwords, people, sessions
from fedi.config import LANGUAGES
from fedi.errors import FediError, Invalid, NotFound
from fedi.house import cookies, forms
from fedi.house.frame import go, page, problems_of
from fedi.house.gate import Door
from fedi.house.member import Visit, life_of
from fedi.house.rights import Right
from fedi.i18n.dates import day_line, moment_line, zone_of
from fedi.publications.contract import Problem
from fedi.unit import Unit


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def save(visit: Visit, form: forms.Form) -> Response:
    """Another name, another language."""
    language = form.get("language")
    if language and language not in LANGUAGES:
        raise Invalid("house.language", field="language")
    person = visit.member.person
    try:
        await visit.instance.change(
            lambda unit: people.rename(unit, person.id, form.get("name"), language or None)
        )
    except FediError as problem:
        return await _page(visit, problems_of(problem), name=form.get("name"), language=language)
    return go("/me", "saved")


async def change_password(visit: Visit, form: forms.Form) -> Response:
    """A new password, for who knows the old one; every other session ends."""
    instance, person = visit.instance, visit.member.person
    known_as = f"me {person.id}"
    instance.entrances.begin_known(known_as, instance.clock.monotonic())
    before = await instance.look(lambda rx: passwords.find(rx, person.id))
    try:
        if not await passwords.is_right(before, form.get("old")):
            raise Invalid("password.old_wrong", field="old")
        instance.entrances.forgive_known(known_as)
        if form.get("password") != form.get("again"):
            raise Invalid("password.differ", field="again")
        about = [person.name, instance.urls.host, instance.config.instance.name]
        await passwords.check_new(form.get("password"), about)
    except FediError as problem:
        return await _page(visit, problems_of(problem))
    kept = await passwords.hash_of(form.get("password"))

    def work(unit: Unit) -> str:
        passwords.save(unit, person.id, kept)
        sessions.end_all(unit, person.id)
        # a link that somebody else may have read would undo it
        people.end_invitations(unit, person.id)
        journal.note(unit, journal.HOUSE, person.id, "journal.password_changed")
        return sessions.begin(unit, person.id, label=visit.member.session.label)

    secret = await instance.change(work)
    answer = go("/me", "password")
    cookies.keep(instance, visit.request, answer, cookies.SESSION, secret)
    return answer


async def end_sessions(visit: Visit, form: forms.Form) -> Response:
    """End one session, or all but this one; or give this one a name."""
    mine, person = visit.member.session, visit.member.person
    if form.has("label"):
        label = form.get("label")
        await visit.instance.change(lambda unit: sessions.rename(unit, mine.id, person.id, label))
        return go("/me", "saved")
    if form.get("which") == "others":
        await visit.instance.change(lambda unit: sessions.end_all(unit, person.id, but=mine.id))
        return go("/me", "ended")
    which = form.number("which") or 0
    if not await visit.instance.change(lambda unit: sessions.end(unit, which, person.id)):
        raise NotFound(detail="session")
    return go("/me", "ended")


async def _page(
    visit: Visit,
    problems: tuple[Problem, ...] = (),
    *,
    name: str | None = None,
    language: str | None = None,
) -> Response:
    instance, person, visitor = visit.instance, visit.member.person, visit.visitor
    now = instance.clock.now()
    listed, changed = await instance.look(
        lambda rx: (
            sessions.list_of(rx, person.id, now, life_of(instance)),
            passwords.changed_at(rx, person.id),
        )
    )
    lines = [
        {
            "id": each.id,
            "label": each.label,
            "is_this": each.id == visit.member.session.id,
            "began": moment_line(
                each.created_at, visitor.zone, visitor.language, digits=visitor.digits
            ),
            "seen": _day(visit, each.seen_at),
        }
        for each in listed
    ]
    return page(
        visit,
        "me.html",
        visitor.t("house.me.title"),
        status=400 if problems else 200,
        problems=problems,
        section="me",
        name=person.name if name is None else name,
        language=(person.language or "") if language is None else language,
        sessions=lines,
        password_since=_day(visit, changed) if changed else "",
        least=passwords.LENGTH_MIN,
        mails=bool(instance.config.mail.host),
    )


def _day(visit: Visit, moment: datetime) -> str:
    visitor = visit.visitor
    here = moment.astimezone(zone_of(visitor.zone))
    return day_line(here.date(), visitor.language, digits=visitor.digits)


DOORS = (
    Door("/me", Right.SELF, ask=show, tell=save),
    Door("/me/password", Right.SELF, tell=change_password),
    Door("/me/sessions", Right.SELF, tell=end_sessions),
)
