"""Relays we subscribed to, and what they brought. Owner of `relay` and `relayed`. Without a relay nothing here does anything.

A relay is never believed: what it passes on is a hint to look at the origin (security.md D2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from actors import blocks
from fedi.canonical import same_origin
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.ids import new_row_id
from fedi.unit import Unit

MASTODON: Final = "mastodon"
LITEPUB: Final = "litepub"
STYLES: Final = (MASTODON, LITEPUB)

ASKED: Final = "asked"
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
LEFT: Final = "left"

# So that a busy relay does not cost one more write for each thing it says.
HEARD_EVERY: Final = timedelta(minutes=1)

_COLUMNS: Final = "id, address, style, host, inbox, actor_uri, state, follow_uri, their_follow_uri, asked_at, heard_at"


@dataclass(frozen=True, slots=True)
class Relay:
    """A subscription. `address`: what the steward gave. `actor_uri`: who it is, None before a Mastodon style one answered.

    `follow_uri` is the id of our latest Follow, `their_follow_uri` of the relay's own, when it wants our announcements.
    """

    id: int
    address: str
    style: str
    host: str
    inbox: str
    actor_uri: str | None
    state: str
    follow_uri: str
    their_follow_uri: str | None
    asked_at: datetime
    heard_at: datetime | None

    @property
    def takes(self) -> bool:
        """Whether our public words go there."""
        return self.state == ACCEPTED and (
            self.style == MASTODON or self.their_follow_uri is not None
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a relay is: its style, the door for its letters, and who it is if that is known."""

    address: str
    style: str
    host: str
    inbox: str
    actor_uri: str | None


def ask(unit: Unit, place: Place, follow_uri: str) -> None:
    """A Follow goes to the relay. Asking again begins again: only an answer to the new Follow counts."""
    unit.tx.run(
        "INSERT INTO relay (id, address, style, host, inbox, actor_uri, state, follow_uri, their_follow_uri, asked_at, "
        "heard_at) VALUES (?, ?, ?, ?, ?, ?, 'asked', ?, NULL, ?, NULL) ON CONFLICT (address) DO UPDATE SET "
        "style = excluded.style, host = excluded.host, inbox = excluded.inbox, actor_uri = excluded.actor_uri, "
        "state = excluded.state, follow_uri = excluded.follow_uri, their_follow_uri = NULL, asked_at = excluded.asked_at",
        new_row_id(unit.now),
        place.address,
        place.style,
        place.host,
        place.inbox,
        place.actor_uri,
        follow_uri,
        unit.now_ms,
    )


def decide(unit: Unit, relay: Relay, state: str, actor_uri: str) -> bool:
    """The relay accepted or refused; whether that changed anything. One that was left decides nothing any more."""
    return (
        unit.tx.run(
            "UPDATE relay SET state = ?, actor_uri = ?, heard_at = ? WHERE id = ? AND state NOT IN ('left', ?)",
            state,
            actor_uri,
            unit.now_ms,
            relay.id,
            state,
        )
        > 0
    )


def leave(unit: Unit, relay: Relay) -> None:
    """The subscription is over."""
    unit.tx.run("UPDATE relay SET state = 'left', their_follow_uri = NULL WHERE id = ?", relay.id)


def leave_shut_out(unit: Unit) -> int:
    """End the subscriptions to relays that are shut out now; how many. They are not told (S40)."""
    ended = [
        each
        for each in list_all(unit.tx)
        if each.state != LEFT and blocks.is_actor_blocked(unit.tx, each.actor_uri or "", each.host)
    ]
    for each in ended:
        leave(unit, each)
    return len(ended)


def note_their_follow(unit: Unit, relay: Relay, follow_uri: str | None) -> None:
    """The relay wants our announcements, or does not any more."""
    unit.tx.run("UPDATE relay SET their_follow_uri = ? WHERE id = ?", follow_uri, relay.id)


def note_heard(unit: Unit, relay: Relay) -> None:
    """The relay spoke."""
    if relay.heard_at is None or unit.now - relay.heard_at >= HEARD_EVERY:
        unit.tx.run("UPDATE relay SET heard_at = ? WHERE id = ?", unit.now_ms, relay.id)


def note_brought(unit: Unit, relay_id: int, publication_id: int) -> None:
    """A publication is here because of this relay."""
    unit.tx.run(
        "INSERT INTO relayed (publication_id, relay_id, brought_at) VALUES (?, ?, ?) "
        "ON CONFLICT (publication_id) DO NOTHING",
        publication_id,
        relay_id,
        unit.now_ms,
    )


def forget_publication(unit: Unit, publication_id: int) -> None:
    """The publication is gone."""
    unit.tx.run("DELETE FROM relayed WHERE publication_id = ?", publication_id)


def is_from(relay: Relay, actor_uri: str) -> bool:
    """Whether an answer by this actor is the relay's: its own, or of the host we asked while nobody was named there."""
    if relay.actor_uri is not None:
        return relay.actor_uri == actor_uri
    return same_origin(relay.inbox, actor_uri)


def find(rx: Reader, relay_id: int) -> Relay | None:
    """A relay by row."""
    return _relay_of(rx.one(f"SELECT {_COLUMNS} FROM relay WHERE id = ?", relay_id))


def find_by_address(rx: Reader, address: str) -> Relay | None:
    """The relay that a steward added under this address."""
    return _relay_of(rx.one(f"SELECT {_COLUMNS} FROM relay WHERE address = ?", address))


def find_by_follow(rx: Reader, follow_uri: str) -> Relay | None:
    """The relay that was asked with this Follow."""
    return _relay_of(rx.one(f"SELECT {_COLUMNS} FROM relay WHERE follow_uri = ?", follow_uri))


def find_wanted(rx: Reader, actor_uri: str) -> Relay | None:
    """The relay that this actor is, while it is asked or has accepted."""
    return _relay_of(
        rx.one(
            f"SELECT {_COLUMNS} FROM relay WHERE actor_uri = ? AND state IN ('asked', 'accepted') "
            "ORDER BY state, id LIMIT 1",
            actor_uri,
        )
    )


def find_open(rx: Reader, actor_uri: str) -> Relay | None:
    """The relay that this actor is, if it accepted us."""
    return _relay_of(
        rx.one(
            f"SELECT {_COLUMNS} FROM relay WHERE actor_uri = ? AND state = 'accepted' LIMIT 1",
            actor_uri,
        )
    )


def find_at_inbox(rx: Reader, inbox: str) -> Relay | None:
    """The relay behind this inbox, while it is asked or has accepted."""
    return _relay_of(
        rx.one(
            f"SELECT {_COLUMNS} FROM relay WHERE inbox = ? AND state IN ('asked', 'accepted') LIMIT 1",
            inbox,
        )
    )


def list_all(rx: Reader) -> Sequence[Relay]:
    """Every relay that was ever added, the oldest first."""
    rows = rx.all(f"SELECT {_COLUMNS} FROM relay ORDER BY id")
    return [relay for row in rows if (relay := _relay_of(row)) is not None]


def list_taking(rx: Reader, style: str) -> Sequence[tuple[str, str]]:
    """The inboxes, with their hosts, of the relays of a style to which our public words go."""
    return [(each.inbox, each.host) for each in list_all(rx) if each.takes and each.style == style]


def list_closed_inboxes(rx: Reader) -> frozenset[str]:
    """The inboxes of relays that get nothing from us any more, or not yet."""
    known = list_all(rx)
    return frozenset(each.inbox for each in known if not each.takes) - frozenset(
        each.inbox for each in known if each.takes
    )


def count_brought(rx: Reader) -> dict[int, int]:
    """How many publications are here because of each relay."""
    rows = rx.all("SELECT relay_id, COUNT(*) FROM relayed GROUP BY relay_id")
    return {int(row[0]): int(row[1]) for row in rows}


def _relay_of(row: Sequence[Any] | None) -> Relay | None:
    if row is None:
        return None
    return Relay(
        id=int(row[0]),
        address=row[1],
        style=row[2],
        host=row[3],
        inbox=row[4],
        actor_uri=row[5],
        state=row[6],
        follow_uri=row[7],
        their_follow_uri=row[8],
        asked_at=from_ms(row[9]),
        heard_at=None if row[10] is None else from_ms(row[10]),
    )
