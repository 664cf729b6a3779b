"""Remove: somebody unpins a publication from their page."""

from fedi.publications import featured
from fedi.unit import Unit
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Forget the pin."""
    uri = incoming.activity.object_uri
    if uri is None or not featured.remove(unit, incoming.sender.actor.uri, uri):
        return Ignored("remove.unknown")
    return Done("remove.featured")


HANDLER = Handler(frozenset({"Remove"}), Authority.OWN_COLLECTION, apply)
