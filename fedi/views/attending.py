"""How an event of ours takes answers, as its page tells everybody: never who comes, and how many only where that is wanted."""

from dataclasses import dataclass

from fedi.db.engine import Reader
from fedi.publications.event import attendance, gathering, told
from fedi.publications.model import Publication


@dataclass(frozen=True, slots=True)
class Attending:
    """`coming` and `left` are None where numbers are not shown. `takes_form`: there is a form for whoever has no account."""

    is_open: bool
    takes_form: bool
    is_full: bool
    has_waiting: bool
    needs_consent: bool
    tells_more: bool
    coming: int | None
    left: int | None


def look_attending(rx: Reader, publication: Publication, posture: str) -> Attending | None:
    """None for what is no event, or takes no answers here."""
    if publication.kind != "event" or publication.event.join_mode not in ("free", "restricted"):
        return None
    found = gathering.find(rx, publication.uri, posture)
    details = told.with_counts(rx, publication, found)
    coming = attendance.count(rx, publication.uri).get("coming", 0)
    return Attending(
        is_open=not found.is_closed and details.status != "cancelled",
        takes_form=told.takes_form(publication, found),
        is_full=details.capacity is not None and coming >= details.capacity,
        has_waiting=found.has_waiting,
        needs_consent=details.join_mode == "restricted",
        tells_more=found.has_secret,
        coming=details.participant_count,
        left=details.remaining,
    )
