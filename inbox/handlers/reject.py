"""Reject: somebody refuses what we asked, ends what was granted, or does not come to an event of ours."""

from actors import follows, notifications, relays
from fedi.publications import quoting
from fedi.unit import Unit
from inbox import attending, bonding, dating, invited, joined, quoted, relayed, store
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused
from inbox.handlers.accept import find_asked


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """A Follow of ours is refused, or we are removed from the followers."""
    bound = bonding.answered(unit, incoming, "refused")
    if bound is not None:
        return bound
    attends = (
        attending.about_event(unit, incoming, "not_coming")
        or invited.answered(unit, incoming, "not_coming")
        or dating.answered(unit, incoming, "not_coming")
        or joined.answered(unit, incoming, "refused")
    )
    if attends is not None:
        return attends
    asked = find_asked(unit, incoming)
    if asked is None:
        answer = relayed.answered(unit, incoming, relays.REFUSED)
        answer = answer or quoted.answered(unit, incoming, quoting.REFUSED)
        return answer or Ignored("reject.nothing_asked")
    if asked.followed_uri != incoming.sender.actor.uri:
        return Refused("reject.not_theirs")
    if not follows.decide(unit, asked.follower_uri, asked.followed_uri, follows.REFUSED):
        return Ignored("reject.known")
    store.answer_came(unit, asked.followed_uri)
    notifications.add(
        unit, asked.follower_uri, "follow_refused", asked.followed_uri, asked.followed_uri
    )
    return Done("reject.follow")


HANDLER = Handler(frozenset({"Reject"}), Authority.ANSWER_TO_US, apply)
