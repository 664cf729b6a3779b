"""Backups that the server makes by itself: as often as `[backup]` says and when a steward asks for one; letting go of old ones."""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import Final

from fedi.backup import record, shelf
from fedi.backup.making import Made, Wish, make_aside
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.errors import FediError, NotFound
from fedi.instance import Instance
from fedi.unit import Unit

log = logging.getLogger("fedi.jobs")

# What failed is tried again after so long, or at once when somebody asks.
AGAIN: Final = timedelta(minutes=10)


async def back_up(instance: Instance) -> int:
    """Make a backup if it is time for one or somebody asked; how many were made. A failure is noted for the stewards."""
    if not await instance.look(lambda rx: is_due(rx, instance)):
        return 0
    await instance.change(record.take_wish)
    try:
        made = await _make(instance)
    except FediError as problem:
        failure = problem
        await instance.change(lambda unit: record.note_failure(unit, failure))
        log.warning("no backup", extra={"why": problem.message_key})
        return 0
    config = instance.config
    old = await asyncio.to_thread(
        partial(
            shelf.prune,
            config.backup_folder,
            instance.urls.base,
            config.backup.keep,
            spare=made.file,
        )
    )
    log.info("backup made", extra={"bytes": made.size_bytes, "deleted": len(old)})
    return 1


def is_due(rx: Reader, instance: Instance) -> bool:
    """Whether one is to be made now."""
    if record.is_wanted(rx):
        return True
    now, hours = instance.clock.now(), instance.config.backup.every_hours
    failure, last = record.find_failure(rx), record.find_last(rx)
    # that nobody has a key is told by the doctor and by the page, and not written into the log again and again
    if not hours or not record.recipients_of(rx, instance.config):
        return False
    if failure is not None and timedelta() <= now - from_ms(failure.at_ms) < AGAIN:
        return False
    # made later than now: the clock was ahead, and waiting for it could take years
    return last is None or not timedelta() <= now - last[0] < timedelta(hours=hours)


async def _make(instance: Instance) -> Made:
    """Written, read back and noted. Raises FediErrors."""
    config, now = instance.config, instance.clock.now()
    recipients = await instance.look(lambda rx: tuple(record.recipients_of(rx, config)))
    if not recipients:
        raise NotFound("backup.no_key")
    wish = Wish(
        data=config.data_folder,
        folder=config.backup_folder,
        base_url=instance.urls.base,
        recipients=recipients,
        config_file=config.path,
        now=now,
        database=config.database,
        pictures=instance.media,
    )
    made = await make_aside(wish)

    def note(unit: Unit) -> None:
        record.note(unit, now, str(made.file))

    await instance.change(note)
    return made
