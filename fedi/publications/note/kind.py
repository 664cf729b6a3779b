"""NOTE: the last row of `kinds.KINDS`; it takes what no other kind claims."""

from typing import Final

from fedi.publications.contract import Json, Kind
from fedi.publications.note.activitystreams import TYPES, build_note, parse_note
from fedi.publications.note.rules import check_note


def _claims(_document: Json) -> bool:
    return True


NOTE: Final = Kind(
    name="note",
    types=TYPES,
    claims=_claims,
    parse_details=parse_note,
    build_details=build_note,
    check=check_note,
)
