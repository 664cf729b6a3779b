"""What strangers said and nobody here has decided about: letting it be shown, or putting it away.

An id enters; what became of it leaves. Both are safe to repeat, and neither brings back what its author withdrew.
"""

from typing import Final, Literal

from actors import blocks, follows, notifications
from actors import store as actor_store
from fedi.canonical import host_of
from fedi.clock import to_ms
from fedi.publications import shelf, store, timeline
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from inbox.handlers.create import named_collectives

Outcome = Literal["done", "not_held", "gone", "shut_out"]
DONE: Final[Outcome] = "done"


def release(unit: Unit, uri: str) -> Outcome:
    """Let it be shown, and put it where it would have been: timelines, threads, before those it names or answers.

    Somebody here decided, so that its author is limited does not matter; that the author is shut out does (S40).
    """
    publication, row_id = store.find(unit.tx, uri), store.find_row_id(unit.tx, uri)
    if publication is None or row_id is None:
        return "gone"
    if not _waits(unit, uri):
        return "not_held"
    author = publication.author
    if blocks.is_actor_blocked(unit.tx, author, host_of(author)):
        return "shut_out"
    store.release(unit, uri)
    _place(unit, publication, row_id)
    return DONE


def refuse(unit: Unit, uri: str) -> Outcome:
    """Delete it here, for good: its id does not come back."""
    if store.find_row_id(unit.tx, uri) is None:
        return "gone"
    if not _waits(unit, uri):
        return "not_held"
    notifications.forget_about(unit, uri)
    shelf.take_off(unit, uri, is_local=False)
    return DONE


def hide(unit: Unit, uri: str) -> Outcome:
    """Take something of others out of sight here: pages, timelines, notifications. Nothing is deleted, nobody is told."""
    row_id = store.find_row_id(unit.tx, uri)
    if row_id is None:
        return "gone"
    if not store.hide(unit, uri):
        return "not_held"
    publication = store.load(unit.tx, uri)
    timeline.forget_publication(unit, row_id)
    notifications.forget_about(unit, uri)
    unit.touched.update(each for each in (uri, publication.in_reply_to) if each)
    return DONE


def show_again(unit: Unit, uri: str) -> Outcome:
    """Put something that was hidden back where it would have been."""
    publication, row_id = store.find(unit.tx, uri), store.find_row_id(unit.tx, uri)
    if publication is None or row_id is None:
        return "gone"
    if not store.show_again(unit, uri):
        return "not_held"
    unit.touched.update(each for each in (uri, publication.in_reply_to) if each)
    _place(unit, publication, row_id)
    return DONE


def _waits(unit: Unit, uri: str) -> bool:
    """Whether somebody has to decide; what the stewards hid is decided about."""
    return store.is_held(unit.tx, uri) and not store.is_hidden(unit.tx, uri)


def _place(unit: Unit, publication: Publication, row_id: int) -> None:
    author = publication.author
    named = [
        uri
        for uri in named_collectives(unit, publication)
        if not blocks.is_blocked_by(unit.tx, uri, author)
    ]
    readers = list(follows.list_local_followers(unit.tx, author))
    if publication.visibility is Visibility.DIRECT:
        readers = []
    timeline.add(
        unit,
        [*readers, *named],
        row_id,
        publication.kind,
        to_ms(publication.published_at),
    )
    for uri in named:
        notifications.add(unit, uri, "mention", author, publication.uri, wanted=True)
    answered = _answered(unit, publication)
    if answered is not None and answered not in named:
        notifications.add(unit, answered, "reply", author, publication.uri, wanted=True)


def _answered(unit: Unit, publication: Publication) -> str | None:
    """The collective of ours that is answered, unless it has shut the author out."""
    parent = store.find(unit.tx, publication.in_reply_to) if publication.in_reply_to else None
    if parent is None or not unit.urls.is_ours(parent.author):
        return None
    known = actor_store.find(unit.tx, parent.author)
    if known is None or known.deleted_at is not None:
        return None
    if blocks.is_blocked_by(unit.tx, parent.author, publication.author):
        return None
    return parent.author
