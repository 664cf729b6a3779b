"""Offer, and its answers: to organise an event together, to be a stop of a tour. Each goes to one actor alone.

What is offered is a Relationship: `subject` is the part, `object` the event, `relationship` says what the one is of the other.
"""

from typing import Any, Final, Literal

from actors.model import Actor
from fedi.publications.event.bonds import Bond, Kind
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send

RELATIONSHIPS: Final[dict[Kind, str]] = {
    "organiser": "http://schema.org/organizer",
    "stop": "http://schema.org/subEvent",
}


def offer(unit: Unit, actor: Actor, kind: Kind, event_uri: str, part_uri: str, to_uri: str) -> str:
    """Ask; the id of the Offer."""
    subject = _relationship(kind, event_uri, part_uri)
    activity = envelope(unit, actor, "Offer", subject, (to_uri,))
    send(unit, actor, activity, Audience.only(to_uri))
    return str(activity["id"])


def answer(unit: Unit, actor: Actor, bond: Bond, verb: Literal["Accept", "Reject"]) -> None:
    """Say yes or no to what was asked; a Reject after an Accept ends it."""
    activity = envelope(unit, actor, verb, _offered(bond), (bond.from_uri,))
    send(unit, actor, activity, Audience.only(bond.from_uri))


def take_back(unit: Unit, actor: Actor, bond: Bond) -> None:
    """Not to ask any more, or to end what was accepted."""
    activity = envelope(unit, actor, "Undo", _offered(bond), (bond.to_uri,))
    send(unit, actor, activity, Audience.only(bond.to_uri))


def _offered(bond: Bond) -> dict[str, Any]:
    return {
        "id": bond.activity_uri,
        "type": "Offer",
        "actor": bond.from_uri,
        "object": _relationship(bond.kind, bond.event_uri, bond.part_uri),
    }


def _relationship(kind: Kind, event_uri: str, part_uri: str) -> dict[str, str]:
    return {
        "type": "Relationship",
        "subject": part_uri,
        "relationship": RELATIONSHIPS[kind],
        "object": event_uri,
    }
