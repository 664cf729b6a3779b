"""S116, S20: what each host costs is counted, shown and bounded; only what is proved is put to somebody's account."""

import logging

import pytest

from fedi.desk.hosts import HostsOrder, list_hosts
from fedi.errors import Invalid, TooMany
from fedi.http.accounts import HALF_LIFE_S, HOSTS_MAX, VERIFYING_SHARE, Accounts
from tests.harness.members import a_member
from tests.harness.world import world
from tests.hostile.stranger import a_note_of, deliver, say, stranger

HERE = "agora.test"


async def test_what_a_host_costs_is_put_to_its_account() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        assert (await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))).status == 202
        await made.settle()
        found = await list_hosts(made[HERE], HostsOrder())
        (account,) = found.hosts
        assert (account.host, account.share_percent, found.known) == ("mars.test", 100.0, 1)
        assert account.cpu_ms > 0
        assert account.rows >= 2  # the follow, and the mark that it was done
        assert account.size_bytes > 500
        assert account.fetches >= 1
        with pytest.raises(Invalid):
            await list_hosts(made[HERE], HostsOrder(most=0))


async def test_stewards_see_on_a_page_what_each_host_costs() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        steward = await a_member(made, agora)
        assert "mars.test" not in (await steward.get("/steward/queue")).text
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        await made.settle()
        (account,) = (await list_hosts(made[HERE], HostsOrder())).hosts
        text = (await steward.get("/steward/queue")).text
        expected = [
            "mars.test",
            "100.0 %",
            f"{account.cpu_ms:.0f} ms of processor",
            f"{account.size_bytes / 1024:.0f} KB",
            f"{account.rows} rows",
            f"{account.fetches} fetch",
        ]
        assert [each for each in expected if each not in text] == []
        reader = await a_member(made, agora, "Noor", "reader")
        assert "mars.test" not in (await reader.get("/steward/queue")).text


async def test_words_that_prove_nothing_are_put_to_nobodys_account() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali, liar = mars.person("ali"), mars.person("liar", 1)
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        await made.settle()
        accounts = made[HERE].accounts
        (before,) = accounts.list_heaviest(made.clock.monotonic(), 9)
        # signed with another key in the name of this one
        forged = type(ali.key)(ali.key.key_id, liar.key.private)
        for number in range(3):
            heard = await deliver(made, HERE, forged, say(ali, "Like", agora.uri, str(number)))
            assert heard.status == 401
        (after,) = accounts.list_heaviest(made.clock.monotonic(), 9)
        assert (after.cpu_s, after.rows) == (before.cpu_s, before.rows)
        accounts.check_verifying("mars.test", made.clock.monotonic())


async def test_a_host_that_used_up_its_time_for_verification_comes_later_and_nobody_else() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars, stranger(made, "venus.test") as venus:  # fmt: skip
        agora = await made.collective(HERE, "agora")
        ali, zoe = mars.person("ali"), venus.person("zoe")
        for person in (ali, zoe):
            await deliver(made, HERE, person.key, say(person, "Follow", agora.uri))
        made[HERE].accounts.note_verified("mars.test", made.clock.monotonic(), 4.0)
        heard = await deliver(made, HERE, ali.key, say(ali, "Like", agora.uri, "1"))
        assert (heard.status, heard.headers["retry-after"]) == (429, "21")
        assert (await deliver(made, HERE, zoe.key, say(zoe, "Like", agora.uri, "1"))).status == 202
        made.clock.advance(seconds=21)
        heard = await deliver(made, HERE, ali.key, say(ali, "Like", agora.uri, "2"))
        assert heard.status == 202


async def test_the_heaviest_host_is_named_when_too_much_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        made.sites[HERE].limits.backlog = 10**9
        with caplog.at_level(logging.WARNING, "fedi.inbox"):
            for number in range(3):
                heard = await deliver(made, HERE, ali.key, say(ali, "Like", agora.uri, str(number)))
                assert heard.status == 503
        said = [record for record in caplog.records if record.message == "overloaded"]
        assert [getattr(record, "heaviest", "") for record in said] == ["mars.test"]


async def test_the_heaviest_host_is_named_in_a_flood_of_strangers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = "[inbox]\nstrangers_per_hour = 6\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        people = [mars.person(f"p{number}") for number in range(4)]
        with caplog.at_level(logging.WARNING, "fedi.inbox"):
            for person in people:
                note = a_note_of(person, 1, "<p>buy</p>", to=[agora.uri])
                told = say(person, "Create", note, to=[agora.uri])
                heard = await deliver(made, HERE, person.key, told)
        assert heard.status == 429
        assert int(heard.headers["retry-after"]) > 0
        said = [record for record in caplog.records if record.message == "overloaded"]
        assert [(getattr(each, "why", ""), getattr(each, "heaviest", "")) for each in said] == [
            ("strangers", "mars.test")
        ]


@pytest.mark.embedded
async def test_the_heaviest_host_is_named_when_the_disk_is_in_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri))
        await made.settle()
        await made[HERE].db.write(lambda tx: tx.all("PRAGMA max_page_count = 1"))
        words = "<p>" + "words " * 8_000 + "</p>"
        told = say(ali, "Create", a_note_of(ali, 1, words, to=[agora.uri]), to=[agora.uri])
        with caplog.at_level(logging.WARNING, "fedi.inbox"):
            assert (await deliver(made, HERE, ali.key, told)).status == 503
        said = [record for record in caplog.records if record.message == "overloaded"]
        assert [(getattr(each, "why", ""), getattr(each, "heaviest", "")) for each in said] == [
            ("storage", "mars.test")
        ]


async def test_one_host_that_speaks_too_often_is_no_trouble_of_the_whole_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = "[inbox]\nfollows_per_host = 1\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        with caplog.at_level(logging.WARNING, "fedi.inbox"):
            for number in range(3):
                told = say(ali, "Follow", agora.uri, str(number))
                heard = await deliver(made, HERE, ali.key, told)
        assert heard.status == 429
        assert [record for record in caplog.records if record.message == "overloaded"] == []


def test_half_is_forgotten_every_hour() -> None:
    accounts = Accounts()
    accounts.note("a.test", 0.0, cpu_s=8.0, size_bytes=800, rows=80, fetches=8)
    (account,) = accounts.list_heaviest(3 * HALF_LIFE_S, 1)
    assert account.cpu_s == pytest.approx(1.0)
    assert (account.size_bytes, account.rows, account.fetches) == (100, 10, 1)


def test_the_heaviest_is_first_by_all_it_costs() -> None:
    accounts = Accounts()
    accounts.note("cpu.test", 0.0, cpu_s=9.0)
    accounts.note("bytes.test", 0.0, cpu_s=1.0, size_bytes=9)
    accounts.note("both.test", 0.0, cpu_s=9.0, size_bytes=9)
    found = accounts.list_heaviest(0.0, 9)
    assert [account.host for account in found] == ["both.test", "bytes.test", "cpu.test"]
    assert sum(account.share for account in found) == pytest.approx(1.0)


def test_names_without_number_are_forgotten_and_who_comes_all_the_time_is_not() -> None:
    accounts = Accounts()
    for number in range(3 * HOSTS_MAX):
        accounts.note("busy.test", float(number), cpu_s=1.0)
        accounts.note(f"h{number}.test", float(number), cpu_s=0.001)
    assert len(accounts) == HOSTS_MAX
    assert accounts.list_heaviest(3.0 * HOSTS_MAX, 1)[0].host == "busy.test"


def test_the_budget_for_verification_is_a_share_of_time() -> None:
    accounts = Accounts()
    for second in range(10_000):
        accounts.check_verifying("steady.test", float(second))
        accounts.note_verified("steady.test", float(second), VERIFYING_SHARE * 0.99)
    for second in range(1000):
        accounts.note_verified("greedy.test", float(second), VERIFYING_SHARE * 1.5)
    with pytest.raises(TooMany):
        accounts.check_verifying("greedy.test", 1000.0)
