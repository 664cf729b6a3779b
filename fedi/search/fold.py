"""Words → the forms they are searched by: folding and a light stemmer (dependencies measured it best).

In: any text. Out: tokens, the same for the index and for a question; pure, no dictionary.
"""

import re
from typing import Final

from fedi.text.letters import fold_letters

# Whatever is no letter, digit or number.
_SIGNS: Final = re.compile(r"[\W_]+")
_TOKEN_LENGTH_MAX: Final = 64
_STEM_LENGTH_MIN: Final = 3
# Longest first; "and", "so", "with", "like", "for" joined to the article.
_PREFIXES: Final = ("وبال", "وكال", "فبال", "وال", "فال", "بال", "كال", "ولل", "فلل", "لل", "ال")
_SUFFIXES: Final = ("ات", "ون", "ين", "ه")


def fold(text: str) -> str:
    """Text in the spelling all spellings share: letters folded, ta marbuta as ha, other signs as spaces."""
    return _SIGNS.sub(" ", fold_letters(text).replace("ة", "ه")).strip(" ")


def tokens(text: str) -> tuple[str, ...]:
    """The search forms of every word, in order, repeats kept; a word of signs only gives none."""
    return tuple(stem(word) for word in fold(text).split())


def stem(word: str) -> str:
    """A folded word without Arabic article and common endings; at least three letters remain."""
    word = word[:_TOKEN_LENGTH_MAX]
    if not any("\u0621" <= char <= "\u06ff" for char in word):
        return word
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= _STEM_LENGTH_MIN:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_LENGTH_MIN:
            return word[: -len(suffix)]
    return word
