"""The production transport, over aiohttp. The only module that knows an HTTP client library.

Every address a name leads to is checked before the connection is made, and the connection is made to a checked
address. Through a proxy it is the name that is checked, nothing is resolved here, and no socket is opened to anything
but the proxy (S56). Redirects are answers like any other; following them is `fedi.http.client`'s decision.
"""

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final, NoReturn

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from fedi.errors import ForbiddenAddress, RemoteError, RemoteMalformed, RemoteUnreachable
from fedi.http.guard import Policy, check_address, check_url
from fedi.http.socks import Proxy
from fedi.http.transport import Addresses, Limits, Request, Resolve, Response

DNS_S: Final = 5.0
ADDRESSES_TRIED_MAX: Final = 8
HEADERS_BYTES_MAX: Final = 64 * 1024
CUT_BODY_S: Final = 2.0
_DNS_THREADS: Final = 32
# A circuit through six computers to an onion service takes longer than a connection.
PROXY_PATIENCE: Final = 3
# What stands for every address when only the proxy knows them; nothing ever connects to it.
_NOWHERE: Final = "0.0.0.0"  # noqa: S104
# The parser raises one class for everything; only its words tell a header bomb from noise.
_TOO_LARGE: Final = re.compile("got more than|too many headers", re.IGNORECASE)


class AiohttpTransport:
    """The production transport. `resolver` replaces the system's name resolution; its addresses are checked too.

    `extra_ca_file` adds authorities (PEM) to the system's. With a `proxy` everything goes through it or nowhere: no
    network is excepted, and connecting may take `PROXY_PATIENCE` times as long, within the same total. `patience`: every
    limit of time is multiplied by it. Everything belonging to a loop is made at the first `send`; `close` must run on that
    loop.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        extra_ca_file: str | None = None,
        resolver: Resolve | None = None,
        connections: int = 256,
        proxy: Proxy | None = None,
        patience: float = 1.0,
    ) -> None:
        if proxy is not None:
            policy = replace(policy, allowed_networks=(), is_proxied=True)
        self._policy = policy
        self._proxy = proxy
        self._patience = patience
        self._tls = _tls_context(extra_ca_file)
        self._resolve = resolver
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._names: _CheckedResolver | _NoResolver | None = None

    async def send(self, request: Request, limits: Limits) -> Response:
        """One exchange, retried once at most: when a kept connection turns out to be dead before any answer."""
        check_url(request.url, self._policy)
        session = self._session or self._open()
        limits = limits.stretched(self._patience)
        try:
            async with asyncio.timeout(limits.total_s):
                attempt = _Attempt()
                token = _ATTEMPT.set(attempt)
                try:
                    return await _exchange(session, request, limits)
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as problem:
                    if attempt.is_new or isinstance(problem, aiohttp.ClientConnectorError):
                        raise
                    # The peer closed an idle connection while we wrote: it has read nothing of this request,
                    # or will recognise the repeated activity id.
                    return await _exchange(session, request, limits)
                finally:
                    _ATTEMPT.reset(token)
        except RemoteError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as problem:
            raise _translated(problem) from problem

    async def close(self) -> None:
        """Close all connections. A later `send` opens anew."""
        session, self._session = self._session, None
        names, self._names = self._names, None
        if session is not None:
            await session.close()
        if names is not None:
            await names.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = self._direct() if self._proxy is None else self._proxied(self._proxy)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            max_line_size=8190,
            max_field_size=16380,
            max_headers=200,
        )
        return self._session

    def _direct(self) -> aiohttp.TCPConnector:
        self._names = _CheckedResolver(self._policy, self._resolve)
        return aiohttp.TCPConnector(
            resolver=self._names,
            socket_factory=self._new_socket,
            ssl=self._tls,
            limit=self._connections,
            ttl_dns_cache=60,
            keepalive_timeout=30.0,
        )

    def _proxied(self, proxy: Proxy) -> aiohttp.TCPConnector:
        self._names = _NoResolver()
        return _ProxiedConnector(
            proxy,
            resolver=self._names,
            socket_factory=_no_socket,
            ssl=self._tls,
            limit=self._connections,
            use_dns_cache=False,
            keepalive_timeout=30.0,
        )

    def _new_socket(self, info: Any) -> socket.socket:
        # The last word: this is the very address the socket will connect to.
        family, kind, proto, _, address = info
        check_address(address[0], self._policy.allowed_networks)
        attempt = _ATTEMPT.get(None)
        if attempt is not None:
            attempt.is_new = True
        return socket.socket(family=family, type=kind, proto=proto)


class _Attempt:
    __slots__ = ("is_new",)

    def __init__(self) -> None:
        self.is_new = False


_ATTEMPT: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


class _ProxiedConnector(aiohttp.TCPConnector):
    """Connections that the proxy makes. TLS and its names are as without one."""

    def __init__(self, proxy: Proxy, **more: Any) -> None:
        super().__init__(**more)
        self._through = proxy

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        # Should the library ever stop calling this, `_no_socket` is what remains: a failure, no connection.
        host, port = req.url.raw_host, req.port
        assert host is not None
        assert port is not None
        attempt = _ATTEMPT.get(None)
        if attempt is not None:
            attempt.is_new = True
        patience_s = PROXY_PATIENCE * (timeout.sock_connect or 0.0)
        async with asyncio.timeout(patience_s):
            connected = await self._through.connect(host, port, patience_s)
            try:
                return await self._loop.create_connection(*args, **kwargs, sock=connected)
            except ssl.SSLError:
                raise
            except OSError as problem:
                if isinstance(problem, TimeoutError):
                    raise
                raise client_error(req.connection_key, problem) from problem


class _NoResolver(AbstractResolver):
    """Resolves nothing: the proxy does."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=_NOWHERE,
                port=port,
                family=socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
        ]

    async def close(self) -> None:
        return


def _no_socket(_info: Any) -> NoReturn:
    raise ForbiddenAddress(detail="not_through_the_proxy")


class _CheckedResolver(AbstractResolver):
    """Names to addresses, every one of them permitted; one forbidden address condemns the name."""

    def __init__(self, policy: Policy, resolve: Resolve | None) -> None:
        self._policy = policy
        self._resolve = resolve
        # Threads of its own: names that never answer must not occupy those the rest of the program uses.
        self._threads = ThreadPoolExecutor(_DNS_THREADS, "dns") if resolve is None else None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._look_up(host, port)
        if not found:
            raise OSError(None, "no address")
        for address, _ in found:
            check_address(address, self._policy.allowed_networks)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=its_port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, its_port in found[:ADDRESSES_TRIED_MAX]
        ]

    async def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, host: str, port: int) -> Addresses:
        if self._resolve is not None:
            found = self._resolve(host, port)
            return await found if isinstance(found, Awaitable) else found
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DNS_S):
                return await loop.run_in_executor(self._threads, _system_addresses, host, port)
        except TimeoutError as problem:
            raise OSError(None, "name resolution took too long") from problem


def _system_addresses(host: str, port: int) -> Addresses:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys((str(info[4][0]), port) for info in found))


def _tls_context(extra_ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if extra_ca_file is not None:
        context.load_verify_locations(cafile=extra_ca_file)
    return context


async def _exchange(session: aiohttp.ClientSession, request: Request, limits: Limits) -> Response:
    headers = request.headers
    if "Accept-Encoding" not in headers:
        headers = {**headers, "Accept-Encoding": "identity"}
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=limits.connect_s, sock_read=limits.first_byte_s
    )
    async with session.request(
        request.method,
        URL(request.url, encoded=True),
        headers=headers,
        data=request.body,
        allow_redirects=False,
        timeout=timeout,
    ) as answer:
        if answer.version is None or answer.version.major != 1:
            raise RemoteUnreachable(detail="protocol")
        received = _joined_headers(answer)
        body = await _body_of(answer, received, limits)
        return Response(answer.status, received, body, request.url)


def _joined_headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    joined: dict[str, str] = {}
    size = 0
    for name, value in answer.headers.items():
        size += len(name) + len(value) + 4
        name = name.lower()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    if size > HEADERS_BYTES_MAX:
        raise RemoteMalformed(detail="too_large", http_status=answer.status)
    return joined


async def _body_of(
    answer: aiohttp.ClientResponse, headers: Mapping[str, str], limits: Limits
) -> bytes:
    encoding = headers.get("content-encoding", "")
    if not limits.cut and 200 <= answer.status < 300:
        body = _Bounded(limits.body_bytes_max, encoding)
        async for chunk in answer.content.iter_any():
            if not body.add(chunk):
                answer.close()
                raise RemoteMalformed(detail="too_large", http_status=answer.status)
        return body.finish()
    if answer.content.at_eof():
        return b""
    try:
        async with asyncio.timeout(CUT_BODY_S):
            body = _Bounded(limits.body_bytes_max, encoding)
            async for chunk in answer.content.iter_any():
                if not body.add(chunk):
                    answer.close()
                    break
            return body.collected()
    except (aiohttp.ClientError, OSError, zlib.error, RemoteMalformed):
        # The status is known, and where only it counts a broken body must not make us ask again.
        answer.close()
        return b""


class _Bounded:
    """Collects a body, decoding gzip, and never holds more than the limit."""

    def __init__(self, limit: int, encoding: str) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._gzip: Any = None
        encoding = encoding.strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding not in {"", "identity"}:
            raise RemoteMalformed(detail="encoding")

    def add(self, chunk: bytes) -> bool:
        """False when the limit is passed; what was collected until then stays."""
        room = self._limit - self._size
        if self._gzip is not None:
            chunk = self._gzip.decompress(chunk, room + 1)
        self._parts.append(chunk[:room])
        self._size += min(len(chunk), room)
        return len(chunk) <= room

    def finish(self) -> bytes:
        """The whole body; refuses a compressed one that ended too early."""
        if self._gzip is not None and not self._gzip.eof:
            raise RemoteMalformed(detail="encoding")
        return self.collected()

    def collected(self) -> bytes:
        return b"".join(self._parts)


def _translated(problem: Exception) -> RemoteError:
    """The error of ours for one of the library's. `detail` is a short stable code."""
    if isinstance(problem, aiohttp.ClientResponseError) and _TOO_LARGE.search(problem.message):
        return RemoteMalformed(detail="too_large")
    if isinstance(problem, ValueError | zlib.error) and not isinstance(
        problem, aiohttp.ClientError
    ):
        return RemoteMalformed(detail="encoding" if isinstance(problem, zlib.error) else "protocol")
    return RemoteUnreachable(detail=_code_of(problem))


def _code_of(problem: Exception) -> str:
    for kind, code in _CODES:
        if isinstance(problem, kind):
            return code
    return "network"


# In this order: the library's classes inherit from one another.
_CODES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (aiohttp.ClientResponseError, "protocol"),
    (aiohttp.ClientPayloadError, "reset"),
    (aiohttp.ClientOSError, "reset"),
)
