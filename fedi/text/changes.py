"""What changed between two texts, word by word, so that a person sees it. Pure, and bounded however long they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

Kind = Literal["same", "gone", "new"]

WORDS_MAX: Final = 800
LINES_MAX: Final = 800
_WORDS: Final = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: it stayed, it went, it is new."""

    kind: Kind
    text: str


def changes_between(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces in reading order: all but the new ones are `before`, all but the gone ones are `after`."""
    if before == after:
        return (Piece("same", before),) if before else ()
    found: list[Piece] = []
    for old, new in _blocks(before.splitlines(True), after.splitlines(True), LINES_MAX):
        if old == new:
            _add(found, "same", "".join(old))
            continue
        words = _WORDS.findall("".join(old)), _WORDS.findall("".join(new))
        for gone, came in _blocks(*words, WORDS_MAX):
            if gone == came:
                _add(found, "same", "".join(gone))
            else:
                _add(found, "gone", "".join(gone))
                _add(found, "new", "".join(came))
    return tuple(found)


def _blocks(
    before: Sequence[str], after: Sequence[str], most: int
) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Pairs of stretches that are equal or stand for one another; too much is one pair."""
    if max(len(before), len(after)) > most:
        return [(before, after)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [(before[a:b], after[c:d]) for _, a, b, c, d in matcher.get_opcodes()]


def _add(found: list[Piece], kind: Kind, text: str) -> None:
    if not text:
        return
    if found and found[-1].kind == kind:
        found[-1] = Piece(kind, found[-1].text + text)
    else:
        found.append(Piece(kind, text))
