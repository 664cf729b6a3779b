"""Block: somebody shuts a collective of ours out. Both relations end; nothing is shown and nothing is said."""

from actors import blocks, follows
from fedi.unit import Unit
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Remember it, so that we send the blocker nothing more."""
    sender, uri = incoming.sender.actor, incoming.activity.object_uri
    if uri is None or not unit.urls.is_ours(uri):
        return Ignored("block.not_ours")
    follows.remove(unit, uri, sender.uri)
    follows.remove(unit, sender.uri, uri)
    if not blocks.add(unit, sender.uri, uri, blocks.ACTOR, incoming.activity.uri):
        return Ignored("block.known")
    return Done("block.stored")


HANDLER = Handler(frozenset({"Block"}), Authority.SENDER_ONLY, apply)
