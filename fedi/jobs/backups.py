"""Backups that the server makes by itself, as often as `[backup]` says, and letting go of old ones."""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import Final

from fedi.backup import record, shelf
from fedi.backup.making import Wish, make_aside
from fedi.db.engine import Reader
from fedi.instance import Instance

log = logging.getLogger("fedi.jobs")

LOOK_EVERY: Final = timedelta(minutes=10)


async def back_up(instance: Instance) -> int:
    """Make a backup if it is time for one; how many were made."""
    config, now = instance.config, instance.clock.now()
    if not config.backup.every_hours:
        return 0

    def look(rx: Reader) -> tuple[bool, tuple[str, ...]]:
        last = record.find_last(rx)
        every = timedelta(hours=config.backup.every_hours)
        return last is None or now - last[0] >= every, tuple(record.recipients_of(rx, config))

    is_due, recipients = await instance.look(look)
    if not is_due:
        return 0
    if not recipients:
        log.warning("no backup: nobody has a key", extra={"why": "backup.no_key"})
        return 0
    wish = Wish(
        data=config.data_folder,
        folder=config.backup_folder,
        base_url=instance.urls.base,
        recipients=recipients,
        config_file=config.path,
        now=now,
        database=config.database,
    )
    made = await make_aside(wish)
    await instance.change(partial(record.note, made_at=now, file=str(made.file)))
    old = await asyncio.to_thread(
        shelf.prune, config.backup_folder, instance.urls.base, config.backup.keep
    )
    log.info("backup made", extra={"bytes": made.size_bytes, "deleted": len(old)})
    return 1
