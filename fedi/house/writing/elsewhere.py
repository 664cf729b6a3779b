"""How a publication will look to people who never come here: in a Mastodon timeline, in a list of Mobilizon, in a calendar. Pure.

Each takes from the object what its program takes: Mastodon (convert of `Event` and `Article`) shows the title, the summary
and a link; a `Note` is shown whole. Mobilizon's list shows picture, date, title and place. A calendar has one line of title.
"""

from dataclasses import dataclass
from typing import Final

from fedi.i18n.catalog import translator
from fedi.i18n.dates import part_line, region_of, time_line, zone_of
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Text
from fedi.text.direction import Direction, direction_of
from fedi.text.html import text_of
from fedi.web.sanitised import Sanitised

NOTE_CHARS_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Post:
    """In a timeline. `body`: all of a short text; for others title, summary and link. `is_folded`: behind "read more"."""

    lang: str
    dir: Direction
    title: str
    summary: str
    body: Sanitised | None
    link: str
    is_folded: bool
    pictures: int


@dataclass(frozen=True, slots=True)
class Row:
    """In a list of events and in a calendar."""

    lang: str
    dir: Direction
    day: str
    month: str
    hour: str
    title: str
    place: str


def post_of(publication: Publication, language: str, text: Text) -> Post:
    """As Mastodon shows it."""
    is_note = publication.type == "Note"
    pictures = sum(1 for each in publication.attachments if each.role in ("banner", "image"))
    plain = text_of(text.content) if is_note else ""
    sample = plain or text.name or text.summary or ""
    return Post(
        lang=language,
        dir=direction_of(sample[:3000], language),
        title="" if is_note else text.name or "",
        summary="" if is_note else text.summary or "",
        body=Sanitised(text.content) if is_note else None,
        link="" if is_note else publication.url or publication.uri,
        is_folded=len(plain) > NOTE_CHARS_SHOWN,
        pictures=min(pictures, 4),
    )


def row_of(publication: Publication, language: str, text: Text) -> Row | None:
    """As Mobilizon and calendars show it; None for what is no event."""
    details = publication.details
    if not isinstance(details, EventDetails):
        return None
    zone = details.timezone or "UTC"
    day = details.starts_at.astimezone(zone_of(zone)).date()
    region = region_of(zone)
    place = details.place.labelled("، " if language == "ar" else ", ") if details.place else ""
    speak = translator(language)
    return Row(
        lang=language,
        dir=direction_of(text.name or "", language),
        day=part_line(day, "d", language, region=region),
        month=part_line(day, "MMM", language, region=region),
        hour=speak("writing.all_day_short")
        if details.all_day
        else time_line(details.starts_at, zone, language),
        title=text.name or "",
        place=place or (speak("event.online") if details.is_online else ""),
    )
