"""A publication with what it answers and what was answered to it, as anybody may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedi.db.engine import Reader
from fedi.publications.event.model import EventDetails
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of, without_blocked

REPLIES_MAX: Final = 200
DEPTH_MAX: Final = 8
_READABLE: Final = "p.visibility IN ('public', 'quiet') AND NOT p.is_held"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `depth` is 1 for answers to the publication itself."""

    listed: Listed
    depth: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """`parent`: what is answered, when it is known and may be read. `replies`: each below what it answers.

    `tours`: of which an event is a stop, as both say.
    """

    listed: Listed
    parent: Listed | None
    replies: Sequence[Reply]
    tours: Sequence[Listed] = ()


def find_readable(rx: Reader, uri: str) -> Listed | None:
    """The publication, when anybody may read it."""
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.uri = ? AND {_READABLE}", uri
    )
    found = without_blocked(rx, listed_of(rx, rows))
    return found[0] if found else None


def look_conversation(rx: Reader, uri: str) -> Conversation | None:
    """The publication with its surroundings; None when not everybody may read it."""
    listed = find_readable(rx, uri)
    if listed is None:
        return None
    answered = listed.publication.in_reply_to
    parent = None if answered is None else find_readable(rx, answered)
    return Conversation(listed, parent, _replies(rx, listed), _tours(rx, listed))


def _tours(rx: Reader, listed: Listed) -> list[Listed]:
    details = listed.publication.details
    if not isinstance(details, EventDetails):
        return []
    found = [find_readable(rx, uri) for uri in details.part_of]
    return [
        each
        for each in found
        if each is not None
        and isinstance(each.publication.details, EventDetails)
        and any(part.uri == listed.publication.uri for part in each.publication.details.parts)
    ]


def _replies(rx: Reader, root: Listed) -> list[Reply]:
    """Level by level along the index, then in reading order. What hangs on something unreadable is not reached."""
    below: dict[str, list[Listed]] = {}
    level, seen = [root.publication.uri], {root.publication.uri}
    for _ in range(DEPTH_MAX):
        found: list[Listed] = []
        for uri in level:
            room = REPLIES_MAX + 1 - len(seen)
            if room <= 0:
                break
            fresh = [
                each
                for each in _answers(rx, uri, root.publication.author, room)
                if each.publication.uri not in seen
            ]
            below[uri] = fresh
            seen.update(each.publication.uri for each in fresh)
            found += fresh
        level = [each.publication.uri for each in found]
    return _in_reading_order(below, root.publication.uri, 1)


def _answers(rx: Reader, uri: str, asked: str, most: int) -> list[Listed]:
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.in_reply_to = ? AND {_READABLE} "
        "ORDER BY p.published_at, p.id LIMIT ?",
        uri,
        most,
    )
    return without_blocked(rx, listed_of(rx, rows), by=asked)


def _in_reading_order(below: dict[str, list[Listed]], uri: str, depth: int) -> list[Reply]:
    done: list[Reply] = []
    for each in below.get(uri, ()):
        done.append(Reply(each, depth))
        done += _in_reading_order(below, each.publication.uri, depth + 1)
    return done
