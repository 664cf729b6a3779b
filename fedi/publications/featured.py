"""What actors pinned to their page. Owner of `featured`."""

from collections.abc import Sequence

from fedi.db.engine import Reader
from fedi.unit import Unit


def add(unit: Unit, actor_uri: str, object_uri: str) -> bool:
    """Pin; False when it was pinned."""
    return (
        unit.tx.run(
            "INSERT INTO featured (actor_uri, object_uri, added_at) VALUES (?, ?, ?) "
            "ON CONFLICT (actor_uri, object_uri) DO NOTHING",
            actor_uri,
            object_uri,
            unit.now_ms,
        )
        > 0
    )


def remove(unit: Unit, actor_uri: str, object_uri: str) -> bool:
    """Unpin; False when it was not pinned."""
    return (
        unit.tx.run(
            "DELETE FROM featured WHERE actor_uri = ? AND object_uri = ?", actor_uri, object_uri
        )
        > 0
    )


def put_first(unit: Unit, actor_uri: str, object_uri: str) -> bool:
    """Let it stand before the others; False when it is not pinned."""
    return (
        unit.tx.run(
            "UPDATE featured SET added_at = ? WHERE actor_uri = ? AND object_uri = ?",
            unit.now_ms,
            actor_uri,
            object_uri,
        )
        > 0
    )


def list_uris(rx: Reader, actor_uri: str) -> Sequence[str]:
    """What is pinned, newest first."""
    rows = rx.all(
        "SELECT object_uri FROM featured WHERE actor_uri = ? ORDER BY added_at DESC", actor_uri
    )
    return [row[0] for row in rows]


def forget_actor(unit: Unit, actor_uri: str) -> None:
    """The actor is gone, and so are its pins."""
    unit.tx.run("DELETE FROM featured WHERE actor_uri = ?", actor_uri)


def forget_object(unit: Unit, object_uri: str) -> None:
    """The object is gone."""
    unit.tx.run("DELETE FROM featured WHERE object_uri = ?", object_uri)
