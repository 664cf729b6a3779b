"""What is needed and what is offered, as long as it is: open ended, or until a day that has not passed."""

from collections.abc import Collection
from typing import Literal

from fedi.db.engine import Reader, marks
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of


def list_open(
    rx: Reader, purpose: Literal["request", "offer"], now_ms: int, most: int
) -> list[Listed]:
    """Our open requests or offers, newest first."""
    return listed_of(
        rx,
        rx.all(
            f"SELECT {LISTED_COLUMNS} FROM aid d JOIN publication p ON p.id = d.publication_id "
            "WHERE d.is_listed AND d.purpose = ? AND (d.until_at IS NULL OR d.until_at >= ?) "
            "AND p.is_local AND p.visibility = 'public' AND NOT p.is_held "
            "ORDER BY d.publication_id DESC LIMIT ?",
            purpose,
            now_ms,
            most,
        ),
    )


def list_for_event(
    rx: Reader, event_uri: str, organisers: Collection[str], most: int
) -> list[Listed]:
    """What is needed and offered for an event, as far as those say so who organise it; the first asked first."""
    # what anybody else says of it must not take the room of what they say
    return listed_of(
        rx,
        rx.all(
            f"SELECT {LISTED_COLUMNS} FROM aid d JOIN publication p ON p.id = d.publication_id "
            "WHERE d.event_uri = ? AND d.is_listed AND NOT p.is_held "
            f"AND p.author_uri IN ({marks(len(organisers))}) ORDER BY d.publication_id LIMIT ?",
            event_uri,
            *organisers,
            most,
        ),
    )
