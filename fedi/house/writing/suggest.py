"""Who and what can be named: for scripts while somebody types, and as a page for everybody else."""

from typing import Final

from starlette.responses import JSONResponse, Response

from fedi.db.engine import Reader
from fedi.house.frame import HEADERS, page
from fedi.house.member import Visit
from fedi.text.direction import clean_line
from fedi.views.names import find_handles, find_hashtags

MOST: Final = 8
LISTED: Final = 40


async def suggest(visit: Visit) -> Response:
    """`?q=@bei` or `?q=#sol`: what begins like this, as JSON."""
    asked = visit.request.query_params.get("q", "")[:80]
    mark, rest = asked[:1], asked[1:]

    def look(rx: Reader) -> list[dict[str, str]]:
        if mark == "@" and rest:
            return [
                {"text": each.handle, "name": clean_line(each.title, 80)}
                for each in find_handles(rx, rest, MOST)
            ]
        if mark == "#" and rest:
            return [{"text": f"#{each}", "name": ""} for each in find_hashtags(rx, rest, MOST)]
        return []

    found = await visit.instance.look(look)
    return JSONResponse({"found": found}, headers=dict(HEADERS))


async def look_up(visit: Visit) -> Response:
    """`/house/NAME/names`: the handles we know, to be copied into a text."""
    asked = visit.request.query_params.get("q", "").strip().removeprefix("@")[:80]
    found = await visit.instance.look(lambda rx: find_handles(rx, asked, LISTED)) if asked else []
    return page(
        visit,
        "writing/names.html",
        visit.visitor.t("writing.names.title"),
        section="write",
        asked=asked,
        found=[(each.handle, clean_line(each.title, 120)) for each in found],
    )
