"""Announce: a collective of ours passes somebody's public words on to its followers."""

from actors import follows
from actors.model import Actor
from fedi.errors import Forbidden
from fedi.publications import reactions, timeline
from fedi.publications import store as publication_store
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.activities import envelope
from outbox.send import Audience, send


def announce(unit: Unit, actor: Actor, object_uri: str) -> bool:
    """Pass on; False when that was done before. Raises NotFound, or Forbidden for what is not public."""
    publication = publication_store.load(unit.tx, object_uri)
    if not publication.visibility.is_public:
        raise Forbidden("announce.not_public", detail=object_uri)
    assert actor.followers is not None
    activity = envelope(
        unit, actor, "Announce", object_uri, (PUBLIC,), (actor.followers, publication.author)
    )
    if not reactions.add(unit, reactions.ANNOUNCE, object_uri, actor.uri, "", activity["id"]):
        return False
    # whoever passes on their own words need not be told
    author = () if publication.author == actor.uri else (publication.author,)
    send(
        unit,
        actor,
        activity,
        Audience(followers=True, actors=author, visibility="public", is_listed=True),
    )
    row_id = publication_store.find_row_id(unit.tx, object_uri)
    assert row_id is not None
    readers = follows.list_local_followers(unit.tx, actor.uri)
    timeline.add(unit, readers, row_id, publication.kind, unit.now_ms, boosted_by=actor.uri)
    return True
