"""The network between the instances of a test world: names lead to ports on loopback, and hosts can be cut off."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fedi.errors import RemoteUnreachable
from fedi.http.transport import Limits, Request, Response, Transport


@dataclass(slots=True)
class Wire:
    """Shared by all instances of a world. `cut`: hosts nobody reaches. `answers`: host → a status given instead."""

    ports: dict[str, int] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    doubled: set[str] = field(default_factory=set)
    sent: list[tuple[str, str]] = field(default_factory=list)
    watchers: list[Callable[[Request], None]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        """Where a name of this world really listens."""
        if host not in self.ports:
            raise OSError(f"no such host in this world: {host}:{port}")
        return [("127.0.0.1", self.ports[host])]


class WireTransport:
    """A real transport behind the wire's whims."""

    def __init__(self, wire: Wire, real: Transport) -> None:
        self._wire = wire
        self._real = real

    async def send(self, request: Request, limits: Limits) -> Response:
        host = request.url.split("/")[2]
        self._wire.sent.append((request.method, request.url))
        for watch in self._wire.watchers:
            watch(request)
        if host in self._wire.cut:
            raise RemoteUnreachable(detail="connect")
        if host in self._wire.answers:
            status, headers = self._wire.answers[host]
            return Response(status, headers, b"", request.url)
        response = await self._real.send(request, limits)
        if host in self._wire.doubled and request.method == "POST":
            response = await self._real.send(request, limits)
        return response

    async def close(self) -> None:
        await self._real.close()
