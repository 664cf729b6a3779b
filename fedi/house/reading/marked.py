"""The part of a text where what was looked for stands, the words found told apart from the others. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedi.search.fold import tokens

BEFORE: Final = 10
AFTER: Final = 26
# Words beyond these are not looked at: a hit is nearly always at the beginning, and pages must be quick.
_LOOKED_AT: Final = 4_000
_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the text. `is_hit`: a word that was looked for."""

    text: str
    is_hit: bool


def pieces_of(text: str, terms: Sequence[str]) -> list[Piece]:
    """The words around the first hit; the beginning when there is none."""
    words = [match[0] for _, match in zip(range(_LOOKED_AT), _WORD.finditer(text), strict=False)]
    wanted = set(terms)
    first = next((at for at, word in enumerate(words) if wanted & set(tokens(word))), 0)
    start = max(0, first - BEFORE)
    shown = words[start : first + AFTER]
    pieces = [Piece("… ", False)] if start else []
    for word in shown:
        pieces += [Piece(word, bool(wanted & set(tokens(word)))), Piece(" ", False)]
    if first + AFTER < len(words):
        pieces.append(Piece("…", False))
    return pieces
