"""Which language: of the interface, from what a browser asks and a person chose; of a text, from those it exists in.

In: header values and maps from strangers, any length. Out: one language; nothing here raises.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from fedi.i18n.catalog import FALLBACK, known_language

T = TypeVar("T")

_HEADER_LENGTH_MAX: Final = 1000
_RANGES_MAX: Final = 30


def choose_language(accept_language: str | None, chosen: str | None, default: str) -> str:
    """One of LANGUAGES: the person's choice, else the best of Accept-Language (RFC 9110 12.5.4), else `default`."""
    if chosen and (known := known_language(chosen)):
        return known
    for tag in accepted(accept_language):
        if tag == "*":
            break
        if known := known_language(tag):
            return known
    return known_language(default) or FALLBACK


def accepted(accept_language: str | None) -> tuple[str, ...]:
    """The language ranges of an Accept-Language header, best first; those with q=0 and malformed ones left out."""
    ranges: list[tuple[float, int, str]] = []
    header = (accept_language or "")[:_HEADER_LENGTH_MAX]
    for index, item in enumerate(header.split(",")[:_RANGES_MAX]):
        tag, _, parameters = item.strip().partition(";")
        weight = _weight(parameters)
        if weight > 0 and _is_range(tag.strip()):
            ranges.append((-weight, index, tag.strip()))
    return tuple(tag for _, _, tag in sorted(ranges))


def choose_text(texts: Mapping[str, T], language: str) -> tuple[str, T]:
    """The language and text to show a reader of `language`: exact tag, same base language, else the original.

    The original is the first (product.md 4.4). `texts` holds at least one; raises KeyError when it is empty.
    """
    wanted = _normal(language)
    base = wanted.split("-", 1)[0]
    same_base = original = None
    for tag, text in texts.items():
        normal = _normal(tag)
        if normal == wanted:
            return tag, text
        if same_base is None and normal.split("-", 1)[0] == base:
            same_base = (tag, text)
        original = original or (tag, text)
    found = same_base or original
    if found is None:
        raise KeyError(language)
    return found


def _normal(tag: str) -> str:
    return tag.replace("_", "-").lower()


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if not parameters.strip():
        return 1.0
    value = value.strip()
    if name.strip().lower() != "q" or not value.isascii() or len(value) > 5:
        return 0.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _is_range(tag: str) -> bool:
    return tag == "*" or (0 < len(tag) <= 35 and tag.isascii() and tag.replace("-", "").isalnum())
