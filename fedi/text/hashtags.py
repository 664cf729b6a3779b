"""Hashtags: which letters belong to one, and the form in which two of them are the same."""

import unicodedata
from functools import lru_cache
from typing import Final

from fedi.text.letters import fold_letters

NAME_LENGTH_MAX: Final = 100
_ZWNJ: Final = "\u200c"
_JOINING: Final = frozenset({"_", _ZWNJ})
_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})


def normalise_hashtag(name: str) -> str:
    """The form hashtags are compared in: NFKC, lower case, folded letters, no '#' (wire 4.4)."""
    return _normalised(name[: NAME_LENGTH_MAX * 2])


@lru_cache(maxsize=1024)
def _normalised(name: str) -> str:
    folded = fold_letters(name.lstrip("#＃")).replace("ة", "ه")
    return "".join(char for char in folded if is_hashtag_letter(char))[:NAME_LENGTH_MAX]


def hashtag_at(text: str, start: int, stop: int | None = None) -> str | None:
    """The hashtag name that begins at `start`, just after '#', and ends before `stop`; None when there is none.

    Letters and digits of any script, their marks, '_' and U+200C; at least one letter that is still there when it is compared:
    a number with a tatweel is a number.
    """
    end = start
    stop = min(len(text) if stop is None else stop, start + NAME_LENGTH_MAX)
    while end < stop and is_hashtag_letter(text[end]):
        end += 1
    name = text[start:end].rstrip(_ZWNJ)
    has_letter = any(map(str.isalpha, name)) and any(map(str.isalpha, normalise_hashtag(name)))
    return name if has_letter else None


def is_hashtag_letter(char: str) -> bool:
    """Whether a character may stand inside a hashtag."""
    return char in _JOINING or unicodedata.category(char) in _CATEGORIES
