"""Under which words an event stands in an agenda: tag, language, organiser, words of the place and of the kind, its page. Pure."""

from collections.abc import Sequence
from typing import Final

from fedi.publications.model import UNKNOWN_LANGUAGE, Publication
from fedi.search.fold import fold
from fedi.text.hashtags import normalise_hashtag

EVERYTHING: Final = ""
ONLINE: Final = "how:online"
ON_SITE: Final = "how:on_site"
WORDS_MAX: Final = 12
_LENGTH_MAX: Final = 500


def keys_of(publication: Publication, organisers: Sequence[str] = ()) -> tuple[str, ...]:
    """All of them, each once; the empty one is that of every event. `organisers`: besides the author."""
    place = publication.event.place
    where = [] if place is None else [place.locality, place.name, place.region]
    tags = [tag.name for tag in publication.tags if tag.kind == "hashtag"]
    found = [
        EVERYTHING,
        *(by_author(each) for each in (publication.author, *organisers)),
        by_page(publication),
        *(in_language(each) for each in publication.texts if each != UNKNOWN_LANGUAGE),
        *(with_tag(each) for each in tags[:WORDS_MAX] if normalise_hashtag(each)),
        *at_place(" ".join(part for part in where if part)),
        *of_kind(publication.event.category or ""),
        ONLINE if publication.event.is_online else ON_SITE,
    ]
    return tuple(dict.fromkeys(found))


def with_tag(name: str) -> str:
    """The key of a hashtag, in any spelling of it."""
    return f"tag:{normalise_hashtag(name)}"


def in_language(tag: str) -> str:
    """The key of a language, whatever region or script is named with it."""
    return f"in:{tag.partition('-')[0].lower()[:20]}"


def by_author(uri: str) -> str:
    """The key of an organiser."""
    return f"by:{uri}"[:_LENGTH_MAX]


def at_place(text: str) -> tuple[str, ...]:
    """The keys of the words of a place, each in the spelling all spellings share."""
    return tuple(f"at:{word[:64]}" for word in dict.fromkeys(fold(text).split()[:WORDS_MAX]))


def of_kind(text: str) -> tuple[str, ...]:
    """The keys of the words of a category, as its author or Mobilizon writes it (`MOVEMENTS_POLITICS`)."""
    words = fold(text.replace("_", " ")).split()[:WORDS_MAX]
    return tuple(f"kind:{word[:64]}" for word in dict.fromkeys(words))


def by_page(publication: Publication) -> str:
    """The key of the page about the event: mirrors of one event lead to one page."""
    return f"page:{publication.url or publication.uri}"[:_LENGTH_MAX]
