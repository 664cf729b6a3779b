"""`/house`: where members arrive. The collective's own page comes first; with several, each has its own."""

from starlette.responses import Response

from fedi.house.frame import go, page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right


async def arrive(visit: Visit) -> Response:
    """On to the first collective; a person without any is told so."""
    collectives = visit.member.collectives
    if collectives:
        return go(f"/house/{collectives[0].username}")
    return page(visit, "nowhere.html", visit.visitor.t("house.nowhere.title"))


async def show(visit: Visit) -> Response:
    """The first page of a collective for its members."""
    return page(visit, "home.html", visit.actor.title, section="home", role=visit.member.role)


DOORS = (
    Door("/house", Right.SELF, ask=arrive),
    Door("/house/{username}", Right.READ, ask=show),
)
