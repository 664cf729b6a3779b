"""Catalogues: message key + values + language → one sentence for people.

In: `locales/<language>/<area>.toml`, read once per language and process, on first use. Out: plain
text, never HTML: the template engine escapes. Nothing here raises because a word is missing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from fedi.text.direction import Direction, language_direction

Digits = Literal["latn", "arab"]
Message = str | Mapping[str, str]

LANGUAGES: Final = ("ar", "en", "es", "fr")
OWN_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"ar": "العربية", "en": "English", "es": "Español", "fr": "Français"}
)
FALLBACK: Final = "en"
LOCALES: Final = Path(__file__).parent / "locales"

_ARABIC_INDIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class Translator:
    """Sentences in one language. `digits` says how whole numbers among the values are written."""

    language: str
    direction: Direction
    digits: Digits
    messages: Mapping[str, Message]

    def __call__(self, key: str, /, **values: Any) -> str:
        """The sentence for `key`; English, then the key itself, when this language lacks it.

        A placeholder without a value stays visible as `{name}`. A message with plural forms gives
        the one for the value `n`, else `other`.
        """
        message = self._find(key)
        if isinstance(message, str):
            return self._fill(message, values)
        count = values.get("n")
        return self._fill(self._form(message, count if isinstance(count, int) else None), values)

    def plural(self, key: str, n: int, /, **values: Any) -> str:
        """The sentence for `key` in the plural form of `n`, which fills `{n}` unless given otherwise."""
        message = self._find(key)
        form = message if isinstance(message, str) else self._form(message, n)
        return self._fill(form, {"n": n, **values})

    def has(self, key: str) -> bool:
        """Whether this language itself knows the key."""
        return key in self.messages

    def number(self, n: int) -> str:
        """A whole number in this translator's digits, without grouping."""
        return in_digits(str(n), self.digits)

    def _find(self, key: str) -> Message:
        found = self.messages.get(key)
        if found is None and self.language != FALLBACK:
            found = messages_of(FALLBACK).get(key)
        return key if found is None else found

    def _form(self, forms: Mapping[str, str], n: int | None) -> str:
        category = "other" if n is None else plural_category(self.language, n)
        return forms.get(category) or forms.get("other") or next(iter(forms.values()), "")

    def _fill(self, template: str, values: Mapping[str, Any]) -> str:
        if "{" not in template:
            return template
        shown = {
            name: self.number(value)
            if isinstance(value, int) and not isinstance(value, bool)
            else value
            for name, value in values.items()
        }
        try:
            return template.format_map(_Kept(shown))
        except (ValueError, KeyError, IndexError, AttributeError, TypeError):
            return template


class _Kept(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


@lru_cache(maxsize=32)
def translator(language: str, digits: Digits = "latn") -> Translator:
    """The translator for a language tag; `fr-CA` speaks French, an unknown one English; only Arabic has two digits."""
    known = known_language(language) or FALLBACK
    written: Digits = digits if known == "ar" else "latn"
    return Translator(known, language_direction(known), written, messages_of(known))


def known_language(tag: str) -> str | None:
    """The interface language a tag belongs to, or None."""
    base = tag.replace("_", "-").split("-", 1)[0].lower()
    return base if base in LANGUAGES else None


@lru_cache(maxsize=len(LANGUAGES))
def messages_of(language: str) -> Mapping[str, Message]:
    """All messages of one of LANGUAGES, every area together."""
    merged: dict[str, Message] = {}
    for path in sorted((LOCALES / language).glob("*.toml")):
        merged.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return MappingProxyType(merged)


def in_digits(text: str, digits: Digits) -> str:
    """Write the decimal digits of a text in the digits asked for."""
    return text.translate(_ARABIC_INDIC) if digits == "arab" else text


def plural_category(language: str, n: int) -> str:
    """CLDR cardinal category of a whole number (compared with Babel in the tests; no 31 MB for four rules)."""
    n = abs(n)
    if language == "ar":
        return _arabic_category(n)
    if language == "fr" and n == 0:
        return "one"
    if n == 1:
        return "one"
    if language in {"es", "fr"} and n and n % 1_000_000 == 0:
        return "many"
    return "other"


def _arabic_category(n: int) -> str:
    if n < 3:
        return ("zero", "one", "two")[n]
    if 3 <= n % 100 <= 10:
        return "few"
    return "many" if n % 100 >= 11 else "other"
