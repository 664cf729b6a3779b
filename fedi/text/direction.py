"""One-line and many-line plain text made safe to show, and the direction it is read in.

In: any string, hostile ones included. Out: NFC text without control characters or bidi overrides
(S70, S45); letters of every script stay as they were written.
"""

import re
import unicodedata
from typing import Final, Literal

Direction = Literal["rtl", "ltr"]

ELLIPSIS: Final = "…"

RTL_LANGUAGES: Final = frozenset(
    {"ar", "arc", "arz", "azb", "ckb", "dv", "fa", "he", "ks", "mzn", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)  # fmt: skip

# Kept among the invisible: joiners shape Persian, Kurdish and emoji; the marks have no reach beyond their place.
_KEPT_INVISIBLE: Final = frozenset("\u200c\u200d\u200e\u200f\u061c")
_ISOLATES: Final = frozenset("\u2066\u2067\u2068")
_POP_ISOLATE: Final = "\u2069"
_MARKS_IN_A_ROW_MAX: Final = 6
# Marks are no word characters; so are signs, of which this many in a row are rare.
_PERHAPS_A_PILE: Final = re.compile(rf"\W{{{_MARKS_IN_A_ROW_MAX + 1}}}")
_NO_CONTROLS: Final[dict[int, str | None]] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0x202D, 0x202E]),
    **{ord("\t"): "\t", ord("\n"): "\n", ord("\r"): "\n"},
}


def language_direction(language: str | None) -> Direction:
    """The usual direction of a BCP 47 language tag; a script subtag decides when there is one."""
    parts = (language or "").replace("_", "-").lower().split("-")
    if len(parts) > 1 and len(parts[1]) == 4:
        return "rtl" if parts[1] in {"arab", "hebr", "syrc", "thaa", "nkoo"} else "ltr"
    return "rtl" if parts[0] in RTL_LANGUAGES else "ltr"


def direction_of(text: str, language: str | None) -> Direction:
    """Direction of a text: what its letters say, with the language deciding mixed and letterless text.

    A language keeps its direction while three letters in ten are its own: an Arabic title that opens
    with a Latin name is still Arabic.
    """
    rtl = ltr = 0
    for char in text[:2000]:
        kind = unicodedata.bidirectional(char)
        if kind in {"R", "AL"}:
            rtl += 1
        elif kind == "L":
            ltr += 1
    expected = language_direction(language)
    own, other = (rtl, ltr) if expected == "rtl" else (ltr, rtl)
    if own == other == 0 or own * 10 >= (own + other) * 3:
        return expected
    return "ltr" if expected == "rtl" else "rtl"


def clean_line(text: str, length_max: int) -> str:
    """One line of at most `length_max` characters, cut with an ellipsis between whole letters.

    Line ends and tabs become single spaces; control characters, bidi overrides, unbalanced isolates
    (wire 11.2) and piles of combining marks go.
    """
    line = _one_line(text[: length_max * 4 + 64])
    # the cut may leave an isolate without its partner
    return _one_line(shorten(line, length_max))


def clean_text(text: str, length_max: int) -> str:
    """Several lines of plain text; at most one empty line in a row, otherwise as `clean_line`."""
    bounded = text[: length_max * 4 + 64].replace("\r\n", "\n").replace("\r", "\n")
    lines: list[str] = []
    for raw in _visible(bounded, newline="\n").split("\n"):
        line = raw.rstrip()
        if line or (lines and lines[-1]):
            lines.append(balance_isolates(line))
    return balance_isolates(shorten("\n".join(lines).strip("\n"), length_max))


def shorten(text: str, length_max: int) -> str:
    """At most `length_max` characters, ending in an ellipsis when something was cut.

    Prefers the end of a word in the last fifth; never cuts between a letter and its marks or joiners.
    """
    if len(text) <= length_max:
        return text
    if length_max <= 1:
        return ELLIPSIS[:length_max]
    end = length_max - 1
    while end > 0 and _belongs_to_previous(text, end):
        end -= 1
    end = end or length_max - 1
    for space in (text.rfind(" ", 0, end + 1), text.rfind("\n", 0, end + 1)):
        if space >= end * 4 // 5:
            end = space
            break
    return text[:end].rstrip(" \n\u060c,;\u061b:\u2013\u2014-") + ELLIPSIS


def balance_isolates(text: str) -> str:
    """Remove isolate controls (U+2066 to U+2069) that have no partner in the same text."""
    if text.isprintable() or not any(char in _ISOLATES or char == _POP_ISOLATE for char in text):
        return text
    opened: list[int] = []
    lonely: set[int] = set()
    for index, char in enumerate(text):
        if char in _ISOLATES:
            opened.append(index)
        elif char == _POP_ISOLATE:
            if opened:
                opened.pop()
            else:
                lonely.add(index)
    lonely.update(opened)
    return "".join(char for index, char in enumerate(text) if index not in lonely)


def without_controls(text: str) -> str:
    """Drop what no page, feed or database should hold: control characters, lone surrogates, overrides.

    Tab and line feed stay, every line end becomes a line feed. Embeddings (U+202A to U+202C) stay too:
    they end with their paragraph.
    """
    return text.replace("\r\n", "\n").translate(_NO_CONTROLS)


def _one_line(text: str) -> str:
    """Isolates first: what stands on both sides of one that goes may be two spaces, or a letter and its mark."""
    if _is_plain(text):
        return " ".join(text.split())
    return " ".join(_visible(balance_isolates(text), newline=" ").split())


def _is_plain(text: str) -> bool:
    """Whether nothing in it is invisible, decomposed or piled up: true of nearly all that people write."""
    return (
        text.isprintable()
        and unicodedata.is_normalized("NFC", text)
        and _PERHAPS_A_PILE.search(text) is None
    )


def _visible(text: str, *, newline: str) -> str:
    if _is_plain(text.replace("\n", " ")):
        return text if newline == "\n" else text.replace("\n", newline)
    # NFC first composes, then a pile of marks that is left is a pile, not an alphabet.
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize(
        "NFC", "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    ):
        category = unicodedata.category(char)
        if category in {"Mn", "Me"}:
            marks += 1
            if marks <= _MARKS_IN_A_ROW_MAX:
                kept.append(char)
            continue
        marks = 0
        if char in "\n\u2028\u2029\x85\x0b\x0c\r":
            kept.append(newline)
        elif category == "Cc":
            kept.append(" " if char == "\t" else "")
        elif (
            category != "Cf" or char in _KEPT_INVISIBLE or char in _ISOLATES or char == _POP_ISOLATE
        ):
            kept.append(char)
    return "".join(kept)


def _belongs_to_previous(text: str, index: int) -> bool:
    char = text[index]
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc", "Sk"}
        or char in "\u200d\ufe0f\ufe0e"
        or text[index - 1] == "\u200d"
    )
