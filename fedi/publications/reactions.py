"""Likes and announces of publications. Owner of `reaction`. Counts come from distinct actors we know (S111)."""

from collections.abc import Sequence

from fedi.db.engine import Reader
from fedi.unit import Unit

LIKE = "like"
ANNOUNCE = "announce"
VOTE = "vote"


def add(
    unit: Unit, kind: str, object_uri: str, actor_uri: str, content: str, activity_uri: str
) -> bool:
    """Remember a reaction; False when it was known."""
    return (
        unit.tx.run(
            "INSERT INTO reaction (kind, object_uri, actor_uri, content, activity_uri, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (object_uri, kind, actor_uri, content) DO NOTHING",
            kind,
            object_uri,
            actor_uri,
            content,
            activity_uri,
            unit.now_ms,
        )
        > 0
    )


def undo(unit: Unit, actor_uri: str, activity_uri: str) -> bool:
    """Take back the reaction that came with this activity of this actor."""
    return (
        unit.tx.run(
            "DELETE FROM reaction WHERE activity_uri = ? AND actor_uri = ?", activity_uri, actor_uri
        )
        > 0
    )


def undo_by_object(unit: Unit, kind: str, actor_uri: str, object_uri: str) -> bool:
    """Take back every reaction of a kind to an object: peers undo with ids they never sent (wire 3.4)."""
    return (
        unit.tx.run(
            "DELETE FROM reaction WHERE object_uri = ? AND kind = ? AND actor_uri = ?",
            object_uri,
            kind,
            actor_uri,
        )
        > 0
    )


def count(rx: Reader, kind: str, object_uri: str) -> int:
    """How many actors reacted."""
    row = rx.one(
        "SELECT COUNT(DISTINCT actor_uri) FROM reaction WHERE object_uri = ? AND kind = ?",
        object_uri,
        kind,
    )
    return int(row[0]) if row else 0


def find_activity(rx: Reader, kind: str, actor_uri: str, object_uri: str) -> str | None:
    """The activity with which this actor reacted."""
    row = rx.one(
        "SELECT activity_uri FROM reaction WHERE object_uri = ? AND kind = ? AND actor_uri = ?",
        object_uri,
        kind,
        actor_uri,
    )
    return str(row[0]) if row else None


def list_actors(rx: Reader, kind: str, object_uri: str, most: int) -> Sequence[str]:
    """Who reacted, newest first."""
    rows = rx.all(
        "SELECT actor_uri FROM reaction WHERE object_uri = ? AND kind = ? ORDER BY created_at DESC LIMIT ?",
        object_uri,
        kind,
        most,
    )
    return [row[0] for row in rows]


def forget_object(unit: Unit, object_uri: str) -> None:
    """The object is gone, and so is what was felt about it."""
    unit.tx.run("DELETE FROM reaction WHERE object_uri = ?", object_uri)


def forget_actor(unit: Unit, actor_uri: str) -> None:
    """The actor is gone or blocked."""
    unit.tx.run("DELETE FROM reaction WHERE actor_uri = ?", actor_uri)
