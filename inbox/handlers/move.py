"""Move: somebody has a new address (FEP-7628). Believed only when the new one says so too (S30)."""

from dataclasses import replace
from datetime import timedelta

from actors import blocks, follows, notifications
from actors import store as actor_store
from actors.model import Actor
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from inbox import store
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused
from outbox.actions.follow import follow
from outbox.actions.undo import unfollow

ONCE_IN = timedelta(days=7)


def targets(activity: Activity) -> frozenset[str]:
    """The new actor, whose own document decides. Nothing is fetched for who speaks of somebody else's move."""
    if activity.target is None or activity.object_uri != activity.actor:
        return frozenset()
    return frozenset({activity.target})


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Note the new address, tell our followers, and follow there if this instance wishes so."""
    old, activity = incoming.sender.actor, incoming.activity
    target = actor_store.find(unit.tx, activity.target) if activity.target else None
    if activity.object_uri != old.uri or target is None:
        return Refused("move.not_their_own")
    if old.uri not in target.aliases or target.deleted_at is not None or target.is_local:
        return Refused("move.not_confirmed")
    if store.was_moved_since(unit.tx, old.uri, unit.now - ONCE_IN):
        return Ignored("move.too_soon")
    actor_store.save(unit, replace(old, moved_to=target.uri))
    for follower_uri in follows.list_local_followers(unit.tx, old.uri):
        _lead_on(unit, actor_store.load(unit.tx, follower_uri), old, target)
    return Done("move.noted")


def _lead_on(unit: Unit, follower: Actor, old: Actor, target: Actor) -> None:
    notifications.add(unit, follower.uri, "moved", old.uri, target.uri)
    shut_out = blocks.is_actor_blocked(unit.tx, target.uri, target.host)
    if (
        not unit.follows_moves
        or shut_out
        or blocks.is_blocked_by(unit.tx, follower.uri, target.uri)
    ):
        return
    if follows.find(unit.tx, follower.uri, target.uri) is None:
        follow(unit, follower, target)
    unfollow(unit, follower, old.uri)


HANDLER = Handler(frozenset({"Move"}), Authority.SENDER_ONLY, apply, actors=targets)
