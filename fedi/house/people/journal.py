"""`/house/{username}/journal` and `/steward/journal`: who did what for the collective, and in the whole house.

Members read it, nobody else ever does. What is older than the settings say is not shown even before it is deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from actors import journal
from fedi.clock import to_ms
from fedi.house.frame import page
from fedi.house.gate import Door
from fedi.house.member import Visit
from fedi.house.rights import Right
from fedi.i18n.dates import moment_line
from fedi.text.direction import clean_line
from fedi.views.paging import PAGE_SIZE, Cursor

_ABOUT_MAX = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done. `who` is empty for what was done on the machine itself."""

    when: str
    who: str
    done: str
    about: str
    href: str


async def show(visit: Visit) -> Response:
    """What was done for this collective."""
    return await _page(visit, visit.actor.uri, f"/house/{visit.username}/journal")


async def show_house(visit: Visit) -> Response:
    """What was done in the house and for no single collective."""
    return await _page(visit, journal.HOUSE, "/steward/journal")


async def _page(visit: Visit, actor_uri: str, address: str) -> Response:
    visitor, config = visit.visitor, visit.instance.config
    before = (visitor.after.at, visitor.after.row_id) if visitor.after else (2**62, 2**62)
    oldest = visitor.now - timedelta(days=config.people.journal_days)
    found = await visit.instance.look(
        lambda rx: journal.list_newest(rx, actor_uri, PAGE_SIZE + 1, before)
    )
    fresh = [each for each in found if each.at > oldest]
    last = fresh[PAGE_SIZE - 1] if len(fresh) > PAGE_SIZE else None
    return page(
        visit,
        "people/journal.html",
        visitor.t("people.journal.title"),
        section="people" if visit.member.may(Right.STEWARD) else "",
        lines=_lines(visit, fresh[:PAGE_SIZE]),
        is_house=actor_uri == journal.HOUSE,
        days=config.people.journal_days,
        further=f"{address}?after={Cursor(to_ms(last.at), last.id)}" if last else "",
    )


def _lines(visit: Visit, entries: Sequence[journal.Entry]) -> list[Line]:
    visitor, base = visit.visitor, visit.instance.urls.base
    return [
        Line(
            when=moment_line(each.at, visitor.zone, visitor.language, digits=visitor.digits),
            who=each.person,
            done=visitor.t(each.done),
            about=clean_line(each.about, _ABOUT_MAX),
            href=each.about if each.about.startswith(f"{base}/") else "",
        )
        for each in entries
    ]


DOORS = (
    Door("/house/{username}/journal", Right.READ, ask=show),
    Door("/steward/journal", Right.HOUSE, ask=show_house),
)
