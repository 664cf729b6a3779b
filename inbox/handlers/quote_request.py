"""QuoteRequest: somebody wants to quote us (FEP-044f). Public words may be quoted by whoever is not shut out."""

from actors import blocks, notifications
from actors import store as actor_store
from actors.model import ROLE_COLLECTIVE
from fedi.canonical import same_origin
from fedi.publications import quotes, store
from fedi.publications.activitystreams import authors_of
from fedi.publications.visibility import Viewer, may_see
from fedi.unit import Unit
from fedi.vocab.activity import Activity
from fedi.vocab.read import id_of
from inbox.contract import Authority, Done, Handler, Ignored, Incoming, Outcome, Refused
from outbox.actions.quote import answer_quote, refuse_quote


def needs(activity: Activity) -> frozenset[str]:
    """The quoting post, unless it came along and says whose it is."""
    quote_uri = id_of(activity.raw.get("instrument"))
    if quote_uri is None or _authors(activity) or not same_origin(quote_uri, activity.actor):
        return frozenset()
    return frozenset({quote_uri})


def _authors(activity: Activity) -> tuple[str, ...]:
    """Who the quoting post says that it is by; nobody when it did not come along, or does not say."""
    quote = activity.raw.get("instrument")
    return authors_of(quote) if isinstance(quote, dict) else ()


def _is_theirs(unit: Unit, incoming: Incoming, quote_uri: str) -> bool:
    """Whether the quoting post is by whoever asks: others on the same server ask for their own."""
    quoter = incoming.sender.actor.uri
    if not same_origin(quote_uri, quoter):
        return False
    known = store.find(unit.tx, quote_uri) or incoming.found.get(quote_uri)
    if known is not None:
        return known.author == quoter
    authors = _authors(incoming.activity)
    return bool(authors) and authors[0] == quoter


def apply(unit: Unit, incoming: Incoming) -> Outcome:
    """Stamp the quote, or refuse it, as the policy on the publication promised."""
    activity, quoter = incoming.activity, incoming.sender.actor
    quoted = store.find(unit.tx, activity.object_uri) if activity.object_uri else None
    author = actor_store.find(unit.tx, quoted.author) if quoted is not None else None
    if quoted is None or author is None or author.role != ROLE_COLLECTIVE:
        return Ignored("quote.not_ours")
    quote_uri = id_of(activity.raw.get("instrument"))
    if quote_uri is None or not _is_theirs(unit, incoming, quote_uri):
        return Refused("quote.not_theirs")
    if not quoted.visibility.is_public and not may_see(unit.tx, Viewer(quoter), quoted):
        # a refusal would tell that it exists (S81)
        return Ignored("quote.not_ours")
    if not quoted.visibility.is_public or blocks.is_blocked_by(unit.tx, author.uri, quoter.uri):
        refuse_quote(unit, author, quoter.uri, activity.uri, quoted.uri, quote_uri)
        return Refused("quote.not_allowed")
    stamp = quotes.grant(unit, author.uri, quoted.uri, quote_uri, quoter.uri)
    if stamp is None:
        refuse_quote(unit, author, quoter.uri, activity.uri, quoted.uri, quote_uri)
        return Refused("quote.taken_back")
    answer_quote(unit, author, quoter.uri, activity.uri, stamp)
    notifications.add(unit, author.uri, "quote", quoter.uri, quoted.uri)
    return Done("quote.stamped")


HANDLER = Handler(frozenset({"QuoteRequest"}), Authority.SENDER_ONLY, apply, needs=needs)
