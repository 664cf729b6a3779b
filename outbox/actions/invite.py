"""Invite: somebody is asked to come to an event of ours; Undo of it; and what our collectives answer to such a thing.

`object` is the event, `target` whoever is invited. It goes to them alone: who is invited is nobody else's business.
"""

from typing import Any

from actors.model import Actor
from fedi.text.html import paragraphs_of
from fedi.unit import Unit
from outbox.actions.attendance import for_one
from outbox.activities import envelope
from outbox.send import send


def send_invite(unit: Unit, organiser: Actor, who: str, event_uri: str, words: str = "") -> str:
    """Invite somebody; the id of the Invite. `words`: plain text."""
    activity = envelope(unit, organiser, "Invite", event_uri, (who,)) | {"target": who}
    if words:
        activity["content"] = paragraphs_of(words)
    send(unit, organiser, activity, for_one(who))
    return str(activity["id"])


def undo_invite(unit: Unit, organiser: Actor, who: str, event_uri: str, invite_uri: str) -> None:
    """Take an Invite back."""
    activity = envelope(unit, organiser, "Undo", _said(organiser.uri, event_uri, invite_uri), (who,))  # fmt: skip
    send(unit, organiser, activity, for_one(who))


def refuse_invite(unit: Unit, actor: Actor, by: str, event_uri: str, invite_uri: str) -> None:
    """A collective of ours does not come to an event to which it was invited."""
    activity = envelope(unit, actor, "Reject", _said(by, event_uri, invite_uri), (by,))
    send(unit, actor, activity, for_one(by))


def _said(actor_uri: str, event_uri: str, invite_uri: str) -> dict[str, Any]:
    return {"id": invite_uri, "type": "Invite", "actor": actor_uri, "object": event_uri}
