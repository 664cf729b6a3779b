"""Words, places and addresses of strangers → what may be kept of them. Pure."""

import re
from typing import Final
from urllib.parse import urljoin

from fedi.canonical import canonical
from fedi.errors import Invalid
from fedi.publications.place import Place
from fedi.sources.model import TAGS_MAX, TEXT_MAX, TITLE_MAX
from fedi.text.direction import clean_line
from fedi.text.hashtags import is_hashtag_letter, normalise_hashtag
from fedi.text.html import paragraphs_of, sanitise

PLACE_MAX: Final = 300
_MARKUP: Final = re.compile(
    r"</?(?:p|br|a|b|i|em|strong|ul|ol|li|div|span|h[1-6]|blockquote)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_SEPARATED: Final = re.compile(r"[\s\-./]+")


def title_of(text: object) -> str:
    """One clean line; empty when it is no text."""
    return clean_line(text, TITLE_MAX) if isinstance(text, str) else ""


def html_of(text: str) -> str:
    """A text that may be HTML or not → the kept subset."""
    text = text[:TEXT_MAX]
    return sanitise(text if _MARKUP.search(text) else paragraphs_of(text))


def link_of(text: object, base: str = "") -> str | None:
    """An http(s) address in its one spelling, read from where it stood; None for anything else."""
    if not isinstance(text, str) or not text.strip() or len(text) > 2048:
        return None
    try:
        return canonical(urljoin(base, text.strip()) if base else text.strip())
    except (Invalid, ValueError):
        return None


def tags_of(names: list[str]) -> tuple[str, ...]:
    """Categories and keywords as hashtags: what cannot stand in one goes, words of one are joined."""
    found: dict[str, str] = {}
    for name in names[: TAGS_MAX * 4]:
        words = [
            "".join(filter(is_hashtag_letter, word))
            for word in _SEPARATED.split(name[:100].strip())
        ]
        joined = (
            words[0] if len(words) == 1 else "".join(each[:1].upper() + each[1:] for each in words)
        )
        if any(char.isalpha() for char in joined):
            found.setdefault(normalise_hashtag(joined), joined)
    return tuple(found.values())[:TAGS_MAX]


def place_of(
    text: str, degrees: tuple[float, float] | None = None
) -> tuple[Place | None, str | None]:
    """A place in one line; when it is an address of the web, that address instead."""
    line = clean_line(text, PLACE_MAX)
    online = link_of(line)
    if online is not None:
        return None, online
    if not line and degrees is None:
        return None, None
    latitude, longitude = degrees or (None, None)
    return Place(name=line or None, latitude=latitude, longitude=longitude), None


def degrees_of(latitude: object, longitude: object) -> tuple[float, float] | None:
    """Both, within range, and not the point where nobody is."""
    try:
        north, east = float(str(latitude)[:32]), float(str(longitude)[:32])
    except ValueError:
        return None
    if not (abs(north) <= 90 and abs(east) <= 180) or (north, east) == (0.0, 0.0):
        return None
    return north, east
