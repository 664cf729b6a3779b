"""Follow: somebody wants to read a collective of ours."""

from actors import blocks, follows, notifications, relays
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, ROLE_SERVER, Actor
from fedi.unit import Unit
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused
from outbox.actions.accept import accept_follow
from outbox.actions.reject import reject_follow


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Record the wish and answer it, or leave it to a person. A repeated Follow is answered again (wire 3.4)."""
    asker, wanted_uri = incoming.sender.actor, incoming.activity.object_uri
    wanted = actor_store.find(unit.tx, wanted_uri) if wanted_uri else None
    if wanted is None or not wanted.is_local:
        return Ignored("follow.not_ours")
    if wanted.role == ROLE_SERVER:
        return _answer_relay(unit, wanted, incoming)
    refusal = _refusal(unit, wanted, asker.uri)
    if refusal is not None:
        reject_follow(unit, wanted, asker.uri, incoming.activity.uri)
        return refusal
    state = follows.ask(unit, asker.uri, wanted.uri, incoming.activity.uri)
    if state == follows.ACCEPTED:
        accept_follow(unit, wanted, asker.uri, incoming.activity.uri)
        return Done("follow.accepted_again")
    # whoever is limited would otherwise become a reader of what is for followers, and nobody would be told
    if wanted.approves_followers or blocks.standing(unit, asker.uri).is_limited:
        notifications.add(unit, wanted.uri, "follow_request", asker.uri, asker.uri)
        return Done("follow.waiting")
    follows.decide(unit, asker.uri, wanted.uri, follows.ACCEPTED)
    notifications.add(unit, wanted.uri, "follow", asker.uri, asker.uri)
    accept_follow(unit, wanted, asker.uri, incoming.activity.uri)
    return Done("follow.accepted")


def _refusal(unit: Unit, wanted: Actor, asker_uri: str) -> Refused | None:
    if (
        wanted.role != ROLE_COLLECTIVE
        or wanted.deleted_at is not None
        or wanted.moved_to is not None
    ):
        return Refused("follow.not_followable")
    if blocks.is_blocked_by(unit.tx, wanted.uri, asker_uri):
        return Refused("follow.blocked")
    return None


def _answer_relay(unit: Unit, server: Actor, incoming: Incoming) -> Outcome:
    """Only a relay that we subscribed to may follow the server itself: then it gets our announcements."""
    asker_uri, follow_uri = incoming.sender.actor.uri, incoming.activity.uri
    relay = relays.find_wanted(unit.tx, asker_uri)
    if relay is None:
        reject_follow(unit, server, asker_uri, follow_uri)
        return Refused("follow.not_followable")
    relays.note_their_follow(unit, relay, follow_uri)
    accept_follow(unit, server, asker_uri, follow_uri)
    return Done("follow.relay")


HANDLER = Handler(frozenset({"Follow"}), Authority.SENDER_ONLY, apply)
