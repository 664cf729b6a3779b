"""What we said and to whom it must go. Owner of `outbox_activity` and `delivery`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader, marks
from fedi.errors import NotFound
from fedi.ids import new_row_id
from fedi.unit import LONGEST_WAIT, Unit

WAITING = "waiting"
SENT = "sent"
REFUSED = "refused"
GONE = "gone"
GIVEN_UP = "given_up"
SUPERSEDED = "superseded"

# Activities of these visibilities carry a proof and a signature, made when their bytes are first asked for.
SEALED = ("public", "quiet")
# What others said and we pass on: sent as it came, shown to nobody.
FORWARDED = "forwarded"
# Letters of ours to one participant of an event, which are no publications: forgotten as soon.
TOLD = "told"

# The ways (author, inbox) to a host whose oldest letter is not due yet. Values: the host, now.
_PUT_OFF = (
    "SELECT b.actor_uri, e.inbox FROM delivery e JOIN outbox_activity b ON b.id = e.activity_id "
    "WHERE e.host = ? AND e.state = 'waiting' AND e.due_at > ?"
)

# A line of the ledger.
_LINE = "a.uri, a.type, d.host, d.inbox, d.state, d.attempts, d.due_at, d.last_status, d.last_reason, d.last_at"

# Why a letter is given up: what its own attempts said; those behind another were never tried, and the host's reason is theirs.
_WHY_GIVEN_UP = (
    "CASE WHEN last_reason <> '' THEN last_reason ELSE COALESCE((SELECT h.last_reason FROM host h "
    "WHERE h.host = delivery.host AND h.failures > 0 AND h.last_reason <> ''), 'expired') END"
)

# What may be tried again.
RETRIED = (WAITING, REFUSED, GIVEN_UP)

# Values: now, twice.
_RETRY = (
    "UPDATE delivery SET state = 'waiting', due_at = ?, attempts = 0, created_at = ? "
    "WHERE state IN ('waiting', 'refused', 'given_up')"
)


@dataclass(frozen=True, slots=True)
class OutboxActivity:
    """An activity of ours, with the very bytes that are sent."""

    uri: str
    actor_uri: str
    type: str
    object_uri: str
    visibility: str
    body: bytes
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One activity for one inbox. `due_at` in milliseconds; `attempts` made so far; `key_uri` when it must be signed
    with one key and no other."""

    id: int
    activity_id: int
    actor_uri: str
    inbox: str
    attempts: int
    due_at: int
    created_at: int
    is_for_followers: bool
    key_uri: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """An activity's bytes on their way to being final."""

    activity_id: int
    actor_uri: str
    body: bytes
    is_final: bool
    key_uri: str | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of an attempt: the new state, and for a waiting one when it may be tried again.

    An empty `reason` leaves the last one standing; so does the status of what was not tried.
    """

    delivery_id: int
    state: str
    status: int | None
    reason: str
    due_at: int
    was_tried: bool = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of the ledger."""

    activity_uri: str
    activity_type: str
    host: str
    inbox: str
    state: str
    attempts: int
    due_at: datetime
    last_status: int | None
    last_reason: str
    last_at: datetime | None


def insert(unit: Unit, activity: OutboxActivity, *, is_listed: bool) -> int:
    """Keep an activity; its row. `is_listed`: whether the public outbox shows it."""
    row_id = new_row_id(unit.now)
    unit.tx.run(
        "INSERT INTO outbox_activity (id, uri, actor_uri, type, object_uri, visibility, is_listed, is_final, body, "
        "published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row_id,
        activity.uri,
        activity.actor_uri,
        activity.type,
        activity.object_uri,
        activity.visibility,
        is_listed,
        activity.visibility not in SEALED,
        activity.body,
        to_ms(activity.published_at),
    )
    return row_id


def last_row(rx: Reader) -> int:
    """The row of what was said or was to be delivered last; 0 when nothing was."""
    row = rx.one(
        "SELECT COALESCE((SELECT MAX(id) FROM outbox_activity), 0), COALESCE((SELECT MAX(id) FROM delivery), 0)"
    )
    return max(int(row[0]), int(row[1])) if row else 0


def count_orphans(rx: Reader) -> int:
    """Deliveries of which nobody knows any more what was to be delivered (R19)."""
    row = rx.one(
        "SELECT COUNT(*) FROM delivery d LEFT JOIN outbox_activity a ON a.id = d.activity_id WHERE a.id IS NULL"
    )
    return int(row[0]) if row is not None else 0


def insert_deliveries(unit: Unit, activity_id: int, inboxes: Iterable[tuple[str, str]]) -> None:
    """One row per inbox, given with its host."""
    unit.tx.run_many(
        "INSERT INTO delivery (id, activity_id, host, inbox, state, attempts, due_at, last_reason, created_at) "
        "VALUES (?, ?, ?, ?, 'waiting', 0, ?, '', ?) ON CONFLICT (activity_id, inbox) DO NOTHING",
        [
            (new_row_id(unit.now), activity_id, host, inbox, unit.now_ms, unit.now_ms)
            for inbox, host in dict(inboxes).items()
        ],
    )


def supersede(unit: Unit, object_uri: str, types: Sequence[str], before_id: int) -> None:
    """Older words about the same object that still wait need not be said any more (R4)."""
    unit.tx.run(
        "UPDATE delivery SET state = 'superseded', last_at = ? WHERE state = 'waiting' AND activity_id IN "
        f"(SELECT id FROM outbox_activity WHERE object_uri = ? AND id < ? AND type IN ({marks(len(types))}))",
        unit.now_ms,
        object_uri,
        before_id,
        *types,
    )


def cancel_for_host(unit: Unit, host: str) -> int:
    """The host was shut out: nothing more goes there (S110)."""
    return unit.tx.run(
        "UPDATE delivery SET state = 'refused', last_reason = 'blocked', last_at = ? "
        "WHERE host = ? AND state = 'waiting'",
        unit.now_ms,
        host,
    )


def drop_for_host(unit: Unit, host: str) -> int:
    """Give up what waits for a host, because a person says so; how much. Asking for it again brings it back."""
    return unit.tx.run(
        "UPDATE delivery SET state = 'given_up', last_reason = CASE WHEN last_reason <> '' THEN last_reason ELSE 'dropped' "
        "END, last_at = ? WHERE host = ? AND state = 'waiting'",
        unit.now_ms,
        host,
    )


def cancel_for_inbox(unit: Unit, inbox: str) -> int:
    """Nothing that waits goes to this inbox any more; how much."""
    return unit.tx.run(
        "UPDATE delivery SET state = 'superseded', last_at = ? WHERE inbox = ? AND state = 'waiting'",
        unit.now_ms,
        inbox,
    )


def put_aside(unit: Unit) -> int:
    """Nothing that waits is sent without asking again, but what takes words or wishes back; how much."""
    return unit.tx.run(
        "UPDATE delivery SET state = 'given_up', last_reason = 'restored', last_at = ? WHERE state = 'waiting' "
        "AND activity_id NOT IN (SELECT id FROM outbox_activity WHERE type IN ('Delete', 'Undo', 'Reject'))",
        unit.now_ms,
    )


def list_sendable(rx: Reader, host: str, now_ms: int, most: int) -> Sequence[Letter]:
    """What may go to a host now, oldest first. Nothing overtakes an older letter of its author to its inbox: where one
    is put off until later, the rest behind it is left out."""
    rows = rx.all(
        "SELECT d.id, d.activity_id, a.actor_uri, d.inbox, d.attempts, d.due_at, d.created_at, "
        "a.visibility IN ('public', 'quiet', 'followers'), a.key_uri FROM delivery d "
        "JOIN outbox_activity a ON a.id = d.activity_id WHERE d.host = ? AND d.state = 'waiting' "
        f"AND (a.actor_uri, d.inbox) NOT IN ({_PUT_OFF}) ORDER BY d.id LIMIT ?",
        host,
        host,
        now_ms,
        most,
    )
    return [Letter(*row) for row in rows]


def load_body(rx: Reader, activity_id: int) -> bytes:
    """The bytes of an activity."""
    row = rx.one("SELECT body FROM outbox_activity WHERE id = ?", activity_id)
    assert row is not None
    return bytes(row[0])


def load_seal(rx: Reader, activity_id: int) -> Seal:
    """The bytes of an activity, and whether they are what is sent. Raises NotFound when it was forgotten meanwhile."""
    row = rx.one(
        "SELECT actor_uri, body, is_final, key_uri FROM outbox_activity WHERE id = ?", activity_id
    )
    if row is None:
        raise NotFound(detail="outbox activity")
    return Seal(activity_id, row[0], bytes(row[1]), bool(row[2]), row[3])


def bind_key(unit: Unit, activity_id: int, key_uri: str) -> None:
    """This activity is signed with this key, whichever the actor uses by then."""
    unit.tx.run("UPDATE outbox_activity SET key_uri = ? WHERE id = ?", key_uri, activity_id)


def keep_seal(unit: Unit, activity_id: int, body: bytes) -> bool:
    """These are the bytes from now on; False when others were kept before."""
    changed = unit.tx.run(
        "UPDATE outbox_activity SET body = ?, is_final = TRUE WHERE id = ? AND NOT is_final",
        body,
        activity_id,
    )
    return changed > 0


def settle(unit: Unit, settlements: Sequence[Settlement]) -> None:
    """Write down what became of attempts."""
    unit.tx.run_many(
        "UPDATE delivery SET state = ?, attempts = attempts + ?, last_status = CASE WHEN ? THEN ? ELSE last_status END, "
        f"last_reason = CASE WHEN ? <> '' THEN ? WHEN ? THEN {_WHY_GIVEN_UP} ELSE last_reason END, last_at = ?, due_at = ? "
        "WHERE id = ? AND state = 'waiting'",
        [
            (
                each.state,
                int(each.was_tried),
                each.was_tried,
                each.status,
                each.reason,
                each.reason,
                each.state == GIVEN_UP,
                unit.now_ms,
                each.due_at,
                each.delivery_id,
            )
            for each in settlements
        ],
    )


def next_due_for(rx: Reader, host: str, now_ms: int) -> int | None:
    """When the next letter for a host may go, in milliseconds; None when none waits.

    One that is due but stands behind another that is put off does not count: its lane would be claimed in vain, for ever.
    """
    row = rx.one(
        "SELECT MIN(due_at), MAX(due_at) FROM delivery WHERE host = ? AND state = 'waiting'", host
    )
    if row is None or row[0] is None:
        return None
    if row[0] > now_ms or row[1] <= now_ms:
        return int(row[0])
    row = rx.one(
        "SELECT MIN(d.due_at) FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
        "WHERE d.host = ? AND d.state = 'waiting' "
        f"AND (d.due_at > ? OR (a.actor_uri, d.inbox) NOT IN ({_PUT_OFF}))",
        host,
        now_ms,
        host,
        now_ms,
    )
    assert row is not None
    return int(row[0])


def retry_about(unit: Unit, uri: str, hosts: Sequence[str]) -> int:
    """Let everything about an object (or one activity) to these hosts that waits, was refused or given up go at once.

    It is as if it were new: the attempts and the time it may wait begin again. How much.
    """
    return unit.tx.run(
        f"{_RETRY} AND host IN ({marks(len(hosts))}) "
        "AND activity_id IN (SELECT id FROM outbox_activity WHERE object_uri = ? OR uri = ?)",
        unit.now_ms,
        unit.now_ms,
        *hosts,
        uri,
        uri,
    )


def retry_host(unit: Unit, host: str) -> int:
    """The same for everything to one host; how much."""
    return unit.tx.run(f"{_RETRY} AND host = ?", unit.now_ms, unit.now_ms, host)


def retry_waiting(unit: Unit) -> None:
    """Nothing that waits is put off any more."""
    unit.tx.run(
        "UPDATE delivery SET due_at = ? WHERE state = 'waiting' AND due_at > ?",
        unit.now_ms,
        unit.now_ms,
    )


def bring_forward(unit: Unit) -> None:
    """Our clock was set back: what was to wait until a moment that now lies far ahead is due at once."""
    unit.tx.run(
        "UPDATE delivery SET due_at = ? WHERE state = 'waiting' AND due_at > ?",
        unit.now_ms,
        to_ms(unit.now + LONGEST_WAIT),
    )


def find(rx: Reader, uri: str) -> OutboxActivity | None:
    """An activity of ours by id."""
    row = rx.one(
        "SELECT uri, actor_uri, type, object_uri, visibility, body, published_at FROM outbox_activity WHERE uri = ?",
        uri,
    )
    return _activity_of(row) if row else None


def list_public(
    rx: Reader, actor_uri: str, most: int, before: int | None = None
) -> Sequence[tuple[int, OutboxActivity]]:
    """The public outbox with row ids, newest first; `before` is the row id of the last one already seen."""
    rows = rx.all(
        "SELECT id, uri, actor_uri, type, object_uri, visibility, body, published_at FROM outbox_activity "
        "WHERE actor_uri = ? AND is_listed AND id < ? ORDER BY published_at DESC, id DESC LIMIT ?",
        actor_uri,
        2**62 if before is None else before,
        most,
    )
    return [(int(row[0]), _activity_of(row[1:])) for row in rows]


def count_public(rx: Reader, actor_uri: str) -> int:
    """How many activities the public outbox holds."""
    row = rx.one(
        "SELECT COUNT(*) FROM outbox_activity WHERE actor_uri = ? AND is_listed", actor_uri
    )
    return int(row[0]) if row else 0


def unlist(unit: Unit, object_uri: str) -> None:
    """The object is gone: its words leave the public outbox, and their bytes are forgotten where nothing waits."""
    unit.tx.run(
        "UPDATE outbox_activity SET is_listed = FALSE WHERE object_uri = ? AND type IN ('Create', 'Update')",
        object_uri,
    )
    unit.tx.run(
        "DELETE FROM outbox_activity WHERE object_uri = ? AND type IN ('Create', 'Update') AND NOT EXISTS "
        "(SELECT 1 FROM delivery d WHERE d.activity_id = outbox_activity.id AND d.state = 'waiting')",
        object_uri,
    )


def list_inboxes_of(rx: Reader, object_uri: str) -> Sequence[tuple[str, str]]:
    """Every inbox, with its host, to which anything about an object went or was to go."""
    rows = rx.all(
        "SELECT DISTINCT d.inbox, d.host FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
        "WHERE a.object_uri = ?",
        object_uri,
    )
    return [(row[0], row[1]) for row in rows]


def list_deliveries(rx: Reader, uri: str) -> Sequence[Delivery]:
    """The ledger of everything said about an object, or of one activity; what was told to one person alone is left out."""
    rows = rx.all(
        f"SELECT {_LINE} FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
        "WHERE (a.object_uri = ? AND a.visibility <> 'told') OR a.uri = ? ORDER BY d.id",
        uri,
        uri,
    )
    return [_delivery_of(row) for row in rows]


def list_unsent(rx: Reader, most: int) -> Sequence[Delivery]:
    """What did not arrive, or not yet: the newest first."""
    rows = rx.all(
        f"SELECT {_LINE} FROM delivery d JOIN outbox_activity a ON a.id = d.activity_id "
        "WHERE d.state IN ('waiting', 'refused', 'gone', 'given_up') ORDER BY d.id DESC LIMIT ?",
        most,
    )
    return [_delivery_of(row) for row in rows]


def list_unsent_of(rx: Reader, actor_uri: str, most: int) -> Sequence[tuple[str, int]]:
    """The newest of what an actor said that did not arrive everywhere: the object, and how many hosts lack it."""
    rows = rx.all(
        "SELECT a.object_uri, COUNT(DISTINCT d.host) FROM (SELECT activity_id, host FROM delivery "
        "WHERE state IN ('waiting', 'refused', 'gone', 'given_up') ORDER BY id DESC LIMIT 2000) d "
        "JOIN outbox_activity a ON a.id = d.activity_id WHERE a.actor_uri = ? "
        "AND a.type IN ('Create', 'Update', 'Delete') GROUP BY a.object_uri ORDER BY MAX(a.id) DESC LIMIT ?",
        actor_uri,
        most,
    )
    return [(str(row[0]), int(row[1])) for row in rows]


def list_taking(rx: Reader, hosts: Sequence[str]) -> set[str]:
    """Those of these hosts that took something from us."""
    rows = rx.all(
        f"SELECT DISTINCT host FROM delivery WHERE state = 'sent' AND host IN ({marks(len(hosts))})",
        *hosts,
    )
    return {row[0] for row in rows}


def count_states(rx: Reader) -> dict[str, int]:
    """How many deliveries are in each state."""
    return {
        row[0]: int(row[1]) for row in rx.all("SELECT state, COUNT(*) FROM delivery GROUP BY state")
    }


def count_waiting(rx: Reader) -> int:
    """How many deliveries wait."""
    row = rx.one("SELECT COUNT(*) FROM delivery WHERE state = 'waiting'")
    return int(row[0]) if row else 0


def oldest_waiting(rx: Reader) -> datetime | None:
    """Since when the oldest waiting delivery waits."""
    row = rx.one("SELECT MIN(created_at) FROM delivery WHERE state = 'waiting'")
    return from_ms(row[0]) if row and row[0] is not None else None


def list_overdue(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int]]:
    """What has waited since before this moment: since when, its row; `after` is the last one seen."""
    rows = rx.all(
        "SELECT created_at, id FROM delivery WHERE state = 'waiting' AND created_at < ? AND (created_at, id) > (?, ?) "
        "ORDER BY created_at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def give_up(unit: Unit, before: datetime, row_ids: Sequence[int]) -> int:
    """Stop trying those of these that have waited since before this moment; how many."""
    return unit.tx.run(
        f"UPDATE delivery SET state = 'given_up', last_reason = {_WHY_GIVEN_UP}, last_at = ? WHERE state = 'waiting' AND created_at < ? "
        f"AND id IN ({marks(len(row_ids))})",
        unit.now_ms,
        to_ms(before),
        *row_ids,
    )


def list_settled(
    rx: Reader, before: datetime, after: tuple[int, int], most: int, *, only_failed: bool
) -> Sequence[tuple[int, int]]:
    """Lines of the ledger that were settled before this moment: when, the row; `after` is the last one seen."""
    rows = rx.all(
        "SELECT last_at, id FROM delivery WHERE state <> 'waiting' AND last_at < ? AND (last_at, id) > (?, ?) "
        "AND (NOT ? OR state IN ('refused', 'gone', 'given_up')) ORDER BY last_at, id LIMIT ?",
        to_ms(before),
        *after,
        only_failed,
        most,
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def purge(unit: Unit, before: datetime, row_ids: Sequence[int]) -> int:
    """Forget those of these lines that are settled and older than this; how many."""
    return unit.tx.run(
        f"DELETE FROM delivery WHERE state <> 'waiting' AND last_at < ? AND id IN ({marks(len(row_ids))})",
        to_ms(before),
        *row_ids,
    )


def list_passed_on(
    rx: Reader, before: datetime, after: tuple[int, int], most: int
) -> Sequence[tuple[int, int, int]]:
    """What was passed on, or told to a participant, before this moment and waits for nobody: when, the row, how many bytes."""
    rows = rx.all(
        "SELECT published_at, id, LENGTH(body) FROM outbox_activity WHERE visibility IN ('forwarded', 'told') AND published_at < ? "
        "AND (published_at, id) > (?, ?) AND NOT EXISTS (SELECT 1 FROM delivery d "
        "WHERE d.activity_id = outbox_activity.id AND d.state = 'waiting') ORDER BY published_at, id LIMIT ?",
        to_ms(before),
        *after,
        most,
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def forget_passed_on(unit: Unit, row_ids: Sequence[int]) -> int:
    """Forget those of these that wait for nobody, with their lines of the ledger; how many."""
    done = [
        row[0]
        for row in unit.tx.all(
            f"SELECT id FROM outbox_activity WHERE visibility IN ('forwarded', 'told') AND id IN ({marks(len(row_ids))}) "
            "AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.activity_id = outbox_activity.id AND d.state = 'waiting')",
            *row_ids,
        )
    ]
    if not done:
        return 0
    unit.tx.run(f"DELETE FROM delivery WHERE activity_id IN ({marks(len(done))})", *done)
    return unit.tx.run(f"DELETE FROM outbox_activity WHERE id IN ({marks(len(done))})", *done)


def _delivery_of(row: Sequence[Any]) -> Delivery:
    return Delivery(
        activity_uri=row[0],
        activity_type=row[1],
        host=row[2],
        inbox=row[3],
        state=row[4],
        attempts=row[5],
        due_at=from_ms(row[6]),
        last_status=row[7],
        last_reason=row[8],
        last_at=None if row[9] is None else from_ms(row[9]),
    )


def _activity_of(row: Sequence[object]) -> OutboxActivity:
    uri, actor_uri, kind, object_uri, visibility, body, published_at = row
    assert isinstance(published_at, int)
    return OutboxActivity(
        str(uri),
        str(actor_uri),
        str(kind),
        str(object_uri),
        str(visibility),
        bytes(body),  # type: ignore[call-overload]
        from_ms(published_at),
    )
