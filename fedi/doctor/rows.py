"""Whether what is stored still is what was proved when it came (R19): our pairs of keys, the origins of what is others', that
every letter still has its words, and that nothing was taken out of the journal.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from actors import journal, keys
from fedi import secret
from fedi.canonical import same_origin
from fedi.config import Config
from fedi.db.engine import Reader
from fedi.doctor.beside import look_beside
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, skipped, warning, well
from fedi.errors import Invalid, SetupError, Unavailable
from fedi.publications import store as publication_store
from fedi.sources import store as source_store
from fedi.sources.mirror import is_mirror
from outbox import store as outbox_store

PAGE: Final = 2_000


async def check_rows(examination: Examination) -> Sequence[Finding]:
    """Keys first: without them nobody believes us."""
    facts = examination.facts
    if facts is None or facts.integrity not in ("", "ok"):
        return [skipped("rows", "no_facts")]
    return await asyncio.to_thread(_judge, examination.config)


def _judge(config: Config) -> list[Finding]:
    try:
        present = secret.load(config.data_folder, has_database=True)
        return look_beside(config, lambda rx: _look(config, rx, present))
    except (OSError, SetupError, Unavailable, sqlite3.Error):
        # that the secret is missing or another's is said of the files
        return [skipped("rows", "no_facts")]


def _look(config: Config, rx: Reader, present: bytes) -> list[Finding]:
    unfit = keys.list_unfit(rx, secret.true_one(config.data_folder, rx, present))
    sources = source_store.authors(rx)
    elsewhere = sum(
        not (owner in sources if is_mirror(uri) else _is_at(uri, owner))
        for uri, owner in _of_others(rx)
    )
    orphans = outbox_store.count_orphans(rx)
    found = [fault("rows", "keys", n=len(unfit), key=unfit[0])] if unfit else []
    if elsewhere:
        found.append(warning("rows", "origins", n=elsewhere))
    if orphans:
        found.append(warning("rows", "orphans", n=orphans))
    if (broken := journal.find_break(rx)) is not None:
        found.append(fault("rows", "journal", n=broken))
    return found or [well("rows")]


def _of_others(rx: Reader) -> Iterator[tuple[str, str]]:
    """Ids of keys and publications of others, each with its owner."""
    pair = ("", "")
    while page := keys.list_of_others(rx, pair, PAGE):
        yield from ((uri, owner) for owner, uri in page)
        pair = page[-1]
    row = 0
    while rows := publication_store.list_of_others(rx, row, PAGE):
        yield from ((uri, author) for _, uri, author in rows)
        row = rows[-1][0]


def _is_at(uri: str, owner: str) -> bool:
    try:
        return same_origin(uri, owner)
    except Invalid:
        return False
