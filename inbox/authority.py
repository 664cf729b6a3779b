"""May this actor say this? Asked in one place, inside the transaction, before any handler acts (S21–S31)."""

from actors import store as actor_store
from fedi.canonical import same_origin
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import authors_of
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event import invitations
from fedi.unit import Unit
from fedi.vocab.read import id_of
from inbox.contract import Authority, Incoming, Refused
from outbox import store as outbox_store


def check(unit: Unit, incoming: Incoming, authority: Authority) -> Refused | None:
    """A refusal with its reason, or None when the sender has the authority that the handler demands."""
    return _CHECKS[authority](unit, incoming)


def _sender_only(_unit: Unit, _incoming: Incoming) -> Refused | None:
    return None


def _object_origin(unit: Unit, incoming: Incoming) -> Refused | None:
    actor, subject = incoming.activity.actor, incoming.activity.embedded
    if subject is None:
        uri = incoming.activity.object_uri
        return (
            None
            if uri is not None and same_origin(uri, actor)
            else Refused("authority.object_elsewhere")
        )
    uri = id_of(subject.get("id"))
    if uri is None:
        return Refused("authority.object_without_id")
    if not same_origin(uri, actor):
        return Refused("authority.object_elsewhere")
    if actor not in authors_of(subject) and uri not in incoming.found:
        known = publication_store.find(unit.tx, uri)
        return None if known is not None else Refused("authority.not_the_author")
    return None


def _object_owner(unit: Unit, incoming: Incoming) -> Refused | None:
    """The owner of what is stored. What is not stored is judged by its id: another origin's is not theirs.

    Nor is what names somebody else as its author, or what is somebody: others of the same host have no say (S2).
    """
    actor, uri = incoming.activity.actor, incoming.activity.object_uri
    if uri is None:
        return Refused("authority.object_without_id")
    if uri == actor:
        return None
    authors = authors_of(incoming.activity.embedded or {})
    if authors and actor not in authors:
        return Refused("authority.not_the_author")
    if actor_store.find(unit.tx, uri) is not None:
        return Refused("authority.not_the_owner")
    stored = publication_store.find(unit.tx, uri)
    if stored is not None:
        return None if stored.author == actor else Refused("authority.not_the_owner")
    return None if same_origin(uri, actor) else Refused("authority.object_elsewhere")


def _own_activity(_unit: Unit, incoming: Incoming) -> Refused | None:
    inner = incoming.activity.embedded
    speaker = id_of(inner.get("actor")) if inner is not None else None
    if speaker is not None and speaker != incoming.activity.actor:
        return Refused("authority.not_their_activity")
    uri = incoming.activity.object_uri
    if uri is not None and not same_origin(uri, incoming.activity.actor):
        return Refused("authority.object_elsewhere")
    return None


def _answer_to_us(unit: Unit, incoming: Incoming) -> Refused | None:
    """What is answered must be ours: by id among what we sent, embedded with a local actor (wire 3.4), or an event."""
    uri, inner = incoming.activity.object_uri, incoming.activity.embedded
    if uri is not None and unit.urls.is_ours(uri) and outbox_store.find(unit.tx, uri) is not None:
        return None
    speaker = id_of(inner.get("actor")) if inner is not None else None
    if speaker is not None and unit.urls.is_ours(speaker):
        return None
    if uri is not None and unit.urls.is_ours(uri) and _is_event_or_invite(unit, uri):
        return None
    return Refused("authority.not_asked_by_us")


def _is_event_or_invite(unit: Unit, uri: str) -> bool:
    """Whether we invited somebody with it, or it is a moment that we proposed, or a gathering of ours, which some peers accept and refuse like an invitation."""
    if invitations.find_by_invite(unit.tx, uri) is not None:
        return True
    stored = publication_store.find(unit.tx, uri.partition("#")[0])
    if stored is not None and isinstance(stored.details, DatesDetails):
        return True
    return stored is not None and stored.kind == "event"


def _own_collection(_unit: Unit, incoming: Incoming) -> Refused | None:
    target, actor = incoming.activity.target, incoming.sender.actor
    if target is not None and target == actor.featured:
        return None
    return Refused("authority.not_their_collection")


_CHECKS = {
    Authority.SENDER_ONLY: _sender_only,
    Authority.OBJECT_ORIGIN: _object_origin,
    Authority.OBJECT_OWNER: _object_owner,
    Authority.OWN_ACTIVITY: _own_activity,
    Authority.ANSWER_TO_US: _answer_to_us,
    Authority.OWN_COLLECTION: _own_collection,
}
