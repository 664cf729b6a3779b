"""A call for participation: what is needed for an event, and for which event something is needed."""

from collections.abc import Sequence
from typing import Final

from fedi.db.engine import Reader
from fedi.publications import store
from fedi.publications.aid.model import AidDetails
from fedi.publications.model import Publication
from fedi.publications.visibility import is_shown
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of
from fedi.views.needs import list_for_event

NEEDS_MAX: Final = 30


def needs_of(rx: Reader, publication: Publication) -> Sequence[Listed]:
    """What its organisers ask for an event; nothing for anything else."""
    if publication.kind != "event":
        return ()
    organisers = {publication.author, *publication.event.organisers}
    found = list_for_event(rx, publication.uri, organisers, NEEDS_MAX)
    return [each for each in found if is_shown(rx, each.publication)]


def event_of(rx: Reader, publication: Publication) -> Listed | None:
    """The event for which something is asked or given, where it is known here, may be named, and its organisers ask."""
    details = publication.details
    if not isinstance(details, AidDetails) or details.event_uri is None:
        return None
    event = store.find(rx, details.event_uri)
    if event is None or event.kind != "event" or not is_shown(rx, event):
        return None
    if publication.author not in (event.author, *event.event.organisers):
        return None
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.uri = ? AND NOT p.is_held", event.uri
    )
    return next(iter(listed_of(rx, rows)), None)
