"""What differs between two states of a text, language by language, for showing beside one another."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fedi.house.writing.languages import name_of
from fedi.publications.drafts import Typed, Written
from fedi.publications.model import Publication, Text
from fedi.publications.store import Edit
from fedi.text.changes import Piece, changes_between
from fedi.text.direction import Direction, language_direction
from fedi.text.html import text_of

_PARTS: Final = ("title", "abstract", "source")


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one part of the words in one language. `part`: title, abstract or source."""

    tag: str
    language: str
    dir: Direction
    part: str
    pieces: tuple[Piece, ...]


async def between(before: Written, after: Written) -> tuple[Change, ...]:
    """From one state of a draft to another."""
    return await asyncio.to_thread(_all, before.texts, after.texts)


async def between_texts(
    before: Publication | Edit, after: Publication | Edit
) -> tuple[Change, ...]:
    """From one version of a publication to another; each has `texts`."""
    return await asyncio.to_thread(_all, _typed(before.texts), _typed(after.texts))


def _typed(texts: Mapping[str, Text]) -> list[Typed]:
    return [
        Typed(
            language,
            text.name or "",
            text.source if text.source is not None else text_of(text.content),
            "" if text.source is not None else text.summary or "",
        )
        for language, text in texts.items()
    ]


def _all(before: Iterable[Typed], after: Iterable[Typed]) -> tuple[Change, ...]:
    old = {each.language: each for each in before}
    new = {each.language: each for each in after}
    found = []
    for tag in dict.fromkeys((*new, *old)):
        for part in _PARTS:
            was, now = getattr(old.get(tag), part, ""), getattr(new.get(tag), part, "")
            if was != now:
                pieces = changes_between(was, now)
                found.append(Change(tag, name_of(tag), language_direction(tag), part, pieces))
    return tuple(found)
