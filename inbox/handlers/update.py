"""Update: somebody changed what they said, or themselves."""

from dataclasses import replace

from fedi.publications import shelf, store
from fedi.publications.event import coming
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.terms import ACTOR_TYPES
from inbox import attending
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused
from inbox.handlers.create import welcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Replace a stored publication by a newer one of its owner; what was never seen is taken as new.

    An actor's Update is only a hint: its document was fetched from its own address before (S25).
    """
    activity, sender = incoming.activity, incoming.sender.actor
    if activity.object_uri == sender.uri:
        return Done("update.actor")
    if incoming.publication is None:
        return Ignored("update.not_embedded")
    newer = replace(incoming.publication, author=sender.uri)
    stored = store.find(unit.tx, newer.uri)
    if stored is None:
        told = attending.word_about_event(unit, incoming, newer, is_edited=True)
        return told or welcome(unit, newer, sender, incoming)
    if newer.kind != stored.kind and {newer.kind, stored.kind} & {
        "event",
        "aid_request",
        "aid_offer",
    }:
        return Refused("update.other_kind")
    known_at = stored.updated_at or stored.published_at
    if newer.updated_at is None or newer.updated_at <= known_at:
        return Ignored("update.not_newer")
    kept = replace(
        newer,
        visibility=stored.visibility,
        to=stored.to,
        cc=stored.cc,
        published_at=stored.published_at,
        in_reply_to=stored.in_reply_to,
    )
    shelf.exchange(unit, kept)
    coming.changed(unit, stored, kept)
    return Done("update.stored")


def is_about_actor(activity: Activity) -> bool:
    """Whether an Update is about its own actor."""
    return activity.object_uri == activity.actor or activity.object_type in ACTOR_TYPES


HANDLER = Handler(
    frozenset({"Update"}),
    Authority.OBJECT_OWNER,
    apply,
    reads_publication=True,
    refreshes=is_about_actor,
)
