"""S84, S113, S118: how often somebody unknown may come, told from numbers alone; no address is kept."""

from typing import Any

import pytest

from fedi.errors import TooMany
from fedi.http.rates import NAMES_MAX, Newcomers, Rates, Sources, registrable_domain, with_rates


def let_in(rates: Rates, name: str, now: float, times: int) -> int:
    """How many of so many attempts at one moment are let in."""
    count = 0
    for _ in range(times):
        if rates.wait_s(name, now) == 0:
            rates.count(name, now)
            count += 1
    return count


@pytest.mark.parametrize(("count", "burst", "at_once"), [(300, 1.0, 300), (60, 1 / 6, 10), (1, 1.0, 1), (20, 1.0, 20)])  # fmt: skip
def test_a_burst_is_exactly_as_large_as_said(count: int, burst: float, at_once: int) -> None:
    assert let_in(Rates(count, 3600.0, burst), "a", 0.0, count * 2) == at_once


def test_after_the_span_as_many_are_let_in_again() -> None:
    rates = Rates(60, 60.0)
    let_in(rates, "a", 0.0, 60)
    assert let_in(rates, "a", 30.0, 100) == 30
    assert let_in(rates, "a", 90.0, 100) == 60


def test_who_waited_as_long_as_told_is_let_in() -> None:
    rates = Rates(6, 60.0)
    let_in(rates, "a", 0.0, 6)
    assert rates.wait_s("a", float(rates.wait_s("a", 0.0))) == 0


def test_one_name_does_not_use_up_the_share_of_another() -> None:
    rates = Rates(5, 60.0)
    let_in(rates, "a", 0.0, 100)
    assert let_in(rates, "b", 0.0, 100) == 5


def test_the_memory_of_names_is_bounded() -> None:
    rates = Rates(5, 60.0)
    for number in range(NAMES_MAX + 50):
        rates.count(str(number), 0.0)
    assert len(rates) == NAMES_MAX


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.org", "example.org"),
        ("a.b.c.example.org", "example.org"),
        ("a.example.org:8443", "example.org"),
        ("x.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("a.example.com.tn", "example.com.tn"),
        ("localhost", "localhost"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_the_registered_domain_of_a_host_is_guessed(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


def admitted(newcomers: Newcomers, host: str, *, is_host_new: bool) -> bool:
    try:
        newcomers.admit(host, 0.0, per_host=3, hosts_per_domain=2, is_host_new=is_host_new)
    except TooMany:
        return False
    return True


def test_a_host_brings_so_many_new_actors_and_no_more() -> None:
    newcomers = Newcomers()
    found = [admitted(newcomers, "mars.test", is_host_new=number == 0) for number in range(5)]
    assert found == [True, True, True, False, False]


def test_a_domain_brings_so_many_new_hosts_and_no_more() -> None:
    newcomers = Newcomers()
    names = ["a.mars.test", "b.mars.test", "c.mars.test", "a.venus.test"]
    assert [admitted(newcomers, name, is_host_new=True) for name in names] == [
        True, True, False, True,
    ]  # fmt: skip


def test_a_host_is_asked_in_vain_so_many_times_an_hour_and_no_more() -> None:
    newcomers = Newcomers()
    for _ in range(30):
        newcomers.check("mars.test", 0.0)
        newcomers.note_failed_key("mars.test", 0.0)
    with pytest.raises(TooMany):
        newcomers.check("mars.test", 0.0)
    newcomers.check("venus.test", 0.0)


def test_a_source_has_another_name_after_an_hour() -> None:
    sources = Sources(10)
    assert sources.name_of("192.0.2.7", 0.0) == sources.name_of("192.0.2.7", 3599.0)
    assert sources.name_of("192.0.2.7", 3599.0) != sources.name_of("192.0.2.7", 3600.0)


def test_two_processes_have_different_names_for_a_source() -> None:
    assert Sources(10).name_of("192.0.2.7", 0.0) != Sources(10).name_of("192.0.2.7", 0.0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1", True),
    ],
)
def test_a_source_is_one_line_to_the_internet(one: str, other: str, same: bool) -> None:
    sources = Sources(10)
    assert (sources.name_of(one, 0.0) == sources.name_of(other, 0.0)) is same


class Asked:
    """An application with limits, asked without a network. `status`: what it answers."""

    def __init__(self, per_source: int = 3, proxies: tuple[str, ...] = ()) -> None:
        self.now = 0.0
        self.status = 200
        self.app = with_rates(
            self._answer,
            per_source=per_source,
            proxies=proxies,
            monotonic=lambda: self.now,
            refuse=self._refuse,
        )

    async def _answer(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": []})

    async def _refuse(self, _scope: Any, _receive: Any, send: Any, problem: TooMany) -> None:
        assert problem.retry_after_s >= 1
        await send({"type": "http.response.start", "status": 429, "headers": []})

    async def ask(
        self,
        times: int,
        *,
        method: str = "GET",
        path: str = "/",
        source: str | None = "192.0.2.7",
        signed: bool = False,
    ) -> list[int]:
        heard: list[int] = []

        async def send(message: Any) -> None:
            heard.append(message["status"])

        headers = [(b"signature", b"keyId=x")] if signed else []
        client = (source, 1) if source else None
        for _ in range(times):
            scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": client}  # fmt: skip
            await self.app(scope, None, send)
        return heard


async def test_who_asks_too_often_is_told_to_wait_and_others_are_not() -> None:
    asked = Asked()
    assert await asked.ask(4) == [200, 200, 200, 429]
    assert await asked.ask(1, source="192.0.2.8") == [200]


async def test_loopback_is_a_source_like_any_other() -> None:
    assert (await Asked().ask(4, source="127.0.0.1"))[-1] == 429


async def test_the_configured_proxy_itself_is_not_limited() -> None:
    assert set(await Asked(proxies=("127.0.0.1",)).ask(9, source="127.0.0.1")) == {200}


async def test_no_limit_may_be_chosen() -> None:
    assert set(await Asked(per_source=0).ask(9)) == {200}


async def test_what_is_proved_does_not_count_for_its_source() -> None:
    asked = Asked()
    assert set(await asked.ask(9, signed=True)) == {200}
    asked.status = 202
    assert set(await asked.ask(9, method="POST", path="/inbox")) == {202}


@pytest.mark.parametrize("status", [400, 401, 403, 413, 415])
async def test_what_proves_nothing_counts_for_its_source(status: int) -> None:
    asked = Asked()
    asked.status = status
    assert await asked.ask(4, method="POST", path="/actor/x/inbox") == [status] * 3 + [429]


async def test_visitors_do_not_use_up_the_share_of_servers_at_the_same_address() -> None:
    asked = Asked()
    assert (await asked.ask(9))[-1] == 429
    asked.status = 202
    assert await asked.ask(1, method="POST", path="/inbox") == [202]


async def test_after_a_while_one_may_ask_again() -> None:
    asked = Asked()
    await asked.ask(9)
    asked.now = 100.0
    assert await asked.ask(1) == [200]
