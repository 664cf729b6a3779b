"""What is needed and what is offered, as long as it is: open ended, or until a day that has not passed."""

from typing import Literal

from fedi.db.engine import Reader
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
