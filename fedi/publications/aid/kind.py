"""AID_REQUEST and AID_OFFER: two rows of `kinds.KINDS` that differ in their purpose only."""

from typing import Final

from fedi.publications.aid.activitystreams import (
    PROPOSAL_TYPES,
    TYPES,
    build_aid,
    parse_aid,
    purpose_of,
)
from fedi.publications.aid.rules import check_aid
from fedi.publications.contract import Json, Kind
from fedi.vocab.read import one_of, type_of


def _is_aid(document: Json) -> bool:
    """A `Proposal` always; a `Note` only when it says what is meant: else it is just a note."""
    return type_of(document, TYPES) in PROPOSAL_TYPES or isinstance(
        one_of(document.get("publishes")), dict
    )


def _claims_request(document: Json) -> bool:
    return purpose_of(document) == "request" and _is_aid(document)


def _claims_offer(document: Json) -> bool:
    return purpose_of(document) == "offer" and _is_aid(document)


AID_REQUEST: Final = Kind("aid_request", TYPES, _claims_request, parse_aid, build_aid, check_aid)
AID_OFFER: Final = Kind("aid_offer", TYPES, _claims_offer, parse_aid, build_aid, check_aid)
