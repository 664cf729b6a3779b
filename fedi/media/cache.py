"""Which pictures from elsewhere are kept, since when, and which could not be had. Owner of `remote_media` and
`remote_media_leaving`; the bytes are in a `MediaStorage` of their own.

A file is announced as leaving before it is written and again when its row goes, so no crash leaves one unnoticed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedi.clock import from_ms, to_ms
from fedi.db.engine import Reader
from fedi.unit import Unit

KEPT: Final = "kept"
FAILED: Final = "failed"
USE_NOTED_EVERY: Final = timedelta(days=1)
WRITING_AT_MOST: Final = timedelta(hours=1)
FAILURES_MAX: Final = 20_000
BATCH: Final = 500
# After the first, second … failure of one address; the last interval stays.
_WAITS: Final = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    timedelta(days=1),
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known about an address: its files when it is kept, else how often it failed and when to try again."""

    url: str
    source_host: str
    keys: tuple[str, str] | None
    fetched_at: datetime
    used_at: datetime
    failures: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture whose files are written: `keys` of the full and the small one. `source_host` is where redirects led."""

    url: str
    host: str
    source_host: str
    keys: tuple[str, str]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """How much is kept, and how many addresses could not be had."""

    pictures: int
    size_bytes: int
    failed: int


def wait_after(failures: int) -> timedelta:
    """How long an address that failed so often (at least once) is left alone. Pure."""
    return _WAITS[min(failures, len(_WAITS)) - 1]


def is_meant(host: str, blocked: str) -> bool:
    """Whether shutting out `blocked` concerns `host`: itself, without its port, or a domain above it. Pure."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    return blocked in (host, name) or name.endswith("." + blocked)


def find(rx: Reader, url: str) -> Remembered | None:
    """What is known about this address."""
    row = rx.one(
        "SELECT url, source_host, media_key, small_key, fetched_at, used_at, failures, due_at "
        "FROM remote_media WHERE url = ?",
        url,
    )
    if row is None:
        return None
    keys = (str(row[2]), str(row[3])) if row[2] and row[3] else None
    return Remembered(
        url=row[0],
        source_host=row[1],
        keys=keys,
        fetched_at=from_ms(row[4]),
        used_at=from_ms(row[5]),
        failures=row[6],
        due_at=from_ms(row[7]),
    )


def announce(unit: Unit, keys: Iterable[str]) -> None:
    """Say which files are about to be written, so that they are found if nothing comes of it."""
    _leave(unit, keys, unit.now + WRITING_AT_MOST)


def keep(unit: Unit, picture: NewPicture) -> None:
    """Remember a picture whose files are written, in the place of what was known about its address."""
    _drop(unit, picture.url)
    unit.tx.run(
        "INSERT INTO remote_media (url, host, source_host, state, media_key, small_key, size_bytes, fetched_at, used_at, "
        "failures, due_at, reason) VALUES (?, ?, ?, 'kept', ?, ?, ?, ?, ?, 0, 0, '')",
        picture.url,
        picture.host,
        picture.source_host,
        *picture.keys,
        picture.size_bytes,
        unit.now_ms,
        unit.now_ms,
    )
    strike_off(unit, picture.keys)


def note_failure(unit: Unit, url: str, host: str, reason: str) -> datetime:
    """Remember that an address could not be had; the moment from which it may be tried again."""
    before = find(unit.tx, url)
    failures = 1 + (before.failures if before else 0)
    due_at = unit.now + wait_after(failures)
    _drop(unit, url)
    unit.tx.run(
        "INSERT INTO remote_media (url, host, source_host, state, size_bytes, fetched_at, used_at, failures, due_at, "
        "reason) VALUES (?, ?, ?, 'failed', 0, ?, ?, ?, ?, ?)",
        url,
        host,
        host,
        unit.now_ms,
        unit.now_ms,
        failures,
        to_ms(due_at),
        reason,
    )
    return due_at


def note_use(unit: Unit, url: str) -> bool:
    """Remember that a picture was asked for; at most one change per picture and day."""
    return (
        unit.tx.run(
            "UPDATE remote_media SET used_at = ? WHERE url = ? AND state = 'kept' AND used_at <= ?",
            unit.now_ms,
            url,
            to_ms(unit.now - USE_NOTED_EVERY),
        )
        > 0
    )


def forget(unit: Unit, urls: Iterable[str]) -> int:
    """Let go of these addresses: what they belonged to was deleted. Returns how many pictures were kept."""
    return sum(_drop(unit, url.partition("#")[0]) for url in urls)


def forget_host(unit: Unit, blocked: str) -> int:
    """Let go of everything from a host that is shut out, and from those below it; how many pictures were kept."""
    dropped = 0
    for host in list_hosts(unit.tx):
        if is_meant(host, blocked):
            rows = unit.tx.all(
                "SELECT url FROM remote_media WHERE host = ? OR source_host = ?", host, host
            )
            dropped += forget(unit, [row[0] for row in rows])
    return dropped


def list_fetched_before(
    rx: Reader, moment: datetime, after: str, most: int
) -> Sequence[tuple[str, int]]:
    """What was fetched, or last failed, before `moment`: addresses with bytes, by address; `after` is the last one seen."""
    rows = rx.all(
        "SELECT url, size_bytes FROM remote_media WHERE fetched_at < ? AND url > ? ORDER BY url LIMIT ?",
        to_ms(moment),
        after,
        most,
    )
    return [(row[0], int(row[1])) for row in rows]


def forget_fetched_before(unit: Unit, moment: datetime) -> int:
    """Let go of what was fetched, or last failed, before `moment`; at most `BATCH` rows, how many."""
    rows = unit.tx.all(
        "SELECT url FROM remote_media WHERE fetched_at < ? ORDER BY fetched_at LIMIT ?",
        to_ms(moment),
        BATCH,
    )
    forget(unit, [row[0] for row in rows])
    return len(rows)


def forget_failures_beyond(unit: Unit, count_max: int = FAILURES_MAX) -> int:
    """Let go of the oldest failures, so that nobody fills the table with addresses that lead nowhere; how many rows."""
    row = unit.tx.one("SELECT COUNT(*) FROM remote_media WHERE state = 'failed'")
    surplus = (int(row[0]) if row else 0) - count_max
    if surplus <= 0:
        return 0
    rows = unit.tx.all(
        "SELECT url FROM remote_media WHERE state = 'failed' ORDER BY fetched_at LIMIT ?",
        min(surplus, BATCH),
    )
    forget(unit, [row[0] for row in rows])
    return len(rows)


def evict(unit: Unit, bytes_max: int) -> int:
    """Let go of what was asked for least recently until at most `bytes_max` are kept; at most `BATCH` pictures, how many."""
    surplus = usage(unit.tx).size_bytes - bytes_max
    if surplus <= 0:
        return 0
    victims = []
    for url, size_bytes in unit.tx.all(
        "SELECT url, size_bytes FROM remote_media WHERE state = 'kept' ORDER BY used_at, fetched_at LIMIT ?",
        BATCH,
    ):
        if surplus <= 0:
            break
        victims.append(url)
        surplus -= size_bytes
    return forget(unit, victims)


def list_hosts(rx: Reader) -> Sequence[str]:
    """Every host that something is known about."""
    rows = rx.all("SELECT host FROM remote_media UNION SELECT source_host FROM remote_media")
    return [row[0] for row in rows]


def list_leaving(rx: Reader, now: datetime) -> Sequence[str]:
    """Keys of files to delete by now, at most `BATCH`."""
    rows = rx.all(
        "SELECT media_key FROM remote_media_leaving WHERE due_at <= ? ORDER BY due_at LIMIT ?",
        to_ms(now),
        BATCH,
    )
    return [row[0] for row in rows]


def strike_off(unit: Unit, keys: Iterable[str]) -> None:
    """These files are deleted, or a row names them."""
    unit.tx.run_many(
        "DELETE FROM remote_media_leaving WHERE media_key = ?", [(key,) for key in keys]
    )


def usage(rx: Reader) -> Usage:
    """How much is kept."""
    found = {
        row[0]: (int(row[1]), int(row[2]))
        for row in rx.all(
            "SELECT state, COUNT(*), COALESCE(SUM(size_bytes), 0) FROM remote_media GROUP BY state"
        )
    }
    pictures, size_bytes = found.get(KEPT, (0, 0))
    return Usage(pictures, size_bytes, found.get(FAILED, (0, 0))[0])


def _drop(unit: Unit, url: str) -> int:
    """Remove a row; its files leave. 1 when there were files."""
    known = find(unit.tx, url)
    if known is None:
        return 0
    unit.tx.run("DELETE FROM remote_media WHERE url = ?", url)
    if known.keys is None:
        return 0
    _leave(unit, known.keys, unit.now)
    return 1


def _leave(unit: Unit, keys: Iterable[str], due_at: datetime) -> None:
    unit.tx.run_many(
        "INSERT INTO remote_media_leaving (media_key, due_at) VALUES (?, ?) "
        "ON CONFLICT (media_key) DO UPDATE SET due_at = excluded.due_at",
        [(key, to_ms(due_at)) for key in keys],
    )
