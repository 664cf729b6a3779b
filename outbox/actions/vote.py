"""A vote in somebody's poll: a Note that carries an option as its name and no content (wire 3.4)."""

from collections.abc import Sequence
from typing import Any

from actors.model import Actor
from fedi.clock import iso
from fedi.errors import Conflict
from fedi.ids import new_public_id
from fedi.publications import reactions
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send


def vote(
    unit: Unit, voter: Actor, question_uri: str, author_uri: str, options: Sequence[str]
) -> None:
    """Vote for these options. Raises Conflict when this collective has voted already."""
    if reactions.find_activity(unit.tx, reactions.VOTE, voter.uri, question_uri) is not None:
        raise Conflict("vote.already", detail=question_uri)
    for option in options:
        note: dict[str, Any] = {
            "id": unit.urls.vote(new_public_id(unit.told)),
            "type": "Note",
            "name": option,
            "inReplyTo": question_uri,
            "attributedTo": voter.uri,
            "to": [author_uri],
            "cc": [],
            "published": iso(unit.told),
        }
        activity = envelope(unit, voter, "Create", note, (author_uri,))
        reactions.add(unit, reactions.VOTE, question_uri, voter.uri, option, activity["id"])
        send(unit, voter, activity, Audience.only(author_uri))
