"""All numbers as of this moment: those that were counted, and those that only the database and the machine know."""

import asyncio
import resource
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fedi import chores
from fedi.clock import from_ms
from fedi.db.engine import Reader
from fedi.doctor.finding import Verdict
from fedi.doctor.nightly import Night, find_night
from fedi.errors import Unavailable
from fedi.instance import Instance
from fedi.media import cache
from fedi.metrics import Family, Sample
from fedi.observe import families as f
from inbox import store as inbox_store
from outbox import hosts
from outbox import store as outbox_store

DATABASE_S: Final = 5.0
Told = Sequence[tuple[Family, Sequence[Sample]]]


async def measure(instance: Instance) -> Told:
    """Every family in the order of its table, with its samples. What cannot be known just now is missing."""
    found: dict[Family, list[Sample]] = {}

    def say(family: Family, value: float, word: str = "") -> None:
        labels = dict(zip(family.labels, (word,), strict=False))
        found.setdefault(family, []).append(Sample(family.name, labels, value))

    say(f.UP_S, instance.metrics.age_s)
    say(f.MEMORY, resident_bytes())
    documents = instance.documents
    say(f.DOCUMENTS, documents.at_door, "door")
    say(f.DOCUMENTS, documents.from_memory, "memory")
    say(f.DOCUMENTS, documents.rendered, "made")
    say(f.DOCUMENTS_KEPT, documents.entries)
    say(f.DOCUMENTS_BYTES, documents.size_bytes)
    say(f.DISK_FREE, await asyncio.to_thread(_free_bytes, instance.config.data_folder))
    state = await _ask_database(instance)
    say(f.DATABASE_UP, state is not None)
    if state is not None:
        for queue, standing in state.queues.items():
            say(f.WAITING, standing.waiting, queue)
            say(f.LATE_S, standing.late_s, queue)
            if standing.oldest_s is not None:
                say(f.OLDEST_S, standing.oldest_s, queue)
        say(f.SET_ASIDE, state.set_aside)
        say(f.TROUBLED, state.troubled)
        say(f.PICTURES_BYTES, state.pictures_bytes)
        say(f.DATABASE_BYTES, state.size_bytes)
        if state.night is not None:
            for verdict in (Verdict.WARNING, Verdict.FAULT):
                count = sum(each.verdict == verdict for each in state.night.findings)
                say(f.NOT_WELL, count, verdict.value)
            looked = instance.clock.now() - from_ms(state.night.at_ms)
            say(f.LOOKED_S, max(0.0, looked.total_seconds()))
    return [
        (family, found.get(family) or instance.metrics.samples(family)) for family in f.FAMILIES
    ]


def resident_bytes() -> int:
    """The memory of this process that is in use; where the system does not say, the most it ever was."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@dataclass(frozen=True, slots=True)
class _Standing:
    """One queue: how many wait, since when the oldest (0 for none, None where nobody knows), how late the first is."""

    waiting: int
    oldest_s: float | None
    late_s: float


@dataclass(frozen=True, slots=True)
class _State:
    """What the database knows."""

    queues: Mapping[str, _Standing]
    set_aside: int
    troubled: int
    pictures_bytes: int
    size_bytes: int
    night: Night | None


async def _ask_database(instance: Instance) -> _State | None:
    """None when it does not answer."""
    now = instance.clock.now()

    def ago(moment: datetime | None) -> float:
        return max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0

    def look(rx: Reader) -> tuple[dict[str, _Standing], int, int, int, Night | None]:
        queues = {
            f.INBOX: _Standing(
                inbox_store.count_waiting(rx),
                ago(inbox_store.oldest_waiting(rx)),
                ago(inbox_store.first_due(rx)),
            ),
            f.DELIVERIES: _Standing(
                outbox_store.count_waiting(rx),
                ago(outbox_store.oldest_waiting(rx)),
                ago(hosts.next_due(rx)),
            ),
            f.CHORES_QUEUE: _Standing(chores.count_waiting(rx), None, ago(chores.next_due(rx))),
        }
        set_aside = inbox_store.count_all_set_aside(rx)
        size_bytes = cache.usage(rx).size_bytes
        return queues, set_aside, hosts.count_troubled(rx), size_bytes, find_night(rx)

    try:
        async with asyncio.timeout(DATABASE_S):
            queues, set_aside, troubled, pictures_bytes, night = await instance.look(look)
            size_bytes = await instance.db.weigh()
    except (Unavailable, TimeoutError):
        return None
    return _State(queues, set_aside, troubled, pictures_bytes, size_bytes, night)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
