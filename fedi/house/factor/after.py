"""What follows when somebody changed how they get in: everybody else is out, and codes on paper are shown once."""

from datetime import datetime

from starlette.responses import Response

from actors import sessions
from fedi.house import cookies
from fedi.house.frame import page
from fedi.house.member import Visit
from fedi.i18n.dates import day_line, zone_of
from fedi.unit import Unit


def only_here(unit: Unit, visit: Visit) -> str:
    """A new session in the place of all others (S79); its secret."""
    person = visit.member.person
    sessions.end_all(unit, person.id)
    return sessions.begin(unit, person.id, label=visit.member.session.label)


def show_codes(visit: Visit, codes: list[str], session: str) -> Response:
    """The codes on paper, this once, in the new session."""
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


def day_of(visit: Visit, moment: datetime | None) -> str:
    """The day as the person reads it; empty without one."""
    if moment is None:
        return ""
    here = moment.astimezone(zone_of(visit.visitor.zone))
    return day_line(here.date(), visit.visitor.language, digits=visit.visitor.digits)
