"""What others answer when we would like to quote them (FEP-044f).

Their signed `Accept` is as good as the stamp that it names, so the stamp is not looked at; whoever is shown the quote does that.
"""

from fedi.canonical import same_origin
from fedi.publications import quoting
from fedi.publications.quoting import Asked
from fedi.unit import Unit
from fedi.vocab.read import id_of, type_of
from inbox.contract import Done, Ignored, Incoming, Outcome, Refused
from outbox.actions.quote import tell_consent


def answered(unit: Unit, incoming: Incoming, state: str) -> Outcome | None:
    """An answer to a question of ours; None when it is about something else."""
    asked = _asked(unit, incoming)
    if asked is None:
        return None
    sender = incoming.sender.actor
    if asked.asked_uri != sender.uri:
        return Refused("quote.not_theirs")
    stamp = None
    if state == quoting.GIVEN:
        stamp = id_of(incoming.activity.raw.get("result"))
        if stamp is None or not same_origin(stamp, sender.uri):
            return Refused("quote.no_stamp")
    if not quoting.decide(unit, asked, state, stamp):
        return Ignored("quote.decided")
    tell_consent(unit, asked.quote_uri, stamp)
    return Done(f"quote.{state}")


def taken_back(unit: Unit, incoming: Incoming) -> Outcome | None:
    """A stamp that we hold is deleted by who gave it; None when it is something else that is deleted."""
    uri = incoming.activity.object_uri
    asked = quoting.find_by_stamp(unit.tx, uri) if uri else None
    if asked is None or asked.asked_uri != incoming.sender.actor.uri:
        return None
    if quoting.decide(unit, asked, quoting.REFUSED):
        tell_consent(unit, asked.quote_uri, None)
    return Done("quote.refused")


def _asked(unit: Unit, incoming: Incoming) -> Asked | None:
    uri, inner = incoming.activity.object_uri, incoming.activity.embedded
    found = quoting.find_by_request(unit.tx, uri) if uri else None
    if found is None and inner is not None and type_of(inner) == "QuoteRequest":
        quote_uri = id_of(inner.get("instrument"))
        found = quoting.find(unit.tx, quote_uri) if quote_uri else None
    return found
