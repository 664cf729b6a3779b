"""Who follows whom. Owner of `follow`. Every change names both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from actors import store
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.unit import Unit
from fedi.urls import part

ASKED = "asked"
ACCEPTED = "accepted"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Follow:
    """One relation. `activity_uri` is the id of the latest Follow, which an Accept or Reject must name."""

    follower_uri: str
    followed_uri: str
    activity_uri: str
    state: str
    asked_at: datetime


_COLUMNS = "follower_uri, followed_uri, activity_uri, state, asked_at"


def _follow_of(row: tuple[str, str, str, str, int]) -> Follow:
    return Follow(row[0], row[1], row[2], row[3], from_ms(row[4]))


def ask(unit: Unit, follower_uri: str, followed_uri: str, activity_uri: str) -> str:
    """Record a Follow; the state afterwards. A repeated Follow keeps what was decided and takes the new id (wire 3.4)."""
    unit.tx.run(
        "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (follower_uri, followed_uri) DO UPDATE SET activity_uri = excluded.activity_uri, "
        "asked_at = CASE WHEN follow.state = 'refused' THEN excluded.asked_at ELSE follow.asked_at END, "
        "state = CASE WHEN follow.state = 'refused' THEN 'asked' ELSE follow.state END",
        follower_uri,
        followed_uri,
        activity_uri,
        ASKED,
        unit.now_ms,
    )
    for uri in (follower_uri, followed_uri):
        store.want_handle(unit, uri)
    found = find(unit.tx, follower_uri, followed_uri)
    assert found is not None
    return found.state


def decide(unit: Unit, follower_uri: str, followed_uri: str, state: str) -> bool:
    """Accept or refuse; whether that changed anything."""
    unit.touched.add(part(followed_uri, "followers"))
    return (
        unit.tx.run(
            "UPDATE follow SET state = ?, decided_at = ? WHERE follower_uri = ? AND followed_uri = ? AND state <> ?",
            state,
            unit.now_ms,
            follower_uri,
            followed_uri,
            state,
        )
        > 0
    )


def remove(unit: Unit, follower_uri: str, followed_uri: str) -> bool:
    """End the relation; whether there was one."""
    unit.touched.add(part(followed_uri, "followers"))
    return (
        unit.tx.run(
            "DELETE FROM follow WHERE follower_uri = ? AND followed_uri = ?",
            follower_uri,
            followed_uri,
        )
        > 0
    )


def forget_actor(unit: Unit, uri: str) -> None:
    """The actor is gone: nobody follows it and it follows nobody."""
    unit.touched.add(part(uri, "followers"))
    unit.tx.run("DELETE FROM follow WHERE follower_uri = ? OR followed_uri = ?", uri, uri)


def find(rx: Reader, follower_uri: str, followed_uri: str) -> Follow | None:
    """The relation between two actors."""
    row = rx.one(
        f"SELECT {_COLUMNS} FROM follow WHERE follower_uri = ? AND followed_uri = ?",
        follower_uri,
        followed_uri,
    )
    return _follow_of(row) if row else None


def find_by_activity(rx: Reader, activity_uri: str) -> Follow | None:
    """The relation that began with this Follow."""
    row = rx.one(f"SELECT {_COLUMNS} FROM follow WHERE activity_uri = ?", activity_uri)
    return _follow_of(row) if row else None


def is_follower(rx: Reader, follower_uri: str, followed_uri: str) -> bool:
    """Whether the first is an accepted follower of the second, at this moment."""
    found = find(rx, follower_uri, followed_uri)
    return found is not None and found.state == ACCEPTED


def list_local_followers(rx: Reader, followed_uri: str) -> Sequence[str]:
    """Our collectives that follow this actor."""
    rows = rx.all(
        "SELECT f.follower_uri FROM follow f JOIN actor a ON a.uri = f.follower_uri "
        "WHERE f.followed_uri = ? AND f.state = 'accepted' AND a.role = 'collective'",
        followed_uri,
    )
    return [row[0] for row in rows]


def list_local_asked_by(
    unit: Unit, followed_uri: str, moment: datetime, state: str = ACCEPTED
) -> Sequence[str]:
    """Our collectives that had asked to follow this actor at a moment that is past, by how that stands now."""
    rows = unit.tx.all(
        "SELECT f.follower_uri FROM follow f JOIN actor a ON a.uri = f.follower_uri "
        "WHERE f.followed_uri = ? AND f.state = ? AND (f.asked_at <= ? OR f.asked_at > ?) AND a.role = 'collective'",
        followed_uri,
        state,
        to_ms(moment),
        # a clock that was set back proves nothing
        unit.now_ms,
    )
    return [row[0] for row in rows]


def list_followers(
    rx: Reader, followed_uri: str, state: str = ACCEPTED, most: int = 100, before: int | None = None
) -> Sequence[Follow]:
    """Followers in a state, newest first; `before` is the `asked_at` (ms) of the last one already seen."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM follow WHERE followed_uri = ? AND state = ? AND asked_at < ? "
        "ORDER BY asked_at DESC, follower_uri LIMIT ?",
        followed_uri,
        state,
        2**62 if before is None else before,
        most,
    )
    return [_follow_of(row) for row in rows]


def list_following(rx: Reader, follower_uri: str) -> Sequence[Follow]:
    """Whom an actor follows or asked to follow."""
    rows = rx.all(
        f"SELECT {_COLUMNS} FROM follow WHERE follower_uri = ? ORDER BY asked_at", follower_uri
    )
    return [_follow_of(row) for row in rows]


def count_followers(rx: Reader, followed_uri: str) -> int:
    """How many follow."""
    row = rx.one(
        "SELECT COUNT(*) FROM follow WHERE followed_uri = ? AND state = 'accepted'", followed_uri
    )
    return int(row[0]) if row else 0


def count_following(rx: Reader, follower_uri: str) -> int:
    """How many are followed."""
    row = rx.one(
        "SELECT COUNT(*) FROM follow WHERE follower_uri = ? AND state = 'accepted'", follower_uri
    )
    return int(row[0]) if row else 0


def is_awaited_here(rx: Reader, followed_uri: str) -> bool:
    """Whether any collective of ours asked to follow this actor and has no answer yet."""
    return (
        rx.one(
            "SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
            "WHERE f.followed_uri = ? AND f.state = 'asked' LIMIT 1",
            followed_uri,
        )
        is not None
    )


def is_followed_here(rx: Reader, followed_uri: str) -> bool:
    """Whether any collective of ours follows this actor."""
    return (
        rx.one(
            "SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
            "WHERE f.followed_uri = ? AND f.state = 'accepted' LIMIT 1",
            followed_uri,
        )
        is not None
    )


def has_ties(rx: Reader, actor_uri: str) -> bool:
    """Whether any collective of ours follows this actor, or it is an accepted follower of anybody."""
    row = rx.one(
        "SELECT EXISTS (SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
        "WHERE f.followed_uri = ? AND f.state = 'accepted') "
        "OR EXISTS (SELECT 1 FROM follow f WHERE f.follower_uri = ? AND f.state = 'accepted')",
        actor_uri,
        actor_uri,
    )
    return row is not None and bool(row[0])


def follows_somebody(rx: Reader, follower_uri: str) -> bool:
    """Whether this actor is an accepted follower of anybody."""
    return (
        rx.one(
            "SELECT 1 FROM follow WHERE follower_uri = ? AND state = 'accepted' LIMIT 1",
            follower_uri,
        )
        is not None
    )


def list_follower_inboxes(rx: Reader, followed_uri: str) -> Sequence[tuple[str, str]]:
    """Where words for the followers go: each distinct inbox once, with its host; shared inboxes first choice."""
    rows = rx.all(
        "SELECT DISTINCT COALESCE(a.shared_inbox, a.inbox), a.host FROM follow f JOIN actor a ON a.uri = f.follower_uri "
        "WHERE f.followed_uri = ? AND f.state = 'accepted' AND a.deleted_at IS NULL",
        followed_uri,
    )
    # an inbox that a steward let be on another host does not lead anybody else's letters astray: whose host it is comes last
    return sorted(((row[0], row[1]) for row in rows), key=lambda each: f"//{each[1]}/" in each[0])


def list_tied(rx: Reader, uri: str) -> Sequence[str]:
    """Our collectives that follow somebody, or are followed by them."""
    rows = rx.all(
        "SELECT a.uri FROM follow f JOIN actor a ON a.uri = f.follower_uri WHERE f.followed_uri = ? "
        "AND f.state = 'accepted' AND a.role = 'collective' UNION "
        "SELECT a.uri FROM follow f JOIN actor a ON a.uri = f.followed_uri WHERE f.follower_uri = ? "
        "AND f.state = 'accepted' AND a.role = 'collective'",
        uri,
        uri,
    )
    return [row[0] for row in rows]


def list_followed_here(rx: Reader) -> Sequence[str]:
    """Everybody elsewhere whom a collective of ours follows."""
    rows = rx.all(
        "SELECT DISTINCT f.followed_uri FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
        "JOIN actor b ON b.uri = f.followed_uri AND b.role = 'remote' WHERE f.state = 'accepted'"
    )
    return [row[0] for row in rows]


def list_followers_after(rx: Reader, followed_uri: str, after: str, most: int) -> Sequence[str]:
    """Accepted followers by id, from the one after `after`: for reading all of them in portions."""
    rows = rx.all(
        "SELECT follower_uri FROM follow WHERE followed_uri = ? AND state = ? AND follower_uri > ? "
        "ORDER BY follower_uri LIMIT ?",
        followed_uri,
        ACCEPTED,
        after,
        most,
    )
    return [str(row[0]) for row in rows]


def list_following_after(rx: Reader, follower_uri: str, after: str, most: int) -> Sequence[str]:
    """Whom an actor follows or asked to, in the same way."""
    rows = rx.all(
        "SELECT followed_uri FROM follow WHERE follower_uri = ? AND state <> 'refused' AND followed_uri > ? "
        "ORDER BY followed_uri LIMIT ?",
        follower_uri,
        after,
        most,
    )
    return [str(row[0]) for row in rows]


def list_follower_uris(rx: Reader, followed_uri: str) -> Sequence[str]:
    """Every accepted follower's id."""
    rows = rx.all(
        "SELECT follower_uri FROM follow WHERE followed_uri = ? AND state = 'accepted'",
        followed_uri,
    )
    return [row[0] for row in rows]


def has_follower_at(rx: Reader, followed_uri: str, host: str) -> bool:
    """Whether anybody on this host is an accepted follower."""
    return (
        rx.one(
            "SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.host = ? "
            "WHERE f.followed_uri = ? AND f.state = 'accepted' LIMIT 1",
            host,
            followed_uri,
        )
        is not None
    )
