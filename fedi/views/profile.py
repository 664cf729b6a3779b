"""The page of one of our collectives: who it is, what it is about to do, what it published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import ROLE_COLLECTIVE, Actor
from actors.store import find_local
from fedi.db.engine import Reader
from fedi.views.agenda import list_coming_by
from fedi.views.archive import list_author
from fedi.views.listed import LISTED_COLUMNS, Listed, listed_of
from fedi.views.paging import Cursor, Page

COMING_MAX: Final = 3
PINNED_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """`coming` and `pinned` are empty on later pages."""

    actor: Actor
    pinned: Sequence[Listed]
    coming: Sequence[Listed]
    published: Page[Listed]


def find_collective(rx: Reader, username: str) -> Actor | None:
    """Our living collective with this user name."""
    actor = find_local(rx, username)
    if actor is None or actor.role != ROLE_COLLECTIVE or actor.deleted_at is not None:
        return None
    return actor


def look_profile(rx: Reader, actor: Actor, now_ms: int, after: Cursor | None) -> Profile:
    """The page of a collective, from `after` on."""
    coming = () if after else list_coming_by(rx, actor.uri, now_ms, COMING_MAX)
    pinned = () if after else _pinned(rx, actor.uri)
    return Profile(actor, pinned, coming, list_author(rx, actor.uri, after))


def _pinned(rx: Reader, actor_uri: str) -> Sequence[Listed]:
    """What the collective put before everything else, as far as anybody may read it; in its order."""
    rows = rx.all(
        f"SELECT {LISTED_COLUMNS} FROM featured f JOIN publication p ON p.uri = f.object_uri "
        "WHERE f.actor_uri = ? AND p.author_uri = f.actor_uri AND p.visibility IN ('public', 'quiet') AND NOT p.is_held "
        "ORDER BY f.added_at DESC LIMIT ?",
        actor_uri,
        PINNED_MAX,
    )
    return listed_of(rx, rows)
