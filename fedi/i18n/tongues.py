"""What a language is called in another one. Pure."""

from functools import lru_cache

from fedi.i18n.catalog import FALLBACK, known_language
from fedi.i18n.dates import locale_of


@lru_cache(maxsize=512)
def language_name(tag: str, language: str) -> str:
    """`ar` in French: « arabe »; the tag itself when there is no word for it."""
    names = locale_of(known_language(language) or FALLBACK, None).languages
    return names.get(tag.replace("-", "_")) or names.get(tag.partition("-")[0]) or tag
