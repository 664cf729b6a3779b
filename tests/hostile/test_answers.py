"""Every request × every bad answer: what a peer can do with our connection, and what we make of it."""

import asyncio
import gzip
import ipaddress
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from fedi.config import parse_config
from fedi.errors import ForbiddenAddress, RemoteError, RemoteMalformed, RemoteUnreachable
from fedi.http.guard import Policy
from fedi.http.pool import PooledTransport
from fedi.http.transport import Limits, Request, Response
from fedi.http.way_out import open_way_out

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
LOCAL = Policy(allow_http=True, allowed_networks=LOOPBACK)
# For whoever is to be given up; a busy machine may keep anybody else waiting as long.
SHORT = Limits(1000, total_s=0.5, connect_s=0.25, first_byte_s=0.05)
LONG = Limits(1000)

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """A listener on loopback that plays `script` for each request and counts what reached it."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.connections = 0
        self.heads: list[bytes] = []
        self.port = 0

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await self._script(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def play(self, script: Script) -> None:
        """Another answer from now on."""
        self._script = script

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/inbox"


@asynccontextmanager
async def a_peer(script: Script) -> AsyncIterator[Peer]:
    peer = Peer(script)
    running: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(asyncio.CancelledError):
            await peer.run(reader, writer)

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def a_transport(policy: Policy = LOCAL, **more: object) -> AsyncIterator[PooledTransport]:
    transport = PooledTransport(policy, **more)  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        await transport.close()


def saying(answer: bytes, then_close: bool = False, reset: bool = False) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if reset:
            await writer.drain()
            writer.transport.abort()
            raise ConnectionResetError
        if then_close:
            await writer.drain()
            raise ConnectionResetError

    return script


def answer(body: bytes = b"", status: str = "200 OK", headers: bytes = b"") -> bytes:
    return (
        b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status.encode(), len(body), headers)
    ) + body


async def outcome(script: Script, limits: Limits = LONG, method: str = "GET") -> Response:
    async with a_peer(script) as peer, a_transport() as transport:
        return await transport.send(Request(method, peer.url), limits)


async def refusal(script: Script, limits: Limits = LONG) -> RemoteError:
    with pytest.raises(RemoteError) as refused:
        await outcome(script, limits)
    return refused.value


WHOLE = answer(b'{"id":"x"}', headers=b"Content-Type: application/activity+json\r\n")


@pytest.mark.parametrize("length", range(0, len(WHOLE), 7))
async def test_a_connection_reset_at_any_byte_is_unreachable(length: int) -> None:
    problem = await refusal(saying(WHOLE[:length], reset=True), LONG)
    assert isinstance(problem, RemoteUnreachable)
    assert problem.detail in {"reset", "protocol"}


@pytest.mark.parametrize("length", range(0, len(WHOLE), 13))
async def test_a_connection_that_falls_silent_at_any_byte_times_out(length: int) -> None:
    problem = await refusal(saying(WHOLE[:length]), SHORT)
    assert (type(problem), problem.detail) == (RemoteUnreachable, "timeout")


async def test_a_peer_that_drips_is_cut_off_by_the_total_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    problem = await refusal(drip, Limits(1000, total_s=0.06, first_byte_s=0.05))
    assert (type(problem), problem.detail) == (RemoteUnreachable, "timeout")


@pytest.mark.parametrize(
    ("noise", "kind", "code"),
    [
        (b"hello\r\n\r\n", RemoteUnreachable, "protocol"),
        (b"HTTP/0.9 200\r\n\r\n", RemoteUnreachable, "protocol"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", RemoteUnreachable, "protocol"),
        (b"\x15\x03\x01\x00\x02\x02F", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 99999 OK\r\n\r\n", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", RemoteUnreachable, "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", RemoteMalformed, "too_large"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 5000 + b"\r\n", RemoteMalformed, "too_large"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + (b"X: " + b"a" * 8000 + b"\r\n") * 9 + b"\r\n",
            RemoteMalformed,
            "too_large",
        ),
        (answer(b"x" * 1001), RemoteMalformed, "too_large"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"100\r\n" + b"x" * 256 + b"\r\n",
            RemoteUnreachable,
            "timeout",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"100\r\n" + b"x" * 256 + b"\r\n") * 4,
            RemoteMalformed,
            "too_large",
        ),
        (answer(b"x", headers=b"Content-Encoding: br\r\n"), RemoteMalformed, "encoding"),
        (answer(b"x", headers=b"Content-Encoding: gzip, gzip\r\n"), RemoteMalformed, "encoding"),
        (answer(b"not gzip", headers=b"Content-Encoding: gzip\r\n"), RemoteMalformed, "encoding"),
        (
            answer(gzip.compress(b"x" * 500)[:-9], headers=b"Content-Encoding: gzip\r\n"),
            RemoteMalformed,
            "encoding",
        ),
        (
            answer(gzip.compress(bytes(50_000_000)), headers=b"Content-Encoding: gzip\r\n"),
            RemoteMalformed,
            "too_large",
        ),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
)  # fmt: skip
async def test_a_bad_answer_becomes_an_error_with_a_stable_code(
    noise: bytes, kind: type[RemoteError], code: str
) -> None:
    problem = await refusal(saying(noise), SHORT if code == "timeout" else LONG)
    assert (type(problem), problem.detail) == (kind, code)


async def test_a_body_shorter_than_announced_is_unreachable() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew"
    problem = await refusal(saying(short, then_close=True))
    assert (type(problem), problem.detail) == (RemoteUnreachable, "reset")


async def test_a_compressed_answer_within_the_limit_is_read() -> None:
    packed = answer(gzip.compress(b"x" * 900), headers=b"Content-Encoding: gzip\r\n")
    assert (await outcome(saying(packed))).body == b"x" * 900


@pytest.mark.parametrize(
    "beginning",
    [
        b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"small"),
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Long: ",
    ],
    # gzip writes the time: processes that name their tests a second apart would not agree
    ids=["packed", "trailers"],
)
async def test_what_never_ends_after_the_body_is_neither_kept_nor_waited_for(
    beginning: bytes,
) -> None:
    """A packed body that goes on after its end, and a line after the last chunk: neither is part of the body."""
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + beginning)
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    problem = await refusal(endless, LONG)
    assert (type(problem), problem.detail) == (RemoteMalformed, "too_large")
    # what stands in the buffers of both sides besides
    assert sent < 16 * 1024 * 1024


async def test_an_endless_body_is_not_collected_when_only_the_status_counts() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    response = await outcome(endless, Limits(1000))
    assert (response.status, len(response.body)) == (404, 1000)


async def test_a_delivery_is_answered_by_its_status_even_when_the_body_breaks_off() -> None:
    broken = b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nfew"
    response = await outcome(saying(broken, reset=True), Limits(1000, cut=True), "POST")
    assert response.status == 202


async def test_a_packed_body_of_nonsense_does_not_hide_an_error_status() -> None:
    packed = answer(zlib.compress(b"x"), "500 Oops", b"Content-Encoding: gzip\r\n")
    assert (await outcome(saying(packed))).status == 500


async def test_what_comes_before_the_answer_is_no_answer() -> None:
    before = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Thing: early\r\n\r\n"
    response = await outcome(saying(b"HTTP/1.1 100 Continue\r\n\r\n" + before + WHOLE))
    assert (response.status, response.body) == (200, b'{"id":"x"}')
    assert "x-thing" not in response.headers


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + WHOLE,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_no_other_protocol_and_no_second_length_is_believed(noise: bytes) -> None:
    problem = await refusal(saying(noise))
    assert (type(problem), problem.detail) == (RemoteUnreachable, "protocol")


async def test_a_body_without_a_length_lasts_until_the_connection_ends() -> None:
    response = await outcome(saying(b"HTTP/1.0 200 OK\r\n\r\nall of it", then_close=True))
    assert response.body == b"all of it"


async def test_what_follows_a_body_in_chunks_is_no_header() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"2;note=1\r\nok\r\n0\r\nLocation: https://elsewhere.example/\r\n\r\n"
    response = await outcome(saying(chunked + body))
    assert (response.body, "location" in response.headers) == (b"ok", False)


@pytest.mark.parametrize(
    ("script", "connections"),
    [
        (saying(answer(b"ok")), 1),
        (saying(answer(b"ok") + answer(b"never asked for")), 3),
        (saying(answer(b"ok") + b"noise"), 3),
        (saying(answer(b"ok", headers=b"Connection: close\r\n")), 3),
        (saying(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), 3),
    ],
)
async def test_a_connection_is_kept_only_while_nothing_unasked_stands_on_it(
    script: Script, connections: int
) -> None:
    async with a_peer(script) as peer, a_transport() as transport:
        for _ in range(3):
            assert (await transport.send(Request("GET", peer.url), LONG)).body == b"ok"
        assert peer.connections == connections


async def test_words_that_come_while_nobody_asks_answer_nothing() -> None:
    spoken: list[asyncio.StreamWriter] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken.append(writer)
        writer.write(answer(b"ok"))

    async with a_peer(script) as peer, a_transport() as transport:
        await transport.send(Request("GET", peer.url), LONG)
        spoken[0].write(answer(b"planted"))
        await spoken[0].drain()
        with suppress(ConnectionError):
            # until the other side has let go
            while not spoken[0].transport.is_closing():
                await asyncio.sleep(0)
        assert (await transport.send(Request("GET", peer.url), LONG)).body == b"ok"


async def test_who_stops_waiting_leaves_no_half_answer_to_the_next() -> None:
    held = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi")
        await writer.drain()
        held.set()

    async with a_peer(script) as peer, a_transport() as transport:
        waiting = asyncio.create_task(transport.send(Request("GET", peer.url), LONG))
        await held.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        peer.play(saying(answer(b"ok")))
        assert (await transport.send(Request("GET", peer.url), LONG)).body == b"ok"
        assert peer.connections == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nHost: other.example"},
        {"X": "a\nb"},
        {"X\r\nY": "a"},
        {"X": "a\rb"},
        {"X": "a\0"},
    ],
)
async def test_no_header_becomes_two(headers: dict[str, str]) -> None:
    async with a_peer(saying(answer())) as peer, a_transport() as transport:
        with pytest.raises(ForbiddenAddress):
            await transport.send(Request("GET", peer.url, headers), LONG)
        assert peer.heads == []


async def test_no_more_connections_are_open_than_were_allowed() -> None:
    open_now = most = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0)
        open_now -= 1
        writer.write(answer(b"ok"))

    async with a_peer(script) as peer, a_transport(connections=3) as transport:
        urls = [f"{peer.url}/{number}" for number in range(20)]
        await asyncio.gather(*(transport.send(Request("GET", url), LONG) for url in urls))
        assert (most <= 3, peer.connections) == (True, 3)


async def test_a_host_that_is_not_needed_gives_its_place_to_another() -> None:
    def here(_host: str, _port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", peer.port)]

    scripted = saying(answer(b"ok"))
    async with a_peer(scripted) as peer, a_transport(kept=2, resolver=here) as transport:
        for number in (0, 1, 2, 3, 3, 2, 0):
            url = f"http://h{number}.example/"
            assert (await transport.send(Request("GET", url), LONG)).status == 200
        # the last two were kept, the first was not
        assert peer.connections == 5


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = answer(b"", "302 Found", b"Location: http://127.0.0.1:1/\r\n")
    response = await outcome(saying(moved))
    assert (response.status, response.headers["location"]) == (302, "http://127.0.0.1:1/")


async def test_repeated_headers_are_joined_and_names_are_lower_case() -> None:
    response = await outcome(saying(answer(headers=b"X-Thing: a\r\nx-thing: b\r\n")))
    assert response.headers["x-thing"] == "a, b"


async def test_cookies_are_neither_kept_nor_sent_back() -> None:
    script = saying(answer(headers=b"Set-Cookie: seen=1; Path=/\r\n"))
    async with a_peer(script) as peer, a_transport() as transport:
        await transport.send(Request("GET", peer.url), LONG)
        await transport.send(Request("GET", peer.url), LONG)
    assert b"cookie" not in peer.heads[1].lower()


async def test_what_is_sent_is_exactly_what_was_signed() -> None:
    bodies: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(4))
        writer.write(answer())

    headers = {"Host": "agora.example", "Digest": "SHA-256=x", "User-Agent": "Mujawara"}
    async with a_peer(script) as peer, a_transport() as transport:
        url = f"http://127.0.0.1:{peer.port}/a%2Fb//c;x?q=%7e&b=é".replace("é", "%C3%A9")
        await transport.send(Request("POST", url, headers, b"{ } "), LONG)
    lines = peer.heads[0].decode().split("\r\n")
    assert lines[0] == "POST /a%2Fb//c;x?q=%7e&b=%C3%A9 HTTP/1.1"
    assert sorted(line for line in lines[1:] if line) == [
        "Accept-Encoding: identity",
        "Content-Length: 4",
        "Digest: SHA-256=x",
        "Host: agora.example",
        "User-Agent: Mujawara",
    ]
    assert bodies == [b"{ } "]


async def test_a_delivery_on_a_connection_the_peer_has_meanwhile_closed_is_sent_again() -> None:
    requests = 0

    async def once_per_connection(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal requests
        requests += 1
        if requests == 2:
            raise ConnectionResetError
        writer.write(answer())

    async with a_peer(once_per_connection) as peer, a_transport() as transport:
        await transport.send(Request("POST", peer.url, {}, b""), LONG)
        response = await transport.send(Request("POST", peer.url, {}, b""), LONG)
    assert (response.status, peer.connections) == (200, 2)


async def test_a_peer_that_hangs_up_on_a_new_connection_is_not_asked_twice() -> None:
    async with a_peer(saying(b"", then_close=True)) as peer, a_transport() as transport:
        with pytest.raises(RemoteUnreachable):
            await transport.send(Request("POST", peer.url, {}, b""), LONG)
    assert peer.connections == 1


async def test_a_closed_port_is_unreachable() -> None:
    async with a_peer(saying(b"")) as peer:
        port = peer.port
    async with a_transport() as transport:
        with pytest.raises(RemoteUnreachable) as refused:
            await transport.send(Request("GET", f"http://127.0.0.1:{port}/"), LONG)
    assert refused.value.detail == "connect"


async def test_a_name_that_leads_nowhere_is_unreachable() -> None:
    def nowhere(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such name")

    async with a_transport(resolver=nowhere) as transport:
        with pytest.raises(RemoteUnreachable) as refused:
            await transport.send(Request("GET", "https://agora.example/"), LONG)
    assert refused.value.detail == "dns"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["169.254.169.254"],
        ["8.8.8.8", "10.0.0.1"],
        ["2606:4700::1111", "fd00::1"],
        ["8.8.8.8"] * 500 + ["10.0.0.1"],
    ],
)
async def test_a_name_with_one_forbidden_address_is_never_connected_to(
    addresses: list[str],
) -> None:
    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        return [(address, port) for address in addresses]

    async with a_transport(Policy(), resolver=resolve) as transport:
        with pytest.raises(ForbiddenAddress):
            await transport.send(Request("GET", "https://agora.example/"), LONG)


async def test_a_name_that_turns_private_after_the_check_is_not_connected_to() -> None:
    asked = 0

    async def rebinding(host: str, port: int) -> list[tuple[str, int]]:
        nonlocal asked
        asked += 1
        return [("127.0.0.1" if asked == 1 else "10.0.0.1", peer.port)]

    hanging_up = saying(answer(), then_close=True)
    async with a_peer(hanging_up) as peer, a_transport(resolver=rebinding) as transport:
        first = await transport.send(Request("GET", "http://agora.example/"), LONG)
        # Another port is another lookup; the connection to the first address is not asked again.
        with pytest.raises(ForbiddenAddress):
            await transport.send(Request("GET", "http://agora.example:8080/"), LONG)
    assert (first.status, peer.connections) == (200, 1)


async def test_one_request_is_one_lookup() -> None:
    asked = 0

    async def counting(host: str, port: int) -> list[tuple[str, int]]:
        nonlocal asked
        asked += 1
        return [("127.0.0.1", peer.port)]

    async with a_peer(saying(answer())) as peer, a_transport(resolver=counting) as transport:
        await transport.send(Request("GET", "http://agora.example/"), LONG)
    assert asked == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0x7f.1:{port}/",
        "http://2130706433:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
    ],
)
async def test_no_spelling_of_loopback_reaches_it(url: str) -> None:
    async with a_peer(saying(answer())) as peer, a_transport(Policy(allow_http=True)) as transport:
        with pytest.raises(ForbiddenAddress):
            await transport.send(Request("GET", url.format(port=peer.port)), LONG)
        assert peer.connections == 0


async def test_an_onion_name_is_never_told_to_a_resolver() -> None:
    async with a_transport(Policy()) as transport:
        with pytest.raises(ForbiddenAddress) as refused:
            await transport.send(Request("GET", "http://abcdefghij.onion/"), LONG)
    assert refused.value.detail == "onion_without_proxy"


async def test_a_slow_name_delays_nobody_else() -> None:
    release = asyncio.Event()

    async def resolve(host: str, port: int) -> list[tuple[str, int]]:
        if host == "slow.example":
            await release.wait()
        return [("127.0.0.1", peer.port)]

    async with a_peer(saying(answer())) as peer, a_transport(resolver=resolve) as transport:
        slow = asyncio.create_task(transport.send(Request("GET", "http://slow.example/"), LONG))
        quick = await transport.send(Request("GET", "http://quick.example/"), LONG)
        assert (quick.status, slow.done()) == (200, False)
        release.set()
        assert (await slow).status == 200


async def test_who_sets_a_shorter_patience_waits_no_longer_than_that() -> None:
    text = (
        '[network]\ntimeout_s = 1\nunsafe_allow_http = true\nallowed_networks = ["127.0.0.0/8"]\n'
    )
    transport = open_way_out(parse_config(text, {"FEDI_INSTANCE_BASE_URL": "https://agora.test"}))
    try:
        async with a_peer(saying(WHOLE[:20])) as peer, asyncio.timeout(15):
            with pytest.raises(RemoteUnreachable) as refused:
                await transport.send(Request("GET", peer.url), Limits(1000))
            assert refused.value.detail == "timeout"
    finally:
        await transport.close()
