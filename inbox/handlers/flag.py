"""Flag: somebody reports conduct to our stewards. It never acts by itself (S109)."""

from fedi.moderation import flags
from fedi.text.direction import clean_text
from fedi.text.html import text_of as plain_text
from fedi.unit import Unit
from fedi.vocab.read import ids_of, text_of
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome

CONTENT_MAX = 5_000
OBJECTS_MAX = 50


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Keep the report with what of ours it names. The order of names means nothing (wire 3.4)."""
    raw = incoming.activity.raw
    ours = [uri for uri in ids_of(raw.get("object"), OBJECTS_MAX) if unit.urls.is_ours(uri)]
    if not ours:
        return Ignored("flag.not_ours")
    words = text_of(raw.get("content")) or text_of(raw.get("summary")) or ""
    flags.add(
        unit,
        incoming.activity.uri,
        incoming.sender.actor.uri,
        clean_text(plain_text(words[: CONTENT_MAX * 2]), CONTENT_MAX),
        ours,
    )
    return Done("flag.stored")


HANDLER = Handler(frozenset({"Flag"}), Authority.SENDER_ONLY, apply)
