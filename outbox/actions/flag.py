"""Flag: our stewards report conduct to the stewards of another server, in the name of the server, not of a person."""

from collections.abc import Sequence

from actors import store as actor_store
from actors.model import Actor
from fedi.errors import Invalid
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send

CONTENT_MAX = 5_000


def flag(unit: Unit, target: Actor, object_uris: Sequence[str], content: str) -> None:
    """Report an actor elsewhere and some of what it published (wire 3.4: the actor first, plain text)."""
    if target.is_local:
        raise Invalid("flag.local", field="handle")
    server = actor_store.load_server_actor(unit.tx)
    activity = envelope(unit, server, "Flag", [target.uri, *object_uris], (target.uri,))
    activity["content"] = content[:CONTENT_MAX]
    send(unit, server, activity, Audience(actors=(target.uri,)))
