"""When events are and under which words they are looked for, for agendas. Owner of `event` and `agenda_key`; everything else
about an event is in its publication.
"""

from collections.abc import Sequence

from fedi.clock import to_ms
from fedi.publications.event.keys import keys_of
from fedi.publications.model import Publication
from fedi.unit import Unit


def save(
    unit: Unit,
    publication_id: int,
    publication: Publication,
    organisers: Sequence[str] = (),
    *,
    is_listed: bool,
) -> None:
    """Remember when and where the event is. `is_listed`: whether it may stand in public agendas; `organisers`: under whom
    besides its author.
    """
    details = publication.event
    place = details.place
    is_placed = place is not None and None not in (place.latitude, place.longitude)
    unit.tx.run(
        "INSERT INTO event (publication_id, starts_at, ends_at, status, is_listed, latitude, longitude) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (publication_id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, "
        "status = excluded.status, is_listed = excluded.is_listed, latitude = excluded.latitude, "
        "longitude = excluded.longitude",
        publication_id,
        to_ms(details.starts_at),
        to_ms(details.over_at),
        details.status,
        is_listed,
        place.latitude if place is not None and is_placed else None,
        place.longitude if place is not None and is_placed else None,
    )
    # by its words of today, and by no others
    unit.tx.run("DELETE FROM agenda_key WHERE publication_id = ?", publication_id)
    starts_at = to_ms(publication.event.starts_at)
    unit.tx.run_many(
        "INSERT INTO agenda_key (key, starts_at, publication_id) VALUES (?, ?, ?)",
        [(key, starts_at, publication_id) for key in keys_of(publication, organisers)],
    )


def remove(unit: Unit, publication_id: int) -> None:
    """Forget when the event is."""
    unit.tx.run("DELETE FROM event WHERE publication_id = ?", publication_id)
    unit.tx.run("DELETE FROM agenda_key WHERE publication_id = ?", publication_id)
