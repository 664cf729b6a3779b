"""What the database knows of its own state, in numbers. Told by the running server, or read beside it without the lock."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from actors import store as actor_store
from fedi import settings
from fedi.backup import record
from fedi.clock import to_ms
from fedi.config import Config
from fedi.db.engine import Reader, Row
from fedi.errors import NotFound, Unavailable
from fedi.opening import DATABASE
from inbox import store as inbox_store
from outbox import hosts
from outbox import store as outbox_store

TROUBLED_MAX: Final = 100
HEALTHY_MAX: Final = 5


class Trouble(msgspec.Struct, frozen=True):
    """A host that does not take what we send."""

    host: str
    since_ms: int | None
    reason: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Moments are milliseconds since 1970. `collectives`: user name and id."""

    base_url: str
    server_username: str
    collectives: tuple[tuple[str, str], ...]
    inbox_waiting: int
    inbox_quarantined: int
    inbox_oldest_ms: int | None
    deliveries_waiting: int
    deliveries_oldest_ms: int | None
    troubled: tuple[Trouble, ...]
    healthy_hosts: tuple[str, ...]
    backup_at_ms: int | None
    backup_file: str = ""
    has_backup_key: bool = False
    integrity: str = ""


def look(rx: Reader) -> Facts:
    """The facts, from one snapshot. `deliveries_oldest_ms` leaves out hosts that are known to be in trouble."""
    arrivals = inbox_store.count_states(rx)
    oldest_in = inbox_store.oldest_waiting(rx)
    oldest_out = rx.one(
        "SELECT MIN(d.created_at) FROM delivery d LEFT JOIN host h ON h.host = d.host "
        "WHERE d.state = 'waiting' AND COALESCE(h.failures, 0) = 0"
    )
    healthy = rx.all(
        "SELECT host FROM host WHERE failures = 0 AND last_sent_at IS NOT NULL ORDER BY last_sent_at DESC LIMIT ?",
        HEALTHY_MAX,
    )
    backup = record.find_last(rx)
    return Facts(
        base_url=settings.find(rx, settings.BASE_URL) or "",
        server_username=_server_username(rx),
        collectives=tuple(
            (actor.username, actor.uri) for actor in actor_store.list_collectives(rx)
        ),
        inbox_waiting=arrivals.get(inbox_store.WAITING, 0),
        inbox_quarantined=arrivals.get(inbox_store.QUARANTINED, 0),
        inbox_oldest_ms=to_ms(oldest_in) if oldest_in else None,
        deliveries_waiting=outbox_store.count_waiting(rx),
        deliveries_oldest_ms=oldest_out[0] if oldest_out else None,
        troubled=tuple(
            Trouble(
                each.host,
                to_ms(each.failing_since) if each.failing_since else None,
                each.last_reason,
            )
            for each in hosts.list_troubled(rx, TROUBLED_MAX)
        ),
        healthy_hosts=tuple(row[0] for row in healthy),
        backup_at_ms=to_ms(backup[0]) if backup else None,
        backup_file=backup[1] if backup else "",
        has_backup_key=settings.find(rx, record.RECIPIENT) is not None,
    )


async def gather(config: Config) -> Facts | None:
    """The facts beside a running server or without one; None when there is no database that can be read."""
    if config.database.url:
        return await asyncio.to_thread(_read_elsewhere, config)
    file = config.data_folder / DATABASE
    return await asyncio.to_thread(_read_beside, file) if file.exists() else None


def _server_username(rx: Reader) -> str:
    try:
        return actor_store.load_server_actor(rx).username
    except NotFound:
        return ""


class _Glance:
    """A Reader over a connection that can change nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def one(self, sql: str, *values: Any) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> Sequence[Row]:
        return self._connection.execute(sql, values).fetchall()


def _read_beside(file: Path) -> Facts | None:
    try:
        with closing(
            sqlite3.Connection(f"{file.as_uri()}?mode=ro", timeout=10, uri=True)
        ) as opened:
            checked = opened.execute("PRAGMA quick_check(1)").fetchone()
            integrity = str(checked[0]) if checked else "no answer"
            if integrity != "ok":
                return _damaged(integrity)
            opened.execute("BEGIN")
            return msgspec.structs.replace(look(_Glance(opened)), integrity=integrity)
    except sqlite3.DatabaseError as problem:
        return None if isinstance(problem, sqlite3.OperationalError) else _damaged(str(problem))


def _read_elsewhere(config: Config) -> Facts | None:
    import psycopg  # noqa: PLC0415 - a library that most never need

    from fedi.db.postgres_beside import look_beside  # noqa: PLC0415 - the same

    try:
        return look_beside(config.database.url, config.database.password, look)
    except (psycopg.Error, Unavailable):
        return None


def _damaged(integrity: str) -> Facts:
    """Nothing else is believed of a database that is damaged."""
    return Facts(
        base_url="",
        server_username="",
        collectives=(),
        inbox_waiting=0,
        inbox_quarantined=0,
        inbox_oldest_ms=None,
        deliveries_waiting=0,
        deliveries_oldest_ms=None,
        troubled=(),
        healthy_hosts=(),
        backup_at_ms=None,
        integrity=integrity[:200],
    )
