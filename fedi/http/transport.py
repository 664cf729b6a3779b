"""One request out, one bounded answer back: what a way to other servers takes and gives. Knows no HTTP library."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What to send: `url` canonical and ASCII, `headers` and `body` exactly as they go out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: header names in lower case, repeated ones joined with ", "; `body` decoded and bounded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange. With `cut`, a body that is longer (or breaks off) is cut instead of refused;
    bodies of answers other than 2xx are always treated so, because only their status is used.

    `connect_s` covers TCP and TLS together, `first_byte_s` every silence, `total_s` everything.
    """

    body_bytes_max: int
    total_s: float = 20.0
    connect_s: float = 5.0
    first_byte_s: float = 10.0
    cut: bool = False

    def stretched(self, factor: float) -> "Limits":
        """The same with every time so many times as long."""
        if factor == 1.0:
            return self
        return replace(
            self,
            total_s=self.total_s * factor,
            connect_s=self.connect_s * factor,
            first_byte_s=self.first_byte_s * factor,
        )


class Transport(Protocol):
    """Sends one request. Raises only `RemoteUnreachable`, `RemoteMalformed` and `ForbiddenAddress`."""

    async def send(self, request: Request, limits: Limits) -> Response: ...

    async def close(self) -> None: ...


Addresses = Sequence[tuple[str, int]]
Resolve = Callable[[str, int], Awaitable[Addresses] | Addresses]
"""(host, port) → [(address, port), …]; raises `OSError` when the name leads nowhere."""


class TransportOnDemand:
    """A transport that is opened, in a thread, by the first request: loading an HTTP library takes long, and a server
    that starts sends nothing yet. `open_transport` must not fail for anything that could have been checked before.
    """

    def __init__(self, open_transport: Callable[[], Transport]) -> None:
        self._open_transport = open_transport
        self._opening = asyncio.Lock()
        self._opened: Transport | None = None

    async def send(self, request: Request, limits: Limits) -> Response:
        """As the transport behind it."""
        transport = self._opened or await self._open()
        return await transport.send(request, limits)

    async def close(self) -> None:
        """Close the transport behind it, if there is one yet."""
        if self._opened is not None:
            await self._opened.close()

    async def _open(self) -> Transport:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(self._open_transport)
            return self._opened
