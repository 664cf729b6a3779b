"""Passing answers on to our followers (ActivityPub 7.1.2): the very bytes that came, signed at the door by our actor.

Whoever gets them believes the signature inside, or fetches the object from its origin; we vouch for nothing.
"""

from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.publications import store
from fedi.unit import Unit
from inbox.contract import Incoming
from outbox.send import pass_on

FORWARDED = frozenset({"Create", "Update", "Delete"})


def owner_of(unit: Unit, incoming: Incoming) -> Actor | None:
    """The collective of ours whose followers are meant: the activity names them and is about an answer to it."""
    activity = incoming.activity
    if activity.type not in FORWARDED:
        return None
    publication = incoming.publication
    if publication is None and activity.object_uri is not None:
        publication = store.find(unit.tx, activity.object_uri)
    answered = publication.in_reply_to if publication is not None else None
    if answered is None or not unit.urls.is_ours(answered):
        return None
    parent = store.find(unit.tx, answered)
    owner = actor_store.find(unit.tx, parent.author) if parent is not None else None
    if (
        owner is None
        or owner.role != ROLE_COLLECTIVE
        or parent is None
        or not parent.visibility.is_public
    ):
        return None
    return owner if owner.followers in (*activity.to, *activity.cc) else None


def forward(unit: Unit, owner: Actor, incoming: Incoming, body: bytes) -> None:
    """To every follower elsewhere but on the host it came from."""
    activity = incoming.activity
    pass_on(unit, owner, activity.uri, activity.type, body, but_not=incoming.sender.actor.host)
