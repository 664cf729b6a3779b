"""Create: a publication of ours goes out."""

from collections.abc import Sequence
from dataclasses import replace

from actors import circles, follows, notifications
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.clock import to_ms
from fedi.errors import Conflict
from fedi.publications import shelf, store, timeline
from fedi.publications.activitystreams import build_object
from fedi.publications.event.told import with_attendance
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from outbox.actions.relay import announce_to_relays
from outbox.activities import envelope
from outbox.send import Audience, send


def create(
    unit: Unit, author: Actor, publication: Publication, *, members: Sequence[str] | None = None
) -> None:
    """Store a publication of ours and send it to its audience, all or nothing (R2).

    `members`: those of the named list for which it is, who learn nothing of one another (ADR 0010).
    """
    row_id = shelf.put(unit, publication, is_local=True)
    if row_id is None:
        raise Conflict("publication.exists", detail=publication.uri)
    readers = [author.uri, *follows.list_local_followers(unit.tx, author.uri)]
    if publication.visibility is Visibility.DIRECT:
        readers = [author.uri]
    # here it stands where it was said, whatever others are told
    at = publication.published_at
    if unit.grain and unit.now - at < 2 * unit.grain:
        at = unit.now
    timeline.add(unit, readers, row_id, publication.kind, to_ms(at))
    if publication.visibility is Visibility.LOCAL:
        _tell_neighbours(unit, publication)
        return
    if members is not None:
        _send_to_each(unit, author, publication, members)
        return
    activity = envelope(
        unit,
        author,
        "Create",
        build_object(with_attendance(unit.tx, publication, unit.posture), with_collections=True),
        publication.to,
        publication.cc,
    )
    send(unit, author, activity, audience_of(unit, author, publication))
    announce_to_relays(unit, publication)


def _send_to_each(
    unit: Unit, author: Actor, publication: Publication, members: Sequence[str]
) -> None:
    """One Create for each member, addressed to that member alone, about the same object."""
    circles.remember_readers(unit, publication.uri, members)
    told = with_attendance(unit.tx, publication, unit.posture)
    subject = build_object(told, with_collections=True)
    for member in members:
        copy = {**subject, "to": [member], "cc": []}
        activity = envelope(unit, author, "Create", copy, (member,))
        send(unit, author, activity, Audience.only(member))


def audience_of(
    unit: Unit, author: Actor, publication: Publication, *, again: bool = False
) -> Audience:
    """Who gets words about a publication: its audience, whom it answers, and `again` whoever got it before."""
    followers = publication.visibility in (
        Visibility.PUBLIC,
        Visibility.QUIET,
        Visibility.FOLLOWERS,
    )
    named = {uri for uri in (*publication.to, *publication.cc) if uri != author.followers}
    if publication.in_reply_to and publication.visibility.is_public:
        parent = store.find(unit.tx, publication.in_reply_to)
        if parent is not None:
            named.add(parent.author)
    audience = Audience(
        followers=followers,
        actors=tuple(sorted(named)),
        personal=publication.visibility is Visibility.DIRECT,
        visibility=publication.visibility.value,
        is_listed=publication.visibility.is_public,
    )
    return replace(audience, is_listed=False) if again else audience


def _tell_neighbours(unit: Unit, publication: Publication) -> None:
    """A local publication reaches the collectives of this instance that it names, without leaving it."""
    for tag in publication.tags:
        if tag.kind == "mention" and tag.href and unit.urls.is_ours(tag.href):
            neighbour = actor_store.find(unit.tx, tag.href)
            if neighbour is not None and neighbour.role == ROLE_COLLECTIVE:
                notifications.add(
                    unit, neighbour.uri, "mention", publication.author, publication.uri
                )
