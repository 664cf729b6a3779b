"""What Mastodon would show of a document (wire 4.1). A document enters, lines with their part leave. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from fedi.text.excerpt import excerpt
from fedi.vocab.read import as_list, id_of, text_of, type_of, url_of
from fedi.vocab.terms import ACTOR_TYPES

WHOLE: Final = frozenset({"Note", "Question"})
CONVERTED: Final = frozenset({"Article", "Page", "Event", "Video", "Audio", "Image"})
TEXT_MAX: Final = 500
PICTURES_MAX: Final = 4

Part = tuple[str, str]


def mastodon_view(document: Mapping[str, Any]) -> list[Part]:
    """(part, text): warning, title, text, link, pictures. Empty when Mastodon drops it."""
    kind = type_of(document)
    if kind in ACTOR_TYPES:
        parts = [
            ("title", text_of(document.get("name")) or text_of(document.get("preferredUsername"))),
            ("text", _plain(document.get("summary"))),
        ]
    elif kind in WHOLE:
        parts = [
            ("warning", _plain(document.get("summary"))),
            ("text", _plain(document.get("content"))),
            ("pictures", _pictures(document)),
        ]
    elif kind in CONVERTED:
        parts = [
            ("title", text_of(document.get("name"))),
            ("text", _plain(document.get("summary"))),
            ("link", url_of(document.get("url")) or id_of(document.get("id"))),
            ("pictures", _pictures(document)),
        ]
    else:
        parts = []
    return [(part, text) for part, text in parts if text]


def _plain(value: object) -> str:
    text = text_of(value)
    return excerpt(text[: 20 * TEXT_MAX], TEXT_MAX) if text else ""


def _pictures(document: Mapping[str, Any]) -> str:
    count = sum(
        1
        for item in as_list(document.get("attachment"))[:50]
        if isinstance(item, dict) and str(item.get("mediaType", "")).startswith("image/")
    )
    return str(min(count, PICTURES_MAX)) if count else ""
