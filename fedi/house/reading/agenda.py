"""`/house/{username}/agenda`: the events of all whom the collective follows, with its own and what relays brought."""

from datetime import datetime

from starlette.responses import Response

from actors import people
from fedi.db.engine import Reader
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.views.agenda import look_house_agenda
from fedi.views.listed import Listed
from fedi.views.paging import Page
from fedi.web.asked import Asked, parse_asked
from fedi.web.pages.agenda import agenda_values, wanted_of
from fedi.web.shown.cards import moment_of


async def show(visit: Visit) -> Response:
    """The same form and the same forms as the agenda that everybody sees."""
    return await show_with(visit, "")


async def show_with(visit: Visit, secret: str) -> Response:
    """The page; `secret`: the address for calendars that was made just now, told this once."""
    asked = parse_asked(visit.request.query_params)

    def look(rx: Reader) -> tuple[Asked, Page[Listed], datetime | None]:
        full = asked.found(rx, visit.instance.urls.host)
        since = people.calendar_since(rx, visit.member.person.id, visit.actor.uri)
        if full.problems:
            return full, Page(()), since
        wanted, most = wanted_of(full, visit.visitor)
        after = None if full.is_month or full.is_map else visit.visitor.after
        return full, look_house_agenda(rx, visit.actor, wanted, after, most), since

    asked, found, since = await visit.instance.look(look)
    values = agenda_values(
        visit.instance, asked, visit.visitor, found, f"/house/{visit.username}/agenda"
    )
    return page(
        visit,
        "reading/agenda.html",
        visit.visitor.t("agenda.past" if asked.past else "web.agenda.title"),
        status=400 if asked.problems else 200,
        section="timeline",
        names_authors=True,
        calendar_address=secret,
        calendar_query="" if asked.problems else asked.query(view="", month=""),
        calendar_since=None if since is None else moment_of(since, visit.visitor),
        **values,
    )


DOORS = (Door("/house/{username}/agenda", Right.READ, ask=show),)
