"""Relays: subscribing to one, leaving it, and announcing our public words to those that ask for announcements (ADR 0012).

The server actor speaks: a relay is subscribed to by the whole instance.
"""

from typing import Any

from actors import relays
from actors import store as actor_store
from actors.relays import Place, Relay
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from outbox import store
from outbox.actions.reject import reject_follow
from outbox.activities import envelope
from outbox.send import Audience, send


def subscribe(unit: Unit, place: Place) -> None:
    """Ask a relay to pass on what we say and to bring what others say. Asking again sends a new Follow."""
    server = actor_store.load_server_actor(unit.tx)
    to = (place.actor_uri,) if place.actor_uri is not None else ()
    activity = envelope(unit, server, "Follow", _followed(place), to)
    relays.ask(unit, place, activity["id"])
    send(unit, server, activity, _only(place))


def leave(unit: Unit, relay: Relay) -> None:
    """End a subscription. What waits for the relay is not sent any more, but that we leave is."""
    server = actor_store.load_server_actor(unit.tx)
    store.cancel_for_inbox(unit, relay.inbox)
    subject: dict[str, Any] = {
        "id": relay.follow_uri,
        "type": "Follow",
        "actor": server.uri,
        "object": _followed(relay),
    }
    to = (relay.actor_uri,) if relay.actor_uri is not None else ()
    send(unit, server, envelope(unit, server, "Undo", subject, to), _only(relay))
    if relay.their_follow_uri is not None and relay.actor_uri is not None:
        reject_follow(unit, server, relay.actor_uri, relay.their_follow_uri)
    relays.leave(unit, relay)


def announce_to_relays(unit: Unit, publication: Publication) -> None:
    """Tell the LitePub relays that follow us of something new. Nothing is sent, nor stored, when there is none."""
    if publication.visibility is not Visibility.PUBLIC:
        return
    inboxes = tuple(relays.list_taking(unit.tx, relays.LITEPUB))
    if not inboxes:
        return
    server = actor_store.load_server_actor(unit.tx)
    assert server.followers is not None
    activity = envelope(unit, server, "Announce", publication.uri, (server.followers,))
    send(unit, server, activity, Audience(inboxes=inboxes))


def _followed(place: Place | Relay) -> str:
    """A Mastodon style relay is asked for everything public; the other for itself."""
    if place.style == relays.MASTODON:
        return PUBLIC
    assert place.actor_uri is not None
    return place.actor_uri


def _only(place: Place | Relay) -> Audience:
    return Audience(inboxes=((place.inbox, place.host),))
