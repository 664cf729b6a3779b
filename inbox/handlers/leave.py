"""Leave: somebody does not come to an event of ours after all (wire 5.4)."""

from fedi.unit import Unit
from inbox import attending
from inbox.contract import Authority, Handler, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Their place is free; whoever waits moves up."""
    return attending.leave(unit, incoming, incoming.activity.object_uri)


HANDLER = Handler(frozenset({"Leave"}), Authority.SENDER_ONLY, apply)
