"""Invite: somebody asks a collective of ours to an event; from Friendica and Hubzilla also how an event is published."""

from dataclasses import replace

from fedi.canonical import same_origin
from fedi.publications import store
from fedi.publications.activitystreams import authors_of
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from inbox import invited
from inbox.contract import Authority, Handler, Ignored, Incoming, Outcome, Refused
from inbox.handlers import create


def needs(activity: Activity) -> frozenset[str]:
    """The event is fetched from its own address, whatever body came along; a body of the sender's own will do."""
    uri, inner = activity.object_uri, activity.embedded
    if uri is None or not same_origin(uri, activity.actor):
        return frozenset()
    if inner is not None and activity.actor in authors_of(inner):
        return frozenset()
    return frozenset({uri})


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """With a `target` it is an invitation; without one it says that there is an event, as a Create does."""
    activity = incoming.activity
    uri = activity.object_uri or ""
    guests = invited.names_guests(unit, incoming)
    if not guests:
        if activity.target is None and incoming.publication is not None:
            return create.apply(unit, incoming)
        return Ignored("invite.nobody_here")
    publication = store.find(unit.tx, uri) or incoming.found.get(uri) or _of_sender(incoming)
    if publication is None or publication.uri != uri:
        return Ignored("invite.unknown_event")
    if publication.kind != "event":
        return Refused("invite.no_event")
    return invited.receive(unit, incoming, publication, guests[0])


def _of_sender(incoming: Incoming) -> Publication | None:
    """The body that came along, as the word of whoever sent it, whomever else it names first; None when it names them not at all."""
    sender = incoming.sender.actor.uri
    if incoming.publication is None or sender not in authors_of(incoming.activity.embedded or {}):
        return None
    return replace(incoming.publication, author=sender)


HANDLER = Handler(
    frozenset({"Invite"}), Authority.OBJECT_ORIGIN, apply, reads_publication=True, needs=needs
)
