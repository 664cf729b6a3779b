"""What relays brought: public words of people whom nobody here follows, the newest first."""

from fedi.db.engine import Reader
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of, without_blocked


def list_relayed(rx: Reader, most: int, kind: str = "") -> list[Listed]:
    """The newest, of one kind or of all. Events and the rest may serve an agenda: nothing here is in a timeline."""
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM relayed r JOIN publication p ON p.id = r.publication_id "
        "WHERE p.visibility = 'public' AND NOT p.is_held AND (? = '' OR p.kind = ?) "
        "ORDER BY r.brought_at DESC, r.publication_id DESC LIMIT ?",
        kind,
        kind,
        most,
    )
    return without_blocked(rx, listed_of(rx, rows))
