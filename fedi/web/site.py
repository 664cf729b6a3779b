"""What stands around every page: the instance's name and collectives, and the head that browsers and cards read. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import Actor
from fedi.config import Config
from fedi.text.direction import clean_line, direction_of
from fedi.urls import Urls
from fedi.web.shown.people import Who, who_of
from fedi.web.shown.words import Words

LOCALES: Final = {"ar": "ar_AR", "en": "en_GB", "es": "es_ES", "fr": "fr_FR"}
RSS: Final = "application/rss+xml"
ATOM: Final = "application/atom+xml"
ICS: Final = "text/calendar"
JSON_FEED: Final = "application/feed+json"
OEMBED: Final = "application/json+oembed"
DOCUMENT: Final = "application/activity+json"


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same thing in another form."""

    href: str
    media_type: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The instance as visitors know it."""

    name: Words
    host: str
    base: str
    contact: str
    collectives: tuple[Who, ...]
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page says. `canonical` and `image` are full addresses; `title` is without the site's name.

    `onward`: where the browser goes by itself as soon as it has read the page.
    """

    title: str
    canonical: str
    description: str = ""
    type: str = "website"
    image: str | None = None
    image_alt: str = ""
    published: str = ""
    modified: str = ""
    alternates: tuple[Alternate, ...] = ()
    is_indexed: bool = True
    onward: str | None = None


def site_of(config: Config, urls: Urls, collectives: Sequence[Actor] = ()) -> Site:
    """The instance by its configured name, else by the name of its first collective, else by its host."""
    name = config.instance.name or (collectives[0].title if collectives else urls.host)
    language = None if config.instance.name or not collectives else collectives[0].language
    return Site(
        name=Words(clean_line(name, 120), language or "", direction_of(name, language)),
        host=urls.host,
        base=urls.base,
        contact=config.instance.contact,
        collectives=tuple(who_of(each, each.uri, urls) for each in collectives),
        is_indexed=any(each.indexable for each in collectives),
    )


def link_header(head: Head) -> str:
    """The `Link` header: the document behind a page, for those who read no HTML (wire 10.2)."""
    return ", ".join(
        f'<{each.href}>; rel="alternate"; type="{each.media_type}"'
        for each in head.alternates
        if each.media_type == DOCUMENT and each.href.isascii() and ">" not in each.href
    )
