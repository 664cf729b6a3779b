"""`/house/NAME/going`: events of others to which the collective comes, asks to come, or said something else."""

from typing import Final

from starlette.responses import Response

from fedi.desk import attending
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.reading.addresses import thread_of
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line


async def show(visit: Visit) -> Response:
    """The page, the next event first."""
    visitor = visit.visitor
    found = await attending.list_going(visit.instance, attending.ListOrder(actor=visit.username))
    return page(
        visit,
        "attendance/going.html",
        visitor.t("attend.list.title"),
        section="timeline",
        events=[
            (
                each,
                thread_of(visit.username, each.uri),
                moment_line(each.starts_at, visitor.zone, visitor.language, digits=visitor.digits),
            )
            for each in found.events
        ],
    )


DOORS: Final = (Door("/house/{username}/going", Right.READ, ask=show),)
