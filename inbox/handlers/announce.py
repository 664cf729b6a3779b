"""Announce: somebody passes public words on."""

from actors import blocks, follows, notifications
from fedi.publications import reactions, shelf, store, timeline
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused


def needs(activity: Activity) -> frozenset[str]:
    """The object is fetched from its own address, whatever body came along (S28)."""
    return frozenset({activity.object_uri} if activity.object_uri else ())


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Count it, and put the words before our collectives that follow the announcer."""
    sender, uri = incoming.sender.actor, incoming.activity.object_uri or ""
    readers = follows.list_local_followers(unit.tx, sender.uri)
    publication = store.find(unit.tx, uri)
    if publication is None:
        publication = incoming.found.get(uri)
        if publication is None or not readers:
            return Ignored("announce.unknown_object")
    if not publication.visibility.is_public:
        return Refused("announce.not_public")
    if blocks.is_blocked_by(unit.tx, publication.author, sender.uri):
        return Ignored("announce.shut_out")
    row_id = store.find_row_id(unit.tx, uri) or shelf.put(unit, publication, is_local=False)
    if row_id is None:
        return Ignored("announce.dead_object")
    added = reactions.add(unit, reactions.ANNOUNCE, uri, sender.uri, "", incoming.activity.uri)
    if not added and not sender.is_local:
        return Ignored("announce.known")
    # passing on does not carry a limited author's words to collectives that do not follow it
    heard_by = blocks.hearers(unit.tx, publication.author, readers)
    timeline.add(unit, heard_by, row_id, publication.kind, unit.now_ms, boosted_by=sender.uri)
    if unit.urls.is_ours(publication.author):
        notifications.add(unit, publication.author, "announce", sender.uri, uri)
    return Done("announce.stored")


HANDLER = Handler(frozenset({"Announce"}), Authority.SENDER_ONLY, apply, needs=needs)
