"""Who is shut out: hosts and actors, by the whole instance (`INSTANCE`) or by one collective. Owner of `block`."""

from collections.abc import Sequence

from fedi.db.engine import Reader, marks
from fedi.unit import Unit

INSTANCE = ""
HOST = "host"
ACTOR = "actor"
# A host that a closed instance speaks with, domains below it included.
ALLOWED = "allowed"
EVERYBODY = "*"


def add(
    unit: Unit, blocker_uri: str, target: str, kind: str, activity_uri: str | None = None
) -> bool:
    """Shut out; False when it was so already."""
    return (
        unit.tx.run(
            "INSERT INTO block (blocker_uri, target, kind, activity_uri, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (blocker_uri, target) DO NOTHING",
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
    return (
        unit.tx.run("DELETE FROM block WHERE blocker_uri = ? AND target = ?", blocker_uri, target)
        > 0
    )


def remove_by_activity(unit: Unit, blocker_uri: str, activity_uri: str) -> bool:
    """Take back the Block with this id."""
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
    return _is_shut_out(rx, _with_parents(host))


def is_actor_blocked(rx: Reader, actor_uri: str, host: str) -> bool:
    """Whether the instance shuts out this actor or its host."""
    return _is_shut_out(rx, [actor_uri, *_with_parents(host)])


def _is_shut_out(rx: Reader, names: Sequence[str]) -> bool:
    """One look: what is blocked by name is out; when everybody is, what is allowed by name is in (S95)."""
    rows = rx.all(
        f"SELECT target, kind FROM block WHERE blocker_uri = '' AND target IN ({marks(len(names) + 1)})",
        *names,
        EVERYBODY,
    )
    if any(kind != ALLOWED and target != EVERYBODY for target, kind in rows):
        return True
    is_closed = any(target == EVERYBODY for target, _ in rows)
    return is_closed and not any(kind == ALLOWED for _, kind in rows)


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
        "SELECT target, kind FROM block WHERE blocker_uri = ? ORDER BY target", blocker_uri
    )
    return [(row[0], row[1]) for row in rows]


def _with_parents(host: str) -> list[str]:
    """`a.b.example:8443` → itself, without the port, and each domain above that still has a dot."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    labels = name.split(".")
    return list(
        dict.fromkeys(
            [host, *(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))]
        )
    )
