"""Notes have no members of their own; other types that have words to show are read as notes (wire.md 4.1). Pure."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from fedi.publications.model import Publication
from fedi.publications.place import line_of
from fedi.vocab.read import as_list

TYPES: Final = frozenset(
    {"Note", "Question", "Video", "Audio", "Image", "Document", "Album", "ChatMessage"}
)
OPTIONS_MAX: Final = 50


def parse_note(_document: Mapping[str, Any]) -> None:
    """A note has nothing beyond what all publications have."""


def build_note(_publication: Publication) -> dict[str, Any]:
    """Nothing to add."""
    return {}


def options_html(document: Mapping[str, Any]) -> str:
    """The choices of a `Question` as a list to read; "" when there are none. Votes are not counted here."""
    choices = as_list(document.get("oneOf")) or as_list(document.get("anyOf"))
    names = (
        line_of(choice.get("name")) for choice in choices[:OPTIONS_MAX] if isinstance(choice, dict)
    )
    items = "".join(f"<li>{escape(name, quote=False)}</li>" for name in names if name)
    return f"<ul>{items}</ul>" if items else ""
