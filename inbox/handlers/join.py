"""Join: somebody wants to come to an event of ours (wire 5.4)."""

from fedi.unit import Unit
from inbox import attending
from inbox.contract import Authority, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Accepted at once, when somebody agreed, or when a place becomes free, as the event says."""
    publication = attending.find_event(unit, incoming.activity.object_uri, incoming)
    if publication is None:
        return Ignored("join.no_event")
    return attending.answer(
        unit, incoming, publication, "coming", "join", activity_uri=incoming.activity.uri
    )


HANDLER = Handler(frozenset({"Join"}), Authority.SENDER_ONLY, apply)
