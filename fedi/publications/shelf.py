"""Putting a publication on its shelves and taking it off: the common table and the tables of its kind, together.

This is the one door to storing a publication; no caller writes to a single shelf.
"""

from actors import circles, relays
from fedi.media import cache
from fedi.publications import featured, quotes, reactions, store, timeline
from fedi.publications.aid import store as aid_store
from fedi.publications.aid.model import AidDetails
from fedi.publications.event import store as event_store
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility


def put(
    unit: Unit, publication: Publication, *, is_local: bool, is_held: bool = False
) -> int | None:
    """Store a new publication; its row, or None when the id is known already or dead (S39)."""
    stone = store.find_tombstone(unit.tx, publication.uri)
    if stone is not None and stone.author_uri in (None, publication.author):
        return None
    row_id = store.insert(unit, publication, is_local=is_local, is_held=is_held)
    if row_id is not None:
        _shelve(unit, row_id, publication)
    return row_id


def exchange(unit: Unit, publication: Publication) -> int:
    """Put a newer version in the place of the stored one. Raises NotFound."""
    row_id = store.replace(unit, publication)
    unit.touched.add(publication.uri)
    _shelve(unit, row_id, publication)
    return row_id


def take_off(unit: Unit, uri: str, *, is_local: bool, by: str | None = None) -> bool:
    """Remove a publication everywhere and leave its tombstone; whether it was there.

    `by`: who withdrew it. Of what never arrived only their own words stay away: nobody buries another's beforehand.
    """
    publication = store.find(unit.tx, uri)
    if publication is not None:
        cache.forget(unit, [attachment.url for attachment in publication.attachments])
    row_id = store.remove(unit, uri, is_local=is_local, by=by)
    unit.touched.add(uri)
    reactions.forget_object(unit, uri)
    featured.forget_object(unit, uri)
    quotes.forget_object(unit, uri)
    circles.forget_object(unit, uri)
    if row_id is None:
        return False
    event_store.remove(unit, row_id)
    aid_store.remove(unit, row_id)
    timeline.forget_publication(unit, row_id)
    relays.forget_publication(unit, row_id)
    return True


def _shelve(unit: Unit, row_id: int, publication: Publication) -> None:
    is_listed = publication.visibility is Visibility.PUBLIC
    if isinstance(publication.details, EventDetails):
        event_store.save(unit, row_id, publication.details, is_listed=is_listed)
    elif isinstance(publication.details, AidDetails):
        aid_store.save(unit, row_id, publication.details, is_listed=is_listed)
