"""The only place where deliveries are made: always inside the author's transaction, so that all or nothing exists (R2)."""

from dataclasses import dataclass
from typing import Any

from actors import blocks, follows, relays
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE, Actor
from fedi.unit import Unit
from fedi.vocab.context import with_context
from fedi.vocab.read import id_of
from fedi.vocab.strict import dump
from fedi.wake import DELIVERY, LOOPBACK
from outbox import hosts, store

# What a Mastodon style relay passes on when it is public, as Mastodon gives it to relays (ADR 0012).
RELAYED = frozenset({"Create", "Update", "Delete", "Announce", "Undo", "Move"})
# What these activities make needless to say about the same object when it still waits.
SUPERSEDES = {"Update": ("Update",), "Delete": ("Create", "Update", "Announce")}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets an activity. `actors` are ids; `inboxes` are inbox and host, for those who got something before.

    `personal`: deliver to each actor's own inbox, not to a shared one: the words are for them alone.
    """

    followers: bool = False
    actors: tuple[str, ...] = ()
    inboxes: tuple[tuple[str, str], ...] = ()
    personal: bool = False
    visibility: str = "direct"
    is_listed: bool = False

    @classmethod
    def only(cls, *actors: str) -> "Audience":
        """These actors and nobody else."""
        return cls(actors=actors, personal=True)


def send(unit: Unit, author: Actor, activity: dict[str, Any], to: Audience) -> int:
    """Keep an activity of `author` and one delivery per distinct inbox; its row.

    The body is serialised here, once; it is signed when it is sent. Hosts and actors that are shut out get nothing.
    """
    object_uri = id_of(activity.get("object")) or ""
    row_id = store.insert(
        unit,
        store.OutboxActivity(
            uri=activity["id"],
            actor_uri=author.uri,
            type=activity["type"],
            object_uri=object_uri,
            visibility=to.visibility,
            body=dump(with_context(activity)),
            published_at=unit.now,
        ),
        is_listed=to.is_listed,
    )
    if object_uri and activity["type"] in SUPERSEDES:
        store.supersede(unit, object_uri, SUPERSEDES[activity["type"]], row_id)
    inboxes = _inboxes(unit, author, to)
    if to.visibility == "public" and activity["type"] in RELAYED and author.role == ROLE_COLLECTIVE:
        inboxes |= dict(relays.list_taking(unit.tx, relays.MASTODON))
    inboxes = _permitted(unit, inboxes)
    store.insert_deliveries(unit, row_id, inboxes.items())
    hosts.enqueue(unit, sorted(set(inboxes.values())))
    unit.wakes.update((DELIVERY, LOOPBACK))
    return row_id


def pass_on(unit: Unit, signer: Actor, uri: str, kind: str, body: bytes, *, but_not: str) -> None:
    """Deliver somebody else's bytes, unchanged, to the followers of `signer`, once."""
    if store.find(unit.tx, uri) is not None:
        return
    forwarded = store.OutboxActivity(uri, signer.uri, kind, "", store.FORWARDED, body, unit.now)
    row_id = store.insert(unit, forwarded, is_listed=False)
    known = dict(follows.list_follower_inboxes(unit.tx, signer.uri))
    inboxes = {
        inbox: host
        for inbox, host in _permitted(unit, known).items()
        if host not in (but_not, unit.urls.host)
    }
    store.insert_deliveries(unit, row_id, inboxes.items())
    hosts.enqueue(unit, sorted(set(inboxes.values())))
    unit.wakes.add(DELIVERY)


def reached_before(unit: Unit, object_uri: str) -> tuple[tuple[str, str], ...]:
    """The inboxes that got anything about an object, with their hosts; without relays that get nothing any more."""
    left = relays.list_closed_inboxes(unit.tx)
    return tuple(each for each in store.list_inboxes_of(unit.tx, object_uri) if each[0] not in left)


def _inboxes(unit: Unit, author: Actor, to: Audience) -> dict[str, str]:
    found: dict[str, str] = dict(to.inboxes)
    if to.followers:
        found |= dict(follows.list_follower_inboxes(unit.tx, author.uri))
    known = actor_store.list_by_uri(unit.tx, [uri for uri in to.actors if uri != author.uri])
    for actor in known.values():
        if actor.deleted_at is None and not blocks.is_blocked_by(unit.tx, actor.uri, author.uri):
            found.setdefault(actor.inbox if to.personal else actor.delivery_inbox, actor.host)
    return found


def _permitted(unit: Unit, inboxes: dict[str, str]) -> dict[str, str]:
    shut_out = {host for host in set(inboxes.values()) if blocks.is_host_blocked(unit.tx, host)}
    return {inbox: host for inbox, host in inboxes.items() if host not in shut_out}
