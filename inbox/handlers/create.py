"""Create: somebody says something new."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from actors import blocks, follows, notifications
from actors import store as actor_store
from actors.model import Actor
from fedi.canonical import same_origin
from fedi.clock import to_ms
from fedi.publications import shelf, store, timeline
from fedi.publications.activitystreams import authors_of
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.audience import Visibility
from inbox import attending, bonding, dating, invited
from inbox import store as inbox_store
from inbox.backfill import want_parent
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Later, Outcome, Refused
from inbox.store import AWAITED
from inbox.strangers import why_wait

# How long words wait for the answer to a wish to follow that they overtook, and how many of one author.
AWAITED_FOR: Final = timedelta(days=2)
AWAITED_MAX: Final = 20


def needs(activity: Activity) -> frozenset[str]:
    """An object given by its address alone is fetched from there; so is one that somebody sends for another author.

    Mobilizon's members send their group's events: the address of the event says whose it is (S24).
    """
    uri = activity.object_uri
    if uri is None or not same_origin(uri, activity.actor):
        return frozenset()
    if activity.embedded is None or activity.actor not in authors_of(activity.embedded):
        return frozenset({uri})
    return frozenset()


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Store the publication, put it before those who follow or are named, and tell those who are named."""
    activity, sender = incoming.activity, incoming.sender.actor
    found = incoming.found.get(activity.object_uri or "")
    if found is not None:
        author = actor_store.find(unit.tx, found.author)
        if (
            author is None
            or author.deleted_at is not None
            or (activity.embedded is None and author.uri != sender.uri)
        ):
            return Refused("create.not_the_author")
        told = attending.word_about_event(unit, incoming, found)
        return told or welcome(unit, found, author, incoming)
    if incoming.publication is None or sender.uri not in authors_of(activity.embedded or {}):
        return Ignored("create.known")
    vote = invited.voted(unit, incoming) or dating.voted(unit, incoming)
    if vote is not None:
        return vote
    # several authors, the sender among them (authority): it answers for what it sends
    publication = incoming.publication
    if publication.author != sender.uri:
        publication = replace(publication, author=sender.uri)
    if bonding.is_said_already(unit, incoming):
        return Ignored("create.said_by_offer")
    told = bonding.word_about_offer(unit, incoming, publication) or attending.word_about_event(
        unit, incoming, publication
    )
    return told or welcome(unit, publication, sender, incoming)


def welcome(unit: Unit, publication: Publication, author: Actor, incoming: Incoming) -> Outcome:
    """Store somebody's publication once and put it where it belongs."""
    recipient = incoming.recipient
    named = named_collectives(unit, publication)
    if recipient is not None and recipient.uri not in named:
        named.append(recipient.uri)
    named = [uri for uri in named if not blocks.is_blocked_by(unit.tx, uri, author.uri)]
    followers = _followers(unit, publication, incoming)
    parent = store.find(unit.tx, publication.in_reply_to) if publication.in_reply_to else None
    if not named and not followers and parent is None:
        return _wait_for_answer(unit, publication, incoming)
    spoken_to = [*named, *([parent.author] if parent is not None else [])]
    why = () if followers else why_wait(unit, author.uri, spoken_to, publication)
    row_id = shelf.put(unit, publication, is_local=False, held_why=why)
    if row_id is None:
        return _reach(unit, publication, author, named)
    readers = followers if publication.visibility is not Visibility.DIRECT else []
    _put_before(unit, publication, row_id, [*readers, *named])
    _tell(unit, publication, named)
    if parent is None and publication.in_reply_to is not None and publication.visibility.is_public:
        want_parent(unit, publication.in_reply_to, unit.spread())
    if parent is not None and parent.author not in named:
        _tell_answered(unit, publication, author, parent)
    return Done("create.held" if why else "create.stored")


def _followers(unit: Unit, publication: Publication, incoming: Incoming) -> Sequence[str]:
    """Ours that follow the author; words for followers that waited are for those who had asked when they came."""
    if publication.visibility is not Visibility.FOLLOWERS:
        return follows.list_local_followers(unit.tx, publication.author)
    return follows.list_local_asked_by(unit, publication.author, incoming.came_at)


def _wait_for_answer(unit: Unit, publication: Publication, incoming: Incoming) -> Outcome:
    """Words for followers go to an inbox that all of ours share, and may overtake the answer that makes one of us a follower.

    They stay among what came in, where nobody sees them, until the answer is there or it takes too long.
    """
    author = publication.author
    if publication.visibility is not Visibility.FOLLOWERS or author != incoming.sender.actor.uri:
        return Ignored("create.unrelated")
    is_late = unit.now - incoming.came_at >= AWAITED_FOR
    if is_late or not follows.list_local_asked_by(unit, author, incoming.came_at, follows.ASKED):
        return Ignored("create.unrelated")
    if inbox_store.count_waiting_for(unit.tx, author, AWAITED) >= AWAITED_MAX:
        return Ignored("create.unrelated")
    return Later(AWAITED, AWAITED_FOR / 2)


def _reach(unit: Unit, publication: Publication, author: Actor, named: list[str]) -> Outcome:
    """What is for a few may come once for each of them: to those who are named this time it is new."""
    stored = store.find(unit.tx, publication.uri)
    row_id = store.find_row_id(unit.tx, publication.uri)
    if stored is None or row_id is None or stored.author != author.uri or not named:
        return Ignored("create.known")
    # words of a neighbour on this instance were stored when they were said; whom they name was not told
    if stored.visibility is not Visibility.DIRECT and not author.is_local:
        return Ignored("create.known")
    _put_before(unit, stored, row_id, named)
    _tell(unit, stored, named)
    return Done("create.reached")


def _put_before(unit: Unit, publication: Publication, row_id: int, readers: Sequence[str]) -> None:
    """Into the timelines of these; what a limited author says, only of those who follow it."""
    heard_by = blocks.hearers(unit, publication.author, readers)
    at = to_ms(publication.published_at)
    timeline.add(unit, heard_by, row_id, publication.kind, at, publication=publication)


def _tell(unit: Unit, publication: Publication, named: Sequence[str]) -> None:
    for uri in named:
        notifications.add(unit, uri, "mention", publication.author, publication.uri)


def _tell_answered(
    unit: Unit, publication: Publication, author: Actor, parent: Publication
) -> None:
    if unit.urls.is_ours(parent.author) and not blocks.is_blocked_by(
        unit.tx, parent.author, author.uri
    ):
        notifications.add(unit, parent.author, "reply", author.uri, publication.uri)


def named_collectives(unit: Unit, publication: Publication) -> list[str]:
    """Our collectives that a publication addresses or mentions."""
    uris = [
        *publication.to,
        *publication.cc,
        *(tag.href for tag in publication.tags if tag.kind == "mention"),
    ]
    ours = list(dict.fromkeys(uri for uri in uris if uri is not None and unit.urls.is_ours(uri)))
    collectives = actor_store.collectives_among(unit.tx, ours)
    return [uri for uri in ours if uri in collectives]


HANDLER = Handler(
    frozenset({"Create"}), Authority.OBJECT_ORIGIN, apply, reads_publication=True, needs=needs
)
