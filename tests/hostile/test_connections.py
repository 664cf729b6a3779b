"""Every way to be a bad visitor: what strangers write into our port, and how slowly."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from fedi.errors import SetupError
from fedi.http.door import DoorLimits
from fedi.http.server import serve

QUICK = DoorLimits(header_s=0.06, keep_alive_s=0.1)
QUICK_BODY = DoorLimits(body_s=0.12, rate_grace_s=0.06, keep_alive_s=0.1)
# What has come is judged however long a busy machine takes over it; who asks nothing more is soon let go.
PATIENT = DoorLimits(keep_alive_s=0.1, write_stall_s=0.2)
GOOD = b"GET /page HTTP/1.1\r\nHost: agora.test\r\n\r\n"


class App:
    """Reads the whole body and answers with what it saw; `hold` makes it wait, `size` makes it talk."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.hold: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.size = 2

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
        self.scopes.append(scope)
        self.bodies.append(body)
        self.entered.set()
        if self.hold is not None:
            await self.hold.wait()
        headers = [(b"content-length", str(self.size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"k" * self.size})


class Running:
    def __init__(self, address: str, stop: asyncio.Event, task: asyncio.Task[None]) -> None:
        self.address = address
        self.stop = stop
        self.task = task

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("unix:"):
            return await asyncio.open_unix_connection(self.address.removeprefix("unix:"))
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def say(self, *parts: bytes) -> bytes:
        """All that is answered to `parts` until the server closes or falls silent."""
        reader, writer = await self.connect()
        for part in parts:
            writer.write(part)
            with suppress(ConnectionError):
                await writer.drain()
        heard = await hear(reader)
        writer.close()
        return heard


async def hear(reader: asyncio.StreamReader, silence_s: float = 30) -> bytes:
    heard = b""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(silence_s):
            while chunk := await reader.read(65536):
                heard += chunk
    return heard


@asynccontextmanager
async def a_server(
    app: Any, limits: DoorLimits = PATIENT, *, bind: str = "127.0.0.1:0", **more: Any
) -> AsyncIterator[Running]:
    stop = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    more.setdefault("grace_s", 0.2)
    task = asyncio.create_task(
        serve(app, bind=bind, on_ready=ready.set_result, stop=stop, limits=limits, **more)
    )
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield Running(await ready, stop, task)
    finally:
        stop.set()
        await task


def status_of(heard: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", heard)
    assert found is not None, heard[:100]
    return int(found[1])


def get(*lines: bytes, target: bytes = b"/page") -> bytes:
    return (
        b"GET " + target + b" HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    )


HOST = b"Host: agora.test"
BAD = [
    ("no Host", get(), 400),
    ("two Hosts", get(HOST, HOST), 400),
    ("two different Hosts", get(HOST, b"host: evil.test"), 400),
    ("HTTP/1.0 without Host", b"GET / HTTP/1.0\r\n\r\n", 400),
    ("length and chunks", get(HOST, b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400),
    ("chunks and length", get(HOST, b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400),
    ("chunks in chunks", get(HOST, b"Transfer-Encoding: chunked, chunked"), 400),
    ("packed chunks", get(HOST, b"Transfer-Encoding: gzip, chunked"), 400),
    ("two codings", get(HOST, *[b"Transfer-Encoding: chunked"] * 2), 400),
    ("unknown coding", get(HOST, b"Transfer-Encoding: identity"), 400),
    (
        "chunks in HTTP/1.0",
        b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
    ),
    (
        "upgrade with a body",
        get(HOST, b"Connection: upgrade", b"Upgrade: h2c", b"Content-Length: 5"),
        400,
    ),
    ("signed length", get(HOST, b"Content-Length: +5"), 400),
    ("two lengths", get(HOST, b"Content-Length: 5", b"Content-Length: 6"), 400),
    ("negative length", get(HOST, b"Content-Length: -5"), 400),
    ("101 header lines", get(HOST, *[b"X: y"] * 100), 431),
    ("33 KiB of headers", get(HOST, *[b"X: " + b"y" * 1100] * 30), 431),
    ("one endless header", get(HOST, b"X: " + b"y" * 200_000), 431),
    ("200 000 header lines", get(HOST, *[b"X: y"] * 200_000), 431),
    ("an unfinished endless header", get(HOST, b"X: " + b"y" * 200_000)[:-4], 431),
    ("an endless target", get(HOST, target=b"/" + b"a" * 9000), 414),
    ("an unfinished endless target", b"GET /" + b"a" * 9000, 414),
    ("control character in target", get(HOST, target=b"/a\x01b"), 400),
    ("NUL in target", get(HOST, target=b"/a\x00b"), 400),
    ("tab in target", get(HOST, target=b"/a\tb"), 400),
    ("bytes beyond ASCII in target", get(HOST, target="/é".encode()), 400),
    ("fragment in target", get(HOST, target=b"/a#b"), 400),
    ("absolute form of another", get(HOST, target=b"http://evil.test/page"), 400),
    ("absolute form of another port", get(HOST, target=b"http://agora.test:81/page"), 400),
    ("absolute form, user information", get(HOST, target=b"http://agora.test@evil.test/"), 400),
    ("absolute form, other scheme", get(HOST, target=b"gopher://agora.test/page"), 400),
    ("authority form", b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", 400),
    ("asterisk form", b"OPTIONS * HTTP/1.1\r\nHost: agora.test\r\n\r\n", 400),
    ("no target", b"GET  HTTP/1.1\r\nHost: agora.test\r\n\r\n", 400),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
    ("folded header", get(HOST, b"X: a", b" b"), 400),
    ("space before colon", get(HOST, b"X : a"), 400),
    ("NUL in header", get(HOST, b"X: a\x00b"), 400),
    ("bare LF", b"GET / HTTP/1.1\nHost: agora.test\n\n", 400),
    ("bad chunk size", get(HOST, b"Transfer-Encoding: chunked") + b"zz\r\n", 400),
    (
        "trailers",
        get(HOST, b"Transfer-Encoding: chunked") + b"0\r\nSignature: forged\r\n\r\n",
        400,
    ),
]


@pytest.mark.parametrize(
    ("request_", "status"), [(b, s) for _, b, s in BAD], ids=[n for n, *_ in BAD]
)
async def test_a_malformed_request_is_refused_before_the_application(
    request_: bytes, status: int
) -> None:
    app = App()
    async with a_server(app) as server:
        heard = await server.say(request_)
    assert (status_of(heard), app.scopes) == (status, [])


async def test_a_refusal_says_little_and_closes() -> None:
    async with a_server(App()) as server:
        heard = await server.say(get())
    assert heard.endswith(b"connection: close\r\n\r\nBad Request")
    assert len(heard) < 150


async def test_an_ordinary_request_reaches_the_application() -> None:
    app = App()
    async with a_server(app) as server:
        heard = await server.say(GOOD)
    assert (status_of(heard), app.scopes[0]["path"]) == (200, "/page")
    assert (b"date:" in heard, b"server:" in heard) == (True, False)


async def test_an_absolute_target_naming_the_same_host_is_served() -> None:
    app = App()
    async with a_server(app) as server:
        heard = await server.say(get(HOST, target=b"http://Agora.test/page?x"))
    assert (status_of(heard), app.scopes[0]["path"]) == (200, "/page")


async def test_header_lines_up_to_the_limit_are_served() -> None:
    async with a_server(App()) as server:
        heard = await server.say(get(HOST, *[b"X: " + b"y" * 300] * 99))
    assert status_of(heard) == 200


async def test_a_request_that_offers_another_protocol_is_answered_in_this_one() -> None:
    app = App()
    async with a_server(app) as server:
        heard = await server.say(get(HOST, b"Connection: upgrade", b"Upgrade: websocket"), GOOD)
    assert (status_of(heard), len(app.scopes)) == (200, 1)


async def test_a_few_pipelined_requests_are_answered_in_order() -> None:
    app = App()
    async with a_server(app) as server:
        await server.say(b"".join(get(HOST, target=b"/%d" % n) for n in range(5)))
    assert [scope["path"] for scope in app.scopes] == ["/0", "/1", "/2", "/3", "/4"]


async def test_a_flood_of_pipelined_requests_is_cut() -> None:
    app = App()
    async with a_server(app) as server:
        await server.say(GOOD * 1000)
    assert len(app.scopes) <= 10


@pytest.mark.parametrize("length", [0, 1, 4, 20, len(GOOD) - 1])
async def test_a_request_head_that_does_not_come_is_refused_in_time(length: int) -> None:
    async with a_server(App(), QUICK) as server:
        heard = await server.say(GOOD[:length])
    assert status_of(heard) == 408


async def test_a_head_that_drips_is_refused_in_time() -> None:
    async with a_server(App(), QUICK) as server:
        reader, writer = await server.connect()
        hearing = asyncio.create_task(hear(reader))
        writer.write(b"GET / HTTP/1.1\r\nHost: agora.test\r\nX: ")
        while not hearing.done():
            writer.write(b"a")
            await asyncio.sleep(0.002)
        heard = hearing.result()
        writer.close()
    assert status_of(heard) == 408


async def test_blank_lines_for_ever_are_no_request() -> None:
    async with a_server(App(), QUICK) as server:
        heard = await server.say(b"\r\n" * 100_000)
    assert status_of(heard) in {408, 431}


POST = b"POST /inbox HTTP/1.1\r\nHost: agora.test\r\nContent-Length: 5000\r\n\r\n"


@pytest.mark.parametrize("length", [0, 10])
async def test_a_body_that_stops_coming_is_refused_in_time(length: int) -> None:
    app = App()
    async with a_server(app, QUICK_BODY) as server:
        heard = await server.say(POST + b"x" * length)
    assert (status_of(heard), app.scopes) == (408, [])


async def test_a_body_that_comes_fast_enough_but_for_too_long_is_refused() -> None:
    limits = DoorLimits(body_s=0.08, body_rate_min=1, rate_grace_s=0.04)
    async with a_server(App(), limits) as server:
        heard = await server.say(POST + b"x" * 4000)
    assert status_of(heard) == 408


async def test_an_upload_on_a_patient_path_may_take_longer() -> None:
    limits = DoorLimits(
        body_s=0.04, rate_grace_s=9.0, patient_paths=(b"/inbox",), patient_body_s=9.0
    )
    app = App()
    async with a_server(app, limits) as server:
        reader, writer = await server.connect()
        writer.write(POST + b"x" * 2500)
        assert await hear(reader, 0.1) == b""
        writer.write(b"x" * 2500)
        heard = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert (status_of(heard), len(app.bodies[0])) == (200, 5000)


async def test_a_body_is_not_blamed_for_an_application_that_does_not_read() -> None:
    release = asyncio.Event()

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await release.wait()
        size = 0
        more = True
        while more:
            message = await receive()
            size += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    limits = DoorLimits(body_s=1.0, rate_grace_s=1.0, keep_alive_s=0.1)
    async with a_server(late, limits) as server:
        reader, writer = await server.connect()
        writer.write(POST.replace(b"5000", b"9000000") + b"x" * 9_000_000)
        assert await hear(reader, 1.5) == b""
        release.set()
        heard = await hear(reader)
        writer.close()
    assert b"9000000" in heard


async def test_an_idle_connection_is_closed_without_a_word() -> None:
    async with a_server(App()) as server:
        heard = await server.say(GOOD)
    assert heard.count(b"HTTP/1.1") == 1


async def test_a_visitor_who_does_not_read_the_answer_is_cut_off() -> None:
    app = App()
    app.size = 50_000_000
    async with a_server(app, DoorLimits(write_stall_s=0.02)) as server:
        reader, writer = await server.connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GOOD)
        await app.entered.wait()
        await asyncio.sleep(0.08)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await hear(reader)) < app.size
        writer.close()


async def test_one_source_may_not_take_every_connection() -> None:
    limits = DoorLimits(connections_per_source_max=3)
    async with a_server(App(), limits) as server:
        held = [await server.connect() for _ in range(3)]
        for _, writer in held:
            writer.write(GOOD)
        for reader, _ in held:
            await reader.readuntil(b"\r\n\r\n")
        heard = await server.say(GOOD)
        assert (status_of(heard), b"retry-after: 5" in heard) == (503, True)
        held[0][1].close()
        await held[0][1].wait_closed()
        await asyncio.sleep(0.01)
        assert (
            status_of(await server.say(GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))
            == 200
        )
        for _, writer in held[1:]:
            writer.close()


async def test_a_trusted_proxy_may_hold_as_many_connections_as_there_are() -> None:
    limits = DoorLimits(connections_per_source_max=1, connections_max=3)
    async with a_server(App(), limits, trusted_proxies=("127.0.0.0/8",)) as server:
        held = [await server.connect() for _ in range(3)]
        for reader, writer in held:
            writer.write(GOOD)
            assert status_of(await reader.readuntil(b"\r\n\r\n")) == 200
        assert status_of(await server.say(GOOD)) == 503
        for _, writer in held:
            writer.close()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        ((), b"X-Forwarded-For: 203.0.113.9", "127.0.0.1"),
        (("10.0.0.1",), b"X-Forwarded-For: 203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), b"X-Forwarded-For: 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), b"X-Forwarded-For: 6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), b"X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("127.0.0.1",), b"X-Forwarded-For: nonsense", "127.0.0.1"),
        (("127.0.0.1",), b"X-Forwarded-For: 203.0.113.9, nonsense", "127.0.0.1"),
        (("127.0.0.1",), b"X: y", "127.0.0.1"),
    ],
)  # fmt: skip
async def test_only_a_trusted_proxy_tells_who_the_visitor_is(
    proxies: tuple[str, ...], forwarded: bytes, client: str
) -> None:
    app = App()
    async with a_server(app, trusted_proxies=proxies) as server:
        await server.say(get(HOST, forwarded, b"Connection: close"))
    assert app.scopes[0]["client"][0] == client


async def test_a_unix_socket_serves_and_disappears(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    app = App()
    async with a_server(app, bind=f"unix:{path}", trusted_proxies=("unix",)) as server:
        assert path.stat().st_mode & 0o777 == 0o660
        request_ = get(HOST, b"X-Forwarded-For: 203.0.113.9", b"Connection: close")
        assert status_of(await server.say(request_)) == 200
    assert (app.scopes[0]["client"][0], path.exists()) == ("203.0.113.9", False)


async def test_a_socket_file_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    left = await asyncio.start_unix_server(lambda _r, _w: None, path)
    left.close()
    await left.wait_closed()
    async with a_server(App(), bind=f"unix:{path}") as server:
        assert status_of(await server.say(GOOD)) == 200


@pytest.mark.parametrize(
    "bind", ["127.0.0.1:99999", "127.0.0.1", "nowhere.invalid:80", "unix:/no/such/dir/x"]
)
async def test_an_address_that_cannot_be_bound_is_explained(bind: str) -> None:
    with pytest.raises(SetupError, match="cannot listen on"):
        async with a_server(App(), bind=bind):
            pass


async def test_a_running_request_is_finished_when_the_server_stops() -> None:
    app = App()
    app.hold = asyncio.Event()
    async with a_server(app, DoorLimits(), grace_s=5.0) as server:
        reader, writer = await server.connect()
        writer.write(GOOD)
        await app.entered.wait()
        server.stop.set()
        app.hold.set()
        heard = await hear(reader, 2.0)
        writer.close()
    assert (status_of(heard), heard[-2:]) == (200, b"kk")


async def test_a_request_that_never_ends_does_not_keep_the_server_from_stopping() -> None:
    app = App()
    app.hold = asyncio.Event()
    async with a_server(app, DoorLimits(), grace_s=0.05) as server:
        _, writer = await server.connect()
        writer.write(GOOD)
        await app.entered.wait()
        server.stop.set()
        await asyncio.wait_for(asyncio.shield(server.task), 2.0)
        writer.close()


async def test_nobody_is_accepted_after_the_server_stopped() -> None:
    async with a_server(App()) as server:
        assert status_of(await server.say(GOOD)) == 200
    with pytest.raises(OSError):  # noqa: PT011
        await server.connect()
