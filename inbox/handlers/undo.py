"""Undo: somebody takes back a follow, a like, an announce, a block, or that they come."""

from datetime import timedelta

from actors import blocks, follows, relays
from fedi.publications import reactions, tagged, timeline
from fedi.publications import store as publication_store
from fedi.unit import Unit
from fedi.vocab.read import id_of, type_of
from inbox import attending, bonding, invited, store
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Later, Outcome

TOO_EARLY = timedelta(minutes=2)
_ATTENDING = frozenset({"Join", "Accept", "TentativeAccept", "Reject", "TentativeReject"})
_REACTIONS = {"Like": reactions.LIKE, "EmojiReact": reactions.LIKE, "Announce": reactions.ANNOUNCE}


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """By the id of what is taken back; else by what the embedded copy names, always of the sender's own (wire 3.4)."""
    actor_uri, uri = incoming.sender.actor.uri, incoming.activity.object_uri
    if uri is not None and store.is_waiting(unit.tx, actor_uri, uri):
        # it came first and waits for its fetch: taking it back now would be forgotten by then
        return Later("undo.too_early", TOO_EARLY)
    inner = incoming.activity.embedded or {}
    event_uri = id_of(inner.get("object")) if type_of(inner) in _ATTENDING else None
    if attending.take_back(unit, actor_uri, uri, event_uri):
        return Done("undo.attendance")
    if bonding.taken_back(unit, actor_uri, uri):
        return Done("undo.offer", is_private=True)
    if invited.taken_back(unit, incoming):
        return Done("undo.invite")
    return _take_back(unit, incoming, uri)


def _take_back(unit: Unit, incoming: Incoming, uri: str | None) -> Outcome:
    actor_uri = incoming.sender.actor.uri
    inner = incoming.activity.embedded or {}
    kind, object_uri = type_of(inner), id_of(inner.get("object"))
    if uri is not None and _undo_by_id(unit, actor_uri, uri):
        return Done("undo.by_id")
    if object_uri is None or (kind == "Follow" and object_uri == unit.urls.server_actor()):
        return _undo_relay(unit, actor_uri, uri, object_uri)
    if kind == "Follow" and follows.remove(unit, actor_uri, object_uri):
        return Done("undo.follow")
    if kind == "Block" and blocks.remove(unit, actor_uri, object_uri):
        return Done("undo.block")
    if kind in _REACTIONS and reactions.undo_by_object(
        unit, _REACTIONS[kind], actor_uri, object_uri
    ):
        _forget_boost(unit, kind, object_uri, actor_uri)
        return Done("undo.reaction")
    return Ignored("undo.nothing")


def _undo_by_id(unit: Unit, actor_uri: str, uri: str) -> bool:
    follow = follows.find_by_activity(unit.tx, uri)
    if follow is not None and follow.follower_uri == actor_uri:
        return follows.remove(unit, actor_uri, follow.followed_uri)
    announced = unit.tx.one(
        "SELECT object_uri FROM reaction WHERE activity_uri = ? AND actor_uri = ? AND kind = 'announce'",
        uri,
        actor_uri,
    )
    if reactions.undo(unit, actor_uri, uri):
        if announced is not None:
            _forget_boost(unit, "Announce", announced[0], actor_uri)
        return True
    return blocks.remove_by_activity(unit, actor_uri, uri)


def _undo_relay(unit: Unit, actor_uri: str, uri: str | None, object_uri: str | None) -> Outcome:
    """A relay wants our announcements no more: only relays ever follow the server itself."""
    relay = relays.find_wanted(unit.tx, actor_uri)
    if relay is None or relay.their_follow_uri is None:
        return Ignored("undo.unknown")
    if object_uri is None and relay.their_follow_uri != uri:
        return Ignored("undo.unknown")
    relays.note_their_follow(unit, relay, None)
    return Done("undo.relay")


def _forget_boost(unit: Unit, kind: str | None, object_uri: str, actor_uri: str) -> None:
    row_id = publication_store.find_row_id(unit.tx, object_uri) if kind == "Announce" else None
    publication = publication_store.find(unit.tx, object_uri) if row_id is not None else None
    if row_id is not None and publication is not None:
        timeline.forget_boost(unit, row_id, actor_uri)
        # a hashtag that is followed may bring it as well
        tagged.bring(unit, row_id, publication)


HANDLER = Handler(frozenset({"Undo"}), Authority.OWN_ACTIVITY, apply)
