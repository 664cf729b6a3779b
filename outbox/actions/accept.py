"""Accept: we grant what was asked with an activity of somebody else."""

from typing import Any

from actors.model import Actor
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send


def accept_follow(unit: Unit, followed: Actor, follower_uri: str, follow_uri: str) -> None:
    """Accept a Follow. The Follow is embedded with its own id, as every peer can read it (wire 3.4)."""
    activity = envelope(
        unit,
        followed,
        "Accept",
        asked(follow_uri, "Follow", follower_uri, followed.uri),
        (follower_uri,),
    )
    send(unit, followed, activity, Audience.only(follower_uri))


def asked(uri: str, kind: str, actor_uri: str, object_uri: str) -> dict[str, Any]:
    """What somebody asked, as it is quoted in an answer."""
    return {"id": uri, "type": kind, "actor": actor_uri, "object": object_uri}
