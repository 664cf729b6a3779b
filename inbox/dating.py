"""Answers to our questions for a date: votes of any software, and the words of the wire for each moment."""

from actors import blocks
from fedi.publications import store
from fedi.publications.dates.activitystreams import FRAGMENT
from fedi.publications.dates.model import DatesDetails, Wish
from fedi.publications.model import Publication
from fedi.publications.visibility import may_come
from fedi.unit import Unit
from fedi.vocab.read import id_of, type_of
from fedi.vocab.read import text_of as text_in
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused
from inbox.strangers import must_wait
from outbox import dating

_OPTION_MAX = 300


def answered(unit: Unit, incoming: Incoming, wish: Wish) -> Outcome | None:
    """An `Accept`, `TentativeAccept` or `Reject` of a moment; None when it is about something else."""
    uri = incoming.activity.object_uri
    if uri is None or FRAGMENT not in uri:
        return None
    poll = _poll(unit, incoming, uri.partition(FRAGMENT)[0])
    return None if poll is None else _take(unit, incoming, poll, uri, wish)


def voted(unit: Unit, incoming: Incoming) -> Outcome | None:
    """A vote for a moment (wire 3.4): who votes can; None when it is any other message."""
    note = incoming.activity.embedded
    if note is None or note.get("content") or type_of(note) != "Note":
        return None
    option, uri = text_in(note.get("name")), id_of(note.get("inReplyTo"))
    poll = _poll(unit, incoming, uri) if option and uri is not None else None
    if poll is None or not isinstance(poll.details, DatesDetails) or not option:
        return None
    wanted = option[:_OPTION_MAX].strip()
    slot = next((each for each in poll.details.slots if each.name == wanted), None)
    if slot is None:
        return Ignored("dates.no_such_option")
    return _take(unit, incoming, poll, slot.uri, "coming")


def _poll(unit: Unit, incoming: Incoming, uri: str) -> Publication | None:
    """The question of ours that is meant, when its sender may know that it exists (S81)."""
    if not unit.urls.is_ours(uri):
        return None
    poll = store.find(unit.tx, uri)
    if poll is None or not isinstance(poll.details, DatesDetails):
        return None
    return poll if may_come(unit.tx, incoming.sender.actor, poll) else None


def _take(unit: Unit, incoming: Incoming, poll: Publication, slot_uri: str, wish: Wish) -> Outcome:
    sender = incoming.sender.actor
    if sender.uri == poll.author:
        return Ignored("dates.own")
    if blocks.standing(unit, sender.uri).is_limited or must_wait(unit, sender.uri, [poll.author]):
        # nobody looks through answers of strangers one by one: where they wait, only those who follow are asked
        return Refused("dates.stranger")
    taken = dating.take(unit, poll, sender.uri, slot_uri, wish)
    if taken is None:
        return Refused("dates.not_taken")
    return Done("dates.taken", is_private=True) if taken else Ignored("dates.known")
