"""What the database's own facts mean: damage, backlogs, hosts in trouble, the age of backups."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from fedi.backup import envelope
from fedi.backup.archive import Damaged
from fedi.clock import to_ms
from fedi.doctor import repairs
from fedi.doctor.examination import Examination
from fedi.doctor.facts import Facts
from fedi.doctor.finding import Finding, fault, skipped, warning, well

MINUTE_MS: Final = 60_000
ARRIVAL_LATE_MS: Final = 15 * MINUTE_MS
DELIVERY_LATE_MS: Final = 60 * MINUTE_MS
BACKLOG_HIGH: Final = 0.8
BACKUP_OLD_DAYS: Final = 7
BACKUPS_MISSED: Final = 2
NAMED_MAX: Final = 5
_HOUR_MS: Final = 60 * MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS


async def check_database(examination: Examination) -> Sequence[Finding]:
    """Whether the database can be read, is whole, and belongs to this configuration."""
    facts, base = examination.facts, examination.urls.base
    if facts is None:
        return [skipped("database", "no_database", folder=str(examination.config.data_folder))]
    if facts.integrity not in ("", "ok"):
        return [fault("database", "damaged", problem=facts.integrity)]
    if facts.base_url not in ("", base):
        line = repairs.setting("instance", f'base_url = "{facts.base_url}"')
        return [fault("database", "other_base", line, known=facts.base_url, base=base)]
    return [well("database")]


async def check_arrivals(examination: Examination) -> Sequence[Finding]:
    """Whether what came in is worked in time."""
    facts = _readable(examination.facts)
    if facts is None:
        return [skipped("arrivals", "no_facts")]
    most = examination.config.inbox.backlog_max
    return judge_arrivals(facts, examination.clock.now(), most)


def judge_arrivals(facts: Facts, now: datetime, backlog_max: int) -> list[Finding]:
    """Backlog, age of the oldest, and what was set aside because it broke something."""
    found = []
    late_ms = _age_ms(facts.inbox_oldest_ms, now)
    if facts.inbox_waiting >= backlog_max:
        found.append(fault("arrivals", "full", n=facts.inbox_waiting))
    elif facts.inbox_waiting >= backlog_max * BACKLOG_HIGH:
        found.append(warning("arrivals", "many", n=facts.inbox_waiting, most=backlog_max))
    elif late_ms > ARRIVAL_LATE_MS:
        minutes = late_ms // MINUTE_MS
        found.append(warning("arrivals", "late", n=facts.inbox_waiting, minutes=minutes))
    if facts.inbox_quarantined:
        found.append(warning("arrivals", "set_aside", n=facts.inbox_quarantined))
    return found or [well("arrivals", n=facts.inbox_waiting)]


async def check_deliveries(examination: Examination) -> Sequence[Finding]:
    """Whether what goes out goes out, where the other side is well."""
    facts = _readable(examination.facts)
    if facts is None:
        return [skipped("deliveries", "no_facts")]
    return [judge_deliveries(facts, examination.clock.now())]


def judge_deliveries(facts: Facts, now: datetime) -> Finding:
    """Age of the oldest letter that nothing seems to hold up."""
    late_ms = _age_ms(facts.deliveries_oldest_ms, now)
    if late_ms > DELIVERY_LATE_MS:
        minutes = late_ms // MINUTE_MS
        return warning("deliveries", "late", n=facts.deliveries_waiting, minutes=minutes)
    return well("deliveries", n=facts.deliveries_waiting)


async def check_hosts(examination: Examination) -> Sequence[Finding]:
    """Which hosts do not take what we send."""
    facts = _readable(examination.facts)
    if facts is None:
        return [skipped("hosts", "no_facts")]
    if not facts.troubled:
        return [well("hosts")]
    named = ", ".join(
        f"{each.host} ({each.reason})" if each.reason else each.host
        for each in facts.troubled[:NAMED_MAX]
    )
    return [warning("hosts", "troubled", n=len(facts.troubled), hosts=named)]


async def check_backup(examination: Examination) -> Sequence[Finding]:
    """When the last backup was made, whether it is still there, and whether the next one can be (R12)."""
    facts = _readable(examination.facts)
    if facts is None:
        return [skipped("backup", "no_facts")]
    config = examination.config
    if config.backup.every_hours and not config.backup.recipients and not facts.has_backup_key:
        return [warning("backup", "no_key")]
    lost = await asyncio.to_thread(look_at, facts.backup_file, config.backup_folder)
    if lost is not None:
        return [lost]
    return [judge_backup(facts.backup_at_ms, examination.clock.now(), config.backup.every_hours)]


def judge_backup(backup_at_ms: int | None, now: datetime, every_hours: int = 0) -> Finding:
    """A backup older than a week is nearly none; one that should have been made by itself is late much sooner."""
    if backup_at_ms is None:
        return warning("backup", "none")
    age_ms = _age_ms(backup_at_ms, now)
    days, hours = age_ms // _DAY_MS, age_ms // _HOUR_MS
    if every_hours and hours > BACKUPS_MISSED * every_hours:
        return warning("backup", "late", hours=hours, every=every_hours)
    return warning("backup", "old", n=days) if days > BACKUP_OLD_DAYS else well("backup", n=days)


def look_at(file: str, folder: Path) -> Finding | None:
    """What is wrong with a backup in the folder of backups; elsewhere it may be on a disk that is in a drawer by now."""
    path = Path(file)
    if not file or path.parent != folder:
        return None
    try:
        with path.open("rb") as opened:
            envelope.is_sealed(opened)
    except FileNotFoundError:
        return warning("backup", "missing", file=file)
    except (OSError, Damaged):
        return warning("backup", "unreadable", file=file)
    return None


def _readable(facts: Facts | None) -> Facts | None:
    """The facts, unless they come from a damaged database."""
    return facts if facts is not None and facts.integrity in ("", "ok") else None


def _age_ms(since_ms: int | None, now: datetime) -> int:
    return 0 if since_ms is None else max(0, to_ms(now) - since_ms)
