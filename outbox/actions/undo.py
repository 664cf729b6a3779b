"""Undo: a follow, a like, an announce or a block of ours is taken back."""

import json
from typing import Any

from actors import follows
from actors.model import Actor
from fedi.errors import NotFound
from fedi.publications import reactions
from fedi.publications import store as publication_store
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox import store
from outbox.activities import embedded, envelope
from outbox.send import Audience, send


def unfollow(unit: Unit, follower: Actor, followed_uri: str) -> None:
    """Stop following. Raises NotFound when there was nothing to stop."""
    known = follows.find(unit.tx, follower.uri, followed_uri)
    if known is None:
        raise NotFound("follow.none", detail=followed_uri)
    follows.remove(unit, follower.uri, followed_uri)
    subject = {
        "id": known.activity_uri,
        "type": "Follow",
        "actor": follower.uri,
        "object": followed_uri,
    }
    activity = envelope(unit, follower, "Undo", subject, (followed_uri,))
    send(unit, follower, activity, Audience.only(followed_uri))


def withdraw_follow(unit: Unit, follower: Actor, followed_uri: str) -> None:
    """Tell somebody who believes we follow that we do not: the Follow it remembers is unknown here."""
    subject = {"type": "Follow", "actor": follower.uri, "object": followed_uri}
    activity = envelope(unit, follower, "Undo", subject, (followed_uri,))
    send(unit, follower, activity, Audience.only(followed_uri))


def undo_reaction(unit: Unit, actor: Actor, kind: str, object_uri: str) -> None:
    """Take back a like or an announce. Raises NotFound."""
    activity_uri = reactions.find_activity(unit.tx, kind, actor.uri, object_uri)
    kept = store.find(unit.tx, activity_uri) if activity_uri else None
    if kept is None:
        raise NotFound("reaction.none", detail=object_uri)
    reactions.undo(unit, actor.uri, kept.uri)
    inner: dict[str, Any] = json.loads(kept.body)
    is_public = kind == reactions.ANNOUNCE
    author = publication_store.find(unit.tx, object_uri)
    activity = envelope(
        unit, actor, "Undo", embedded(inner), tuple(inner["to"]), tuple(inner["cc"])
    )
    send(
        unit,
        actor,
        activity,
        Audience(
            followers=is_public,
            actors=(author.author,) if author else (),
            # where the like went, so that this cannot overtake it
            personal=not is_public,
            visibility="public" if PUBLIC in inner["to"] else "direct",
        ),
    )
