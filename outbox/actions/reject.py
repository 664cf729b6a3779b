"""Reject: we refuse a follow, or end one."""

from actors.model import Actor
from fedi.unit import Unit
from outbox.actions.accept import asked
from outbox.activities import envelope
from outbox.send import Audience, send


def reject_follow(unit: Unit, followed: Actor, follower_uri: str, follow_uri: str) -> None:
    """Refuse a Follow; sent after an Accept it removes the follower."""
    activity = envelope(
        unit,
        followed,
        "Reject",
        asked(follow_uri, "Follow", follower_uri, followed.uri),
        (follower_uri,),
    )
    send(unit, followed, activity, Audience.only(follower_uri))
