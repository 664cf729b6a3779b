"""Notes have no members of their own, but for questions for a date; other types that have words to show are read as notes (wire.md 4.1). Pure."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from fedi.publications.dates.activitystreams import build_dates, parse_dates
from fedi.publications.dates.model import DatesDetails
from fedi.publications.model import Publication
from fedi.publications.place import line_of
from fedi.vocab.read import as_list

TYPES: Final = frozenset(
    {"Note", "Question", "Video", "Audio", "Image", "Document", "Album", "ChatMessage"}
)
OPTIONS_MAX: Final = 50


def parse_note(document: Mapping[str, Any]) -> DatesDetails | None:
    """A note has nothing beyond what all publications have, unless it asks for a date."""
    return parse_dates(document)


def build_note(publication: Publication) -> dict[str, Any]:
    """The moments of a question for a date."""
    details = publication.details
    return build_dates(details) if isinstance(details, DatesDetails) else {}


def options_html(document: Mapping[str, Any]) -> str:
    """The choices of a `Question` as a list to read; "" when there are none. Votes are not counted here."""
    choices = as_list(document.get("oneOf")) or as_list(document.get("anyOf"))
    names = (
        line_of(choice.get("name")) for choice in choices[:OPTIONS_MAX] if isinstance(choice, dict)
    )
    items = "".join(f"<li>{escape(name, quote=False)}</li>" for name in names if name)
    return f"<ul>{items}</ul>" if items else ""
