"""What is asked for and offered, for lists. Owner of `aid`; everything else about it is in its publication."""

from fedi.clock import to_ms
from fedi.publications.aid.model import AidDetails
from fedi.unit import Unit


def save(unit: Unit, publication_id: int, details: AidDetails, *, is_listed: bool) -> None:
    """Remember the purpose, the deadline and the event it is for. `is_listed`: whether it may stand in public lists."""
    unit.tx.run(
        "INSERT INTO aid (publication_id, purpose, until_at, is_listed, event_uri) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (publication_id) DO UPDATE SET purpose = excluded.purpose, until_at = excluded.until_at, "
        "is_listed = excluded.is_listed, event_uri = excluded.event_uri",
        publication_id,
        details.purpose,
        None if details.until is None else to_ms(details.until),
        is_listed,
        details.event_uri,
    )


def remove(unit: Unit, publication_id: int) -> None:
    """Forget the request or offer."""
    unit.tx.run("DELETE FROM aid WHERE publication_id = ?", publication_id)
