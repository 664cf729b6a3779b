"""A host of a test world that gives pictures, or whatever it was told to give: real TLS, one request per connection."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

from tests.harness.world import World


@dataclass(slots=True)
class Gallery:
    """`answers`: path → the whole answer. `heads`: every request as it came. `held`: answers wait for it when set."""

    host: str
    answers: dict[str, bytes] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)
    held: asyncio.Event | None = None
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    def hang(
        self, path: str, body: bytes, media_type: str = "image/jpeg", **more: str | None
    ) -> str:
        """Give this at `path`; its address."""
        self.answers[path] = answer(body, media_type, **more)
        return f"https://{self.host}{path}"

    def point(self, path: str, location: str) -> str:
        """Redirect from `path`; its address."""
        self.answers[path] = answer(b"", "text/plain", "302 Found", location=location)
        return f"https://{self.host}{path}"

    @property
    def asked(self) -> list[str]:
        """The paths asked for, in order."""
        return [head.split(b" ")[1].decode() for head in self.heads]

    async def wait_for(self, count: int) -> None:
        """Until so many requests came."""
        async with self.came:
            await self.came.wait_for(lambda: len(self.heads) >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            async with self.came:
                self.heads.append(head)
                self.came.notify_all()
            if self.held is not None:
                await self.held.wait()
            path = head.split(b" ")[1].decode()
            writer.write(self.answers.get(path, answer(b"", "text/plain", "404 Not Found")))
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()


@asynccontextmanager
async def gallery(made: World, host: str = "photos.test") -> AsyncIterator[Gallery]:
    """A gallery that the instances of a world can reach under this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.authority.issue_cert(host).configure_cert(context)
    shown = Gallery(host)
    running: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        await shown.serve(reader, writer)

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context)
    made.wire.ports[host] = server.sockets[0].getsockname()[1]
    try:
        yield shown
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def answer(body: bytes, media_type: str, status: str = "200 OK", **headers: str | None) -> bytes:
    """A whole answer; `content_length="…"` may lie, and None leaves a header out."""
    lines: dict[str, str | None] = {
        "Content-Type": media_type,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), seed: int = 60) -> bytes:
    """A small picture, different for each seed."""
    written = io.BytesIO()
    Image.effect_noise(size, seed).convert("RGB").save(written, kind)
    return written.getvalue()
