"""Follow: a collective of ours wants to read somebody."""

from actors import blocks, follows
from actors.model import Actor
from fedi.errors import Forbidden, Invalid
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send


def follow(unit: Unit, follower: Actor, followed: Actor) -> str:
    """Ask to follow; the state afterwards. Asking again sends again: the other side may have lost it.

    Raises Invalid for oneself or somebody gone, Forbidden for somebody shut out.
    """
    if follower.uri == followed.uri:
        raise Invalid("follow.oneself", field="handle")
    if followed.deleted_at is not None:
        raise Invalid("follow.gone", field="handle")
    if blocks.is_actor_blocked(unit.tx, followed.uri, followed.host):
        raise Forbidden("follow.blocked", detail=followed.host)
    activity = envelope(unit, follower, "Follow", followed.uri, (followed.uri,))
    state = follows.ask(unit, follower.uri, followed.uri, activity["id"])
    send(unit, follower, activity, Audience.only(followed.uri))
    return state
