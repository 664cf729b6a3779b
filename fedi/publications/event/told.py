"""An event of ours as others are told of it: with how many come, where the organisers want that known, and how to sign up."""

from dataclasses import replace

from fedi.db.engine import Reader
from fedi.publications.dates import answers
from fedi.publications.dates.model import DatesDetails
from fedi.publications.event import attendance, gathering
from fedi.publications.event.gathering import Gathering
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication


def with_attendance(rx: Reader, publication: Publication, posture: str) -> Publication:
    """The same publication; of an event, with what the answers to it have come to."""
    if isinstance(publication.details, DatesDetails):
        return _with_votes(rx, publication, posture)
    if publication.kind != "event":
        return publication
    found = gathering.find(rx, publication.uri, posture)
    details = replace(
        with_counts(rx, publication, found),
        takes_form=takes_form(publication, found),
    )
    if found.is_closed and details.join_mode in ("free", "restricted"):
        # there is no word for "no longer": whoever wants to know is led to the page
        details = replace(details, join_mode="none")
    return replace(publication, details=details)


def _with_votes(rx: Reader, publication: Publication, posture: str) -> Publication:
    """A question for a date with how many can when, as long as it is open; outside the open posture numbers are for us alone."""
    details = publication.details
    assert isinstance(details, DatesDetails)
    if details.closed_at is not None and posture == "open":
        return publication
    if posture != "open":
        slots = tuple(replace(each, votes=0) for each in details.slots)
        return replace(publication, details=replace(details, slots=slots, voters=0))
    return replace(publication, details=answers.counted(rx, publication))


def with_counts(rx: Reader, publication: Publication, found: Gathering) -> EventDetails:
    """The details with the numbers, when they are to be shown."""
    details = publication.event
    if not found.shows_counts or details.join_mode not in ("free", "restricted"):
        return details
    coming = attendance.count(rx, publication.uri).get("coming", 0)
    left = None if details.capacity is None else max(0, details.capacity - coming)
    return replace(details, participant_count=coming, remaining=left)


def takes_form(publication: Publication, found: Gathering) -> bool:
    """Whether people without an account may answer on the page: only where everybody may read it."""
    return (
        found.form != "off"
        and not found.is_closed
        and publication.visibility.is_public
        and publication.event.join_mode in ("free", "restricted")
        and publication.event.status != "cancelled"
    )
