"""`/house/{username}/agenda`: the events of all whom the collective follows, with its own and what relays brought."""

from starlette.responses import Response

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


async def show(visit: Visit) -> Response:
    """The same form and the same forms as the agenda that everybody sees."""
    asked = parse_asked(visit.request.query_params)

    def look(rx: Reader) -> tuple[Asked, Page[Listed]]:
        full = asked.found(rx, visit.instance.urls.host)
        if full.problems:
            return full, Page(())
        wanted, most = wanted_of(full, visit.visitor)
        after = None if full.is_month else visit.visitor.after
        return full, look_house_agenda(rx, visit.actor, wanted, after, most)

    asked, found = await visit.instance.look(look)
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
        **values,
    )


DOORS = (Door("/house/{username}/agenda", Right.READ, ask=show),)
