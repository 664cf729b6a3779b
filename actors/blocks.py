"""Who is shut out: hosts and actors, by the whole instance (`INSTANCE`) or by one collective; and who is only limited:
heard by those who follow them, shown to nobody else. Owner of `block` and `limited`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from actors import follows
from fedi.canonical import host_of
from fedi.db.engine import Reader, marks
from fedi.unit import Unit

INSTANCE = ""
HOST = "host"
ACTOR = "actor"
# A host that a closed instance speaks with, domains below it included.
ALLOWED = "allowed"
_LIMITED = "limited"
EVERYBODY = "*"
# Touched by every change here: whatever was remembered about who is shut out is no longer true.
CHANGED = "blocks:changed"


@dataclass(frozen=True, slots=True)
class Ties:
    """How many follows there are between our collectives and a domain: of them by us, and of us by them."""

    following: int = 0
    followers: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the instance has decided about an actor, its host or a domain above it."""

    is_shut_out: bool
    is_limited: bool


def _changes(unit: Unit) -> None:
    unit.touched.add(CHANGED)
    unit.standings.clear()


def add(
    unit: Unit, blocker_uri: str, target: str, kind: str, activity_uri: str | None = None
) -> bool:
    """Shut out, or list a host as allowed; False when it was so already. Shutting out overrides the list, not the reverse."""
    _changes(unit)
    return (
        unit.tx.run(
            "INSERT INTO block (blocker_uri, target, kind, activity_uri, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (blocker_uri, target) DO UPDATE SET kind = excluded.kind, created_at = excluded.created_at "
            "WHERE block.kind = 'allowed' AND excluded.kind <> 'allowed'",
            blocker_uri,
            target,
            kind,
            activity_uri,
            unit.now_ms,
        )
        > 0
    )


def remove(unit: Unit, blocker_uri: str, target: str) -> bool:
    """Let in again; False when it was not shut out."""
    _changes(unit)
    return (
        unit.tx.run("DELETE FROM block WHERE blocker_uri = ? AND target = ?", blocker_uri, target)
        > 0
    )


def let_in(unit: Unit, target: str) -> bool:
    """The instance no longer shuts out this host or actor; False when it did not. The list of allowed hosts stays."""
    _changes(unit)
    return (
        unit.tx.run(
            "DELETE FROM block WHERE blocker_uri = '' AND target = ? AND kind <> 'allowed'", target
        )
        > 0
    )


def disallow(unit: Unit, host: str) -> bool:
    """Take a host off the list of allowed ones; False when it was not on it."""
    _changes(unit)
    return (
        unit.tx.run(
            "DELETE FROM block WHERE blocker_uri = '' AND target = ? AND kind = 'allowed'", host
        )
        > 0
    )


def limit(unit: Unit, target: str, kind: str) -> bool:
    """Show the words of a host or an actor only to those who follow; False when it was so already."""
    unit.standings.clear()
    return (
        unit.tx.run(
            "INSERT INTO limited (target, kind, created_at) VALUES (?, ?, ?) ON CONFLICT (target) DO NOTHING",
            target,
            kind,
            unit.now_ms,
        )
        > 0
    )


def unlimit(unit: Unit, target: str) -> bool:
    """No longer; False when it was not limited."""
    unit.standings.clear()
    return unit.tx.run("DELETE FROM limited WHERE target = ?", target) > 0


def remove_by_activity(unit: Unit, blocker_uri: str, activity_uri: str) -> bool:
    """Take back the Block with this id."""
    _changes(unit)
    return (
        unit.tx.run(
            "DELETE FROM block WHERE blocker_uri = ? AND activity_uri = ?",
            blocker_uri,
            activity_uri,
        )
        > 0
    )


def is_host_blocked(rx: Reader, host: str) -> bool:
    """Whether the instance shuts out this host or a domain above it, or is closed and does not list it."""
    return _is_shut_out(rx, with_parents(host))


def is_actor_blocked(rx: Reader, actor_uri: str, host: str) -> bool:
    """Whether the instance shuts out this actor or its host."""
    return _is_shut_out(rx, [actor_uri, *with_parents(host)])


def standing(unit: Unit, actor_uri: str) -> Standing:
    """Both at once, asked of the database once in each transaction."""
    found = unit.standings.get(actor_uri)
    if found is None:
        names = (actor_uri, *with_parents(host_of(actor_uri)))
        rows = unit.tx.all(
            f"SELECT target, kind FROM block WHERE blocker_uri = '' AND target IN ({marks(len(names) + 1)}) "
            f"UNION ALL SELECT target, '{_LIMITED}' FROM limited WHERE target IN ({marks(len(names))})",
            *names,
            EVERYBODY,
            *names,
        )
        decided = [(target, kind) for target, kind in rows if kind != _LIMITED]
        found = unit.standings[actor_uri] = (_are_out(decided), len(decided) < len(rows))
    return Standing(*found)


def _is_shut_out(rx: Reader, names: Sequence[str]) -> bool:
    rows = rx.all(
        f"SELECT target, kind FROM block WHERE blocker_uri = '' AND target IN ({marks(len(names) + 1)})",
        *names,
        EVERYBODY,
    )
    return _are_out([(target, kind) for target, kind in rows])


def _are_out(decided: Sequence[tuple[str, str]]) -> bool:
    """What is blocked by name is out; when everybody is, what is allowed by name is in (S95)."""
    if any(kind != ALLOWED and target != EVERYBODY for target, kind in decided):
        return True
    is_closed = any(target == EVERYBODY for target, _ in decided)
    return is_closed and not any(kind == ALLOWED for _, kind in decided)


def is_limited(rx: Reader, actor_uri: str) -> bool:
    """Whether this actor, its host or a domain above it is limited."""
    names = [actor_uri, *with_parents(host_of(actor_uri))]
    return (
        rx.one(f"SELECT 1 FROM limited WHERE target IN ({marks(len(names))}) LIMIT 1", *names)
        is not None
    )


def is_hidden(rx: Reader, actor_uri: str) -> bool:
    """Whether pages that anybody may read are silent about this actor: it is shut out, or limited."""
    return is_actor_blocked(rx, actor_uri, host_of(actor_uri)) or is_limited(rx, actor_uri)


def hearers(unit: Unit, author_uri: str, readers: Iterable[str]) -> list[str]:
    """Those of `readers` who get what this author says: all of them, or if it is limited those who follow it."""
    if not standing(unit, author_uri).is_limited:
        return list(readers)
    return [uri for uri in readers if follows.is_follower(unit.tx, uri, author_uri)]


def is_heard_by(rx: Reader, author_uri: str, reader_uri: str) -> bool:
    """Whether this reader gets what the author says."""
    return not is_limited(rx, author_uri) or follows.is_follower(rx, reader_uri, author_uri)


def close_or_open(unit: Unit, *, is_closed: bool, own_host: str) -> None:
    """Shut out everybody who is not listed, or stop doing so. Our own host is always listed."""
    if is_closed:
        add(unit, INSTANCE, EVERYBODY, HOST)
        add(unit, INSTANCE, own_host, ALLOWED)
    else:
        remove(unit, INSTANCE, EVERYBODY)
        unit.tx.run(
            "DELETE FROM block WHERE blocker_uri = '' AND target = ? AND kind = ?",
            own_host,
            ALLOWED,
        )


def is_blocked_by(rx: Reader, blocker_uri: str, target_uri: str) -> bool:
    """Whether one actor has shut out another, in this direction."""
    return (
        rx.one("SELECT 1 FROM block WHERE blocker_uri = ? AND target = ?", blocker_uri, target_uri)
        is not None
    )


def list_targets(rx: Reader, blocker_uri: str) -> Sequence[tuple[str, str]]:
    """What is shut out: target and kind."""
    rows = rx.all(
        "SELECT target, kind FROM block WHERE blocker_uri = ? AND kind <> 'allowed' AND target <> '*' ORDER BY target",
        blocker_uri,
    )
    return [(row[0], row[1]) for row in rows]


def list_limited(rx: Reader) -> Sequence[tuple[str, str]]:
    """What is limited: target and kind."""
    rows = rx.all("SELECT target, kind FROM limited ORDER BY target")
    return [(row[0], row[1]) for row in rows]


def list_allowed(rx: Reader) -> Sequence[str]:
    """The hosts that a closed instance speaks with."""
    rows = rx.all(
        "SELECT target FROM block WHERE blocker_uri = '' AND kind = 'allowed' ORDER BY target"
    )
    return [row[0] for row in rows]


def is_closed(rx: Reader) -> bool:
    """Whether everybody is shut out who is not listed."""
    return is_blocked_by(rx, INSTANCE, EVERYBODY)


def list_known_hosts(rx: Reader) -> Sequence[str]:
    """Every host of which we know somebody."""
    return [row[0] for row in rx.all("SELECT DISTINCT host FROM actor WHERE role = 'remote'")]


def ties_by_domain(rx: Reader) -> Mapping[str, Ties]:
    """domain → the follows that shutting it out would end. Domains without any are not in it."""
    ours = rx.all(
        "SELECT b.host FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'collective' "
        "JOIN actor b ON b.uri = f.followed_uri AND b.role = 'remote' WHERE f.state <> 'refused'"
    )
    theirs = rx.all(
        "SELECT a.host FROM follow f JOIN actor a ON a.uri = f.follower_uri AND a.role = 'remote' "
        "JOIN actor b ON b.uri = f.followed_uri AND b.role = 'collective' WHERE f.state <> 'refused'"
    )
    following = Counter(domain for (host,) in ours for domain in with_parents(host))
    followers = Counter(domain for (host,) in theirs for domain in with_parents(host))
    return {
        domain: Ties(following[domain], followers[domain])
        for domain in following.keys() | followers.keys()
    }


def list_ties(rx: Reader, domain: str) -> Sequence[tuple[str, str]]:
    """The follows between our collectives and a domain: who follows whom."""
    rows = rx.all(
        "SELECT f.follower_uri, f.followed_uri, a.host, b.host, a.role FROM follow f "
        "JOIN actor a ON a.uri = f.follower_uri JOIN actor b ON b.uri = f.followed_uri WHERE a.role <> b.role"
    )
    return [
        (follower, followed)
        for follower, followed, host, other, role in rows
        if covers(domain, host if role == "remote" else other)
    ]


def covers(domain: str, host: str) -> bool:
    """Whether what is decided about `domain` holds for `host`: it is the same, or below it."""
    return domain in with_parents(host)


@lru_cache(maxsize=4096)
def with_parents(host: str) -> tuple[str, ...]:
    """`a.b.example:8443` → itself, without the port, and each domain above that still has a dot."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    labels = name.split(".")
    above = (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))
    return tuple(dict.fromkeys((host, *above)))
