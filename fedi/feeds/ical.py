"""Calendars (RFC 5545) of events. Pure. Escaping and folding are the library's; control characters never reach it (S75)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from fedi.publications.event.model import EventDetails
from fedi.text.direction import clean_line, clean_text
from fedi.text.html import text_of
from fedi.text.links import checked_link
from fedi.views.listed import Listed

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
TEXT_CHARS_MAX: Final = 5_000
LINE_CHARS_MAX: Final = 300
# RFC 5545 knows no "postponed"; until there is a new date it is not sure to happen.
_STATUS: Final = {
    "confirmed": "CONFIRMED",
    "tentative": "TENTATIVE",
    "postponed": "TENTATIVE",
    "cancelled": "CANCELLED",
}


def render_calendar(listed: Iterable[Listed], title: str) -> bytes:
    """A calendar with these events, each in its original language, with the time zones they are told in."""
    events = list(listed)
    calendar = Calendar()
    calendar.add("prodid", "-//Mujawara//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # Asked for oftener, nothing would be new.
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    if title:
        calendar.add("x-wr-calname", clean_line(title, LINE_CHARS_MAX))
        calendar.add("name", clean_line(title, LINE_CHARS_MAX))
    zones = {
        details.timezone
        for each in events
        if (details := each.publication.event).timezone and not details.all_day
    }
    for name in sorted(zones):
        if not _is_utc(name):
            calendar.add_component(_zone(name))
    for each in events:
        calendar.add_component(_event(each))
    return bytes(calendar.to_ical())


def _event(listed: Listed) -> Event:
    publication = listed.publication
    details, text = publication.event, publication.original
    event = Event()
    event.add("uid", _plain(publication.uri))
    event.add("dtstamp", _whole(publication.updated_at or publication.published_at))
    event.add("created", _whole(publication.published_at))
    event.add("last-modified", _whole(publication.updated_at or publication.published_at))
    event.add("sequence", listed.version)
    event.add("status", _STATUS[details.status])
    _add_times(event, details)
    # An unknown language is said by saying none.
    language = {} if publication.language == "und" else {"language": publication.language}
    event.add("summary", clean_line(text.name or "", LINE_CHARS_MAX), parameters=language)
    event.add("description", _description(listed), parameters=language)
    _add_place(event, details)
    page = publication.uri if listed.is_local else publication.url or publication.uri
    event.add("url", _plain(page))
    _add_organiser(event, listed)
    names = [
        clean_line(tag.name, LINE_CHARS_MAX) for tag in publication.tags if tag.kind == "hashtag"
    ]
    if names:
        event.add("categories", names)
    return event


def _add_organiser(event: Event, listed: Listed) -> None:
    """An address for calendars is any URI (RFC 5545 3.3.3); mail we have none."""
    organiser = vCalAddress(_plain(listed.publication.author))
    name = clean_line(listed.author.title, LINE_CHARS_MAX) if listed.author else ""
    if name:
        # no way is left to write these in a parameter (RFC 5545 3.1)
        organiser.params["cn"] = vText(name.replace('"', "'"))
    event.add("organizer", organiser)


def _add_times(event: Event, details: EventDetails) -> None:
    end = details.ends_at
    if details.all_day:
        first = details.starts_at.astimezone(details.zone).date()
        event.add("dtstart", first)
        event.add("dtend", _day_after(details, end))
        event.add("transp", "TRANSPARENT")
        return
    event.add("dtstart", _told(details.starts_at, details))
    if end is not None and end > details.starts_at:
        event.add("dtend", _told(end, details))


def _day_after(details: EventDetails, end: datetime | None) -> Any:
    """The end of an all-day event is the day after its last (RFC 5545 3.6.1), whichever way it was written."""
    first = details.starts_at.astimezone(details.zone)
    last = first if end is None or end <= details.starts_at else end.astimezone(details.zone)
    if last.date() > first.date() and last.hour == last.minute == last.second == 0:
        return last.date()
    return last.date() + timedelta(days=1)


def _add_place(event: Event, details: EventDetails) -> None:
    place = details.place
    parts = [] if place is None else [place.name, *place.address_lines]
    where = ", ".join(dict.fromkeys(clean_line(part, LINE_CHARS_MAX) for part in parts if part))
    online = details.is_online and details.online_url and checked_link(details.online_url)
    if where or online:
        event.add("location", where or online)
    if place is not None and place.latitude is not None and place.longitude is not None:
        event.add("geo", (place.latitude, place.longitude))


def _description(listed: Listed) -> str:
    publication = listed.publication
    details, text = publication.event, publication.original
    links = [
        checked
        for each in (details.online_url, details.external_url)
        if each and (checked := checked_link(each))
    ]
    page = publication.uri if listed.is_local else publication.url or publication.uri
    parts = [clean_text(text_of(text.content), TEXT_CHARS_MAX), *links, page]
    return "\n\n".join(part for part in parts if part)


def _told(moment: datetime, details: EventDetails) -> datetime:
    """In the zone it is told in, when that has a name; else in UTC, because an offset is no zone of a calendar."""
    if details.timezone is None or _is_utc(details.timezone):
        return _whole(moment)
    return moment.astimezone(ZoneInfo(details.timezone)).replace(microsecond=0)


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _plain(address: str) -> str:
    """An address is written as it is, so nothing in it may end the line."""
    return "".join(character for character in address if character.isprintable())


def _is_utc(name: str) -> bool:
    return name in {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu"}


@lru_cache(maxsize=64)
def _zone(name: str) -> Timezone:
    return Timezone.from_tzid(name)
