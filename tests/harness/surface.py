"""An instance asked without sockets, so that bytes arrive which no client would send."""

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from fedi.app import assemble
from fedi.opening import DATABASE
from tests.harness.world import World

PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Came:
    """One answer; status 0 when there was none."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def get(self, name: str) -> str | None:
        """The last header of this name, in small letters."""
        return dict(self.headers).get(name)


class Surface:
    """One instance of a world, by everything that can be asked of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, made: World, host: str) -> None:
        self.loop, self.host = loop, host
        site = made.sites[host]
        self.app = assemble(site.instance, site.limits)
        self._file = sqlite3.connect(site.folder / DATABASE, isolation_level=None)

    def close(self) -> None:
        """Nothing is asked any more."""
        self._file.close()

    def ask(
        self, method: str, path: str, query: str, lines: list[tuple[str, str]], body: bytes = b""
    ) -> Came:
        """One request. `lines`: headers but for the host."""
        raw = path.encode("utf-8", "surrogatepass")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "path": _decoded(raw), "raw_path": raw, "root_path": "", "scheme": "https",
            "query_string": query.encode("utf-8", "surrogatepass"),
            "headers": [(b"host", self.host.encode()), *((n.encode(), v.encode("utf-8", "surrogatepass")) for n, v in lines if n != "host")],
            "client": ("192.0.2.1", 1), "server": (self.host, 443),
        }  # fmt: skip
        return self.loop.run_until_complete(asyncio.wait_for(self._ask(scope, body), PATIENCE_S))

    def writes(self) -> int:
        """Changes whenever something was written by somebody else than who asks here."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Came:
        said: list[dict[str, Any]] = []
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(scope, receive, send)
        first = next((each for each in said if each["type"] == "http.response.start"), None)
        if first is None:
            return Came(0, (), b"")
        fields = tuple((name.decode(), value.decode("latin-1")) for name, value in first["headers"])
        return Came(first["status"], fields, b"".join(each.get("body", b"") for each in said[1:]))


def _decoded(raw: bytes) -> str:
    """The path as the server in front hands it over."""
    return unquote_to_bytes(raw).decode("utf-8", "replace")
