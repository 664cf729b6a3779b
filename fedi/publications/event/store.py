"""When events are, for agendas. Owner of `event`; everything else about an event is in its publication."""

from fedi.clock import to_ms
from fedi.publications.event.model import EventDetails
from fedi.unit import Unit


def save(unit: Unit, publication_id: int, details: EventDetails, *, is_listed: bool) -> None:
    """Remember when the event is. `is_listed`: whether it may stand in public agendas."""
    unit.tx.run(
        "INSERT INTO event (publication_id, starts_at, ends_at, status, is_listed) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (publication_id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, "
        "status = excluded.status, is_listed = excluded.is_listed",
        publication_id,
        to_ms(details.starts_at),
        to_ms(details.over_at),
        details.status,
        is_listed,
    )


def remove(unit: Unit, publication_id: int) -> None:
    """Forget when the event is."""
    unit.tx.run("DELETE FROM event WHERE publication_id = ?", publication_id)
