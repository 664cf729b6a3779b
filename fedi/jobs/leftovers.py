"""Files of pictures that nobody refers to: half-written ones of an upload that was interrupted, whole ones without a row.

A file is young while an upload runs, and its row follows within minutes: only old ones are touched.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

from fedi.instance import Instance
from fedi.media import store
from fedi.media.places import aside
from fedi.media.remote import storage_of
from fedi.media.storage import Stored

log = logging.getLogger("fedi.jobs")

AT_ONCE: Final = 500
DAY_S: Final = 24 * 3600


async def remove(instance: Instance) -> int:
    """Delete what is left over, here and among the pictures from elsewhere; how many files."""
    removed = 0
    for storage in (instance.media, storage_of(instance)):
        removed += await aside(storage.remove_unfinished)
    orphans = [stored.key for stored in await find(instance)]
    await delete_files(instance, orphans)
    if orphans or removed:
        log.info("files removed", extra={"unfinished": removed, "unknown": len(orphans)})
    return removed + len(orphans)


async def find(instance: Instance) -> list[Stored]:
    """Whole files that no row names, older than an unused upload may become."""
    age_s = instance.config.retention.unused_uploads_days * DAY_S
    old = await aside(lambda: list(instance.media.iterate_older(age_s)))
    orphans: list[Stored] = []
    for first in range(0, len(old), AT_ONCE):
        some = old[first : first + AT_ONCE]
        known = await instance.look(
            partial(store.list_known_keys, keys=[stored.key for stored in some])
        )
        orphans += [stored for stored in some if stored.key not in known]
    return orphans


async def delete_files(instance: Instance, keys: Sequence[str]) -> None:
    """Delete these files of members' pictures."""
    for key in keys:
        await aside(instance.media.delete, key)
