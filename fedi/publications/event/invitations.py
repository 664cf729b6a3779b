"""Whom our collectives invited to events of theirs, or asked whether they come. Owner of `event_invitation`.

What came of it is in `attendance`; here stands only that somebody was asked, and by what they may answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row
from fedi.ids import new_token
from fedi.unit import Unit

# `said`: they answered and stand on the list, or stood there; `refused`: they said that they do not come.
State = Literal["open", "said", "refused"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was asked. `invite_uri`, `message_uri`: what was sent, "" when it was not.

    `is_guest`: invited by the organisers, so nobody has to agree once more. `language`: of the message.
    """

    event_uri: str
    who: str
    organiser_uri: str
    is_guest: bool
    state: State
    has_voted: bool
    invite_uri: str
    message_uri: str
    language: str
    sent_at: datetime


# In the place of an id, of somebody who was invited and is no more.
_TAKEN_BACK: Final = "taken back "
_COLUMNS: Final = "event_uri, who, organiser_uri, is_guest, state, has_voted, invite_uri, message_uri, language, sent_at"


def find(rx: Reader, event_uri: str, who: str) -> Invitation | None:
    """How this actor was asked about this event."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_invitation WHERE event_uri = ? AND who = ?", event_uri, who
    )
    return _invitation_of(row) if row else None


def find_by_invite(rx: Reader, invite_uri: str) -> Invitation | None:
    """The invitation that went out with this Invite."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_invitation WHERE invite_uri = ? AND invite_uri <> ''",
        invite_uri,
    )
    return _invitation_of(row) if row else None


def find_by_message(rx: Reader, message_uri: str) -> Invitation | None:
    """The invitation that went out with this message."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM event_invitation WHERE message_uri = ? AND message_uri <> ''",
        message_uri,
    )
    return _invitation_of(row) if row else None


def is_guest(rx: Reader, event_uri: str, who: str) -> bool:
    """Whether the organisers invited this actor."""
    found = find(rx, event_uri, who)
    return found is not None and found.is_guest


def list_of(rx: Reader, event_uri: str, most: int) -> Sequence[Invitation]:
    """Everybody invited to this event, by their id."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM event_invitation WHERE event_uri = ? AND is_guest ORDER BY who LIMIT ?",
        event_uri,
        most,
    )
    return [_invitation_of(row) for row in rows]


def list_by_actor(rx: Reader, who: str) -> Sequence[Invitation]:
    """Everything this actor was asked."""
    rows = rx.all(f"SELECT {_COLUMNS} FROM event_invitation WHERE who = ? ORDER BY event_uri", who)
    return [_invitation_of(row) for row in rows]


def list_everybody(rx: Reader) -> Sequence[str]:
    """Everybody who was asked about any event."""
    rows = rx.all("SELECT DISTINCT who FROM event_invitation")
    return [row[0] for row in rows if not row[0].startswith(_TAKEN_BACK)]


def count_of(rx: Reader, event_uri: str) -> int:
    """How many were asked about this event."""
    row = rx.one("SELECT COUNT(*) FROM event_invitation WHERE event_uri = ?", event_uri)
    return int(row[0]) if row else 0


def count_by(rx: Reader, organiser_uri: str, since: datetime) -> int:
    """How many a collective asked since this moment."""
    row = rx.one(
        "SELECT COUNT(*) FROM event_invitation WHERE organiser_uri = ? AND sent_at >= ?",
        organiser_uri,
        to_ms(since),
    )
    return int(row[0]) if row else 0


def put(unit: Unit, found: Invitation) -> None:
    """Write it down, in the place of how they were asked before; what they answered stays."""
    unit.tx.run(
        f"INSERT INTO event_invitation ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (event_uri, who) DO UPDATE SET is_guest = excluded.is_guest, has_voted = excluded.has_voted, "
        "invite_uri = excluded.invite_uri, message_uri = excluded.message_uri, language = excluded.language, "
        "sent_at = excluded.sent_at",
        found.event_uri,
        found.who,
        found.organiser_uri,
        found.is_guest,
        found.state,
        found.has_voted,
        found.invite_uri,
        found.message_uri,
        found.language,
        to_ms(found.sent_at),
    )


def note_answer(unit: Unit, event_uri: str, who: str, *, comes: bool) -> None:
    """They answered the event, on whichever road."""
    unit.tx.run(
        "UPDATE event_invitation SET state = ? WHERE event_uri = ? AND who = ?",
        "said" if comes else "refused",
        event_uri,
        who,
    )


def note_vote(unit: Unit, found: Invitation) -> bool:
    """They answered the poll; False when they had: a vote that comes twice counts once."""
    return (
        unit.tx.run(
            "UPDATE event_invitation SET has_voted = TRUE WHERE event_uri = ? AND who = ? AND NOT has_voted",
            found.event_uri,
            found.who,
        )
        > 0
    )


def remove(unit: Unit, event_uri: str, who: str) -> None:
    """They are invited no more."""
    unit.tx.run("DELETE FROM event_invitation WHERE event_uri = ? AND who = ?", event_uri, who)


def take_back(unit: Unit, event_uri: str, who: str) -> None:
    """They are invited no more. That somebody was is counted still, without who: else nothing would bound the letters."""
    unit.tx.run(
        "UPDATE event_invitation SET who = ?, is_guest = FALSE, invite_uri = '', message_uri = '', language = '' "
        "WHERE event_uri = ? AND who = ?",
        f"{_TAKEN_BACK}{new_token()}",
        event_uri,
        who,
    )


def forget_event(unit: Unit, event_uri: str) -> None:
    """The event is gone, or was over long ago."""
    unit.tx.run("DELETE FROM event_invitation WHERE event_uri = ?", event_uri)


def forget_actor(unit: Unit, who: str) -> None:
    """Somebody is gone."""
    unit.tx.run("DELETE FROM event_invitation WHERE who = ?", who)


def _invitation_of(row: Row) -> Invitation:
    return Invitation(
        event_uri=row[0],
        who=row[1],
        organiser_uri=row[2],
        is_guest=bool(row[3]),
        state=row[4],
        has_voted=bool(row[5]),
        invite_uri=row[6],
        message_uri=row[7],
        language=row[8],
        sent_at=from_ms(row[9]),
    )
