"""Like, and the emoji reactions that some peers send in its place (FEP-c0e0)."""

from actors import blocks, notifications
from fedi.publications import reactions, store
from fedi.text.direction import clean_line
from fedi.unit import Unit
from fedi.vocab.read import text_of
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome

CONTENT_MAX = 64


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Remember who thanked, and with which sign."""
    activity, sender = incoming.activity, incoming.sender.actor
    uri = activity.object_uri
    publication = store.find(unit.tx, uri) if uri else None
    if publication is None or uri is None:
        return Ignored("like.unknown_object")
    if blocks.is_blocked_by(unit.tx, publication.author, sender.uri):
        return Ignored("like.shut_out")
    sign = (
        text_of(activity.raw.get("content")) or text_of(activity.raw.get("_misskey_reaction")) or ""
    )
    added = reactions.add(
        unit, reactions.LIKE, uri, sender.uri, clean_line(sign, CONTENT_MAX), activity.uri
    )
    # a neighbour's on this instance was remembered when it was given; the author has not been told
    if not added and not sender.is_local:
        return Ignored("like.known")
    if unit.urls.is_ours(publication.author):
        notifications.add(unit, publication.author, "like", sender.uri, uri)
    return Done("like.stored")


HANDLER = Handler(frozenset({"Like", "EmojiReact"}), Authority.SENDER_ONLY, apply)
