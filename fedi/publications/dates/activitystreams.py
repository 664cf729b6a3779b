"""A question for a date ⇄ a `Question` with `anyOf`, so that people vote from any software that has polls. Pure.

Each option is a `Note` with an `id`, `startTime` and `endTime`; whoever knows them accepts, tentatively accepts or rejects it.
"""

from collections.abc import Mapping
from typing import Any, Final

from fedi.clock import iso
from fedi.publications.dates.model import SLOTS_MAX, DatesDetails, Slot
from fedi.publications.place import line_of
from fedi.vocab.read import as_list, count_of, id_of, moment_of, one_of, type_of, zone_of

FRAGMENT: Final = "#date-"
_NAME_MAX: Final = 300
_VOTES_MAX: Final = 1_000_000


def parse_dates(document: Mapping[str, Any]) -> DatesDetails | None:
    """None for any other question: then its options are words."""
    uri = id_of(document.get("id"))
    if type_of(document) != "Question" or uri is None:
        return None
    options = as_list(document.get("anyOf"))
    slots = [_parse_slot(each, uri) for each in options[: SLOTS_MAX + 1] if isinstance(each, dict)]
    found = tuple(each for each in slots if each is not None)
    if not found or len(found) != len(options) or len(found) > SLOTS_MAX:
        return None
    if len({each.uri for each in found}) != len(found):
        return None
    zone = zone_of(document.get("timezone"))
    return DatesDetails(
        slots=found,
        timezone="UTC" if zone is None else zone.key,
        ends_at=moment_of(document.get("endTime")),
        closed_at=moment_of(document.get("closed")),
        event_uri=id_of(one_of(document.get("about"))),
        voters=min(count_of(document.get("votersCount")) or 0, _VOTES_MAX),
    )


def build_dates(details: DatesDetails) -> dict[str, Any]:
    """The members beside those of every publication."""
    members: dict[str, Any] = {
        "anyOf": [_build_slot(each) for each in details.slots],
        "timezone": details.timezone,
        "votersCount": details.voters,
    }
    if details.ends_at is not None:
        members["endTime"] = iso(details.ends_at)
    if details.closed_at is not None:
        members["closed"] = iso(details.closed_at)
    if details.event_uri is not None:
        members["about"] = details.event_uri
    return members


def _build_slot(slot: Slot) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": "Note",
        "id": slot.uri,
        "name": slot.name,
        "startTime": iso(slot.starts_at),
        "replies": {"type": "Collection", "totalItems": slot.votes},
    }
    return members if slot.ends_at is None else members | {"endTime": iso(slot.ends_at)}


def _parse_slot(option: Mapping[str, Any], question_uri: str) -> Slot | None:
    uri, name = id_of(option.get("id")), line_of(option.get("name"), _NAME_MAX)
    begins = moment_of(option.get("startTime"))
    if uri is None or name is None or begins is None or not uri.startswith(f"{question_uri}#"):
        return None
    ends = moment_of(option.get("endTime"))
    replies = option.get("replies")
    votes = count_of(replies.get("totalItems")) if isinstance(replies, dict) else None
    return Slot(
        uri=uri,
        name=name,
        starts_at=begins,
        ends_at=ends if ends is not None and ends > begins else None,
        votes=min(votes or 0, _VOTES_MAX),
    )
