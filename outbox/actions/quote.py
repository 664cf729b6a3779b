"""Answers to those who want to quote us, and taking a permission back; asking to quote others, and telling what came of it (FEP-044f)."""

from dataclasses import replace
from typing import Any

from actors import store as actor_store
from actors.model import Actor
from fedi.errors import NotFound
from fedi.publications import quotes, quoting, store
from fedi.publications.activitystreams import build_object
from fedi.publications.model import Publication
from fedi.publications.quotes import Stamp
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.actions.create import audience_of
from outbox.activities import envelope
from outbox.send import Audience, reached_before, send


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
    send(unit, author, activity, replace(Audience.only(stamp.quoter_uri), visibility="public"))


def ask_quote(unit: Unit, author: Actor, publication: Publication, asked_uri: str) -> None:
    """Ask the author of what a publication of ours quotes. It is sent along, so that they see in which words."""
    assert publication.quote is not None
    request = envelope(unit, author, "QuoteRequest", publication.quote, (asked_uri,))
    request["instrument"] = build_object(publication)
    quoting.note(unit, publication.uri, publication.quote, asked_uri, request["id"])
    send(unit, author, request, Audience.only(asked_uri))


def tell_consent(unit: Unit, quote_uri: str, stamp_uri: str | None) -> None:
    """Tell everybody who got a quote of ours that it may be one, with the stamp that proves it; without one, that it is none any more.

    Its words are the same, so `updated` stays: whoever shows changes has none to show.
    """
    before = store.find(unit.tx, quote_uri)
    author = actor_store.find(unit.tx, before.author) if before is not None else None
    if before is None or author is None:
        return
    newer = replace(before, quote=before.quote if stamp_uri else None, quote_stamp=stamp_uri)
    store.set_quote(unit, newer.uri, newer.quote, newer.quote_stamp)
    subject = build_object(newer, with_collections=True)
    activity = envelope(unit, author, "Update", subject, newer.to, newer.cc)
    audience = audience_of(unit, author, newer, again=True)
    send(unit, author, activity, replace(audience, inboxes=reached_before(unit, newer.uri)))


def _request(uri: str, quoter_uri: str, object_uri: str, quote_uri: str) -> dict[str, Any]:
    return {
        "id": uri,
        "type": "QuoteRequest",
        "actor": quoter_uri,
        "object": object_uri,
        "instrument": quote_uri,
    }
