"""What organisers elsewhere answer to a `Join` of ours: accepted, refused, or not taken here (wire 5.4)."""

from typing import Final

from actors import notifications
from actors.notifications import Kind
from fedi.canonical import same_origin
from fedi.publications import store
from fedi.publications.event import participation
from fedi.publications.event.participation import Participation, State
from fedi.unit import Unit
from fedi.vocab.read import id_of, type_of
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused

_TOLD: Final[dict[State, Kind]] = {
    "accepted": "attend_accepted",
    "refused": "attend_refused",
    "elsewhere": "attend_elsewhere",
}


def answered(unit: Unit, incoming: Incoming, state: State) -> Outcome | None:
    """None when it answers something else.

    Matched by the id of our Join, else by the pair that it names (wire 10.4). Whoever manages an event of a group is not
    its author, so anybody at the origin of the event may answer for it, and nobody else.
    """
    found = _find(unit, incoming)
    if found is None or found.way != "join":
        return None
    sender = incoming.sender.actor
    publication = store.find(unit.tx, found.event_uri)
    is_theirs = publication is not None and publication.author == sender.uri
    if not (is_theirs or same_origin(found.event_uri, sender.uri)):
        return Refused("attend.not_theirs")
    if not participation.set_state(unit, found, state):
        return Ignored("attend.known")
    notifications.again(unit, found.actor_uri, _TOLD[state], found.event_uri)
    return Done(f"attend.{state}", is_private=True)


def _find(unit: Unit, incoming: Incoming) -> Participation | None:
    uri, inner = incoming.activity.object_uri, incoming.activity.embedded
    found = participation.find_by_activity(unit.tx, uri) if uri is not None else None
    if found is None and inner is not None and type_of(inner) == "Join":
        actor_uri, event_uri = id_of(inner.get("actor")), id_of(inner.get("object"))
        if actor_uri is not None and event_uri is not None:
            found = participation.find(unit.tx, actor_uri, event_uri)
    return found
