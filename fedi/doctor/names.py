"""Our name in the DNS: whether it leads anywhere, and whether others can go there."""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Sequence
from typing import Final
from urllib.parse import urlsplit

from fedi.doctor.examination import Examination
from fedi.doctor.finding import Finding, skipped, warning, well
from fedi.doctor.finding import fault as fault_of
from fedi.errors import ForbiddenAddress
from fedi.http.guard import check_address

LOOK_UP_S: Final = 10.0
CONNECT_S: Final = 5.0
SHOWN_MAX: Final = 6
# A machine without IPv6 can say nothing about an IPv6 address.
_NO_WAY: Final = frozenset({errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


async def check_names(examination: Examination) -> Sequence[Finding]:
    """A and AAAA of our host; private ones are noticed."""
    parts = urlsplit(examination.urls.base)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if host.endswith(".onion"):
        return [skipped("names", "onion")]
    if examination.config.network.proxy is not None:
        # asking a resolver here would tell it who runs this server
        return [skipped("names", "proxied")]
    try:
        places = await _look_up(examination, host, port)
    except (OSError, TimeoutError):
        places = []
    examination.addresses = tuple(address for address, _ in places)
    dead = await _dead_among(places) if len(places) > 1 else []
    return [judge(host, examination.addresses, dead)]


def judge(host: str, addresses: Sequence[str], dead: Sequence[str] = ()) -> Finding:
    """What the addresses of `host` mean for those who want to reach it. `dead`: those where nobody answers."""
    if not addresses:
        return fault_of("names", "none", host=host)
    shown = ", ".join(addresses[:SHOWN_MAX])
    private = [address for address in addresses if not _is_public(address)]
    if all(_is_loopback(address) for address in addresses):
        return skipped("names", "loopback", host=host)
    if private:
        return warning("names", "private", host=host, addresses=", ".join(private[:SHOWN_MAX]))
    if dead and len(dead) < len(addresses):
        # when all are dead, the check of the public address says so
        return warning("names", "dead", host=host, addresses=", ".join(dead[:SHOWN_MAX]))
    return well("names", host=host, addresses=shown)


async def _look_up(examination: Examination, host: str, port: int) -> list[tuple[str, int]]:
    if examination.resolver is not None:
        found = examination.resolver(host, port)
        return list(dict.fromkeys(await found if isinstance(found, Awaitable) else found))
    async with asyncio.timeout(LOOK_UP_S):
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(info[4][0]), port) for info in infos))


async def _dead_among(places: Sequence[tuple[str, int]]) -> list[str]:
    """Addresses that take no connection, of those that this machine has a way to."""
    answers = await asyncio.gather(*(_is_dead(*place) for place in places[:SHOWN_MAX]))
    return [address for (address, _), is_dead in zip(places, answers, strict=False) if is_dead]


async def _is_dead(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError) as problem:
        return getattr(problem, "errno", None) not in _NO_WAY
    writer.close()
    return False


def _is_public(address: str) -> bool:
    try:
        check_address(address)
    except ForbiddenAddress:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
