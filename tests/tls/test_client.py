"""The mouth over real TLS: names verified, connections kept, addresses ours to choose."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from uvloop import new_event_loop as new_uvloop

from fedi.clock import SystemClock
from fedi.config import parse_config
from fedi.errors import ForbiddenAddress, RemoteUnreachable, SetupError
from fedi.http.client import FederationClient
from fedi.http.guard import Policy
from fedi.http.pool import PooledTransport
from fedi.http.schemes import SchemeMemory
from fedi.http.transport import Limits, Request
from fedi.opening import open_instance
from fedi.signatures.keys import SigningKey

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
LIMITS = Limits(1000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Authority:
    ca: trustme.CA
    file: str

    def server_context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    ca = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return Authority(ca, str(file))


class Listener:
    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.asked_names: list[str | None] = []
        self.heads: list[bytes] = []

    def resolve(self, host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", self.port)]


@asynccontextmanager
async def a_listener(context: ssl.SSLContext) -> AsyncIterator[Listener]:
    listener = Listener()
    running: set[asyncio.Task[None]] = set()

    def noted(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        listener.asked_names.append(name)

    context.sni_callback = noted  # type: ignore[assignment]

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        listener.connections += 1
        try:
            while True:
                listener.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(OK)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def a_transport(
    listener: Listener, ca_file: str | None, policy: Policy | None = None
) -> AsyncIterator[PooledTransport]:
    transport = PooledTransport(
        policy or Policy(allowed_networks=LOOPBACK),
        extra_ca_file=ca_file,
        resolver=listener.resolve,
    )
    try:
        yield transport
    finally:
        await transport.close()


async def test_a_name_is_asked_and_verified_while_the_address_is_ours(authority: Authority) -> None:
    context = authority.server_context("agora.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        response = await transport.send(Request("GET", "https://agora.test/a"), LIMITS)
    assert (response.status, response.body) == (200, b"ok")
    assert listener.asked_names == ["agora.test"]
    assert b"Host: agora.test\r\n" in listener.heads[0]


async def test_an_international_name_is_verified_by_its_ascii_form(authority: Authority) -> None:
    context = authority.server_context("xn--mgbh0fb.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        response = await transport.send(Request("GET", "https://xn--mgbh0fb.test/"), LIMITS)
    assert response.status == 200


async def test_the_connection_to_a_host_is_kept(authority: Authority) -> None:
    context = authority.server_context("agora.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        for _ in range(5):
            await transport.send(Request("POST", "https://agora.test/inbox", {}, b"{}"), LIMITS)
    assert (listener.connections, len(listener.heads)) == (1, 5)


async def test_two_names_at_one_address_do_not_share_a_connection(authority: Authority) -> None:
    context = authority.server_context("agora.test", "beirut.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        for host in ("agora.test", "beirut.test"):
            await transport.send(Request("GET", f"https://{host}/"), LIMITS)
    assert listener.asked_names == ["agora.test", "beirut.test"]


async def test_a_hundred_requests_to_a_hundred_hosts_run_at_once(authority: Authority) -> None:
    context = authority.server_context("*.test.example")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        answers = await asyncio.gather(
            *(
                transport.send(Request("GET", f"https://h{n}.test.example/"), Limits(1000))
                for n in range(100)
            )
        )
    assert {answer.status for answer in answers} == {200}


async def refused_with(transport: PooledTransport, url: str = "https://agora.test/") -> str:
    with pytest.raises(RemoteUnreachable) as refused:
        await transport.send(Request("GET", url), LIMITS)
    return refused.value.detail


@pytest.mark.parametrize("loop_of", [asyncio.new_event_loop, new_uvloop], ids=["asyncio", "uvloop"])
def test_a_session_is_taken_up_again_with_the_host_it_was_made_with(
    authority: Authority, loop_of: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def story() -> list[bool]:
        resumed: list[bool] = []
        context = authority.server_context("agora.test", "beirut.test")

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            resumed.append(writer.get_extra_info("ssl_object").session_reused)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: 1\r\n\r\nok")
            await writer.drain()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context)
        listener = Listener()
        listener.port = server.sockets[0].getsockname()[1]
        async with a_transport(listener, authority.file) as transport:
            for host in ("agora.test", "agora.test", "beirut.test", "beirut.test"):
                response = await transport.send(Request("GET", f"https://{host}/"), LIMITS)
                assert response.body == b"ok"
                # what is open is closed; the sessions stay
                await transport.close()
        server.close()
        return resumed

    with asyncio.Runner(loop_factory=loop_of) as runner:
        assert runner.run(story()) == [False, True, False, True]


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    context = authority.server_context("beirut.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        assert await refused_with(transport) == "tls"
    assert listener.heads == []


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority) -> None:
    context = authority.server_context("agora.test")
    async with a_listener(context) as listener, a_transport(listener, None) as transport:
        assert await refused_with(transport) == "tls"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_a_server_that_speaks_only_old_tls_is_refused(authority: Authority) -> None:
    context = authority.server_context("agora.test")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        assert await refused_with(transport) in {"tls", "connect"}
    assert listener.heads == []


async def test_a_server_that_answers_without_tls_is_refused(authority: Authority) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    listener = Listener()
    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    async with a_transport(listener, authority.file) as transport:
        assert await refused_with(transport) == "tls"
    server.close()


async def test_a_server_that_never_completes_the_handshake_times_out(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        listener = Listener()
        listener.port = silent.getsockname()[1]
        async with a_transport(listener, authority.file) as transport:
            with pytest.raises(RemoteUnreachable) as refused:
                await transport.send(
                    Request("GET", "https://agora.test/"), Limits(1000, connect_s=0.05)
                )
    assert refused.value.detail == "timeout"


async def test_a_valid_certificate_does_not_excuse_a_private_address(authority: Authority) -> None:
    context = authority.server_context("agora.test")
    async with a_listener(context) as listener:
        async with a_transport(listener, authority.file, Policy()) as transport:
            with pytest.raises(ForbiddenAddress):
                await transport.send(Request("GET", "https://agora.test/"), LIMITS)
        assert listener.connections == 0


def test_an_unreadable_authority_file_is_noticed_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        PooledTransport(Policy(), extra_ca_file=str(tmp_path / "absent.pem"))


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_start_with_unreadable_authorities_says_which_setting(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    config = parse_config(
        f'[instance]\nbase_url = "https://here.test"\n[storage]\nfolder = "{tmp_path}/data"\n'
        f'[network]\nextra_ca_file = "{file}"\n',
        {},
    )
    with pytest.raises(SetupError, match="extra_ca_file"):
        async with open_instance(config):
            pass


async def test_the_host_that_was_signed_is_the_host_that_is_sent(authority: Authority) -> None:
    key = SigningKey("https://here.test/server#main-key", generate_private_key(65537, 2048))
    context = authority.server_context("agora.test")
    async with a_listener(context) as listener, a_transport(listener, authority.file) as transport:
        client = FederationClient(
            transport,
            SystemClock(),
            server_key=lambda: key,
            user_agent="Mujawara",
            schemes=SchemeMemory(),
        )
        posted = await client.post("https://agora.test:8443/inbox", b"", key)
    lines = [line for line in listener.heads[0].decode().split("\r\n") if line]
    names = [line.partition(":")[0] for line in lines[1:]]
    assert posted.status == 200
    assert lines[0] == "POST /inbox HTTP/1.1"
    assert "Host: agora.test:8443" in lines
    assert sorted(names) == [
        "Accept",
        "Accept-Encoding",
        "Content-Length",
        "Content-Type",
        "Date",
        "Digest",
        "Host",
        "Signature",
        "User-Agent",
    ]
