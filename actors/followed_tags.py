"""The hashtags that our collectives follow. Owner of `followed_tag`.

A hashtag has no address and nobody answers for it: nothing of this leaves the instance, and nobody else learns of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedi.db.engine import Reader, marks
from fedi.errors import Conflict, Invalid
from fedi.text.direction import clean_line
from fedi.text.hashtags import NAME_LENGTH_MAX, hashtag_at, normalise_hashtag
from fedi.unit import Unit

FOLLOWED_MAX = 100


@dataclass(frozen=True, slots=True)
class FollowedTag:
    """A hashtag as it is compared (`name`) and as it was typed (`label`), without '#'.

    `on_agenda`: whether its events stand in the agenda that everybody sees.
    """

    name: str
    label: str
    on_agenda: bool


def label_of(text: str) -> str:
    """The hashtag somebody typed, without '#'. Raises Invalid for what is none, or more than one."""
    label = clean_line(text, NAME_LENGTH_MAX * 2).strip().lstrip("#＃")
    if hashtag_at(label, 0) != label or not normalise_hashtag(label):
        raise Invalid("tags.form", field="name", limit=NAME_LENGTH_MAX)
    return label


def follow(unit: Unit, actor_uri: str, label: str, *, on_agenda: bool) -> bool:
    """Follow a hashtag, or follow it otherwise than before; whether it was not followed. Raises Conflict when it is one too many."""
    name = normalise_hashtag(label)
    is_new = find(unit.tx, actor_uri, name) is None
    if is_new and _count(unit.tx, actor_uri) >= FOLLOWED_MAX:
        raise Conflict("tags.full", limit=FOLLOWED_MAX)
    unit.tx.run(
        "INSERT INTO followed_tag (actor_uri, name, label, on_agenda, followed_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (actor_uri, name) DO UPDATE SET on_agenda = excluded.on_agenda",
        actor_uri,
        name,
        label,
        on_agenda,
        unit.now_ms,
    )
    return is_new


def unfollow(unit: Unit, actor_uri: str, name: str) -> bool:
    """No longer follow it; whether it was followed."""
    return (
        unit.tx.run("DELETE FROM followed_tag WHERE actor_uri = ? AND name = ?", actor_uri, name)
        > 0
    )


def find(rx: Reader, actor_uri: str, name: str) -> FollowedTag | None:
    """The hashtag with this name as this collective follows it."""
    row = rx.one(
        "SELECT name, label, on_agenda FROM followed_tag WHERE actor_uri = ? AND name = ?",
        actor_uri,
        name,
    )
    return FollowedTag(row[0], row[1], bool(row[2])) if row else None


def list_of(rx: Reader, actor_uri: str) -> Sequence[FollowedTag]:
    """What a collective follows, by name."""
    rows = rx.all(
        "SELECT name, label, on_agenda FROM followed_tag WHERE actor_uri = ? ORDER BY name",
        actor_uri,
    )
    return [FollowedTag(row[0], row[1], bool(row[2])) for row in rows]


def list_readers(rx: Reader, names: Sequence[str]) -> Mapping[str, str]:
    """Who follows any of these hashtags → the first of them that they follow."""
    rows = rx.all(
        f"SELECT actor_uri, MIN(name) FROM followed_tag WHERE name IN ({marks(len(names))}) GROUP BY actor_uri",
        *names,
    )
    return {row[0]: row[1] for row in rows}


def is_on_agenda(rx: Reader, names: Sequence[str]) -> bool:
    """Whether somebody here follows one of these so that its events stand in the agenda everybody sees."""
    return bool(names) and (
        rx.one(
            f"SELECT 1 FROM followed_tag WHERE name IN ({marks(len(names))}) AND on_agenda LIMIT 1",
            *names,
        )
        is not None
    )


def _count(rx: Reader, actor_uri: str) -> int:
    row = rx.one("SELECT COUNT(*) FROM followed_tag WHERE actor_uri = ?", actor_uri)
    return int(row[0]) if row else 0
