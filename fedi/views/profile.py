"""The page of one of our collectives: who it is, what it is about to do, what it published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.model import ROLE_COLLECTIVE, Actor
from actors.store import find_local
from fedi.db.engine import Reader
from fedi.views.agenda import list_coming_by
from fedi.views.archive import list_author
from fedi.views.listed import Listed
from fedi.views.paging import Cursor, Page

COMING_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """`coming` is empty on later pages."""

    actor: Actor
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
    coming = () if after else list_coming_by(rx, actor.uri, now_ms, most=COMING_MAX).items
    return Profile(actor, coming, list_author(rx, actor.uri, after))
