"""Move: a collective of ours has a new address elsewhere (FEP-7628)."""

from dataclasses import replace

from actors.model import Actor
from fedi.errors import Invalid
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.actions.update import update_actor
from outbox.activities import envelope
from outbox.send import Audience, send

ALIASES_MAX = 32


def move(unit: Unit, actor: Actor, target: Actor) -> Actor:
    """Point to the new address and lead the followers there. Raises Invalid unless the new actor names us as an alias."""
    if target.uri == actor.uri:
        raise Invalid("move.oneself", field="handle")
    if actor.uri not in target.aliases:
        raise Invalid("move.not_confirmed", field="handle")
    moved = update_actor(unit, replace(actor, moved_to=target.uri))
    assert moved.followers is not None
    activity = envelope(unit, moved, "Move", moved.uri, (PUBLIC,), (moved.followers,))
    activity["target"] = target.uri
    send(unit, moved, activity, Audience(followers=True, visibility="public"))
    return moved


def set_aliases(unit: Unit, actor: Actor, aliases: tuple[str, ...]) -> Actor:
    """Say which other addresses are ours, so that they may move here. Raises Invalid for too many."""
    if len(aliases) > ALIASES_MAX:
        raise Invalid("move.too_many_aliases", field="alias")
    return update_actor(unit, replace(actor, aliases=tuple(dict.fromkeys(aliases))))
