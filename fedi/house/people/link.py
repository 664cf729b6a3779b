"""The page that shows a one-time link, once: it is nowhere else, and cannot be shown again."""

from starlette.responses import Response

from fedi.desk.people import Invited
from fedi.house.frame import page
from fedi.house.member import Visit
from fedi.i18n.dates import moment_line


def show_link(visit: Visit, invited: Invited, *, is_new: bool) -> Response:
    """The link, how to hand it over, until when it holds."""
    visitor = visit.visitor
    until = moment_line(invited.expires_at, visitor.zone, visitor.language, digits=visitor.digits)
    return page(
        visit,
        "people/link.html",
        visitor.t("people.link.title"),
        section="people",
        name=invited.name,
        url=invited.url,
        until=until,
        is_new=is_new,
    )
