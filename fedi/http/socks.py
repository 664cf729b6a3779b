"""The way through a SOCKS5 proxy such as Tor. A name and a port enter, a socket that leads there leaves.

The proxy is told names, never addresses, and this machine asks no resolver. Each host is asked for with a password of
its own, so that Tor gives each a circuit of its own (IsolateSOCKSAuth) and no exit sees whom else we talk to.
"""

import asyncio
import secrets
import socket
from typing import Final

from fedi.errors import RemoteUnreachable

GREETING_S: Final = 5.0
REFUSED_THERE: Final = 5
_VERSION: Final = 5
_PASSWORD: Final = 2
_ASK_FOR_PASSWORD: Final = bytes([_VERSION, 1, _PASSWORD])
# What a proxy answers when it did its work and the other host did not (RFC 1928, 6): anything else is its own failure.
_ABOUT_THE_HOST: Final = frozenset({1, 2, 3, 4, REFUSED_THERE, 6})


class Proxy:
    """A proxy at an address (never a name). One for each transport: two transports share no circuit."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._user = secrets.token_hex(8)

    async def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A socket to `host` through the proxy. Raises RemoteUnreachable, whose detail says whose failure it is:
        `proxy`, or `timeout`, `connect`, `behind_proxy` for the other host's.
        """
        # few have a proxy, and everybody waits for what is loaded at the start
        from python_socks import ProxyError, ProxyType  # noqa: PLC0415
        from python_socks.async_.asyncio import Proxy as Way  # noqa: PLC0415

        way = Way(
            ProxyType.SOCKS5,
            self.host,
            self.port,
            username=self._user,
            password=host,
            rdns=True,
            loop=asyncio.get_running_loop(),
        )
        try:
            return await way.connect(host, port, timeout=timeout_s)
        except TimeoutError as problem:
            raise RemoteUnreachable(detail="timeout") from problem
        except ProxyError as problem:
            raise RemoteUnreachable(detail=_meaning_of(problem.error_code)) from problem
        except (OSError, ValueError, IndexError) as problem:
            # OSError: nobody listens there, or it hung up; the others: it answers something that is not SOCKS5
            raise RemoteUnreachable(detail="proxy") from problem


async def greet(host: str, port: int) -> str:
    """What listens there: `ok`, `no_password` (SOCKS5 that keeps no circuits apart), `not_socks` or `silent`."""
    try:
        async with asyncio.timeout(GREETING_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(_ASK_FOR_PASSWORD)
                answer = await reader.readexactly(2)
            finally:
                writer.close()
    except asyncio.IncompleteReadError as problem:
        return "not_socks" if problem.partial else "silent"
    except (OSError, TimeoutError):
        return "silent"
    if answer[0] != _VERSION:
        return "not_socks"
    return "ok" if answer[1] == _PASSWORD else "no_password"


def _meaning_of(code: int | None) -> str:
    if code == REFUSED_THERE:
        return "connect"
    return "behind_proxy" if code in _ABOUT_THE_HOST else "proxy"
