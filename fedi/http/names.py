"""Names to addresses, every one of them permitted: one forbidden address condemns the name. Remembered for a minute."""

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from fedi.http.guard import Policy, check_address
from fedi.http.transport import Addresses, Resolve

DNS_S: Final = 5.0
ADDRESSES_TRIED_MAX: Final = 8
KEPT_S: Final = 60.0
KEPT_MAX: Final = 5_000
_DNS_THREADS: Final = 32


class CheckedNames:
    """Looks names up for one transport, on one loop. `resolve` replaces the system's resolution; it is checked too."""

    def __init__(self, policy: Policy, resolve: Resolve | None) -> None:
        self._policy = policy
        self._resolve = resolve
        self._known: OrderedDict[tuple[str, int], tuple[float, Addresses]] = OrderedDict()
        self._asking: dict[tuple[str, int], asyncio.Task[Addresses]] = {}
        # Threads of its own: names that never answer must not occupy those the rest of the program uses.
        self._threads = ThreadPoolExecutor(_DNS_THREADS, "dns") if resolve is None else None

    async def look_up(self, host: str, port: int) -> Addresses:
        """Where this name leads. Raises OSError when nowhere, ForbiddenAddress when somewhere it must not."""
        if _is_address(host):
            check_address(host, self._policy.allowed_networks)
            return [(host, port)]
        place = (host, port)
        until, addresses = self._known.get(place, (0.0, ()))
        loop = asyncio.get_running_loop()
        if until > loop.time():
            return addresses
        task = self._asking.get(place)
        if task is None:
            task = self._asking[place] = loop.create_task(self._ask(host, port))
            task.add_done_callback(lambda _: self._asking.pop(place, None))
            # who asked may have gone when it fails
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        addresses = await asyncio.shield(task)
        self._known[place] = (loop.time() + KEPT_S, addresses)
        self._known.move_to_end(place)
        if len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return addresses

    def close(self) -> None:
        """Ask for nothing more."""
        for task in self._asking.values():
            task.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, host: str, port: int) -> Addresses:
        found = await self._answer(host, port)
        if not found:
            raise OSError(None, "no address")
        for address, _ in found:
            check_address(address, self._policy.allowed_networks)
        return found[:ADDRESSES_TRIED_MAX]

    async def _answer(self, host: str, port: int) -> Addresses:
        if self._resolve is not None:
            found = self._resolve(host, port)
            return await found if isinstance(found, Awaitable) else found
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DNS_S):
                return await loop.run_in_executor(self._threads, _system_addresses, host, port)
        except TimeoutError as problem:
            raise OSError(None, "name resolution took too long") from problem


def _is_address(host: str) -> bool:
    if not (host[-1:].isdigit() or ":" in host):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _system_addresses(host: str, port: int) -> Addresses:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys((str(info[4][0]), port) for info in found))
