"""TentativeAccept, TentativeReject: "maybe" and "rather not", as Friendica and Hubzilla say it of an event (wire 5.4)."""

from fedi.unit import Unit
from inbox import attending, dating, invited
from inbox.contract import Authority, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Of an event of ours, or of an invitation to it, it is an answer; of anything else nothing is known."""
    wish = attending.WISHES[incoming.activity.type]
    return (
        attending.about_event(unit, incoming, wish)
        or invited.answered(unit, incoming, wish)
        or dating.answered(unit, incoming, wish)
        or Ignored("tentative.no_event")
    )


HANDLER = Handler(frozenset({"TentativeAccept", "TentativeReject"}), Authority.SENDER_ONLY, apply)
