"""S56, S94: what goes out goes through the proxy or not at all, by name, each host on a circuit of its own."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fedi.config import Config, parse_config
from fedi.desk.deliveries import WhichOrder, show
from fedi.doctor.run import examine
from fedi.errors import (
    ForbiddenAddress,
    RemoteError,
    RemoteMalformed,
    RemoteUnreachable,
    SetupError,
)
from fedi.http.guard import Policy
from fedi.http.pool import PROXY_PATIENCE, PooledTransport
from fedi.http.socks import Proxy
from fedi.http.transport import Limits, Request
from fedi.i18n.catalog import LANGUAGES, messages_of
from fedi.onion import name_of
from fedi.opening import Outside
from tests.harness.socks import Script, SocksProxy, a_socks_proxy
from tests.harness.world import World, a_note, a_statement, world
from tests.hostile.test_answers import Peer, a_peer, answer, saying

AGORA, BEIRUT = "agora.test", "beirut.test"
ONION = name_of(bytes(range(32)))
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
LONG = Limits(1000)
SHORT = Limits(1000, total_s=0.6, connect_s=0.1, first_byte_s=0.1)


@asynccontextmanager
async def a_proxied_transport(
    proxy: SocksProxy, policy: Policy | None = None
) -> AsyncIterator[PooledTransport]:
    transport = PooledTransport(
        policy or Policy(allow_http=True, allowed_networks=LOOPBACK),
        resolver=_found_out,
        proxy=Proxy("127.0.0.1", proxy.port),
    )
    try:
        yield transport
    finally:
        await transport.close()


def _found_out(host: str, port: int) -> list[tuple[str, int]]:
    raise AssertionError(f"{host}:{port} was looked up here")


@pytest.fixture
def no_look_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the machine's own resolver is asked while the test runs."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def noted(host: object, *more: object, **words: object) -> object:
        try:
            ipaddress.ip_address(str(host))
        except ValueError:
            asked.append(str(host))
        return real(host, *more, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return asked


async def refusal_of(transport: PooledTransport, url: str, limits: Limits = LONG) -> RemoteError:
    with pytest.raises(RemoteError) as refused:
        await transport.send(Request("GET", url), limits)
    return refused.value


async def test_the_proxy_is_told_the_name_and_nothing_is_looked_up_here(
    no_look_ups: list[str],
) -> None:
    async with (
        a_peer(saying(answer(b"ok"))) as peer,
        a_socks_proxy({"agora.example": peer.port}) as proxy,
        a_proxied_transport(proxy) as transport,
    ):
        for _ in range(3):
            said = await transport.send(Request("GET", "http://agora.example/inbox"), LONG)
    assert (said.status, said.body) == (200, b"ok")
    assert [(each.kind, each.host, each.port) for each in proxy.asked] == [
        ("name", "agora.example", 80)
    ], "by name, once: the connection is kept"
    assert b"Host: agora.example\r\n" in peer.heads[0]
    assert no_look_ups == []


async def test_each_host_has_a_circuit_of_its_own_and_each_transport_too() -> None:
    names = {"agora.example": 0, "beirut.example": 0}
    async with a_peer(saying(answer(b"ok"))) as peer, a_socks_proxy(names) as proxy:
        names |= dict.fromkeys(names, peer.port)
        for _ in range(2):
            async with a_proxied_transport(proxy) as transport:
                for name in names:
                    await transport.send(Request("GET", f"http://{name}/"), LONG)
    keys = [(each.user, each.password) for each in proxy.asked]
    assert len(set(keys)) == 4
    assert all(user and password for user, password in keys)


async def test_an_onion_name_is_asked_through_the_proxy_over_plain_http() -> None:
    async with (
        a_peer(saying(answer(b"ok"))) as peer,
        a_socks_proxy({ONION: peer.port}) as proxy,
        a_proxied_transport(proxy, Policy()) as transport,
    ):
        said = await transport.send(Request("GET", f"http://{ONION}/"), LONG)
        refused = await refusal_of(transport, "http://agora.example/")
    assert said.status == 200
    assert refused.detail == "scheme", "plain http is for onion names only"
    assert proxy.hosts == {ONION}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "address_as_name"),
        ("http://[::1]/", "address_as_name"),
        ("http://[::ffff:127.0.0.1]/", "address_as_name"),
        ("https://8.8.8.8/", "address_as_name"),
        ("http://127.1/", "not_a_url"),
        ("http://0x7f000001/", "not_a_url"),
        ("https://localhost/", "private_name"),
        ("https://localhost.:443/", "private_name"),
        ("https://foo.localhost/", "private_name"),
        ("https://printer/", "private_name"),
        ("https://printer.local/", "private_name"),
        ("https://metadata.google.internal/", "private_name"),
        ("https://router.lan/", "private_name"),
        ("https://nas.home.arpa/", "private_name"),
        ("https://1.0.0.127.in-addr.arpa/", "private_name"),
        ("https://agora.example\x00.evil.example/", "not_a_url"),
        ("https://" + "a" * 64 + ".example/", "not_a_url"),
        ("https://" + ".".join(["a" * 60] * 5) + "/", "not_a_url"),
        ("https://user:password@agora.example/", "not_a_url"),
        ("https://agora.example:9050/", "port"),
    ],
)
async def test_what_must_not_be_asked_is_refused_before_the_proxy_hears_of_it(
    url: str, code: str, no_look_ups: list[str]
) -> None:
    async with a_socks_proxy() as proxy, a_proxied_transport(proxy) as transport:
        refused = await refusal_of(transport, url)
    assert isinstance(refused, ForbiddenAddress)
    assert (refused.detail, proxy.connections, no_look_ups) == (code, 0, [])


async def _closes(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


async def _never_answers(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


def _says(*portions: bytes) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for portion in portions:
            await reader.read(1024)
            writer.write(portion)
            await writer.drain()

    return script


def _says_for_ever(portion: bytes) -> Script:
    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(portion * 1000)
            await writer.drain()

    return script


TOOK_PASSWORD = (b"\x05\x02", b"\x01\x00")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (_closes, "proxy"),
        (_never_answers, "timeout"),
        (_says(b"HTTP/1.1 400 This is a web server\r\n\r\n"), "proxy"),
        (_says(b"\x04\x02"), "proxy"),
        (_says(b"\x05\xff"), "proxy"),
        (_says(b"\x05\x77"), "proxy"),
        (_says(b"\x05"), "proxy"),
        (_says(b"\x05\x02", b"\x01\x01"), "proxy"),
        (_says(b"\x05\x02", b"\x05\x00"), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05"), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x04\x00\x00\x01" + bytes(6)), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x00\x07\x01" + bytes(6)), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x00\x00\x09" + bytes(6)), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x00\x00\x03\x02\xff\xfe\x00\x00"), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x77\x00\x01" + bytes(6)), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x08\x00\x01" + bytes(6)), "proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x01\x00\x01" + bytes(6)), "behind_proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x02\x00\x01" + bytes(6)), "behind_proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x04\x00\x01" + bytes(6)), "behind_proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x05\x00\x01" + bytes(6)), "connect"),
        (_says(*TOOK_PASSWORD, b"\x05\x06\x00\x01" + bytes(6)), "behind_proxy"),
        (_says(*TOOK_PASSWORD, b"\x05\x00\x00\x01" + bytes(6)), "reset"),
        (_says_for_ever(b"\x05\x02\x01\x00\x05\x05\x00"), "connect"),
        (_says_for_ever(bytes(1000)), "proxy"),
    ],
)
async def test_a_proxy_that_does_not_do_its_work_is_a_failure_that_is_tried_again(
    script: Script, code: str, no_look_ups: list[str]
) -> None:
    async with a_peer(saying(answer(b"ok"))) as peer, a_socks_proxy() as proxy:
        proxy.script = script
        async with a_proxied_transport(proxy) as transport:
            limits = SHORT if code == "timeout" else LONG
            refused = await refusal_of(transport, f"http://agora.example:{peer.port}/", limits)
            assert isinstance(refused, RemoteUnreachable)
            assert (refused.detail, refused.retryable) == (code, True)
        assert (peer.connections, no_look_ups) == (0, [])


async def test_no_proxy_means_no_request(no_look_ups: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = SocksProxy({}, port=taken.getsockname()[1])
        async with a_proxied_transport(gone) as transport:
            refused = await refusal_of(transport, "http://localhost.example/")
    assert (type(refused), refused.detail, no_look_ups) == (RemoteUnreachable, "proxy", [])


async def test_connecting_may_take_longer_through_a_proxy_but_not_for_ever() -> None:
    async with a_socks_proxy() as proxy:
        proxy.script = _never_answers
        async with a_proxied_transport(proxy) as transport:
            began = asyncio.get_running_loop().time()
            patient = Limits(1000, total_s=60.0, connect_s=0.1)
            await refusal_of(transport, "http://agora.example/", patient)
            took_s = asyncio.get_running_loop().time() - began
    assert 0.1 * PROXY_PATIENCE <= took_s < 30.0


async def test_an_answer_through_the_proxy_is_bounded_like_any_other() -> None:
    async with (
        a_peer(saying(answer(b"x" * 2000))) as peer,
        a_socks_proxy({"agora.example": peer.port}) as proxy,
        a_proxied_transport(proxy) as transport,
    ):
        refused = await refusal_of(transport, "http://agora.example/")
    assert (type(refused), refused.detail) == (RemoteMalformed, "too_large")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('socks_proxy = "socks5://127.0.0.1:9050"', "socks5h://"),
        ('socks_proxy = "http://127.0.0.1:9050"', "socks5h://"),
        ('socks_proxy = "127.0.0.1:9050"', "socks5h://"),
        ('socks_proxy = "socks5h://localhost:9050"', "no name is resolved here"),
        ('socks_proxy = "socks5h://tor:9050"', "no name is resolved here"),
        ('socks_proxy = "socks5h://127.0.0.1"', "an address and a port"),
        ('socks_proxy = "socks5h://127.0.0.1:99999"', "an address and a port"),
        ('socks_proxy = "socks5h://[::1:9050"', "an address and a port"),
        ('socks_proxy = "socks5h://a:b@127.0.0.1:9050"', "no user"),
        ('socks_proxy = "socks5h://127.0.0.1:9050/x"', "path"),
        (
            'socks_proxy = "socks5h://127.0.0.1:9050"\nallowed_networks = ["10.0.0.0/8"]',
            "leave allowed_networks empty",
        ),
    ],
)
def test_a_mistake_in_the_setting_is_explained_and_nothing_starts(setting: str, told: str) -> None:
    with pytest.raises(SetupError) as refused:
        parse_config(f"[network]\n{setting}\n", {})
    assert "line 2" in str(refused.value) or "line 3" in str(refused.value)
    assert told in str(refused.value)


def test_an_instance_with_an_onion_name_only_does_not_start_without_the_proxy() -> None:
    with pytest.raises(SetupError, match="would tell where this machine is"):
        parse_config(f'[instance]\nbase_url = "http://{ONION}"\n', {})


@asynccontextmanager
async def proxied_world(*hosts: str) -> AsyncIterator[tuple[World, SocksProxy]]:
    """Instances that reach each other through one proxy only, opened as in earnest."""
    async with world() as made, a_socks_proxy(made.wire.ports) as proxy:
        settings = (
            f'[network]\nsocks_proxy = "{proxy.url}"\nextra_ca_file = "{made.authority_file}"\n'
        )
        for host in hosts:
            onion = host.endswith(".onion")
            environment = {"FEDI_INSTANCE_BASE_URL": f"http://{host}"} if onion else {}
            await made.start(host, settings, environment)
        yield made, proxy


async def test_two_instances_meet_follow_and_hear_each_other_through_the_proxy(
    no_look_ups: list[str],
) -> None:
    async with proxied_world(AGORA, BEIRUT) as (made, proxy):
        agora = await made.collective(AGORA, "agora")
        beirut = await made.collective(BEIRUT, "beirut")
        await made.follow(beirut, agora)
        await made.publish(agora, a_statement("Through the onion"))
        await made.settle()
        assert await made.titles(BEIRUT) == ["Through the onion"]
        assert {(each.kind, each.host) for each in proxy.asked} == {
            ("name", AGORA),
            ("name", BEIRUT),
        }
        assert no_look_ups == []


async def test_an_onion_only_instance_and_one_of_the_clear_net_hear_each_other() -> None:
    async with proxied_world(AGORA, ONION) as (made, proxy):
        agora = await made.collective(AGORA, "agora")
        hidden = await made.collective(ONION, "hidden")
        await made.follow(agora, hidden)
        await made.follow(hidden, agora)
        await made.publish(hidden, a_note("From nowhere"))
        await made.publish(agora, a_note("From somewhere"))
        await made.settle()
        assert await made.titles(AGORA) == ["<p>From nowhere</p>"]
        assert await made.titles(ONION) == ["<p>From somewhere</p>"]
        assert proxy.hosts == {AGORA, ONION}


async def test_what_could_not_be_sent_through_the_proxy_says_so_and_is_sent_later() -> None:
    async with proxied_world(AGORA, BEIRUT) as (made, proxy):
        agora = await made.collective(AGORA, "agora")
        beirut = await made.collective(BEIRUT, "beirut")
        await made.follow(beirut, agora)
        proxy.script = _closes
        await made[AGORA].http._transport.close()  # a kept connection needs no proxy any more
        letter = await made.publish(agora, a_statement("Later"))
        await made.settle()
        (line,) = (await show(made[AGORA], WhichOrder(which=letter.uri))).deliveries
        assert (line.host, line.state, line.cause) == (BEIRUT, "waiting", "proxy")
        for language in LANGUAGES:
            assert f"ledger.why.{line.cause}" in messages_of(language)
        assert await made.titles(BEIRUT) == []
        proxy.script = None
        made.clock.advance(minutes=5)
        await made.settle()
        assert await made.titles(BEIRUT) == ["Later"]


async def findings_of(made: World, config: Config) -> dict[str, str]:
    outside = Outside(clock=made.clock, resolver=_found_out)
    return {each.check: each.key async for each in examine(config, outside)}


async def test_the_doctor_takes_the_same_way_and_says_what_it_did_not_look_at(
    no_look_ups: list[str],
) -> None:
    async with proxied_world(AGORA) as (made, proxy):
        await made.collective(AGORA, "agora")
        config = made[AGORA].config
        found = await findings_of(made, config)
        assert {
            name: found[name] for name in ("way", "names", "certificate", "reach", "actor")
        } == {
            "way": "doctor.way.ok",
            "names": "doctor.skipped.proxied",
            "certificate": "doctor.certificate.ok",
            "reach": "doctor.reach.ok",
            "actor": "doctor.actor.ok",
        }
        assert proxy.hosts == {AGORA}
        assert no_look_ups == []


@pytest.mark.parametrize(
    ("script", "key"),
    [
        (_says(b"\x05\x00"), "doctor.way.no_password"),
        (_says(b"\x05\xff"), "doctor.way.no_password"),
        (_says(b"HTTP/1.1 400 Bad\r\n\r\n"), "doctor.way.not_socks"),
        (_says(b"\x05"), "doctor.way.not_socks"),
        (_closes, "doctor.way.silent"),
    ],
)
async def test_the_doctor_says_what_is_wrong_with_the_proxy(script: Script, key: str) -> None:
    async with proxied_world(AGORA) as (made, proxy):
        proxy.script = script
        found = await findings_of(made, made[AGORA].config)
    assert (found["way"], found["names"], found["certificate"], found["reach"]) == (
        key,
        "doctor.skipped.proxied",
        "doctor.skipped.unreached",
        "doctor.reach.silent",
    )


async def test_a_redirect_through_the_proxy_is_judged_like_the_first_address() -> None:
    async with proxied_world(AGORA) as (made, proxy):
        peer = Peer(saying(answer(b"", "302 Found", b"Location: https://127.0.0.1/secret\r\n")))
        async with a_peer(peer._script) as listening:
            made.wire.ports[ONION] = listening.port
            proxy.asked.clear()
            with pytest.raises(ForbiddenAddress) as refused:
                await made[AGORA].http.fetch_json(f"http://{ONION}/", "application/json")
        assert refused.value.detail == "address_as_name"
        assert proxy.hosts == {ONION}
