"""What a news feed says, before it is Atom or RSS. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fedi.clock import EPOCH
from fedi.publications.model import UNKNOWN_LANGUAGE
from fedi.text.direction import clean_line
from fedi.text.excerpt import excerpt
from fedi.text.html import paragraphs_of, sanitise
from fedi.views.listed import Listed

TITLE_CHARS_MAX: Final = 200
_LOOKED_AT: Final = 3000


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication. `html` is sanitised; everything else is plain text. `language` is empty when unknown.

    `others`: who organises it with the author, each with an address.
    """

    uri: str
    href: str
    title: str
    author: str
    author_href: str
    published_at: datetime
    updated_at: datetime
    summary: str
    html: str
    language: str
    categories: tuple[str, ...]
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of entries with the addresses of itself and of its page."""

    title: str
    subtitle: str
    address: str
    page: str
    language: str
    entries: tuple[Entry, ...]

    @property
    def updated_at(self) -> datetime:
        """The last change of any entry; of an empty feed, the beginning of time, so that it never seems new."""
        return max((each.updated_at for each in self.entries), default=EPOCH)


def entries_of(listed: Iterable[Listed]) -> tuple[Entry, ...]:
    """The entries, each in its original language."""
    return tuple(_entry(each) for each in listed)


def _author(listed: Listed) -> str:
    """Who said it; of a mirrored event the source; else the host."""
    if listed.author is not None:
        return clean_line(listed.author.title, TITLE_CHARS_MAX)
    host = urlsplit(listed.publication.author).hostname or ""
    return clean_line(listed.origin.name, TITLE_CHARS_MAX) if listed.origin else host


def _entry(listed: Listed) -> Entry:
    publication = listed.publication
    text = publication.original
    # A note's summary is a warning and its text begins with what matters; an event's says when and where.
    is_abstract = publication.type not in ("Note", "Question")
    summary = clean_line(text.summary, 1000) if text.summary and is_abstract else ""
    html = (paragraphs_of(summary) if summary else "") + sanitise(text.content)
    return Entry(
        uri=publication.uri,
        href=publication.uri if listed.is_local else publication.url or publication.uri,
        title=clean_line(text.name, TITLE_CHARS_MAX)
        if text.name
        else excerpt(text.content[:_LOOKED_AT], TITLE_CHARS_MAX),
        author=_author(listed),
        author_href=publication.author,
        published_at=publication.published_at,
        updated_at=publication.updated_at or publication.published_at,
        summary=summary,
        html=html,
        language="" if publication.language == UNKNOWN_LANGUAGE else publication.language,
        categories=tuple(
            dict.fromkeys(tag.name for tag in publication.tags if tag.kind == "hashtag")
        ),
        others=tuple(
            (clean_line(each.title, TITLE_CHARS_MAX), each.uri) for each in listed.organisers
        ),
    )
