"""A publication in a list: enough to decide whether to read on. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedi.clock import iso
from fedi.i18n.dates import day_line, month_line, relative, zone_of
from fedi.media.seen import SMALL, Seen
from fedi.publications.aid.model import AidDetails
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.urls import Urls
from fedi.views.listed import Listed
from fedi.web.shown.facts import AidFacts, EventFacts, aid_facts, event_facts
from fedi.web.shown.people import Who, path_here, source_of, web_link, who_of
from fedi.web.shown.pictures import Picture, pictures_of
from fedi.web.shown.words import (
    Chosen,
    LanguageChoice,
    Words,
    beginning,
    chosen_text,
    language_choices,
    lead_of,
    title_of,
)
from fedi.web.visitor import Visitor

EVENT_LEAD_CHARS_MAX: Final = 150


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment for machines and for people."""

    iso: str
    line: str


@dataclass(frozen=True, slots=True)
class Card:
    """`lead` is empty when the title already says it. `is_local`: whether `href` leads to a page of ours.

    `picture` is that of an event of others, who may have nothing else to say with; ours say it with the day.
    """

    kind: str
    href: str
    is_local: bool
    title: Words
    lead: Words
    by: Who
    published: Moment
    languages: tuple[LanguageChoice, ...]
    event: EventFacts | None
    aid: AidFacts | None
    picture: Picture | None
    organisers: tuple[Who, ...] = ()


@dataclass(frozen=True, slots=True)
class Month:
    """Events that begin in one month."""

    title: str
    cards: tuple[Card, ...]


def card_of(listed: Listed, visitor: Visitor, seen: Seen) -> Card:
    """One entry of a list."""
    urls = seen.urls
    publication = listed.publication
    chosen = chosen_text(publication, visitor)
    href = page_href(listed, urls)
    return Card(
        kind=publication.kind,
        href=href,
        is_local=listed.is_local,
        title=title_of(chosen),
        lead=_lead(publication.kind, chosen),
        by=source_of(listed.origin, publication.author)
        if listed.origin is not None
        else who_of(listed.author, publication.author, urls, seen),
        published=moment_of(publication.published_at, visitor),
        languages=language_choices(publication, chosen, href),
        event=facts_of_event(publication, visitor),
        aid=facts_of_aid(publication, visitor),
        picture=_picture(listed, seen),
        organisers=tuple(who_of(each, each.uri, urls) for each in listed.organisers),
    )


def _picture(listed: Listed, seen: Seen) -> Picture | None:
    publication = listed.publication
    if listed.is_local or publication.kind != "event" or publication.sensitive:
        return None
    return next(iter(pictures_of(publication, seen, SMALL, 1)), None)


def _lead(kind: str, chosen: Chosen) -> Words:
    """Statements show their abstract. That of an event, and the first line of a need, repeat the facts."""
    if kind == "statement":
        return lead_of(chosen)
    if kind == "event":
        return chosen.words(beginning(chosen, EVENT_LEAD_CHARS_MAX))
    return chosen.words("")


def cards_of(listed: Iterable[Listed], visitor: Visitor, seen: Seen) -> tuple[Card, ...]:
    """The entries of a list."""
    return tuple(card_of(each, visitor, seen) for each in listed)


def months_of(
    cards: Iterable[Card],
    listed: Iterable[Listed],
    visitor: Visitor,
    *,
    latest_first: bool = False,
) -> tuple[Month, ...]:
    """Events under the months they begin in, by the day."""
    found: dict[str, tuple[str, list[tuple[datetime, Card]]]] = {}
    for card, each in sorted(
        zip(cards, listed, strict=True),
        key=lambda pair: pair[1].publication.event.starts_at,
        reverse=latest_first,
    ):
        details = each.publication.event
        start = details.starts_at.astimezone(details.zone)
        title = month_line(start.date(), visitor.language, digits=visitor.digits)
        found.setdefault(start.strftime("%Y-%m"), (title, []))[1].append((start, card))
    return tuple(Month(title, tuple(card for _, card in own)) for title, own in found.values())


def page_href(listed: Listed, urls: Urls) -> str:
    """Where a publication can be read: here when it is ours, else where it came from."""
    publication = listed.publication
    if listed.is_local:
        return path_here(publication.uri, urls)
    return web_link(publication.url) or web_link(publication.uri) or "#"


def moment_of(moment: datetime, visitor: Visitor) -> Moment:
    """A day as people say it; within the last day, how long ago."""
    age_s = (visitor.now - moment).total_seconds()
    if 0 <= age_s < 86_400:
        return Moment(
            iso(moment), relative(moment, visitor.now, visitor.language, digits=visitor.digits)
        )
    day = moment.astimezone(zone_of(visitor.zone)).date()
    return Moment(iso(moment), day_line(day, visitor.language, digits=visitor.digits))


def facts_of_event(publication: Publication, visitor: Visitor) -> EventFacts | None:
    details = publication.details
    return event_facts(details, visitor) if isinstance(details, EventDetails) else None


def facts_of_aid(publication: Publication, visitor: Visitor) -> AidFacts | None:
    details = publication.details
    return aid_facts(details, visitor) if isinstance(details, AidDetails) else None
