"""What relays bring: a hint to look at the origin, never more (security.md D2), and never much of it at a time.

It is nobody's choice to read it: it stands in no timeline, tells nobody, and answers are left out, because they belong to a
conversation that nobody here is in.
"""

from typing import Final

from actors import blocks, relays
from actors.relays import Relay
from fedi import chores
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.errors import RemoteUnreachable, TooMany
from fedi.instance import Instance
from fedi.publications import store
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.audience import Visibility
from fedi.vocab.read import id_of
from inbox import resolve
from inbox.backfill import shelve
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused

TAKEN: Final = "relay_taken"
# Enough for an hour of a busy relay; a slow origin must not make a heap of them.
WAITING_MAX: Final = 300
_NEW: Final = frozenset({"Create", "Announce", "Update"})


def take(unit: Unit, activity: Activity, relay: Relay) -> str:
    """Note what to look at; the reason. The relay accepted us, and its host was counted."""
    uri = activity.object_uri
    if blocks.is_actor_blocked(unit.tx, relay.actor_uri or "", relay.host):
        return "relay_blocked"
    relays.note_heard(unit, relay)
    if uri is None or unit.urls.is_ours(uri):
        return "relay_unwanted"
    if _is_shut_out(unit.tx, uri) or _is_shut_out(unit.tx, activity.actor):
        return "relay_author_blocked"
    if store.find_row_id(unit.tx, uri) is not None:
        return _about_known(unit, activity, uri)
    return _about_new(unit, activity, uri, relay)


def _about_new(unit: Unit, activity: Activity, uri: str, relay: Relay) -> str:
    inner = activity.embedded or {}
    if activity.type not in _NEW or id_of(inner.get("inReplyTo")) is not None:
        return "relay_unwanted"
    if store.find_tombstone(unit.tx, uri) is not None:
        return "relay_dead"
    subject = f"{relay.id} {uri}"
    is_added = chores.add_if_few(unit, chores.RELAYED, subject, WAITING_MAX, unit.spread())
    return TAKEN if is_added else "relay_full"


def _about_known(unit: Unit, activity: Activity, uri: str) -> str:
    if activity.type == "Delete":
        chores.add(unit, chores.FAREWELL, uri, unit.spread())
    elif activity.type == "Update":
        chores.add(unit, chores.LOOK, uri, unit.spread())
    else:
        return "relay_known"
    return TAKEN


async def fetch(instance: Instance, subject: str) -> int:
    """Fetch what a relay named from its own address; 1 when it was new. `subject`: the relay's row and the id.

    Raises RemoteError. Once is enough: an origin that does not answer now is not asked again for this.
    """
    number, _, uri = subject.partition(" ")
    relay_id = int(number)
    if not await instance.look(lambda rx: _is_open(rx, relay_id)):
        return 0
    try:
        found = (await resolve.resolve(instance, frozenset({uri}))).get(uri)
    except (RemoteUnreachable, TooMany):
        return 0
    if found is None or found.visibility is not Visibility.PUBLIC or found.in_reply_to is not None:
        return 0
    return await instance.change(lambda unit: _shelve(unit, found, relay_id))


def _shelve(unit: Unit, found: Publication, relay_id: int) -> int:
    """Store it, in the timelines of those who follow its author if there are any, and remember who brought it."""
    if not _is_open(unit.tx, relay_id) or blocks.is_hidden(unit.tx, found.author):
        return 0
    new = shelve(unit, found)
    row_id = store.find_row_id(unit.tx, found.uri) if new else None
    if row_id is not None:
        relays.note_brought(unit, relay_id, row_id)
    return new


def answered(unit: Unit, incoming: Incoming, state: str) -> Outcome | None:
    """A relay accepts or refuses us. None when no relay was asked with what is answered here.

    Matched by the id of our Follow, as Mastodon does; an answer without it is known by who speaks.
    """
    actor_uri, uri = incoming.sender.actor.uri, incoming.activity.object_uri
    relay = relays.find_by_follow(unit.tx, uri) if uri is not None else None
    if relay is None:
        inner = incoming.activity.embedded or {}
        if id_of(inner.get("actor")) != unit.urls.server_actor():
            return None
        relay = relays.find_wanted(unit.tx, actor_uri)
    if relay is None:
        return None
    if not relays.is_from(relay, actor_uri):
        return Refused("relay.not_theirs")
    if not relays.decide(unit, relay, state, actor_uri):
        return Ignored("relay.known")
    return Done(f"relay.{state}")


def _is_open(rx: Reader, relay_id: int) -> bool:
    relay = relays.find(rx, relay_id)
    return relay is not None and relay.state == relays.ACCEPTED


def _is_shut_out(rx: Reader, uri: str) -> bool:
    return blocks.is_actor_blocked(rx, uri, host_of(uri))
