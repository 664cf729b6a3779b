"""A SOCKS5 proxy of a test world (RFC 1928, 1929): leads names to ports on loopback and notes what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

NAME = 3
_KINDS = {1: "IPv4", NAME: "name", 4: "IPv6"}
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish to connect. `kind`: name, IPv4 or IPv6."""

    kind: str
    host: str
    port: int
    user: str
    password: str


@dataclass(slots=True)
class SocksProxy:
    """`ports`: where names lead. `refusal`: the code every wish is answered with. `script`: plays instead of all this."""

    ports: Mapping[str, int]
    port: int = 0
    refusal: int = 0
    script: Script | None = None
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        """As it stands in the configuration."""
        return f"socks5h://127.0.0.1:{self.port}"

    @property
    def hosts(self) -> set[str]:
        """Every name it was asked for."""
        return {each.host for each in self.asked}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        if self.script is not None:
            await self.script(reader, writer)
            return
        wish = await self._negotiate(reader, writer)
        self.asked.append(wish)
        code = self.refusal or (0 if wish.host in self.ports else 4)
        writer.write(bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))
        await writer.drain()
        if code == 0:
            await _join(reader, writer, self.ports[wish.host])

    async def _negotiate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked:
        _, count = await reader.readexactly(2)
        assert 2 in await reader.readexactly(count), "no password was offered"
        writer.write(b"\x05\x02")
        assert (await reader.readexactly(1)) == b"\x01"
        user, password = await _counted(reader), await _counted(reader)
        writer.write(b"\x01\x00")
        version, command, _, kind = await reader.readexactly(4)
        assert (version, command) == (5, 1)
        host = await (_counted(reader) if kind == NAME else _literal(reader, kind))
        port = int.from_bytes(await reader.readexactly(2), "big")
        return Asked(_KINDS[kind], host, port, user, password)


async def _counted(reader: asyncio.StreamReader) -> str:
    return (await reader.readexactly((await reader.readexactly(1))[0])).decode()


async def _literal(reader: asyncio.StreamReader, kind: int) -> str:
    return (await reader.readexactly(4 if kind == 1 else 16)).hex()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
    finally:
        far_writer.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65_536):
        sink.write(chunk)
        await sink.drain()
    with suppress(OSError):
        sink.write_eof() if sink.can_write_eof() else sink.close()


@asynccontextmanager
async def a_socks_proxy(ports: Mapping[str, int] | None = None) -> AsyncIterator[SocksProxy]:
    """A proxy on loopback until the end of the test."""
    proxy = SocksProxy({} if ports is None else ports)
    running: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await proxy.serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
