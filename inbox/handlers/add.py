"""Add: somebody pins a publication to their page."""

from fedi.publications import featured
from fedi.unit import Unit
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Remember the pin; the publication itself is not fetched for it."""
    uri = incoming.activity.object_uri
    if uri is None or not featured.add(unit, incoming.sender.actor.uri, uri):
        return Ignored("add.known")
    return Done("add.featured")


HANDLER = Handler(frozenset({"Add"}), Authority.OWN_COLLECTION, apply)
