"""The ledger of what was sent: what each server answered, in plain words, and trying again."""

import asyncio
import json
import shutil
import string
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from actors import blocks
from actors.model import Actor
from fedi.cli.deliveries import story_of
from fedi.cli.main import run
from fedi.cli.speech import speak_in
from fedi.desk.deliveries import Delivery, RetryOrder, WhichOrder, retry, show
from fedi.desk.order import Notice
from fedi.errors import Forbidden
from fedi.i18n.catalog import LANGUAGES, messages_of
from fedi.publications.model import Publication
from outbox import ledger, store
from outbox.hosts import HostState
from tests.harness.world import World, a_statement, world
from tests.hostile.stranger import Post, Stranger, deliver, say, stranger

HOST = "agora.test"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
Answer = Callable[[Post], tuple[int, dict[str, str]]]


def always(status: int, **headers: str) -> Answer:
    return lambda _post: (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


async def follower(made: World, there: Stranger, agora: Actor) -> None:
    """Somebody on that server follows, and has got our answer."""
    person = there.person("reader")
    await deliver(made, HOST, person.key, say(person, "Follow", agora.uri))
    await made.settle()
    assert [post.document["type"] for post in there.posts] == ["Accept"]
    there.posts.clear()


async def lines(made: World, publication: Publication | None = None) -> dict[str, Delivery]:
    """The ledger of a publication by host."""
    order = WhichOrder(which=publication.uri if publication else "")
    return {each.host: each for each in (await show(made[HOST], order)).deliveries}


@dataclass(slots=True)
class Neighbours:
    """Nine servers that follow one collective, and what was published to them."""

    made: World
    agora: Actor
    servers: dict[str, Stranger]

    async def publish(self) -> Publication:
        """Published and sent as far as may be; the slow one answers when everybody else has."""
        slow = self.servers["slow.test"]
        slow.hold = asyncio.Event()
        published = await self.made.publish(self.agora, a_statement("To everybody"))
        working = asyncio.create_task(self.made.settle())
        async with asyncio.timeout(20):
            while any(
                not there.posts for host, there in self.servers.items() if host != "dead.test"
            ):
                await asyncio.sleep(0.01)
        slow.hold.set()
        await working
        return published


@asynccontextmanager
async def nine_servers() -> AsyncIterator[Neighbours]:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(HOST))
        agora = await made.collective(HOST, "agora")
        ten_minutes_on = format_datetime(made.clock.now() + timedelta(minutes=10), usegmt=True)
        answers = {
            "healthy.test": always(202),
            "slow.test": always(202),
            "dead.test": always(202),
            "proof.test": always(401),
            "shut.test": always(403),
            "choosy.test": always(404),
            "left.test": always(410),
            "busy.test": always(429, Retry_After="7200"),
            "early.test": always(401, Date=ten_minutes_on),
        }
        servers = {}
        for host, answer in answers.items():
            there = servers[host] = await stack.enter_async_context(stranger(made, host))
            await follower(made, there, agora)
            there.answer = answer
        made.wire.cut.add("dead.test")
        yield Neighbours(made, agora, servers)


async def test_each_of_nine_servers_has_its_own_true_story() -> None:
    async with nine_servers() as there:
        told = await lines(there.made, await there.publish())
    assert {host: (each.state, each.cause) for host, each in told.items()} == {
        "healthy.test": ("sent", ""),
        "slow.test": ("sent", ""),
        "dead.test": ("waiting", "unreachable"),
        "proof.test": ("waiting", "signature"),
        "shut.test": ("refused", "not_allowed"),
        "choosy.test": ("refused", "not_taken"),
        "left.test": ("gone", "gone"),
        "busy.test": ("waiting", "busy"),
        "early.test": ("waiting", "clock"),
    }


async def test_the_clock_that_is_ten_minutes_off_is_named_with_its_minutes() -> None:
    async with nine_servers() as there:
        told = (await lines(there.made, await there.publish()))["early.test"]
    assert [(each.key, each.values) for each in told.sentences] == [
        ("ledger.why.clock_ahead", {"n": 10})
    ]


async def test_who_asks_for_two_hours_is_left_alone_for_two_hours() -> None:
    async with nine_servers() as there:
        told = (await lines(there.made, await there.publish()))["busy.test"]
        assert told.next_try_at is not None
        waits = told.next_try_at - there.made.clock.now()
    assert abs(waits - timedelta(hours=2)) < timedelta(seconds=5)


async def test_what_was_published_arrives_once_when_the_dead_server_is_back() -> None:
    async with nine_servers() as there:
        published = await there.publish()
        there.made.wire.cut.clear()
        there.made.clock.advance(minutes=2)
        await there.made.settle()
        there.made.clock.advance(days=1)
        await there.made.settle()
        told = await lines(there.made, published)
        arrived = there.servers["dead.test"].posts
    assert (told["dead.test"].state, len(arrived)) == ("sent", 1)


async def test_without_a_publication_only_what_did_not_arrive_is_listed() -> None:
    async with nine_servers() as there:
        await there.publish()
        listed = await lines(there.made)
    assert set(listed) == set(there.servers) - {"healthy.test", "slow.test"}


@pytest.mark.embedded
def test_the_ledger_is_told_at_the_keyboard_and_to_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An instance whose outbox was filled by a world is looked at with the command."""

    async def fill() -> None:
        async with one_server(always(403)) as (made, _torn, _published):
            shutil.copytree(made.folder / HOST, tmp_path / HOST)

    asyncio.run(fill())
    (tmp_path / "config.toml").write_text(f'[instance]\nbase_url = "https://{HOST}"\n')
    place = ["--config", str(tmp_path / "config.toml"), "--data", str(tmp_path / HOST)]
    capsys.readouterr()
    assert run(["deliveries", "show", "--language", "fr", *place]) == 0
    assert "ne nous laisse pas entrer (403)" in capsys.readouterr().out
    assert run(["deliveries", "show", "--json", *place]) == 0
    (line,) = json.loads(capsys.readouterr().out)["deliveries"]
    assert (line["cause"], line["last_status"]) == ("not_allowed", 403)
    assert "does not let us in (403)" in line["story"]
    assert run(["deliveries", "retry", "--host", "torn.test", "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out) == {"hosts": 1, "arrivals": 0}


@asynccontextmanager
async def one_server(answer: Answer) -> AsyncIterator[tuple[World, Stranger, Publication]]:
    """A server that follows, and a publication it answered so."""
    async with world(HOST) as made, stranger(made, "torn.test") as torn:
        agora = await made.collective(HOST, "agora")
        await follower(made, torn, agora)
        torn.answer = answer
        published = await made.publish(agora, a_statement("First"))
        await made.settle()
        torn.posts.clear()
        torn.answer = always(202)
        yield made, torn, published


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("by_host", [True, False], ids=["by host", "by publication"])
async def test_trying_again_sends_at_once_whatever_the_answer_was(
    status: int, by_host: bool
) -> None:
    async with one_server(always(status)) as (made, torn, published):
        order = RetryOrder(host="torn.test") if by_host else RetryOrder(which=published.uri)
        again = await retry(made[HOST], order)
        await made.settle()
        told = (await lines(made, published))["torn.test"]
    assert (again.hosts, len(torn.posts), told.state) == (1, 1, "sent")


@pytest.mark.both_engines
@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_trying_everything_again_sends_what_waits(status: int) -> None:
    async with one_server(always(status)) as (made, torn, _published):
        await retry(made[HOST], RetryOrder())
        await made.settle()
    assert len(torn.posts) == 1


async def test_what_was_given_up_after_weeks_can_be_sent_again() -> None:
    async with one_server(always(500)) as (made, torn, published):
        torn.answer = always(500)
        for _ in range(20):
            made.clock.advance(days=1)
            await made.settle()
        told = (await lines(made, published))["torn.test"]
        assert (told.state, told.cause) == ("given_up", "stumbles")
        torn.answer = always(202)
        await retry(made[HOST], RetryOrder(which=published.uri))
        await made.settle()
        assert (await lines(made, published))["torn.test"].state == "sent"


async def test_a_server_that_is_shut_out_here_gets_nothing_by_trying_again() -> None:
    async with one_server(always(403)) as (made, torn, published):
        await made[HOST].change(
            lambda unit: blocks.add(unit, blocks.INSTANCE, "torn.test", blocks.HOST)
        )
        again = await retry(made[HOST], RetryOrder(which=published.uri))
        with pytest.raises(Forbidden):
            await retry(made[HOST], RetryOrder(host="torn.test"))
        await made.settle()
    assert (again.hosts, torn.posts) == (0, [])


async def test_what_waits_behind_a_postponed_letter_does_not_keep_the_worker_busy() -> None:
    async with world(HOST) as made, stranger(made, "torn.test") as torn:
        agora = await made.collective(HOST, "agora")
        await follower(made, torn, agora)
        torn.answer = always(500)
        await made.publish(agora, a_statement("First"))
        await made.publish(agora, a_statement("Second"))
        async with asyncio.timeout(10):
            await made.settle()
        assert len(torn.posts) == 1


async def test_an_activity_that_is_no_publication_has_its_ledger_too() -> None:
    async with one_server(always(500)) as (made, _torn, _published):
        accept = await made[HOST].look(
            lambda rx: rx.one("SELECT uri FROM outbox_activity WHERE type = 'Accept'")
        )
        assert accept is not None
        found = await show(made[HOST], WhichOrder(which=accept[0]))
    assert [(each.type, each.state) for each in found.deliveries] == [("Accept", "sent")]


# How a line is told

LINE = store.Delivery(
    activity_uri="https://agora.test/activity/1",
    activity_type="Create",
    host="torn.test",
    inbox="https://torn.test/inbox",
    state="waiting",
    attempts=1,
    due_at=NOW,
    last_status=None,
    last_reason="",
    last_at=NOW,
)
WELL = HostState("torn.test", None, 0, None, NOW, "")


def refused(reason: str, *, takes_others: bool = True, state: str = "refused") -> ledger.Story:
    line = replace(LINE, state=state, last_reason=reason)
    return ledger.tell(line, WELL, takes_others=takes_others)


def test_not_found_is_about_the_kind_only_where_other_things_are_taken() -> None:
    causes = [refused("http_404", takes_others=takes).cause for takes in (True, False)]
    assert causes == ["not_taken", "not_found"]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("dns", "no_name"),
        ("tls", "certificate"),
        ("timeout", "slow"),
        ("reset", "broken_off"),
        ("http_301", "moved"),
        ("http_400", "not_understood"),
        ("http_413", "too_large"),
        ("http_415", "not_taken"),
        ("http_422", "not_taken"),
        ("http_418", "other"),
        ("http_500", "stumbles"),
        ("http_503", "down"),
        ("http_522", "down"),
        ("address_private_address", "address"),
        ("blocked", "blocked_here"),
        ("no_key", "no_key"),
        ("clock", "clock"),
        ("expired", "expired"),
        ("dropped", "dropped"),
        ("something new", "other"),
    ],
)
def test_every_reason_has_its_cause(reason: str, cause: str) -> None:
    assert refused(reason).cause == cause


def test_what_was_not_tried_because_its_server_is_down_tells_so_and_when_it_is_tried() -> None:
    later = NOW + timedelta(hours=1)
    down = replace(WELL, due_at=later, failures=3, last_reason="connect")
    story = ledger.tell(replace(LINE, attempts=0), down, takes_others=True)
    assert (story.cause, story.next_try_at) == ("unreachable", later)


def test_what_is_new_is_only_said_to_be_untried() -> None:
    story = ledger.tell(replace(LINE, attempts=0), WELL, takes_others=False)
    assert [each.key for each in story.sentences] == ["ledger.waiting"]


@pytest.mark.parametrize("skew_s", [-600, 600])
def test_the_clock_is_told_to_be_ahead_or_behind(skew_s: int) -> None:
    host = replace(WELL, clock_skew_s=skew_s)
    story = ledger.tell(replace(LINE, last_reason="clock"), host, takes_others=True)
    way = "ahead" if skew_s > 0 else "behind"
    assert [each.key for each in story.sentences] == [f"ledger.why.clock_{way}"]


CAUSES = sorted({*ledger.CAUSES, "clock_ahead", "clock_behind"})


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_is_told_in_every_language(language: str, cause: str) -> None:
    assert f"ledger.why.{cause}" in messages_of(language)


@pytest.mark.parametrize("reason", ["http_403", "http_404", "connect", "clock"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_four_failures_are_told_apart_in_every_language(language: str, reason: str) -> None:
    speak_in(language)
    try:
        told = {each: _words(each) for each in ("http_403", "http_404", "connect", "clock")}
    finally:
        speak_in("en")
    others = [text for each, text in told.items() if each != reason]
    assert told[reason] not in others
    assert not any(name for _, name, _, _ in string.Formatter().parse(told[reason]) if name)


def _words(reason: str) -> str:
    story = refused(reason)
    return story_of(
        Delivery(
            activity="", type="Create", host="", inbox="", state="refused", cause=story.cause, attempts=1,
            next_try_at=None, last_status=None, last_reason=reason, last_at=None,
            sentences=[Notice(each.key, dict(each.values)) for each in story.sentences],
        )
    )  # fmt: skip
