"""What a collective put aside to find again. Owner of `saved`. Nobody else learns of it, least of all the author."""

from fedi.db.engine import Reader
from fedi.unit import Unit


def add(unit: Unit, actor_uri: str, publication_id: int) -> bool:
    """Put aside; False when it was already."""
    return (
        unit.tx.run(
            "INSERT INTO saved (actor_uri, publication_id, saved_at) VALUES (?, ?, ?) "
            "ON CONFLICT (actor_uri, publication_id) DO NOTHING",
            actor_uri,
            publication_id,
            unit.now_ms,
        )
        > 0
    )


def remove(unit: Unit, actor_uri: str, publication_id: int) -> bool:
    """No longer; False when it was not."""
    return (
        unit.tx.run(
            "DELETE FROM saved WHERE actor_uri = ? AND publication_id = ?",
            actor_uri,
            publication_id,
        )
        > 0
    )


def is_saved(rx: Reader, actor_uri: str, publication_id: int) -> bool:
    """Whether this collective put it aside."""
    return (
        rx.one(
            "SELECT 1 FROM saved WHERE actor_uri = ? AND publication_id = ?",
            actor_uri,
            publication_id,
        )
        is not None
    )


def forget_publication(unit: Unit, publication_id: int) -> None:
    """The publication is gone."""
    unit.tx.run("DELETE FROM saved WHERE publication_id = ?", publication_id)
