"""The words of a publication ⇄ `name`, `summary`, `content` and their maps. Pure; sanitises on the way in (S67, S68)."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from fedi.publications.model import UNKNOWN_LANGUAGE, Text
from fedi.text.direction import clean_line
from fedi.text.html import paragraphs_of, sanitise
from fedi.text.html import text_of as html_text
from fedi.vocab.read import (
    LANGUAGES_MAX,
    language_map_of,
    language_tag,
    media_type_of,
    text_of,
    type_of,
)

NAME_CHARS_MAX: Final = 1000
NAME_BYTES_MAX: Final = 2 * 1024
SUMMARY_BYTES_MAX: Final = 20 * 1024
TAGS_OF_TRANSLATIONS_MAX: Final = 4000

# Types whose `summary` is a plain-text warning; in all others it is an abstract in HTML (wire.md 4.1).
PLAIN_SUMMARY_TYPES: Final = frozenset({"Note", "Question"})
_PLAIN_MEDIA: Final = frozenset({"text/plain", "text/markdown", "text/bbcode"})


def parse_texts(document: Mapping[str, Any]) -> dict[str, Text]:
    """Language → words, the original first, at least one entry.

    The original is the language whose text equals `content`, else the first key of the first map (Mastodon), else
    what `inLanguage` or `language` says, else unknown.
    """
    names = language_map_of(document, "name")
    summaries = language_map_of(document, "summary")
    contents = language_map_of(document, "content")
    original = _original_language(document, contents, names, summaries)
    languages = _affordable(original, contents, names, summaries)
    plain = type_of(document) in PLAIN_SUMMARY_TYPES
    media = media_type_of(document.get("mediaType"))
    texts: dict[str, Text] = {}
    for language in languages:
        name, summary, content = (
            names.get(language),
            summaries.get(language),
            contents.get(language),
        )
        if language == original:
            name = text_of(document.get("name")) or name
            summary = text_of(document.get("summary")) or summary
            content = text_of(document.get("content")) or content
        texts[language] = Text(
            name=_clean_name(name),
            summary=_clean_summary(summary, plain=plain),
            content=_clean_content(content, media),
        )
    return texts


def build_texts(texts: Mapping[str, Text], wire_type: str) -> dict[str, Any]:
    """The members, the original also without its map; order of languages as given (ADR 5)."""
    plain = wire_type in PLAIN_SUMMARY_TYPES
    original = next(iter(texts.values()))
    members: dict[str, Any] = {}
    if original.name is not None:
        members["name"] = original.name
    if original.summary is not None:
        members["summary"] = _written_summary(original.summary, plain=plain)
    members["content"] = original.content
    known = {language: text for language, text in texts.items() if language != UNKNOWN_LANGUAGE}
    maps = {
        "nameMap": {language: text.name for language, text in known.items()},
        "summaryMap": {
            language: None if text.summary is None else _written_summary(text.summary, plain=plain)
            for language, text in known.items()
        },
        "contentMap": {language: text.content or None for language, text in known.items()},
    }
    for member, values in maps.items():
        kept = {language: value for language, value in values.items() if value is not None}
        if kept:
            members[member] = kept
    return members


def _original_language(document: Mapping[str, Any], *maps: Mapping[str, str]) -> str:
    content = document.get("content")
    contents = maps[0]
    equal = (language for language, text in contents.items() if text == content)
    first = (language for texts in maps for language in texts)
    return next(equal, None) or next(first, None) or _stated_language(document) or UNKNOWN_LANGUAGE


def _affordable(original: str, *maps: Mapping[str, str]) -> list[str]:
    """The original and the translations that follow it, as long as their markup together is within bounds.

    Crooked markup costs the parser the square of its tags, and forty languages would cost it forty times.
    """
    kept, tags = [original], 0
    for language in dict.fromkeys(language for texts in maps for language in texts):
        if language != original:
            tags += sum(texts.get(language, "").count("<") for texts in maps)
            if tags > TAGS_OF_TRANSLATIONS_MAX or len(kept) == LANGUAGES_MAX:
                break
            kept.append(language)
    return kept


def _stated_language(document: Mapping[str, Any]) -> str | None:
    """`inLanguage` (Mobilizon) or `language`, a text or an object with `identifier` (Lemmy, PeerTube)."""
    for value in (document.get("inLanguage"), document.get("language")):
        language = language_tag(value.get("identifier") if isinstance(value, dict) else value)
        if language is not None:
            return language
    return None


def _clean_name(text: str | None) -> str | None:
    if text is None:
        return None
    return _cut(clean_line(text[: NAME_BYTES_MAX * 2], NAME_CHARS_MAX), NAME_BYTES_MAX) or None


def _clean_summary(text: str | None, *, plain: bool) -> str | None:
    if text is None:
        return None
    text = text[: SUMMARY_BYTES_MAX * 2]
    return _cut(_clean_lines(text if plain else html_text(text)), SUMMARY_BYTES_MAX) or None


def _written_summary(text: str, *, plain: bool) -> str:
    return text if plain else escape(text, quote=False).replace("\n", "<br>")


def _clean_lines(text: str) -> str:
    """Plain text of several lines; empty lines go."""
    lines = (clean_line(line, SUMMARY_BYTES_MAX) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _clean_content(text: str | None, media_type: str | None) -> str:
    """At most 100 kB of text, marked where it was cut: `sanitise` sees to that."""
    if text is None:
        return ""
    return sanitise(paragraphs_of(text) if media_type in _PLAIN_MEDIA else text)


def _cut(text: str, bytes_max: int) -> str:
    """`text` shortened to so many bytes of UTF-8, never inside a character."""
    raw = text.encode()
    return text if len(raw) <= bytes_max else raw[:bytes_max].decode(errors="ignore").rstrip()
