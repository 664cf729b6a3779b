"""Putting a publication on its shelves and taking it off: the common table and the tables of its kind, together.

This is the one door to storing a publication; no caller writes to a single shelf.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from actors import circles, follows, relays
from actors import store as actor_store
from fedi import chores
from fedi.canonical import same_origin
from fedi.db.engine import Reader
from fedi.media import cache
from fedi.media import store as media_store
from fedi.publications import (
    featured,
    quotes,
    quoting,
    reactions,
    saved,
    store,
    tagged,
    timeline,
)
from fedi.publications.aid import store as aid_store
from fedi.publications.aid.model import AidDetails
from fedi.publications.dates import answers as date_answers
from fedi.publications.event import (
    attendance,
    bonds,
    gathering,
    gone,
    invitations,
    invited,
    participation,
    recurrence,
    sketch,
)
from fedi.publications.event import store as event_store
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.search import index
from fedi.text.html import text_of
from fedi.unit import Unit
from fedi.vocab.audience import Visibility

# However often its stops change, whoever follows a tour is told this seldom: their hosts decide how often they do.
TOLD_TOGETHER: Final = timedelta(minutes=5)


def put(
    unit: Unit, publication: Publication, *, is_local: bool, held_why: Sequence[str] = ()
) -> int | None:
    """Store a new publication; its row, or None when the id is known already or dead (S39). `held_why`: why it waits."""
    stone = store.find_tombstone(unit.tx, publication.uri)
    if stone is not None and stone.author_uri in (None, publication.author):
        return None
    row_id = store.insert(unit, publication, is_local=is_local, held_why=held_why)
    if row_id is not None:
        _shelve(unit, row_id, publication, is_new=True)
        tagged.bring(unit, row_id, publication)
    return row_id


def exchange(unit: Unit, publication: Publication) -> int:
    """Put a newer version in the place of the stored one. Raises NotFound."""
    row_id = store.replace(unit, publication)
    unit.touched.add(publication.uri)
    _tell_tours(unit, publication.uri)
    _shelve(unit, row_id, publication)
    timeline.mark(unit, row_id, publication.kind, publication.language)
    tagged.bring_again(unit, row_id, publication)
    return row_id


def take_off(unit: Unit, uri: str, *, is_local: bool, by: str | None = None) -> bool:
    """Remove a publication everywhere and leave its tombstone; whether it was there.

    `by`: who withdrew it. Of what never arrived only their own words stay away: nobody buries another's beforehand.
    """
    _forget_pictures(unit, uri, is_local=is_local)
    _tell_calendars(unit, uri)
    _tell_stops(unit, uri)
    return _clear(unit, uri, store.remove(unit, uri, is_local=is_local, by=by))


def let_go(unit: Unit, uri: str) -> bool:
    """Forget a publication of somebody else that nobody here needs any more (S85); whether it was there.

    Nobody withdrew it, so there is no tombstone: it comes back when somebody refers to it.
    """
    _forget_pictures(unit, uri, is_local=False)
    return _clear(unit, uri, store.forget(unit, uri))


def _forget_pictures(unit: Unit, uri: str, *, is_local: bool) -> None:
    """Copies of pictures from elsewhere leave at once; our own with the next round of what nothing shows."""
    publication = store.find(unit.tx, uri)
    if publication is None:
        return
    urls = [attachment.url for attachment in publication.attachments]
    cache.forget(unit, urls)
    if is_local:
        media_store.note_withdrawn(unit, urls)


def _tell_calendars(unit: Unit, uri: str) -> None:
    """Programs that have an event in a calendar learn that it was withdrawn; of what nobody could see they learn nothing."""
    event = store.find(unit.tx, uri)
    if event is None or event.kind != "event" or event.visibility is not Visibility.PUBLIC:
        return
    if store.is_held(unit.tx, uri):
        return
    is_passed_on = any(
        reactions.find_activity(unit.tx, reactions.ANNOUNCE, each.uri, uri)
        for each in actor_store.list_collectives(unit.tx)
    )
    is_ours = unit.urls.is_ours(uri) or is_passed_on
    is_known = is_ours or follows.is_followed_here(unit.tx, event.author)
    if not is_known and not tagged.is_followed(unit.tx, event):
        # it stood in no calendar that people subscribe to here
        return
    gone.note(unit, event, store.version_of(unit.tx, uri), is_ours=is_ours)


def _clear(unit: Unit, uri: str, row_id: int | None) -> bool:
    """Take off every other shelf what had this id and this row."""
    _tell_tours(unit, uri)
    unit.touched.add(uri)
    reactions.forget_object(unit, uri)
    featured.forget_object(unit, uri)
    quotes.forget_object(unit, uri)
    quoting.forget(unit, uri)
    circles.forget_object(unit, uri)
    attendance.forget_event(unit, uri)
    gathering.forget(unit, uri)
    participation.forget_event(unit, uri)
    bonds.forget_event(unit, uri)
    invitations.forget_event(unit, uri)
    date_answers.forget(unit, uri)
    invited.forget_event(unit, uri)
    sketch.forget(unit, uri)
    recurrence.forget_event(unit, uri)
    if row_id is None:
        return False
    event_store.remove(unit, row_id)
    aid_store.remove(unit, row_id)
    timeline.forget_publication(unit, row_id)
    index.remove(unit, row_id)
    saved.forget_publication(unit, row_id)
    relays.forget_publication(unit, row_id)
    return True


def _tell_tours(unit: Unit, stop_uri: str) -> None:
    """A tour of ours that stops there says what its stop says."""
    for tour_uri in bonds.list_tours(unit.tx, stop_uri):
        if unit.urls.is_ours(tour_uri):
            chores.add(unit, chores.TOUR, f"{tour_uri} {stop_uri}", TOLD_TOGETHER)


def _tell_stops(unit: Unit, tour_uri: str) -> None:
    """A stop of ours says no more that it is part of a tour that was withdrawn."""
    for bond in bonds.list_of_event(unit.tx, "stop", tour_uri):
        if bond.state == "accepted" and unit.urls.is_ours(bond.part_uri):
            chores.add(unit, chores.TOUR, f"{tour_uri} {bond.part_uri}")


def find_by_words(
    unit: Unit, row_id: int, publication: Publication, *, is_new: bool = False
) -> None:
    """Let it be found by what it says, or no longer: ours always, of others only what they agree to (S114).

    `is_new`: there is nothing of it among the words yet.
    """
    if not is_new:
        index.remove(unit, row_id)
    if is_findable(unit, publication):
        index.put(unit, row_id, words_of(publication))


def find_by_date(unit: Unit, row_id: int, publication: Publication) -> None:
    """Let an event stand in agendas, under what it says of itself today."""
    if publication.kind == "event":
        is_listed = publication.visibility is Visibility.PUBLIC
        also = organisers_in(unit.tx, publication, is_ours=unit.urls.is_ours(publication.uri))
        event_store.save(unit, row_id, publication, also, is_listed=is_listed)


def organisers_in(rx: Reader, publication: Publication, *, is_ours: bool) -> tuple[str, ...]:
    """Which organisers besides its author are proved: that they are is not the author's word alone.

    Of an event of others only those for whom the same server speaks, and collectives of ours that agreed: anybody may claim
    anybody.
    """
    named = publication.event.organisers
    if is_ours or not named:
        return named
    return tuple(
        each
        for each in named
        if same_origin(each, publication.author)
        or (
            (bond := bonds.find(rx, "organiser", publication.uri, each)) is not None
            and bond.state == "accepted"
        )
    )


def is_findable(unit: Unit, publication: Publication) -> bool:
    """Whether members may find it by its words."""
    if unit.urls.is_ours(publication.uri):
        return True
    if not unit.finds_others or publication.visibility is not Visibility.PUBLIC:
        return False
    if publication.indexable is False:
        return False
    author = actor_store.find(unit.tx, publication.author)
    return author is not None and author.indexable


def words_of(publication: Publication) -> list[str]:
    """What it is found by: title, abstract and text in every language, hashtags, where it is."""
    found: list[str] = []
    for text in publication.texts.values():
        found += [text.name or "", text.summary or "", text_of(text.content)]
    found += [tag.name for tag in publication.tags if tag.kind == "hashtag"]
    place = publication.details.place if publication.details is not None else None
    return [*found, place.label if place is not None else ""]


def _shelve(unit: Unit, row_id: int, publication: Publication, *, is_new: bool = False) -> None:
    find_by_words(unit, row_id, publication, is_new=is_new)
    is_listed = publication.visibility is Visibility.PUBLIC
    if isinstance(publication.details, EventDetails):
        find_by_date(unit, row_id, publication)
        gathering.note_end(unit, publication.uri, publication.details.over_at)
        participation.note_end(unit, publication.uri, publication.details.over_at)
        invited.note_end(unit, publication.uri, publication.details.over_at)
    elif isinstance(publication.details, AidDetails):
        aid_store.save(unit, row_id, publication.details, is_listed=is_listed)
