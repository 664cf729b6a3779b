"""Offer: somebody asks one of ours to organise an event with them, or to be or take a stop of a tour (a Relationship, ActivityStreams 3.4 of the vocabulary)."""

from fedi.unit import Unit
from fedi.vocab.activity import Activity
from inbox import bonding
from inbox.contract import Authority, Handler, Ignored, Incoming, Outcome


def needs(activity: Activity) -> frozenset[str]:
    """What it is about, from its own address: that says whose it is."""
    offered = bonding.read(activity)
    return frozenset() if offered is None else frozenset({offered.event_uri, *offered.stop_uris})


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Put it before whom it is for; nothing else happens by itself."""
    offered = bonding.read(incoming.activity)
    if offered is None:
        return Ignored("offer.unknown")
    return bonding.asked(unit, incoming, offered)


HANDLER = Handler(frozenset({"Offer"}), Authority.SENDER_ONLY, apply, needs=needs)
