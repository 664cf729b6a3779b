"""Everybody at once: thousands who fetch one post, and a post that goes to hosts of which most are dead or hang."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from actors import follows, refresh
from actors.model import Actor
from fedi.opening import DATABASE
from fedi.signatures.cavage import sign_cavage
from fedi.unit import Unit
from outbox import store
from outbox.deliver import Deliverer
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import (
    AS2,
    Heard,
    Stranger,
    deliver,
    exchange_alone,
    in_one_place,
    say,
    stranger,
)
from tests.instances.test_delivery import until
from tests.instances.test_observe import numbers_in, text_of
from tests.security.asking import ask

HERE = "agora.test"
FETCHES = 3_000
AT_ONCE, SOURCES = 200, 250
DEAD, SLOW, WELL = 600, 150, 250


@pytest.mark.embedded
async def test_a_post_that_three_thousand_fetch_is_written_once_and_nothing_is_kept_of_them() -> (
    None
):
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        friend = mars.person("friend")
        post = await made.publish(agora, a_note("everybody wants this"))
        await made.settle()
        before = numbers_in(await text_of(made))["mujawara_documents_total"]
        places = asyncio.Semaphore(AT_ONCE)

        async def fetch(number: int) -> Heard:
            lines = {"host": HERE, "accept": AS2}
            if number % 2:
                signed = sign_cavage("GET", post.uri, None, friend.key, made.clock.now())
                lines |= {name.lower(): value for name, value in signed.items()}
            head = [f"GET {urlsplit(post.uri).path} HTTP/1.1", *map(": ".join, lines.items())]
            async with places:
                raw = "\r\n".join([*head, "", ""]).encode()
                return await exchange_alone(made, HERE, raw, f"127.0.1.{1 + number % SOURCES}")

        with closing(sqlite3.connect(made.folder / HERE / DATABASE)) as database:
            (version,) = database.execute("PRAGMA data_version").fetchone()
            heard = await asyncio.gather(*(fetch(number) for number in range(FETCHES)))
            known = heard[0].headers["etag"]
            again = await ask(made, post.uri, if_none_match=known)
            assert database.execute("PRAGMA data_version").fetchone() == (version,)
        assert Counter(each.status for each in heard) == {200: FETCHES}
        assert {each.body for each in heard} == {heard[0].body}
        assert (again.status, again.body) == (304, b"")
        after = numbers_in(await text_of(made))["mujawara_documents_total"]
        assert after[("made",)] - before[("made",)] <= 1
        # and the queue goes on behind them
        follow = say(friend, "Follow", agora.uri, to=[agora.uri])
        assert (await deliver(made, HERE, friend.key, follow)).status == 202
        await made.settle()
        assert await made.followers(agora) == [friend.uri]


async def test_hosts_that_are_dead_or_hang_keep_nothing_from_the_others() -> None:
    dead, slow, well = (
        [f"{kind}{number}.test" for number in range(many)]
        for kind, many in (("dead", DEAD), ("slow", SLOW), ("well", WELL))
    )
    async with world(HERE) as made, in_one_place(made, [*dead, *slow, *well]) as hosts:
        agora = await made.collective(HERE, "agora")
        # whoever hangs comes before whoever answers
        await _followed(made, agora, [hosts[name] for name in (*slow, *dead, *well)])
        made.wire.cut.update(dead)
        hang = asyncio.Event()
        for name in slow:
            hosts[name].hold = hang
        made.wire.sent.clear()
        post = await made.publish(agora, a_note("to everybody"))
        stop = asyncio.Event()
        working = asyncio.create_task(Deliverer(made[HERE]).run(stop))
        await until(lambda: all(hosts[name].posts for name in well), within_s=120)
        assert not hang.is_set()
        hang.set()
        await until(lambda: all(hosts[name].posts for name in slow), within_s=120)
        stop.set()
        await working
        states = Counter(
            (one.state, one.inbox.removeprefix("https://")[:4])
            for one in await made[HERE].look(lambda rx: store.list_deliveries(rx, post.uri))
        )
        assert states == {("sent", "well"): WELL, ("sent", "slow"): SLOW, ("waiting", "dead"): DEAD}
        # nobody was told twice, and the dead were tried once
        asked = Counter(url.split("/")[2] for method, url in made.wire.sent if method == "POST")
        assert set(asked.values()) == {1}
        assert asked.keys() == {*dead, *slow, *well}


async def _followed(made: World, followed: Actor, by: list[Stranger]) -> None:
    """Somebody of each of these hosts follows from now on."""
    here = made[HERE]
    known = [await refresh.fetch_actor(here, there.person("eve").uri) for there in by]

    def work(unit: Unit) -> None:
        for follower in known:
            follows.ask(unit, follower.uri, followed.uri, f"{follower.uri}/follow")
            follows.decide(unit, follower.uri, followed.uri, follows.ACCEPTED)

    await here.change(work)
