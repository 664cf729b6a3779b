"""What is said about attendance: answers to those who asked to come (wire 5.4), messages to participants, our own answers.

All of it goes to one actor alone: who comes is nobody else's business, and stands in no `cc`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Any, Final

from actors.model import Actor
from fedi.clock import iso
from fedi.ids import new_public_id
from fedi.publications.event.attendance import Entry
from fedi.text.html import paragraphs_of
from fedi.unit import Unit
from outbox.activities import envelope
from outbox.send import Audience, send
from outbox.store import TOLD

# What a participant sends on each road, as it is quoted in an answer.
_ASKED_WITH: Final = {"join": "Join", "accept": "Accept"}


@dataclass(frozen=True, slots=True)
class Poll:
    """What a message asks: its options, of which one may be chosen until `ends_at`."""

    options: tuple[str, ...]
    ends_at: datetime


def accept_join(unit: Unit, organiser: Actor, entry: Entry) -> None:
    """Accept a Join: there is a place."""
    _answer(unit, organiser, envelope(unit, organiser, "Accept", _join(entry), (entry.who,)))


def reject_join(unit: Unit, organiser: Actor, who: str, join_uri: str, event_uri: str) -> None:
    """Refuse a Join; sent after an Accept it takes the place away."""
    asked = {"id": join_uri, "type": "Join", "actor": who, "object": event_uri}
    _answer(unit, organiser, envelope(unit, organiser, "Reject", asked, (who,)))


def ignore_join(unit: Unit, organiser: Actor, who: str, join_uri: str) -> None:
    """Answers are not taken on this road: people sign up somewhere else, or nowhere (FEP-8a8e)."""
    _answer(unit, organiser, envelope(unit, organiser, "Ignore", join_uri, (who,)))


def write_to(
    unit: Unit,
    author: Actor,
    reader: Actor,
    language: str,
    words: str,
    *,
    link: str = "",
    answering: str | None = None,
    offer: str | None = None,
    poll: Poll | None = None,
) -> str:
    """A message for one participant; its id. It is no publication: some days after it was delivered it is forgotten (S85).

    `words` are plain text; `link` follows them; `answering`: the id of what they said; `offer`: the activity that says the
    same to servers that know it; `poll`: what they may answer with one press.
    """
    there = escape(reader.url or reader.uri, quote=True)
    name = escape(reader.called, quote=False)
    content = f'<p><a href="{there}" class="u-url mention">{name}</a></p>{paragraphs_of(words)}'
    if link:
        shown = escape(link, quote=True)
        content += f'<p><a href="{shown}" rel="nofollow noopener noreferrer">{shown}</a></p>'
    uri = unit.urls.told(new_public_id(unit.told))
    note: dict[str, Any] = {
        "id": uri,
        "type": "Note" if poll is None else "Question",
        "attributedTo": author.uri,
        "to": [reader.uri],
        "cc": [],
        "published": iso(unit.told),
        "content": content,
        "contentMap": {language: content},
        "tag": [{"type": "Mention", "name": reader.called, "href": reader.uri}],
        "attachment": [],
        "sensitive": False,
    }
    if answering is not None:
        note["inReplyTo"] = answering
    if offer is not None:
        note["offer"] = offer
    if poll is not None:
        note |= _choices(poll)
    send(
        unit,
        author,
        envelope(unit, author, "Create", note, (reader.uri,)),
        for_one(reader.uri),
    )
    return uri


def withdraw_message(unit: Unit, author: Actor, reader_uri: str, message_uri: str) -> None:
    """Take a message back."""
    stone = {"id": message_uri, "type": "Tombstone", "deleted": iso(unit.told)}
    activity = envelope(unit, author, "Delete", stone, (reader_uri,))
    send(unit, author, activity, for_one(reader_uri))


def _choices(poll: Poll) -> dict[str, Any]:
    """One of several, nobody counted: the vote of one reader is between the two of them."""
    return {
        "oneOf": [
            {"type": "Note", "name": option, "replies": {"type": "Collection", "totalItems": 0}}
            for option in poll.options
        ],
        "endTime": iso(poll.ends_at),
        "votersCount": 0,
    }


def _join(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.activity_uri,
        "type": _ASKED_WITH.get(entry.road, "Join"),
        "actor": entry.who,
        "object": entry.event_uri,
    }


def _answer(unit: Unit, organiser: Actor, activity: dict[str, Any]) -> None:
    [reader] = activity["to"]
    send(unit, organiser, activity, for_one(reader))


def for_one(reader_uri: str) -> Audience:
    """Somebody alone, and no word of it kept for longer than its delivery takes (S85)."""
    return replace(Audience.only(reader_uri), visibility=TOLD)
