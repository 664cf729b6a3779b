"""Accept: somebody grants what we asked, or says that they come to an event of ours."""

from actors import follows, notifications, relays
from fedi import chores
from fedi.publications import quoting
from fedi.unit import Unit
from fedi.vocab.read import id_of
from inbox import attending, bonding, dating, invited, joined, quoted, relayed, store
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """A Follow of ours is accepted by whom it was for. Matched by its id, else by the pair (wire 10.4)."""
    bound = bonding.answered(unit, incoming, "accepted")
    if bound is not None:
        return bound
    attends = (
        attending.about_event(unit, incoming, "coming")
        or invited.answered(unit, incoming, "coming")
        or dating.answered(unit, incoming, "coming")
        or joined.answered(unit, incoming, "accepted")
    )
    if attends is not None:
        return attends
    asked = find_asked(unit, incoming)
    if asked is None:
        answer = relayed.answered(unit, incoming, relays.ACCEPTED)
        answer = answer or quoted.answered(unit, incoming, quoting.GIVEN)
        return answer or Ignored("accept.nothing_asked")
    if asked.followed_uri != incoming.sender.actor.uri:
        return Refused("accept.not_theirs")
    if not follows.decide(unit, asked.follower_uri, asked.followed_uri, follows.ACCEPTED):
        return Ignored("accept.known")
    store.answer_came(unit, asked.followed_uri)
    chores.add(unit, chores.BACKFILL, asked.followed_uri)
    notifications.add(
        unit, asked.follower_uri, "follow_accepted", asked.followed_uri, asked.followed_uri
    )
    return Done("accept.follow")


def find_asked(unit: Unit, incoming: Incoming) -> follows.Follow | None:
    """The Follow of ours that an answer is about."""
    uri, inner = incoming.activity.object_uri, incoming.activity.embedded
    asked = follows.find_by_activity(unit.tx, uri) if uri else None
    if asked is None and inner is not None:
        follower, followed = id_of(inner.get("actor")), id_of(inner.get("object"))
        if follower is not None and followed in (None, incoming.sender.actor.uri):
            asked = follows.find(unit.tx, follower, incoming.sender.actor.uri)
    return asked if asked is not None and unit.urls.is_ours(asked.follower_uri) else None


HANDLER = Handler(frozenset({"Accept"}), Authority.ANSWER_TO_US, apply)
