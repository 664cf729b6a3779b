"""Our name in the DNS: whether it leads anywhere, and whether others can go there."""

import asyncio
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
SHOWN_MAX: Final = 6


async def check_names(examination: Examination) -> Sequence[Finding]:
    """A and AAAA of our host; private ones are noticed."""
    parts = urlsplit(examination.urls.base)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if host.endswith(".onion"):
        return [skipped("names", "onion")]
    try:
        addresses = await _look_up(examination, host, port)
    except (OSError, TimeoutError):
        addresses = ()
    examination.addresses = addresses
    return [judge(host, addresses)]


def judge(host: str, addresses: Sequence[str]) -> Finding:
    """What the addresses of `host` mean for those who want to reach it."""
    if not addresses:
        return fault_of("names", "none", host=host)
    shown = ", ".join(addresses[:SHOWN_MAX])
    private = [address for address in addresses if not _is_public(address)]
    if all(_is_loopback(address) for address in addresses):
        return skipped("names", "loopback", host=host)
    if private:
        return warning("names", "private", host=host, addresses=", ".join(private[:SHOWN_MAX]))
    return well("names", host=host, addresses=shown)


async def _look_up(examination: Examination, host: str, port: int) -> tuple[str, ...]:
    if examination.resolver is not None:
        found = examination.resolver(host, port)
        listed = await found if isinstance(found, Awaitable) else found
        return tuple(dict.fromkeys(address for address, _ in listed))
    async with asyncio.timeout(LOOK_UP_S):
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]) for info in infos))


def _is_public(address: str) -> bool:
    try:
        check_address(address)
    except ForbiddenAddress:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
