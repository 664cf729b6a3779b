"""Delete: a publication of ours is withdrawn."""

from actors import notifications
from actors.model import Actor
from fedi.clock import iso
from fedi.publications import shelf
from fedi.publications import store as publication_store
from fedi.publications.event import bonds
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from outbox import store
from outbox.actions.create import audience_of
from outbox.activities import envelope
from outbox.attending import event_gone
from outbox.send import Audience, reached_before, send


def delete(unit: Unit, author: Actor, uri: str) -> None:
    """Forget a publication of ours, leave its tombstone, and ask everybody who got it to forget it too.

    Raises NotFound.
    """
    publication = publication_store.load(unit.tx, uri)
    audience = audience_of(unit, author, publication, again=True)
    reached = reached_before(unit, uri)
    bound = bonds.concerned(unit.tx, uri)
    event_gone(unit, publication)
    shelf.take_off(unit, uri, is_local=True)
    notifications.forget_about(unit, uri)
    if publication.visibility is Visibility.LOCAL:
        return
    to = (PUBLIC,) if publication.visibility.is_public else publication.to
    activity = envelope(
        unit,
        author,
        "Delete",
        # the former type lets Gancio find its event (wire 3.4)
        {"id": uri, "type": "Tombstone", "formerType": publication.type, "deleted": iso(unit.told)},
        to,
        tuple(uri for uri in publication.cc if uri not in to),
    )
    send(
        unit,
        author,
        activity,
        Audience(
            followers=audience.followers,
            actors=(*audience.actors, *bound),
            inboxes=reached,
            personal=audience.personal,
            visibility=publication.visibility.value,
        ),
    )
    store.unlist(unit, uri)
