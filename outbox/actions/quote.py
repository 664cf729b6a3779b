"""Answers to those who want to quote us, and taking a permission back (FEP-044f)."""

from typing import Any

from actors.model import Actor
from fedi.errors import NotFound
from fedi.publications import quotes
from fedi.publications.quotes import Stamp
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.activities import envelope
from outbox.send import Audience, send


def answer_quote(
    unit: Unit, author: Actor, quoter_uri: str, request_uri: str, stamp: Stamp
) -> None:
    """Accept, with the stamp as the result."""
    subject = _request(request_uri, quoter_uri, stamp.object_uri, stamp.quote_uri)
    activity = envelope(unit, author, "Accept", subject, (quoter_uri,))
    activity["result"] = stamp.uri
    send(unit, author, activity, Audience.only(quoter_uri))


def refuse_quote(
    unit: Unit, author: Actor, quoter_uri: str, request_uri: str, object_uri: str, quote_uri: str
) -> None:
    """Reject."""
    subject = _request(request_uri, quoter_uri, object_uri, quote_uri)
    send(
        unit,
        author,
        envelope(unit, author, "Reject", subject, (quoter_uri,)),
        Audience.only(quoter_uri),
    )


def revoke_quote(unit: Unit, author: Actor, stamp_uri: str) -> None:
    """Take a permission back: the stamp is deleted and its holder told. Raises NotFound."""
    stamp = quotes.find(unit.tx, stamp_uri)
    if stamp is None or stamp.author_uri != author.uri:
        raise NotFound("quote.none", detail=stamp_uri)
    quotes.revoke(unit, stamp_uri)
    activity = envelope(unit, author, "Delete", stamp_uri, (PUBLIC,), (stamp.quoter_uri,))
    send(unit, author, activity, Audience(actors=(stamp.quoter_uri,), visibility="public"))


def _request(uri: str, quoter_uri: str, object_uri: str, quote_uri: str) -> dict[str, Any]:
    return {
        "id": uri,
        "type": "QuoteRequest",
        "actor": quoter_uri,
        "object": object_uri,
        "instrument": quote_uri,
    }
