"""A publication with what it answers and what was answered to it, as the members of one collective may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.publications import reactions, saved
from fedi.publications.visibility import may_read_here
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of

ANCESTORS_MAX: Final = 20
REPLIES_MAX: Final = 200
DEPTH_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Said:
    """One publication of a thread. `depth` is 1 for answers to the one asked for; `is_held`: it waits to be shown."""

    listed: Listed
    depth: int
    is_held: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """`ancestors`: the oldest first. `is_cut`: above them is something that is not here, or not for this collective."""

    ancestors: Sequence[Said]
    said: Said
    replies: Sequence[Said]
    is_cut: bool
    is_liked: bool
    is_boosted: bool
    is_saved: bool


def find_said(rx: Reader, reader: Actor, uri: str, *, held_too: bool = False) -> Said | None:
    """The publication with this id, when this collective may read it."""
    rows = rx.all(f"SELECT {LISTED_COLUMNS}, p.is_held FROM publication p WHERE p.uri = ?", uri)
    found = _said(rx, reader, rows, 0, held_too=held_too)
    return found[0] if found else None


def look_thread(rx: Reader, reader: Actor, uri: str, *, held_too: bool = False) -> Thread | None:
    """The whole thread around it; None when it is not here or not for this collective."""
    said = find_said(rx, reader, uri, held_too=held_too)
    if said is None:
        return None
    ancestors, is_cut = _ancestors(rx, reader, said, held_too=held_too)

    def reacted(kind: str) -> bool:
        return reactions.find_activity(rx, kind, reader.uri, uri) is not None

    return Thread(
        ancestors=ancestors,
        said=said,
        replies=_replies(rx, reader, uri, held_too=held_too),
        is_cut=is_cut,
        is_liked=reacted(reactions.LIKE),
        is_boosted=reacted(reactions.ANNOUNCE),
        is_saved=saved.is_saved(rx, reader.uri, said.listed.row_id),
    )


def _ancestors(rx: Reader, reader: Actor, said: Said, *, held_too: bool) -> tuple[list[Said], bool]:
    found: list[Said] = []
    seen = {said.listed.publication.uri}
    above = said.listed.publication.in_reply_to
    while above is not None and above not in seen and len(found) < ANCESTORS_MAX:
        parent = find_said(rx, reader, above, held_too=held_too)
        if parent is None:
            break
        seen.add(above)
        found.append(parent)
        above = parent.listed.publication.in_reply_to
    return found[::-1], above is not None


def _replies(rx: Reader, reader: Actor, root: str, *, held_too: bool) -> list[Said]:
    """Level by level along the index, then in reading order. What hangs on something unreadable is not reached."""
    below: dict[str, list[Said]] = {}
    level, seen = [root], {root}
    for depth in range(1, DEPTH_MAX + 1):
        found: list[Said] = []
        for uri in level:
            room = REPLIES_MAX + 1 - len(seen)
            if room <= 0:
                break
            rows = rx.all(
                f"SELECT {LISTED_COLUMNS}, p.is_held FROM publication p WHERE p.in_reply_to = ? "
                "ORDER BY p.published_at, p.id LIMIT ?",
                uri,
                room,
            )
            fresh = [
                each
                for each in _said(rx, reader, rows, depth, held_too=held_too)
                if each.listed.publication.uri not in seen
            ]
            below[uri] = fresh
            seen.update(each.listed.publication.uri for each in fresh)
            found += fresh
        level = [each.listed.publication.uri for each in found]
    return _in_reading_order(below, root)


def _said(
    rx: Reader, reader: Actor, rows: Sequence[tuple[object, ...]], depth: int, *, held_too: bool
) -> list[Said]:
    held = {row[-4]: bool(row[-1]) for row in rows}
    return [
        Said(each, depth, held[each.row_id])
        for each in listed_of(rx, rows)
        if may_read_here(rx, reader, each.publication, held_too=held_too)
    ]


def _in_reading_order(below: dict[str, list[Said]], uri: str) -> list[Said]:
    done: list[Said] = []
    for each in below.get(uri, ()):
        done.append(each)
        done += _in_reading_order(below, each.listed.publication.uri)
    return done
