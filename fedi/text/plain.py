"""Plain text as people send it (headings on a line of their own, ١. numbers, • bullets) → Markdown.

Nothing is lost: every word of the text is in the result.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

_BULLETS: Final = frozenset("•●◦▪■○‣⁃∙·*-–—")
_NUMBER_ENDS: Final = frozenset(".)-–ـ:/")
_HEADING_LENGTH_MAX: Final = 90
_NUMBERED_HEADING_LENGTH_MAX: Final = 160
_LINE_LENGTH_MAX: Final = 120
_SENTENCE_ENDS: Final = (".", "،", "؛", ",", ";", "…", "»", "”")
_INDENT_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class _Marked:
    """A line without its mark. `number` is None for a bullet; `mark` is the mark as written."""

    number: int | None
    mark: str
    words: str


def from_plain_text(text: str) -> str:
    """Plain text → Markdown: lines that read as headings, numbered lessons and bullet lists become such.

    A numbered line followed by ordinary paragraphs is a heading and keeps its number; numbered lines in
    a row are a list. In a run of short lines at the very beginning the first is the title.
    """
    blocks = _blocks(text)
    heading_free = False
    done: list[str] = []
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        before = blocks[index - 1] if index else None
        opening = index == 0 or heading_free
        if _is_numbered_heading(before, block, following):
            done.append("### " + _inline(block[0]))
            heading_free = False
        elif _is_heading(block, following, first=index == 0, opening=heading_free):
            done.append("## " + _inline(block[0]))
            heading_free = index == 0
        else:
            done.append(_paragraph_or_list(block))
            heading_free = opening and index > 0 and _is_short(block)
    return "\n\n".join(done) + ("\n" if done else "")


def with_ascii_markers(source: str) -> str:
    """Markdown whose list marks may be ١. or • → the same with 1. and -, outside fenced code."""
    done: list[str] = []
    fenced = False
    for line in source.split("\n"):
        bare = line.lstrip(" ")
        if bare.startswith(("```", "~~~")):
            fenced = not fenced
        done.append(line if fenced else _ascii_marked(line, bare))
    return "\n".join(done)


def _ascii_marked(line: str, bare: str) -> str:
    if not bare or bare[0].isascii():
        return line
    marked = _marked(bare)
    if marked is None or marked.mark[-1] not in ".)•●◦▪■○‣⁃∙":
        return line
    indent = line[: min(len(line) - len(bare), _INDENT_MAX)]
    sign = "-" if marked.number is None else f"{marked.number}{marked.mark[-1]}"
    return f"{indent}{sign} {marked.words}"


def _blocks(text: str) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n"):
        line = raw.strip().strip("\ufeff\u200b").strip()
        if line:
            if blocks[-1] and _begins_block(blocks[-1][-1], line):
                blocks.append([])
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _begins_block(before: str, line: str) -> bool:
    """Whether a line without an empty one above it is a paragraph of its own.

    Texts copied from pages have one paragraph per line: a long line is a whole paragraph, and a short
    question or announcement after a list is not part of its last item.
    """
    marked_before, marked = _marked(before) is not None, _marked(line) is not None
    if not marked_before and not marked:
        return len(before) > _LINE_LENGTH_MAX or len(line) > _LINE_LENGTH_MAX
    short = len(line) <= _HEADING_LENGTH_MAX
    return marked_before and not marked and short and line.endswith(("؟", "?", ":"))


def _marked(line: str) -> _Marked | None:
    """The line's list mark, if it begins with one: a bullet, or at most three digits and a sign."""
    if line[0] in _BULLETS:
        words = line[1:]
        # A dash or star without a space is a minus or emphasis; a round bullet needs none.
        if words[:1].isspace() or (line[0] not in "*-–—·" and words):
            return _Marked(None, line[0], words.strip())
        return None
    digits = 0
    while digits < len(line) and digits < 4 and unicodedata.category(line[digits]) == "Nd":
        digits += 1
    if not 0 < digits <= 3 or digits >= len(line):
        return None
    rest = line[digits:].lstrip(" ")
    if not rest or rest[0] not in _NUMBER_ENDS:
        return None
    words = rest[1:]
    # "1.5" and "12:30" and "3-4" are numbers, not marks.
    if not words.strip() or unicodedata.category(words.lstrip("\u200f\u200e")[:1] or " ") == "Nd":
        return None
    return _Marked(int(line[:digits]), line[:digits] + rest[0], words.strip())


def _is_numbered_heading(
    before: list[str] | None, block: list[str], following: list[str] | None
) -> bool:
    if len(block) != 1 or following is None or len(block[0]) > _NUMBERED_HEADING_LENGTH_MAX:
        return False
    if not _is_numbered(block[0]):
        return False
    return not _is_numbered(following[0]) and (before is None or not _is_numbered(before[-1]))


def _is_numbered(line: str) -> bool:
    marked = _marked(line)
    return marked is not None and marked.number is not None


def _is_short(block: list[str]) -> bool:
    return len(block) == 1 and len(block[0]) <= _HEADING_LENGTH_MAX and _marked(block[0]) is None


def _is_heading(
    block: list[str], following: list[str] | None, *, first: bool, opening: bool
) -> bool:
    if not _is_short(block) or block[0].endswith(_SENTENCE_ENDS) or following is None:
        return False
    if first:
        return True
    return not opening and (not _is_short(following) or following[0].endswith(_SENTENCE_ENDS))


def _paragraph_or_list(block: list[str]) -> str:
    done: list[str] = []
    in_list = False
    for line in block:
        marked = _marked(line)
        if marked is None:
            # An unmarked line after a marked one goes on in that item, as plain text editors wrap it.
            done.append(f"   {_inline(line)}" if in_list else _inline(line))
            continue
        if done and not in_list:
            done.append("")
        in_list = True
        sign = "-" if marked.number is None else f"{marked.number}."
        done.append(f"{sign} {_inline(marked.words)}")
    return "\n".join(done)


def _inline(line: str) -> str:
    """Keep a line from reading as a heading, quotation or rule where Markdown would see one."""
    if line.startswith(("#", ">", "+ ", "```", "~~~")) or (set(line) <= set("-_*= ") and line):
        return "\\" + line
    digits = len(line) - len(line.lstrip("0123456789"))
    if digits and line[digits : digits + 1] in {".", ")"} and line[digits + 1 : digits + 2] == " ":
        return f"{line[:digits]}\\{line[digits:]}"
    return line
