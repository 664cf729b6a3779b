"""What a collective should be told. Owner of `notification`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from actors import blocks, store
from fedi.canonical import host_of
from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, Row, marks
from fedi.ids import new_row_id
from fedi.unit import Unit

Kind = Literal[
    "mention", "reply", "like", "announce", "quote", "follow", "follow_request", "follow_accepted", "follow_refused",
    "moved", "attendance", "attendance_asked", "attend_accepted", "attend_refused", "attend_elsewhere",
    "attend_reminder", "attend_near", "attend_changed", "attend_called_off", "attend_gone",
    "organise_asked", "organise_accepted", "organise_refused", "organise_ended",
    "tour_asked", "tour_accepted", "tour_refused", "tour_ended", "invite", "dates",
]  # fmt: skip

# What anybody may cause, whether we follow them or not.
_OF_ANYBODY: Final = frozenset(
    {
        "mention",
        "reply",
        "like",
        "announce",
        "quote",
        "follow",
        "follow_request",
        "organise_asked",
        "tour_asked",
        "invite",
    }
)


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that happened to a collective: who did it (`from_uri`) and about what. `id` rises with time."""

    id: int
    actor_uri: str
    kind: str
    from_uri: str
    about_uri: str
    created_at: datetime
    is_read: bool


def add(
    unit: Unit, actor_uri: str, kind: Kind, from_uri: str, about_uri: str, *, wanted: bool = False
) -> None:
    """Tell a collective, once; of what limited actors do, only if it follows them or a person here let it through
    (`wanted`)."""
    if not wanted and kind in _OF_ANYBODY and not blocks.hearers(unit, from_uri, [actor_uri]):
        return
    unit.tx.run(
        "INSERT INTO notification (id, actor_uri, kind, from_uri, about_uri, created_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (actor_uri, kind, from_uri, about_uri) DO NOTHING",
        new_row_id(unit.now),
        actor_uri,
        kind,
        from_uri,
        about_uri,
        unit.now_ms,
    )
    store.want_handle(unit, from_uri)


def again(unit: Unit, actor_uri: str, kind: Kind, about_uri: str) -> None:
    """Tell a collective that there is something new about a publication of its own, in the place of what it was told before.

    Who caused it is not said.
    """
    unit.tx.run(
        "DELETE FROM notification WHERE actor_uri = ? AND kind = ? AND from_uri = ? AND about_uri = ?",
        actor_uri,
        kind,
        actor_uri,
        about_uri,
    )
    add(unit, actor_uri, kind, actor_uri, about_uri)


def has(rx: Reader, actor_uri: str, kind: Kind, from_uri: str, about_uri: str) -> bool:
    """Whether a collective was told exactly this."""
    row = rx.one(
        "SELECT 1 FROM notification WHERE actor_uri = ? AND kind = ? AND from_uri = ? AND about_uri = ?",
        actor_uri,
        kind,
        from_uri,
        about_uri,
    )
    return row is not None


def list_newest(
    rx: Reader,
    actor_uri: str,
    most: int = 50,
    *,
    before: int | None = None,
    unread_only: bool = False,
) -> Sequence[Notification]:
    """The newest first, but for what those did who are shut out. `before`: the id of the last one already seen."""
    found: list[Notification] = []
    while len(found) < most:
        rows = _rows_before(rx, actor_uri, before, unread_only, most)
        read = [
            Notification(row[0], row[1], row[2], row[3], row[4], from_ms(row[5]), bool(row[6]))
            for row in rows
        ]
        found += [
            each
            for each in read
            if not blocks.is_actor_blocked(rx, each.from_uri, host_of(each.from_uri))
        ]
        if len(rows) < most:
            break
        before = read[-1].id
    return found[:most]


def count_unread(rx: Reader, actor_uris: Sequence[str]) -> int:
    """How much nobody has looked at yet, for these collectives together."""
    if not actor_uris:
        return 0
    row = rx.one(
        f"SELECT count(*) FROM notification WHERE read_at IS NULL AND actor_uri IN ({marks(len(actor_uris))})",
        *actor_uris,
    )
    return int(row[0]) if row else 0


def is_told(rx: Reader, actor_uri: str, from_uri: str, about_uri: str) -> bool:
    """Whether a collective was told that this actor spoke to it with this publication."""
    return (
        rx.one(
            "SELECT 1 FROM notification WHERE actor_uri = ? AND kind IN ('mention', 'reply') AND from_uri = ? "
            "AND about_uri = ?",
            actor_uri,
            from_uri,
            about_uri,
        )
        is not None
    )


def mark_read(unit: Unit, actor_uri: str, ids: Sequence[int]) -> int:
    """These were seen; how many of them were new."""
    return sum(
        unit.tx.run(
            "UPDATE notification SET read_at = ? WHERE actor_uri = ? AND id = ? AND read_at IS NULL",
            unit.now_ms,
            actor_uri,
            each,
        )
        for each in ids
    )


def _rows_before(
    rx: Reader, actor_uri: str, before: int | None, unread_only: bool, most: int
) -> Sequence[Row]:
    return rx.all(
        "SELECT id, actor_uri, kind, from_uri, about_uri, created_at, read_at IS NOT NULL FROM notification "
        "WHERE actor_uri = ? AND id < ? AND (NOT ? OR read_at IS NULL) ORDER BY id DESC LIMIT ?",
        actor_uri,
        before if before is not None else 2**63 - 1,
        unread_only,
        most,
    )


def forget_about(unit: Unit, about_uri: str) -> None:
    """What it was about is gone."""
    unit.tx.run("DELETE FROM notification WHERE about_uri = ?", about_uri)


def take_back(unit: Unit, actor_uri: str, kind: Kind, from_uri: str, about_uri: str) -> None:
    """What was told is so no more."""
    unit.tx.run(
        "DELETE FROM notification WHERE actor_uri = ? AND kind = ? AND from_uri = ? AND about_uri = ?",
        actor_uri,
        kind,
        from_uri,
        about_uri,
    )


def take_back_all(unit: Unit, kind: Kind, about_uri: str) -> None:
    """The same of everybody who was told."""
    unit.tx.run("DELETE FROM notification WHERE about_uri = ? AND kind = ?", about_uri, kind)


def forget_between(unit: Unit, actor_uri: str, from_uri: str) -> None:
    """This collective is to hear no more of what that actor did."""
    unit.tx.run(
        "DELETE FROM notification WHERE actor_uri = ? AND from_uri = ?", actor_uri, from_uri
    )


def forget_from(unit: Unit, from_uri: str) -> None:
    """Who did it is gone or shut out."""
    unit.tx.run("DELETE FROM notification WHERE from_uri = ?", from_uri)


def list_older(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int]]:
    """What was told before this moment: when, the row; `after` is the last one seen."""
    rows = rx.all(
        "SELECT created_at, id FROM notification WHERE created_at < ? AND (created_at, id) > (?, ?) "
        "ORDER BY created_at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def forget_rows(unit: Unit, row_ids: Sequence[int]) -> int:
    """These are old; how many there were."""
    return unit.tx.run(f"DELETE FROM notification WHERE id IN ({marks(len(row_ids))})", *row_ids)
