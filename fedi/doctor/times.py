"""Our clock beside those of others: signatures are refused when they differ too much (R10)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Final

from fedi.clock import Clock
from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, fault, warning, well
from fedi.errors import RemoteError
from fedi.http.headers import moment_of
from fedi.http.transport import Limits, Request, Transport
from fedi.http.way_out import open_way_out
from fedi.onion import is_onion

WARN_S: Final = 60
BROKEN_S: Final = 300
OTHERS_MAX: Final = 5
_LIMITS: Final = Limits(4_096, total_s=8.0, cut=True)


async def check_clock(examination: Examination) -> Sequence[Finding]:
    """The date of our own answer, and of a few servers that took something from us lately."""
    own = examination.answered_at and _seconds_ahead(*examination.answered_at)
    known = examination.facts.healthy_hosts if examination.facts else ()
    return [judge(own, await _ask_others(examination, known[:OTHERS_MAX]))]


def judge(own: int | None, others: Sequence[int]) -> Finding:
    """`own`, `others`: by how many seconds the dates of answers are ahead of our clock."""
    if len(others) >= 2 and abs(middle := round(median(others))) > WARN_S:
        outcome = fault if abs(middle) > BROKEN_S else warning
        return outcome("clock", "differs", seconds=abs(middle), n=len(others))
    if own is not None and abs(own) > WARN_S:
        return warning("clock", "proxy_differs", seconds=abs(own))
    if len(others) < 2:
        return well("clock", "alone")
    return well("clock", n=len(others))


async def _ask_others(examination: Examination, known: Sequence[str]) -> list[int]:
    """Differences of those that answer; one unsigned question each."""
    if not known:
        return []
    transport = open_way_out(examination.config, examination.resolver)
    agent = examination.public.user_agent
    try:
        asked = (_ask(transport, examination.clock, agent, host) for host in known)
        return [each for each in await asyncio.gather(*asked) if each is not None]
    finally:
        await transport.close()


async def _ask(transport: Transport, clock: Clock, agent: str, host: str) -> int | None:
    headers = {"User-Agent": agent, "Accept": "application/json"}
    scheme = "http" if is_onion(host) else "https"
    request = Request("HEAD", f"{scheme}://{host}/.well-known/nodeinfo", headers)
    asked = clock.now()
    try:
        response = await transport.send(request, _LIMITS)
    except RemoteError:
        return None
    dated = moment_of(response.headers.get("date", ""))
    return None if dated is None else _seconds_ahead(asked, dated)


def _seconds_ahead(here: datetime, there: datetime) -> int:
    return int((there - here).total_seconds())
