"""What an event must satisfy before it may be published here. Pure."""

from dataclasses import replace

from fedi.publications.contract import Problem
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.vocab.read import zone_of


def complete(details: EventDetails) -> EventDetails:
    """The same with an end: readers need one, so an open end becomes a plausible one that is not displayed."""
    if details.ends_at is not None:
        return details
    return replace(details, ends_at=details.over_at, display_end=False)


def check_event(publication: Publication) -> tuple[Problem, ...]:
    """What a person must still mend."""
    details = publication.event
    found = []
    if not publication.original.name:
        found.append(Problem("name", "publication.name_missing"))
    if details.ends_at is not None and details.ends_at <= details.starts_at:
        found.append(Problem("ends_at", "event.ends_before_start"))
    if details.timezone is not None and zone_of(details.timezone) is None:
        found.append(Problem("timezone", "event.timezone_unknown"))
    if details.place is None and details.online_url is None and not details.is_tour:
        found.append(Problem("place", "event.place_missing"))
    if details.is_online and details.online_url is None:
        found.append(Problem("online_url", "event.online_url_missing"))
    if details.capacity is not None and details.capacity < 1:
        found.append(Problem("capacity", "event.capacity_too_small"))
    if details.join_mode == "external" and details.external_url is None:
        found.append(Problem("external_url", "event.external_url_missing"))
    return tuple(found)
