"""Announce: somebody passes public words on."""

from actors import blocks, follows, notifications
from fedi.publications import reactions, shelf, store, timeline
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.read import id_of
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused

# Activities of members that a group wraps in its Announce: what they are about is what counts.
_WRAPPERS = frozenset({"Create", "Update"})


def needs(activity: Activity) -> frozenset[str]:
    """The object is fetched from its own address, whatever body came along (S28)."""
    uri = passed_on(activity)
    return frozenset({uri} if uri else ())


def passed_on(activity: Activity) -> str | None:
    """What is passed on: the object, or what the activity is about that stands in its place (FEP-1b12: Lemmy, NodeBB)."""
    inner = activity.embedded
    if inner is not None and activity.object_type in _WRAPPERS:
        return id_of(inner.get("object"))
    return activity.object_uri


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Count it, and put the words before our collectives that follow the announcer."""
    sender, uri = incoming.sender.actor, passed_on(incoming.activity) or ""
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
    heard_by = blocks.hearers(unit, publication.author, readers)
    if store.is_held(unit.tx, uri):
        # nor what waits for a decision, or was hidden, before anybody
        heard_by = []
    timeline.add(unit, heard_by, row_id, publication.kind, unit.now_ms, boosted_by=sender.uri)
    if unit.urls.is_ours(publication.author):
        notifications.add(unit, publication.author, "announce", sender.uri, uri)
    return Done("announce.stored")


HANDLER = Handler(frozenset({"Announce"}), Authority.SENDER_ONLY, apply, needs=needs)
