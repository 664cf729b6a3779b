"""The production transport: connections to other servers, kept as long as they are of use.

Every address a name leads to is checked before the connection is made, and the connection is made to a checked address.
Through a proxy it is the name that is checked, nothing is resolved here, and no socket is opened to anything but the proxy
(S56). Redirects are answers like any other; following them is `fedi.http.client`'s decision.
"""

import asyncio
import socket
import ssl
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from aiohappyeyeballs import start_connection

from fedi.errors import ForbiddenAddress, RemoteError, RemoteUnreachable
from fedi.http.connection import Connection
from fedi.http.guard import Policy, check_address, check_url
from fedi.http.names import CheckedNames
from fedi.http.socks import Proxy
from fedi.http.tls import Context
from fedi.http.transport import Limits, Request, Resolve, Response

KEPT_S: Final = 30.0
# A circuit through six computers to an onion service takes longer than a connection.
PROXY_PATIENCE: Final = 3
_SECOND_ADDRESS_S: Final = 0.25

Place = tuple[str, str, int]
"""Scheme, host (an IPv6 address without brackets), port."""


class PooledTransport:
    """The production transport. `resolver` replaces the system's name resolution; its addresses are checked too.

    `extra_ca_file` adds authorities (PEM) to the system's. With a `proxy` everything goes through it or nowhere: no
    network is excepted, and connecting may take `PROXY_PATIENCE` times as long, within the same total. `patience`: every
    limit of time is multiplied by it. `connections`: so many exchanges at once at most; `kept`: so many connections
    wait for the next one at most. Everything belonging to a loop is made at the first `send`; `close` must run on that loop.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        extra_ca_file: str | None = None,
        resolver: Resolve | None = None,
        connections: int = 256,
        kept: int = 256,
        proxy: Proxy | None = None,
        patience: float = 1.0,
    ) -> None:
        if proxy is not None:
            policy = replace(policy, allowed_networks=(), is_proxied=True)
        self._policy = policy
        self._proxy = proxy
        self._patience = patience
        self._tls = Context.for_others(extra_ca_file)
        self._resolve = resolver
        self._connections = connections
        self._kept_max = kept
        self._pool: _Pool | None = None

    async def send(self, request: Request, limits: Limits) -> Response:
        """One exchange, retried once at most: when a kept connection turns out to be dead before any answer."""
        check_url(request.url, self._policy)
        pool = self._pool
        if pool is None:
            pool = self._pool = _Pool(
                self._tls,
                self._connections,
                self._kept_max,
                CheckedNames(self._policy, self._resolve) if self._proxy is None else None,
                self._proxy,
                self._policy,
            )
        return await pool.send(request, limits.stretched(self._patience))

    async def close(self) -> None:
        """Close all connections. A later `send` opens anew."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
            # what was said goodbye to goes in the next rounds of the loop
            await asyncio.sleep(0)


class _Pool:
    """Connections of one loop: those that wait for the next request, the last used first, and how many are open."""

    def __init__(
        self,
        tls: Context,
        most: int,
        kept: int,
        names: CheckedNames | None,
        proxy: Proxy | None,
        policy: Policy,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._tls = tls
        self._kept_max = kept
        self._names = names
        self._proxy = proxy
        self._policy = policy
        self._turns = asyncio.Semaphore(most)
        self._idle: OrderedDict[Connection, Place] = OrderedDict()
        self._idle_at: dict[Place, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def send(self, request: Request, limits: Limits) -> Response:
        place, target, host = _parts_of(request.url)
        data = _written(request, target, host)
        deadline = self._loop.time() + limits.total_s
        await self._take_turn(deadline)
        try:
            connection = self._kept(place)
            if connection is not None:
                try:
                    return await self._exchange(
                        connection, place, data, request.url, limits, deadline
                    )
                except RemoteUnreachable as problem:
                    # The peer closed an idle connection while we wrote: it has read nothing of this request,
                    # or will recognise the repeated activity id.
                    if problem.detail != "reset" or not connection.is_untouched:
                        raise
            connection = await self._connect(place, limits, deadline)
            return await self._exchange(connection, place, data, request.url, limits, deadline)
        finally:
            self._turns.release()

    def close(self) -> None:
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._open):
            if connection in self._idle:
                connection.close()
            else:
                connection.abort()
        if self._names is not None:
            self._names.close()

    async def _take_turn(self, deadline: float) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        except TimeoutError as problem:
            raise RemoteUnreachable(detail="timeout") from problem

    async def _exchange(
        self,
        connection: Connection,
        place: Place,
        data: bytes,
        url: str,
        limits: Limits,
        deadline: float,
    ) -> Response:
        try:
            return await connection.exchange(data, url, limits, deadline)
        finally:
            self._release(connection, place)

    def _kept(self, place: Place) -> Connection | None:
        waiting = self._idle_at.get(place)
        while waiting:
            connection = waiting.pop()
            del self._idle[connection]
            if not waiting:
                del self._idle_at[place]
            if connection.is_reusable:
                return connection
        return None

    def _release(self, connection: Connection, place: Place) -> None:
        if self._is_closed:
            connection.close()
        if not connection.is_reusable:
            return
        if place[0] == "https":
            self._tls.remember(place[1], connection.transport)
        connection.idle_since = self._loop.time()
        self._idle[connection] = place
        self._idle_at.setdefault(place, []).append(connection)
        if len(self._idle) > self._kept_max:
            self._close_oldest()
        if self._sweep is None:
            self._sweep = self._loop.call_later(KEPT_S, self._close_old)

    def _close_old(self) -> None:
        """Close what nobody needed for long, and come back when the next one is due."""
        self._sweep = None
        now = self._loop.time()
        while self._idle:
            oldest = next(iter(self._idle))
            if oldest.idle_since + KEPT_S > now:
                self._sweep = self._loop.call_at(oldest.idle_since + KEPT_S, self._close_old)
                return
            self._close_oldest()

    def _close_oldest(self) -> None:
        oldest = next(iter(self._idle))
        self._forget_idle(oldest)
        oldest.close()

    def _forget_idle(self, connection: Connection) -> None:
        place = self._idle.pop(connection, None)
        if place is None:
            return
        waiting = self._idle_at[place]
        waiting.remove(connection)
        if not waiting:
            del self._idle_at[place]

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._forget_idle(connection)

    async def _connect(self, place: Place, limits: Limits, deadline: float) -> Connection:
        """Raises RemoteUnreachable, ForbiddenAddress."""
        try:
            async with asyncio.timeout_at(deadline):
                if self._proxy is not None:
                    return await self._connect_through(self._proxy, place, limits)
                return await self._connect_directly(place, limits)
        except TimeoutError as problem:
            raise RemoteUnreachable(detail="timeout") from problem

    async def _connect_directly(self, place: Place, limits: Limits) -> Connection:
        assert self._names is not None
        try:
            addresses = await self._names.look_up(place[1], place[2])
        except RemoteError:
            raise
        except (OSError, ValueError) as problem:
            raise RemoteUnreachable(detail="dns") from problem
        async with asyncio.timeout(limits.connect_s):
            try:
                connected = await start_connection(
                    [_info_of(address, port) for address, port in addresses],
                    happy_eyeballs_delay=_SECOND_ADDRESS_S,
                    socket_factory=self._new_socket,
                )
            except TimeoutError:
                raise
            except (OSError, RuntimeError) as problem:
                raise RemoteUnreachable(detail="connect") from problem
            return await self._speak(connected, place)

    async def _connect_through(self, proxy: Proxy, place: Place, limits: Limits) -> Connection:
        patience_s = PROXY_PATIENCE * limits.connect_s
        async with asyncio.timeout(patience_s):
            connected = await proxy.connect(place[1], place[2], patience_s)
            return await self._speak(connected, place)

    async def _speak(self, connected: socket.socket, place: Place) -> Connection:
        """The connection over a socket that leads there; over TLS when it must be."""
        is_tls = place[0] == "https"
        try:
            _, connection = await self._loop.create_connection(
                lambda: Connection(self._loop, self._lost),
                sock=connected,
                ssl=self._tls if is_tls else None,
                server_hostname=place[1] if is_tls else None,
            )
        except BaseException as problem:
            connected.close()
            if isinstance(problem, ssl.SSLError | ssl.CertificateError):
                raise RemoteUnreachable(detail="tls") from problem
            if isinstance(problem, OSError) and not isinstance(problem, TimeoutError):
                raise RemoteUnreachable(detail="connect") from problem
            raise
        self._open.add(connection)
        return connection

    def _new_socket(self, info: Any) -> socket.socket:
        # The last word: this is the very address the socket will connect to.
        family, kind, proto, _, address = info
        check_address(address[0], self._policy.allowed_networks)
        return socket.socket(family=family, type=kind, proto=proto)


def _info_of(address: str, port: int) -> Any:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@lru_cache(maxsize=4096)
def _parts_of(url: str) -> tuple[Place, str, str]:
    """Where it is, what is asked for there, and under which name. Raises ForbiddenAddress."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as problem:
        raise ForbiddenAddress(detail="not_a_url") from problem
    if parts.username is not None or not parts.hostname or not url.isascii():
        raise ForbiddenAddress(detail="not_a_url")
    target = url.split("#", 1)[0].partition("://")[2][len(parts.netloc) :]
    if not target.startswith("/"):
        target = f"/{target}"
    usual = 443 if parts.scheme == "https" else 80
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if port in {None, usual} else f"{name}:{port}"
    return (parts.scheme, parts.hostname, port or usual), target, host


def _written(request: Request, target: str, host: str) -> bytes:
    """The request as it goes out. Raises ForbiddenAddress for a line that would become two."""
    headers = request.headers
    lines = [f"{request.method} {target} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {host}")
    lines.extend(f"{name}: {value}" for name, value in headers.items())
    if "Accept-Encoding" not in headers:
        lines.append("Accept-Encoding: identity")
    body = request.body
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or "\0" in head:
        raise ForbiddenAddress(detail="not_a_header")
    return head.encode() + b"\r\n\r\n" + (body or b"")
