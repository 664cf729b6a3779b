"""What is said about attendance: answers to those who asked to come (wire 5.4), messages to participants, our own answers.

All of it goes to one actor alone: who comes is nobody else's business, and stands in no `cc`.
"""

from dataclasses import replace
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
) -> str:
    """A message for one participant; its id. It is no publication: some days after it was delivered it is forgotten (S85).

    `words` are plain text; `link` follows them; `answering`: the id of what they said; `offer`: the activity that says the
    same to servers that know it.
    """
    there = escape(reader.url or reader.uri, quote=True)
    name = escape(reader.called, quote=False)
    content = f'<p><a href="{there}" class="u-url mention">{name}</a></p>{paragraphs_of(words)}'
    if link:
        shown = escape(link, quote=True)
        content += f'<p><a href="{shown}" rel="nofollow noopener noreferrer">{shown}</a></p>'
    note: dict[str, Any] = {
        "id": unit.urls.told(new_public_id(unit.told)),
        "type": "Note",
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
    send(
        unit,
        author,
        envelope(unit, author, "Create", note, (reader.uri,)),
        _to(reader.uri),
    )
    return str(note["id"])


def _join(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.activity_uri,
        "type": _ASKED_WITH.get(entry.road, "Join"),
        "actor": entry.who,
        "object": entry.event_uri,
    }


def _answer(unit: Unit, organiser: Actor, activity: dict[str, Any]) -> None:
    [reader] = activity["to"]
    send(unit, organiser, activity, _to(reader))


def _to(reader_uri: str) -> Audience:
    return replace(Audience.only(reader_uri), visibility=TOLD)
