"""Update: a publication of ours, or an actor of ours, has changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from actors import blocks, keys
from actors import store as actor_store
from actors.documents import build_actor
from actors.model import Actor
from fedi.publications import shelf
from fedi.publications import store as publication_store
from fedi.publications.activitystreams import build_object
from fedi.publications.event import attendance, bonds
from fedi.publications.event.told import with_attendance
from fedi.publications.model import Publication
from fedi.publications.visibility import may_come
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from outbox import store
from outbox.actions.create import audience_of
from outbox.activities import envelope
from outbox.attending import event_changed
from outbox.send import Audience, reached_before, send


def update(
    unit: Unit, author: Actor, publication: Publication, *, is_new_version: bool = True
) -> Publication:
    """Replace what a publication says and tell everybody who was told; what is stored afterwards.

    `updated` is later than anything said before, because peers ignore equal moments (wire 3.4). The audience stays.
    `is_new_version`: whether its author says something else; false where only what surrounds it changed.
    """
    before = publication_store.load(unit.tx, publication.uri)
    told = before.updated_at or before.published_at
    moment = max(unit.told, told + timedelta(seconds=1))
    newer = replace(
        publication,
        visibility=before.visibility,
        to=before.to,
        cc=before.cc,
        published_at=before.published_at,
        updated_at=moment,
    )
    if is_new_version:
        shelf.exchange(unit, newer)
    else:
        publication_store.note_told(unit, newer.uri, moment)
    event_changed(unit, before, newer)
    if newer.visibility is Visibility.LOCAL:
        return newer
    activity = envelope(
        unit,
        author,
        "Update",
        build_object(with_attendance(unit.tx, newer, unit.posture), with_collections=True),
        newer.to,
        newer.cc,
    )
    activity["updated"] = activity["object"]["updated"]
    audience = audience_of(unit, author, newer, again=True)
    # who comes and does not follow has to hear of changes too; their address stands nowhere in it
    coming = _coming(unit, newer) if newer.kind == "event" else ()
    # so has who organises it with us, or is asked to
    bound = bonds.concerned(unit.tx, newer.uri) if newer.visibility.is_public else ()
    audience = replace(audience, actors=(*audience.actors, *coming, *bound))
    send(unit, author, activity, replace(audience, inboxes=_reached(unit, author, newer)))
    return newer


def _reached(unit: Unit, author: Actor, publication: Publication) -> tuple[tuple[str, str], ...]:
    """Whoever got it before and may read what it says now: of what is for followers, those who follow still (S87)."""
    if publication.visibility is Visibility.FOLLOWERS:
        return ()
    found = reached_before(unit, publication.uri)
    if publication.visibility.is_public:
        return found
    shut_out = [
        uri
        for whose in (author.uri, blocks.INSTANCE)
        for uri, _ in blocks.list_targets(unit.tx, whose)
    ]
    closed = {each.inbox for each in actor_store.list_by_uri(unit.tx, shut_out).values()}
    return tuple(each for each in found if each[0] not in closed)


def _coming(unit: Unit, event: Publication) -> Sequence[str]:
    """Whoever is concerned and may still read it."""
    uris = attendance.list_actors(unit.tx, event.uri)
    if event.visibility.is_public:
        return uris
    known = actor_store.list_by_uri(unit.tx, uris)
    return [uri for uri, actor in known.items() if may_come(unit.tx, actor, event)]


def update_actor(unit: Unit, actor: Actor, *, signed_with: str | None = None) -> Actor:
    """Store a changed profile and tell the followers. `signed_with`: the key for this letter, when its keys change."""
    newer = replace(actor, updated_at=unit.told)
    actor_store.save(unit, newer)
    document: dict[str, Any] = build_actor(
        newer, keys.list_keys(unit.tx, newer.uri), unit.urls.server_actor()
    )
    document.pop("@context")
    assert newer.followers is not None
    activity = envelope(unit, newer, "Update", document, (PUBLIC,), (newer.followers,))
    row_id = send(unit, newer, activity, Audience(followers=True, visibility="public"))
    if signed_with is not None:
        store.bind_key(unit, row_id, signed_with)
    return newer
