"""Like: a collective of ours thanks somebody."""

from actors.model import Actor
from fedi.publications import reactions
from fedi.publications import store as publication_store
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send


def like(unit: Unit, actor: Actor, object_uri: str) -> bool:
    """Thank the author; False when that was done before. Raises NotFound."""
    publication = publication_store.load(unit.tx, object_uri)
    activity = envelope(unit, actor, "Like", object_uri, (publication.author,))
    if not reactions.add(unit, reactions.LIKE, object_uri, actor.uri, "", activity["id"]):
        return False
    send(unit, actor, activity, Audience.only(publication.author))
    return True
