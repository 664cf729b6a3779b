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

# Fields whose name for people is not `writing.` and their own.
LABELS: Final = {
    "starts_hour": "writing.hour",
    "repeat_times": "writing.repeat.times",
    "repeat_until": "writing.repeat.until",
    "visibility": "writing.audience",
    "circle": "writing.audience.which",
    "quiet_change": "event.news.quiet",
    "spoken": "event.spoken",
    "answers_waiting": "writing.answers_waiting",
    "cost": "event.cost",
    "wheelchair": "event.wheelchair",
    "childcare": "event.childcare",
    "interpretation": "event.interpretation",
    "contact": "event.contact",
    "answers_form": "attendance.settings.form",
    "answers_counts": "attendance.settings.counts",
    "answers_online_url": "attendance.settings.room",
    "answers_place_name": "attendance.settings.name",
    "answers_place_street": "attendance.settings.street",
    "answers_place_locality": "attendance.settings.city",
}
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


def facts_between(before: Written, after: Written) -> list[tuple[str, str, str]]:
    """Fields that differ: the key of their name, what they held before, what they hold now. Pictures by their number."""
    found = [
        (LABELS.get(name, f"writing.{name}"), before.get(name), after.get(name))
        for name in dict.fromkeys((*before.fields, *after.fields))
        if before.get(name) != after.get(name) and name != "reply_to"
    ]
    if before.files != after.files:
        found.append(("writing.pictures", _pictures(before), _pictures(after)))
    return found


def _pictures(written: Written) -> str:
    return " · ".join(each.alt or "–" for each in written.files)


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
