"""Fetching block lists: an address enters, drafts leave. What changes is never applied by itself (S95)."""

import logging
from typing import Final

from actors import blocks
from fedi.canonical import canonical, host_of
from fedi.errors import FediError, Forbidden
from fedi.instance import Instance
from fedi.moderation import blocklists
from fedi.moderation.blocklists import Taken
from fedi.moderation.listed_hosts import BYTES_MAX, ParsedList, parse_list
from fedi.unit import Unit

log = logging.getLogger("fedi.moderation")

ACCEPT: Final = "text/csv, text/plain;q=0.9, */*;q=0.1"


async def fetch_list(instance: Instance, url: str) -> ParsedList:
    """The list at `url`. Raises Invalid, Forbidden for a host that is shut out, RemoteError."""
    url = canonical(url)

    async def may_ask(address: str) -> bool:
        host = host_of(address)
        return not await instance.look(lambda rx: blocks.is_host_blocked(rx, host))

    if not await may_ask(url):
        raise Forbidden("error.host_blocked", detail=host_of(url))
    raw = await instance.http.fetch_text(url, ACCEPT, bytes_max=BYTES_MAX, may_ask=may_ask)
    return parse_list(raw)


async def take_from(instance: Instance, url: str) -> tuple[ParsedList, Taken]:
    """Fetch a list and make drafts of what is new in it. Raises like `fetch_list`."""
    parsed = await fetch_list(instance, url)

    def work(unit: Unit) -> Taken:
        blocklists.note_fetch(unit, url)
        return blocklists.take(unit, url, parsed, is_whole=True)

    return parsed, await instance.change(work)


async def fetch_due(instance: Instance) -> int:
    """Fetch every subscribed list whose day has come; how many were asked for."""
    due = await instance.look(lambda rx: blocklists.list_due(rx, instance.clock.now()))
    for url in due:
        try:
            await take_from(instance, url)
        except FediError as problem:
            log.warning("block list rests", extra={"why": problem.message_key})
            await _note_problem(instance, url, problem.message_key)
    return len(due)


async def _note_problem(instance: Instance, url: str, problem: str) -> None:
    await instance.change(lambda unit: blocklists.note_fetch(unit, url, problem))
