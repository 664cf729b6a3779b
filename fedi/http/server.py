"""The web server of this process: uvicorn, run from our own loop, behind `fedi.http.door`.

An ASGI application and an address enter; `serve` returns when it was told to stop and running requests are done.
Signals belong to whoever runs the process.
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import Server

from fedi.errors import SetupError
from fedi.http.door import Door, DoorLimits, DoorProtocol, Network, Shortcut
from fedi.http.stalls import Stalls
from fedi.metrics import Family, Kind, Metrics

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
BACKLOG: Final = 1024
CONNECTIONS: Final = Family(
    "mujawara_connections", Kind.GAUGE, "Connections that are open at the door."
)
_UNIX: Final = "unix:"
_PROXIES_KNOWN_MAX: Final = 64


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of the fastest kind installed; give it to `asyncio.Runner(loop_factory=…)`."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def serve(
    app: ASGIApp,
    *,
    bind: str,
    trusted_proxies: tuple[str, ...] = (),
    on_ready: Callable[[str], None],
    stop: asyncio.Event,
    grace_s: float = 8.0,
    limits: DoorLimits | None = None,
    tls: ssl.SSLContext | None = None,
    shortcut: Shortcut | None = None,
    metrics: Metrics | None = None,
) -> None:
    """Serve `app` until `stop` is set, then finish running requests within `grace_s` and return.

    `bind`: `host:port` (port 0: any free one) or `unix:/path`. `on_ready` hears the real address. Addresses or
    networks in `trusted_proxies` may tell the client's address; over a unix socket any entry means the proxy.
    `tls`: speak https. `shortcut`: knows some answers before `app` is asked. `metrics`: hears of connections and stalls.
    Raises `SetupError` when the address cannot be bound.
    """
    listener = _listener(bind)
    is_unix = bind.startswith(_UNIX)
    proxies = _networks(trusted_proxies)
    door = Door(limits or DoorLimits(), proxies, shortcut)
    if metrics is not None:
        metrics.watch(CONNECTIONS, lambda: len(door.open))
        door.stalls = Stalls(metrics)
    if trusted_proxies:
        app = behind_proxy(app, proxies, trusts_unix=is_unix)
    server = _Server(_config(app, door, grace_s), door, stop, tls)
    try:
        on_ready(bind if is_unix else _address_of(listener))
        await server.serve(sockets=[listener])
    finally:
        door.stop()
        listener.close()
        if is_unix:
            _remove(bind)


def behind_proxy(app: ASGIApp, proxies: Sequence[Network], *, trusts_unix: bool = False) -> ASGIApp:
    """`app`, told the address and scheme that a trusted proxy reports.

    Of `X-Forwarded-For` the last entry counts that no trusted proxy owns: what stands before it anybody can write.
    """

    known: set[str] = set()

    def is_proxy(client: Any) -> bool:
        if client is None:
            return trusts_unix
        if client[0] in known:
            return True
        is_trusted = _is_within(client[0], proxies)
        if is_trusted and len(known) < _PROXIES_KNOWN_MAX:
            # theirs alone: the addresses of others are kept nowhere (S84)
            known.add(client[0])
        return is_trusted

    async def forwarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and is_proxy(scope.get("client")):
            source, scheme = _forwarded(scope["headers"], proxies)
            scope = {**scope, "client": (source, 0) if source else scope.get("client")}
            if scheme in {"http", "https"}:
                scope["scheme"] = scheme
        await app(scope, receive, send)

    return forwarded


class _Server(Server):
    """uvicorn's server without its signal handlers and its own way to listen."""

    def __init__(
        self, config: Config, door: Door, stop: asyncio.Event, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(config)
        self._door = door
        self._stop = stop
        self._tls = tls

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        protocol: Any = self.config.http_protocol_class
        make = functools.partial(
            protocol,
            config=self.config,
            server_state=self.server_state,
            app_state={},
        )
        self.servers = []
        for listener in sockets or []:
            if listener.family == socket.AF_UNIX:
                listening = await loop.create_unix_server(
                    make, sock=listener, backlog=BACKLOG, ssl=self._tls
                )
            else:
                listening = await loop.create_server(
                    make, sock=listener, backlog=BACKLOG, ssl=self._tls
                )
            self.servers.append(listening)
        self._door.start()
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave at once when nobody is connected; uvicorn pauses in any case."""
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()

    async def main_loop(self) -> None:
        # Once a second is enough for the date header; the stop is heard at once.
        while not self._stop.is_set() and not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)


def _config(app: ASGIApp, door: Door, grace_s: float) -> Config:
    config = Config(
        app,
        http=functools.partial(DoorProtocol, door=door),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=5,
    )
    # uvicorn takes whole seconds only for the sake of its command line.
    config.timeout_keep_alive = door.limits.keep_alive_s  # type: ignore[assignment]
    config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]
    return config


def _listener(bind: str) -> socket.socket:
    try:
        if bind.startswith(_UNIX):
            return _unix_listener(Path(bind.removeprefix(_UNIX)))
        host, _, port = bind.rpartition(":")
        host = host.strip("[]")
        if not 0 <= int(port) <= 65535:
            raise ValueError("no such port")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
        # inherited by every connection: without it the second packet of an answer waits 40 ms for the first one's receipt
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, ValueError) as problem:
        raise SetupError(detail=f"cannot listen on {bind}: {problem}") from problem
    listener.setblocking(False)
    return listener


def _remove(bind: str) -> None:
    Path(bind.removeprefix(_UNIX)).unlink(missing_ok=True)


def _unix_listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_dead_socket(path)
        listener.bind(str(path))
        # The proxy's group may connect; nobody else.
        path.chmod(0o660)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _remove_dead_socket(path: Path) -> None:
    """Remove what an unclean stop left behind; leave alone what is no socket or still answers."""
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts if text != "unix")
    except ValueError as problem:
        raise SetupError(
            detail=f"trusted_proxies: {problem}; write an address or a network like 10.0.0.0/24"
        ) from problem


def _is_within(host: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _forwarded(
    headers: Sequence[tuple[bytes, bytes]], proxies: Sequence[Network]
) -> tuple[str | None, str]:
    """(source, scheme) as the nearest proxy says; source None when it says nothing readable."""
    chain = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    schemes = [value for name, value in headers if name == b"x-forwarded-proto"]
    scheme = schemes[-1].rpartition(b",")[2].strip().decode("latin-1") if schemes else ""
    if not chain:
        return None, scheme
    for entry in reversed(chain.decode("latin-1").split(",")):
        source = entry.strip()
        try:
            ipaddress.ip_address(source)
        except ValueError:
            break
        if not _is_within(source, proxies):
            return source, scheme
    return None, scheme
