"""Add: a collective of ours pins a publication to its page."""

from actors.model import Actor
from fedi.errors import Forbidden
from fedi.publications import featured
from fedi.publications import store as publication_store
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.activities import envelope
from outbox.send import Audience, send


def feature(unit: Unit, actor: Actor, object_uri: str) -> bool:
    """Pin; False when it was pinned. Raises NotFound, or Forbidden for what is not its own or not public."""
    publication = publication_store.load(unit.tx, object_uri)
    if publication.author != actor.uri or not publication.visibility.is_public:
        raise Forbidden("feature.not_own", detail=object_uri)
    if not featured.add(unit, actor.uri, object_uri):
        return False
    tell(unit, actor, "Add", object_uri)
    return True


def tell(unit: Unit, actor: Actor, kind: str, object_uri: str) -> None:
    """Tell the followers that the collection of pinned publications changed."""
    assert actor.followers is not None
    activity = envelope(unit, actor, kind, object_uri, (PUBLIC,), (actor.followers,))
    activity["target"] = actor.featured
    send(unit, actor, activity, Audience(followers=True, visibility="public"))
