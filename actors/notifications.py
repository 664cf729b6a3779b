"""What a collective should be told. Owner of `notification`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors import blocks
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.ids import new_row_id
from fedi.unit import Unit

# What anybody may cause, whether we follow them or not.
_OF_ANYBODY: Final = frozenset(
    {"mention", "reply", "like", "announce", "quote", "follow", "follow_request"}
)


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that happened to a collective: who did it (`from_uri`) and about what."""

    actor_uri: str
    kind: str
    from_uri: str
    about_uri: str
    created_at: datetime


def add(unit: Unit, actor_uri: str, kind: str, from_uri: str, about_uri: str) -> None:
    """Tell a collective, once; of what limited actors do, only if it follows them."""
    if kind in _OF_ANYBODY and not blocks.hearers(unit.tx, from_uri, [actor_uri]):
        return
    unit.tx.run(
        "INSERT INTO notification (id, actor_uri, kind, from_uri, about_uri, created_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (actor_uri, kind, from_uri, about_uri) DO NOTHING",
        new_row_id(unit.now),
        actor_uri,
        kind,
        from_uri,
        about_uri,
        unit.now_ms,
    )


def list_newest(rx: Reader, actor_uri: str, most: int = 50) -> Sequence[Notification]:
    """The newest first."""
    rows = rx.all(
        "SELECT actor_uri, kind, from_uri, about_uri, created_at FROM notification WHERE actor_uri = ? "
        "ORDER BY created_at DESC, id DESC LIMIT ?",
        actor_uri,
        most,
    )
    return [Notification(row[0], row[1], row[2], row[3], from_ms(row[4])) for row in rows]


def forget_about(unit: Unit, about_uri: str) -> None:
    """What it was about is gone."""
    unit.tx.run("DELETE FROM notification WHERE about_uri = ?", about_uri)


def forget_between(unit: Unit, actor_uri: str, from_uri: str) -> None:
    """This collective is to hear no more of what that actor did."""
    unit.tx.run(
        "DELETE FROM notification WHERE actor_uri = ? AND from_uri = ?", actor_uri, from_uri
    )


def forget_from(unit: Unit, from_uri: str) -> None:
    """Who did it is gone or shut out."""
    unit.tx.run("DELETE FROM notification WHERE from_uri = ?", from_uri)
