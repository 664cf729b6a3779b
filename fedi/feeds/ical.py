"""Calendars (RFC 5545) of events. Pure.

Written line by line, because a library's objects take ten times as long; reading is the library's.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fedi.feeds.ical_facts import facts_of
from fedi.feeds.ical_lines import escaped, line, text_line
from fedi.feeds.ical_zones import described
from fedi.publications.event.gone import Gone
from fedi.publications.event.model import EventDetails
from fedi.publications.event.parts import Part
from fedi.sources.mirror import MIRRORED
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
# Nobody knows what clocks will show later; then, and long ago, the moment is told in UTC.
_TOLD_YEARS: Final = range(2000, 2051)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
# What a description is made of beyond the text it can hold is not read.
_MARKUP_CHARS_MAX: Final = 8 * TEXT_CHARS_MAX


def render_calendar(
    listed: Iterable[Listed],
    title: str,
    gone: Iterable[Gone] = (),
    gone_name: str = "",
    *,
    with_parts: bool = False,
) -> bytes:
    """A calendar with these events, each in its original language, with the time zones they are told in.

    `gone`: events that were withdrawn; they keep their days, are struck out, and bear `gone_name` in the place of all they said.
    `with_parts`: the sessions or stops of an event too, each related to it (RFC 5545 3.8.4.5).
    """
    events, withdrawn = list(listed), list(gone)
    pieces = [
        b"BEGIN:VCALENDAR\r\n",
        b"VERSION:2.0\r\n",
        b"PRODID:-//Mujawara//Events//EN\r\n",
        b"CALSCALE:GREGORIAN\r\n",
        b"METHOD:PUBLISH\r\n",
    ]
    if title:
        name = clean_line(title, LINE_CHARS_MAX)
        pieces += [text_line("NAME", name), text_line("X-WR-CALNAME", name)]
    # Asked for oftener, nothing would be new.
    pieces += [b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", b"X-PUBLISHED-TTL:PT1H\r\n"]
    told = [*(each.publication.event for each in events), *(each.details for each in withdrawn)]
    pieces += _zones(told, with_parts=with_parts)
    pieces += [_event(each) for each in events]
    if with_parts:
        pieces += [_part(part, each) for each in events for part in each.publication.event.parts]
    pieces += [_gone(each, gone_name) for each in withdrawn]
    pieces.append(b"END:VCALENDAR\r\n")
    return b"".join(pieces)


def _event(listed: Listed) -> bytes:
    publication = listed.publication
    details, text = publication.event, publication.original
    changed = _utc(publication.updated_at or publication.published_at)
    # An unknown language is said by saying none.
    tag = publication.language
    is_told = tag != "und" and _LANGUAGE.fullmatch(tag)
    language = {"LANGUAGE": tag} if is_told else None
    page = publication.uri if listed.is_local else publication.url or publication.uri
    pieces = [
        b"BEGIN:VEVENT\r\n",
        line("UID", _plain(publication.uri)),
        line("DTSTAMP", changed),
        *_times(details),
        line("CREATED", _utc(publication.published_at)),
        line("LAST-MODIFIED", changed),
        line("SEQUENCE", str(listed.version)),
        line("STATUS", _STATUS[details.status]),
        text_line("SUMMARY", clean_line(text.name or "", LINE_CHARS_MAX), language),
        text_line("DESCRIPTION", _description(listed, page), language),
        *_place(details),
        line("URL", _plain(page)),
        _organiser(listed),
    ]
    names = [
        escaped(clean_line(tag.name, LINE_CHARS_MAX))
        for tag in publication.tags
        if tag.kind == "hashtag"
    ]
    if names:
        pieces.append(line("CATEGORIES", ",".join(names)))
    if listed.origin is not None:
        # whoever mirrors calendars leaves out what is itself a mirror: two of them would hold each other's for ever
        pieces.append(line(MIRRORED, _plain(page), {"VALUE": "URI"}))
    pieces.append(b"END:VEVENT\r\n")
    return b"".join(pieces)


def _part(part: Part, listed: Listed) -> bytes:
    """A session, or a stop under the name by which its own calendar knows it."""
    publication = listed.publication
    details = publication.event
    tag = publication.language if publication.language in part.names else next(iter(part.names))
    is_told = tag != "und" and _LANGUAGE.fullmatch(tag)
    language = {"LANGUAGE": tag} if is_told else None
    is_off = "cancelled" in (part.status, details.status)
    pieces = [
        b"BEGIN:VEVENT\r\n",
        line("UID", _plain(part.uri or f"{publication.uri}#{part.key}")),
        line("DTSTAMP", _utc(publication.updated_at or publication.published_at)),
        _moment("DTSTART", part.starts_at, details),
        _moment("DTEND", part.ends_at, details) if part.ends_at else b"",
        # the changes of a stop are counted by its host
        line("SEQUENCE", "0" if part.is_stop else str(listed.version)),
        line("STATUS", "CANCELLED" if is_off else "CONFIRMED"),
        text_line("SUMMARY", clean_line(part.names[tag], LINE_CHARS_MAX), language),
        line("RELATED-TO", _plain(publication.uri), {"RELTYPE": "PARENT"}),
        line("URL", _plain(part.uri or f"{publication.uri}#{part.key}")),
    ]
    if part.room:
        pieces.append(text_line("LOCATION", clean_line(part.room, LINE_CHARS_MAX)))
    words = "\n\n".join(each for each in (part.who, part.texts.get(tag, "")) if each)
    if words:
        pieces.append(text_line("DESCRIPTION", clean_text(words, TEXT_CHARS_MAX), language))
    pieces.append(b"END:VEVENT\r\n")
    return b"".join(pieces)


def _gone(gone: Gone, name: str) -> bytes:
    return b"".join(
        (
            b"BEGIN:VEVENT\r\n",
            line("UID", _plain(gone.uri)),
            line("DTSTAMP", _utc(gone.gone_at)),
            *_times(gone.details),
            line("LAST-MODIFIED", _utc(gone.gone_at)),
            line("SEQUENCE", str(gone.version)),
            b"STATUS:CANCELLED\r\n",
            text_line("SUMMARY", clean_line(name, LINE_CHARS_MAX)),
            line("ORGANIZER", _plain(gone.author_uri)),
            b"END:VEVENT\r\n",
        )
    )


def _organiser(listed: Listed) -> bytes:
    """An address for calendars is any URI (RFC 5545 3.3.3); mail we have none."""
    title = listed.author.title if listed.author else listed.origin.name if listed.origin else ""
    name = clean_line(title, LINE_CHARS_MAX)
    uri = listed.origin.link if listed.origin else listed.publication.author
    return line("ORGANIZER", _plain(uri), {"CN": name} if name else None)


def _times(details: EventDetails) -> Iterable[bytes]:
    end = details.ends_at
    if details.all_day:
        first = details.starts_at.astimezone(details.zone).date()
        yield line("DTSTART", _day(first), {"VALUE": "DATE"})
        yield line("DTEND", _day(_day_after(details, end)), {"VALUE": "DATE"})
        yield b"TRANSP:TRANSPARENT\r\n"
        return
    yield _moment("DTSTART", details.starts_at, details)
    if end is not None and end > details.starts_at:
        yield _moment("DTEND", end, details)


def _day_after(details: EventDetails, end: datetime | None) -> date:
    """The end of an all-day event is the day after its last (RFC 5545 3.6.1), whichever way it was written."""
    first = details.starts_at.astimezone(details.zone)
    last = first if end is None or end <= details.starts_at else end.astimezone(details.zone)
    if last.date() > first.date() and last.hour == last.minute == last.second == 0:
        return last.date()
    return last.date() + timedelta(days=1)


def _place(details: EventDetails) -> Iterable[bytes]:
    place = details.place
    parts = [] if place is None else [place.name, *place.address_lines]
    where = ", ".join(dict.fromkeys(clean_line(part, LINE_CHARS_MAX) for part in parts if part))
    online = details.is_online and details.online_url and checked_link(details.online_url)
    if where or online:
        yield text_line("LOCATION", where or str(online))
    if place is not None and place.latitude is not None and place.longitude is not None:
        yield line("GEO", f"{_degrees(place.latitude)};{_degrees(place.longitude)}")


def _degrees(value: float) -> str:
    """Without an exponent, which no calendar knows."""
    return f"{value:.6f}".rstrip("0").removesuffix(".") or "0"


def _description(listed: Listed, page: str) -> str:
    publication = listed.publication
    details, text = publication.event, publication.original
    links = [
        checked
        for each in (details.online_url, details.external_url)
        if each and (checked := checked_link(each))
    ]
    words = clean_text(text_of(text.content[:_MARKUP_CHARS_MAX]), TEXT_CHARS_MAX)
    facts = facts_of(listed)
    return "\n\n".join(part for part in (words, facts, *links, page) if part)


def _moment(name: str, moment: datetime, details: EventDetails) -> bytes:
    """In the zone it is told in, when that has a name; else in UTC, because an offset is no zone of a calendar."""
    zone = details.timezone
    if zone is None or _is_utc(zone) or moment.year not in _TOLD_YEARS:
        return line(name, _utc(moment))
    local = moment.astimezone(ZoneInfo(zone))
    if local.fold:
        # Of an hour that comes twice a calendar means the first (RFC 5545 3.3.5).
        return line(name, _utc(moment))
    return line(name, _written(local), {"TZID": zone})


def _utc(moment: datetime) -> str:
    return f"{_written(moment.astimezone(UTC))}Z"


def _written(moment: datetime) -> str:
    return f"{_day(moment)}T{moment.hour:02d}{moment.minute:02d}{moment.second:02d}"


def _day(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _plain(address: str) -> str:
    """An address is written as it is, so nothing in it may end the line."""
    if address.isprintable():
        return address
    return "".join(character for character in address if character.isprintable())


def _zones(told: Iterable[EventDetails], *, with_parts: bool) -> Iterable[bytes]:
    """The zones that these are told in, described for the years in which they are."""
    years: dict[str, set[int]] = defaultdict(set)
    for each in told:
        if not each.timezone or _is_utc(each.timezone):
            continue
        moments = [] if each.all_day else [each.starts_at, each.over_at]
        if with_parts:
            moments += [
                moment for part in each.parts for moment in (part.starts_at, part.ends_at) if moment
            ]
        years[each.timezone] |= {each.year for each in moments if each.year in _TOLD_YEARS}
    return [described(zone, min(some), max(some)) for zone, some in sorted(years.items()) if some]


def _is_utc(name: str) -> bool:
    return name in {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu"}
