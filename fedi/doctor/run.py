"""One examination: the table of checks, in order, each with a deadline. A configuration enters, findings leave one by one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from fedi.clock import SystemClock
from fedi.config import Config
from fedi.doctor import (
    caches,
    certificate,
    discovery,
    doors,
    inside,
    machine,
    names,
    pictures,
    proxy,
    rows,
    times,
    way,
)
from fedi.doctor.examination import Examination
from fedi.doctor.facts import gather
from fedi.doctor.finding import Finding, Verdict, skipped
from fedi.doctor.pass_file import new_pass, remove_pass, write_pass
from fedi.doctor.public import Public
from fedi.errors import RemoteError
from fedi.http.way_out import open_way_to_ourselves
from fedi.opening import Outside, user_agent
from fedi.urls import Urls

CHECK_S: Final = 60.0
Check = Callable[[Examination], Awaitable[Sequence[Finding]]]

# From inside, then from outside: each check may use what those before it found.
INSIDE: Final[tuple[tuple[str, Check], ...]] = (
    ("settings", machine.check_settings),
    ("files", machine.check_files),
    ("disk", machine.check_disk),
    ("engine", machine.check_engine),
    ("database", inside.check_database),
    ("arrivals", inside.check_arrivals),
    ("deliveries", inside.check_deliveries),
    ("hosts", inside.check_hosts),
    ("backup", inside.check_backup),
    ("pictures", pictures.check_pictures),
    ("rows", rows.check_rows),
)
OUTSIDE: Final[tuple[tuple[str, Check], ...]] = (
    ("way", way.check_way),
    ("names", names.check_names),
    ("certificate", certificate.check_certificate),
    ("reach", proxy.check_reach),
    ("clock", times.check_clock),
    ("host", proxy.check_host),
    ("scheme", proxy.check_scheme),
    ("path", proxy.check_path),
    ("signature", doors.check_signature),
    ("inbox", doors.check_inbox),
    ("body", doors.check_body),
    ("webfinger", discovery.check_webfinger),
    ("actor", discovery.check_actor),
    ("nodeinfo", discovery.check_nodeinfo),
    ("cache", caches.check_cache),
)
_NEED_NO_ANSWER: Final = frozenset({"way", "names", "certificate", "reach"})


async def examine(
    config: Config,
    outside: Outside | None = None,
    *,
    inside_only: bool = False,
    check_s: float = CHECK_S,
    on_check: Callable[[str], None] = lambda _name: None,
) -> AsyncIterator[Finding]:
    """Look at everything. `on_check` hears the name of each check before it begins; `check_s`: how long each may take.

    `outside` replaces the clock and the names of hosts in tests, as it does for the instance.
    """
    outside = outside or Outside()
    urls = Urls.of(config.instance.base_url, config.instance.onion_name)
    clock = outside.clock or SystemClock()
    transport = open_way_to_ourselves(config, outside.resolver)
    public = Public(urls, transport, new_pass(), user_agent(urls))
    facts = await gather(config)
    examination = Examination(config, urls, clock, public, outside.resolver, facts)
    try:
        for name, check in INSIDE + (() if inside_only else OUTSIDE):
            on_check(name)
            for finding in await _checked(examination, name, check, check_s):
                yield finding
    finally:
        if not inside_only:
            _withdraw(config)
        await transport.close()


async def _checked(
    examination: Examination, name: str, check: Check, check_s: float
) -> Sequence[Finding]:
    """The findings of one check; whatever goes wrong on the way is a finding too."""
    if not examination.is_reached and name in dict(OUTSIDE) and name not in _NEED_NO_ANSWER:
        return [skipped(name, "unreached")]
    if name in dict(OUTSIDE):
        _announce(examination)
    try:
        async with asyncio.timeout(check_s):
            return await check(examination)
    except RemoteError as problem:
        return [Finding(name, Verdict.FAULT, "doctor.broken.answer", {"code": problem.detail})]
    except TimeoutError:
        return [Finding(name, Verdict.FAULT, "doctor.broken.slow", {"seconds": int(check_s)})]


def _announce(examination: Examination) -> None:
    folder = examination.config.data_folder
    try:
        write_pass(folder, examination.public.token, examination.clock.now())
    except FileNotFoundError:
        # without a folder there is no server either; the check of files says so
        return
    except OSError:
        examination.may_announce = False


def _withdraw(config: Config) -> None:
    try:
        remove_pass(config.data_folder)
    except OSError:
        return
