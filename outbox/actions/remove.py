"""Remove: a collective of ours unpins a publication from its page."""

from actors.model import Actor
from fedi.publications import featured
from fedi.unit import Unit
from outbox.actions.add import tell


def unfeature(unit: Unit, actor: Actor, object_uri: str) -> bool:
    """Unpin; False when it was not pinned."""
    if not featured.remove(unit, actor.uri, object_uri):
        return False
    tell(unit, actor, "Remove", object_uri)
    return True
