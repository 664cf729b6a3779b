"""STATEMENT: one row of `kinds.KINDS`."""

from typing import Final

from fedi.publications.contract import Json, Kind
from fedi.publications.statement.activitystreams import (
    LONG_TYPES,
    build_statement,
    is_marked,
    parse_statement,
)
from fedi.publications.statement.rules import check_statement
from fedi.vocab.read import type_of

_TYPES: Final = LONG_TYPES | {"Note"}


def _claims(document: Json) -> bool:
    return type_of(document, _TYPES) in LONG_TYPES or is_marked(document)


STATEMENT: Final = Kind(
    name="statement",
    types=_TYPES,
    claims=_claims,
    parse_details=parse_statement,
    build_details=build_statement,
    check=check_statement,
)
