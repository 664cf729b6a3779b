"""Who a collective follows, who follows it, who asks to; and somebody as the collective stands to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from actors import blocks, circles, follows
from actors.circles import Circle
from actors.model import Actor
from actors.store import list_by_uri
from fedi.db.engine import Reader
from fedi.publications.visibility import may_read_here
from fedi.views.listed import LISTED_COLUMNS, Listed, by_publishing, listed_of
from fedi.views.paging import NEWEST, PAGE_SIZE, Cursor, Page

PEOPLE: Final = 40
_ROUNDS_MAX: Final = 5
Kind = Literal["following", "followers", "requests"]


@dataclass(frozen=True, slots=True)
class Relation:
    """Somebody in one of these lists. `state`: asked, accepted, refused."""

    uri: str
    actor: Actor | None
    state: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Between a collective and somebody: `follows` and `is_followed_by` are empty, asked, accepted or refused.

    `circles`: those of its lists on which they are; `is_limited` and `is_shut_out` are of the whole instance.
    """

    follows: str
    is_followed_by: str
    is_blocked: bool
    is_limited: bool
    is_shut_out: bool
    circles: Sequence[Circle]
    other_circles: Sequence[Circle]


def list_relations(
    rx: Reader, ours: Actor, kind: Kind, after: Cursor | None, most: int = PEOPLE
) -> Page[Relation]:
    """A page of one of the lists, newest first. The cursor holds the moment and how many of that moment were seen."""
    at = after or Cursor(2**62, 0)
    if kind == "following":
        rows = rx.all(
            "SELECT f.followed_uri, f.state, f.asked_at FROM follow f WHERE f.follower_uri = ? AND f.asked_at <= ? "
            "ORDER BY f.asked_at DESC, f.followed_uri LIMIT ?",
            ours.uri,
            at.at,
            most + 1 + at.row_id,
        )
    else:
        rows = rx.all(
            "SELECT f.follower_uri, f.state, f.asked_at FROM follow f WHERE f.followed_uri = ? AND f.state = ? "
            "AND f.asked_at <= ? ORDER BY f.asked_at DESC, f.follower_uri LIMIT ?",
            ours.uri,
            follows.ACCEPTED if kind == "followers" else follows.ASKED,
            at.at,
            most + 1 + at.row_id,
        )
    rows = rows[at.row_id :]
    known = list_by_uri(rx, [row[0] for row in rows[:most]])
    found = [Relation(row[0], known.get(row[0]), row[1]) for row in rows[:most]]
    if len(rows) <= most:
        return Page(found)
    last = rows[most - 1][2]
    before = at.row_id if last == at.at else 0
    same = sum(1 for row in rows[:most] if row[2] == last)
    return Page(found, Cursor(last, before + same))


def look_standing(rx: Reader, ours: Actor, other: Actor) -> Standing:
    """How the two stand to one another."""
    outward = follows.find(rx, ours.uri, other.uri)
    inward = follows.find(rx, other.uri, ours.uri)
    known = circles.list_of(rx, ours.uri)
    mine = [each for each in known if other.uri in circles.list_members(rx, each.id)]
    return Standing(
        follows=outward.state if outward else "",
        is_followed_by=inward.state if inward else "",
        is_blocked=blocks.is_blocked_by(rx, ours.uri, other.uri),
        is_limited=blocks.is_limited(rx, other.uri),
        is_shut_out=blocks.is_actor_blocked(rx, other.uri, other.host),
        circles=mine,
        other_circles=[each for each in known if each not in mine],
    )


def list_said_by(
    rx: Reader, reader: Actor, author_uri: str, after: Cursor | None, most: int = PAGE_SIZE
) -> Page[Listed]:
    """What somebody published that is here and that this collective may read, newest first."""
    found: list[Listed] = []
    at = after or NEWEST
    for _ in range(_ROUNDS_MAX):
        rows = rx.all(
            f"SELECT {LISTED_COLUMNS} FROM publication p WHERE p.author_uri = ? AND NOT p.is_held "
            "AND (p.published_at, p.id) < (?, ?) ORDER BY p.published_at DESC, p.id DESC LIMIT ?",
            author_uri,
            at.at,
            at.row_id,
            most + 1,
        )
        for each in listed_of(rx, rows):
            if len(found) == most:
                return Page(found, at)
            if may_read_here(rx, reader, each.publication):
                found.append(each)
            at = by_publishing(each)
        if len(rows) <= most:
            return Page(found)
    return Page(found, at)
