"""The programme of an event, day by day: a table of hours and rooms, which on a phone is a list. And the stops of a tour. Pure."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from fedi.i18n.dates import day_line, part_line, region_of, time_line
from fedi.i18n.tongues import language_name
from fedi.publications.event.model import EventDetails
from fedi.publications.event.parts import Part, by_room
from fedi.publications.model import Publication
from fedi.text.direction import clean_line, direction_of
from fedi.web.shown.people import web_link
from fedi.web.shown.words import Words
from fedi.web.visitor import Visitor

# More rooms than fit beside one another stand below one another, each with its name.
COLUMNS_MAX: Final = 4
TEXT_CHARS_MAX: Final = 1_000
UNKNOWN: Final = "und"


@dataclass(frozen=True, slots=True)
class Session:
    """`anchor` names it within the page. `until` is empty when its end is open."""

    anchor: str
    title: Words
    text: Words
    until: str
    room: Words
    who: Words
    spoken: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What begins at one hour; `cells`: a list for each room, or one for all."""

    iso: str
    time: str
    cells: tuple[tuple[Session, ...], ...]


@dataclass(frozen=True, slots=True)
class Day:
    """`rooms` is empty when they stand with the sessions."""

    iso: str
    title: str
    rooms: tuple[Words, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """An event of a tour. `is_agreed`: its host says so too."""

    href: str | None
    day: str
    month: str
    weekday: str
    iso: str
    time: str
    title: Words
    where: Words
    host: str
    is_off: bool
    is_over: bool
    is_agreed: bool


def days_of(publication: Publication, visitor: Visitor) -> tuple[Day, ...]:
    """The sessions by day, in the language of the visitor as far as they are written in it."""
    details = publication.details
    if not isinstance(details, EventDetails):
        return ()
    language = visitor.text_language or visitor.language
    by_day: dict[str, list[Part]] = {}
    for part in details.parts:
        if not part.is_stop:
            day = part.starts_at.astimezone(details.zone).date().isoformat()
            by_day.setdefault(day, []).append(part)
    return tuple(
        _day(parts, publication.language, language, details, visitor)
        for _, parts in sorted(by_day.items())
    )


def stops_of(publication: Publication, visitor: Visitor) -> tuple[Stop, ...]:
    """The stops of a tour, by when they begin."""
    details = publication.details
    if not isinstance(details, EventDetails):
        return ()
    language = visitor.text_language or visitor.language
    return tuple(
        _stop(part, publication.language, language, details, visitor)
        for part in details.parts
        if part.is_stop
    )


def _day(
    parts: list[Part], original: str, language: str, details: EventDetails, visitor: Visitor
) -> Day:
    zone = details.zone
    rooms = tuple(dict.fromkeys(part.room for part in by_room(parts, details.rooms)))
    is_table = 1 < len(rooms) <= COLUMNS_MAX and all(rooms)
    columns: tuple[str | None, ...] = rooms if is_table else (None,)
    hours: dict[datetime, list[Part]] = {}
    for part in parts:
        hours.setdefault(part.starts_at, []).append(part)
    rows = [
        Row(
            iso=moment.astimezone(zone).isoformat(timespec="minutes"),
            time=_time(moment, details, visitor),
            cells=tuple(
                tuple(
                    _session(part, original, language, details, visitor)
                    for part in some
                    if column is None or part.room == column
                )
                for column in columns
            ),
        )
        for moment, some in sorted(hours.items())
    ]
    first = parts[0].starts_at.astimezone(zone).date()
    return Day(
        iso=first.isoformat(),
        title=day_line(first, visitor.language, digits=visitor.digits),
        rooms=tuple(_plain(room) for room in rooms) if is_table else (),
        rows=tuple(rows),
    )


def _session(
    part: Part, original: str, language: str, details: EventDetails, visitor: Visitor
) -> Session:
    names = (language_name(each, visitor.language) for each in part.spoken)
    return Session(
        anchor=part.key,
        title=_in(part.names, original, language, 200),
        text=_in(part.texts, original, language, TEXT_CHARS_MAX),
        until=_time(part.ends_at, details, visitor) if part.ends_at else "",
        room=_plain(part.room),
        who=_plain(part.who),
        spoken=visitor.comma.join(names),
        is_off=part.status == "cancelled",
    )


def _stop(
    part: Part, original: str, language: str, details: EventDetails, visitor: Visitor
) -> Stop:
    zone: tzinfo = details.zone
    day = part.starts_at.astimezone(zone).date()
    region = region_of(details.timezone) if details.timezone else None

    def written(pattern: str) -> str:
        return part_line(day, pattern, visitor.language, digits=visitor.digits, region=region)

    return Stop(
        href=web_link(part.uri),
        day=written("d"),
        month=written("MMMM"),
        weekday=written("EEEE"),
        iso=day.isoformat(),
        time=_time(part.starts_at, details, visitor),
        title=_in(part.names, original, language, 200),
        where=_plain(part.room),
        host=clean_line(part.who, 200),
        is_off=part.status == "cancelled",
        is_over=(part.ends_at or part.starts_at) < visitor.now,
        is_agreed=part.is_agreed,
    )


def _time(moment: datetime, details: EventDetails, visitor: Visitor) -> str:
    zone = details.timezone
    if zone is None:
        moment = moment.astimezone(details.zone).replace(tzinfo=None).replace(tzinfo=moment.tzinfo)
    return time_line(moment, zone or "UTC", visitor.language, digits=visitor.digits)


def _in(words: dict[str, str], original: str, language: str, most: int) -> Words:
    """The words in this language, else in that of the event, else in any."""
    for tag in (language, original, *words):
        if words.get(tag):
            text = words[tag][:most]
            lang = "" if tag == UNKNOWN else tag
            return Words(text, lang, direction_of(text, lang or None))
    return Words("", "", "ltr")


def _plain(text: str) -> Words:
    line = clean_line(text, 200)
    return Words(line, "", direction_of(line, None))
