"""EVENT: one row of `kinds.KINDS`."""

from typing import Final

from fedi.publications.contract import Json, Kind
from fedi.publications.event.activitystreams import build_event, is_website, parse_event
from fedi.publications.event.rules import check_event


def _claims(_document: Json) -> bool:
    return True


EVENT: Final = Kind(
    name="event",
    types=frozenset({"Event"}),
    claims=_claims,
    parse_details=parse_event,
    build_details=build_event,
    check=check_event,
    owns=is_website,
)
