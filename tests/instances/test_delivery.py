"""Sending to scripted servers: what each answer leads to, who waits for whom, and what survives."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

import fedi.ids
from actors.model import Actor
from fedi.config import parse_config
from fedi.opening import Outside, open_instance
from fedi.publications.compose import DraftText
from fedi.publications.model import Publication
from outbox import hosts, store
from outbox.deliver import LEASE, Deliverer
from outbox.store import Delivery
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Person, Post, Stranger, deliver, say, stranger

HERE = "agora.test"
Answer = tuple[int, dict[str, str]]


@asynccontextmanager
async def followed() -> AsyncIterator[tuple[World, Actor, Stranger, Person]]:
    """A collective here with one follower on a scripted server."""
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await follow(made, ali, agora)
        mars.posts.clear()
        yield made, agora, mars, ali


async def follow(made: World, follower: Person, followed: Actor) -> None:
    heard = await deliver(
        made, HERE, follower.key, say(follower, "Follow", followed.uri, followed.username)
    )
    assert heard.status == 202
    await settle(made)


async def settle(made: World) -> None:
    """Until nothing is due; a worker that finds work for ever fails the test."""
    async with asyncio.timeout(10):
        await made.settle()


async def until(holds: Callable[[], bool], within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)


async def ledger(made: World, publication: Publication) -> list[Delivery]:
    return list(await made[HERE].look(lambda rx: store.list_deliveries(rx, publication.uri)))


def verbs(there: Stranger) -> list[str]:
    return [post.document["type"] for post in there.posts]


def saying(status: int, **headers: str) -> object:
    return lambda _post: (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


OUTCOMES = [
    (200, "sent"),
    (202, "sent"),
    (204, "sent"),
    (301, "waiting"),
    (400, "refused"),
    (401, "waiting"),
    (403, "refused"),
    (404, "refused"),
    (405, "refused"),
    (408, "waiting"),
    (410, "gone"),
    (413, "refused"),
    (422, "refused"),
    (429, "waiting"),
    (500, "waiting"),
    (501, "waiting"),
    (502, "waiting"),
    (503, "waiting"),
    (504, "waiting"),
    (521, "waiting"),
]


@pytest.mark.both_engines
async def test_every_answer_has_its_outcome_in_the_ledger() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        found = []
        for status, _ in OUTCOMES:
            async with stranger(made, f"s{status}.test") as there:
                await follow(made, there.person("ali"), agora)
                there.answer = saying(status)  # type: ignore[assignment]
                note = await made.publish(agora, a_note("words"))
                await settle(made)
                lines = [line for line in await ledger(made, note) if line.host == there.host]
                found.append((status, lines[0].state))
                assert (lines[0].last_status, lines[0].attempts) == (status, 1)
                assert lines[0].last_reason == f"http_{status}"
    assert found == OUTCOMES


async def test_a_letter_that_they_stumble_over_holds_back_the_later_ones_without_end() -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = saying(500)  # type: ignore[assignment]
        await made.publish(agora, a_note("first"))
        await settle(made)
        await made.publish(agora, a_note("second"))
        await settle(made)
        assert len(mars.posts) == 1
        mars.answer = saying(202)  # type: ignore[assignment]
        made.clock.advance(minutes=2)
        await settle(made)
        assert [post.document["object"]["content"] for post in mars.posts] == [
            "<p>first</p>",
            "<p>first</p>",
            "<p>second</p>",
        ]


async def test_more_letters_than_a_batch_behind_one_that_waits_hold_up_nobody_else() -> None:
    async with followed() as (made, agora, mars, ali):
        banat = await made.collective(HERE, "banat")
        await follow(made, ali, banat)
        mars.posts.clear()
        mars.answer = saying(500)  # type: ignore[assignment]
        for number in range(60):
            await made.publish(agora, a_note(f"agora {number}"))
        await settle(made)
        mars.answer = saying(202)  # type: ignore[assignment]
        mars.posts.clear()
        await made.publish(banat, a_note("banat"))
        await settle(made)
        assert [post.document["actor"] for post in mars.posts] == [banat.uri]
        mars.posts.clear()
        made.clock.advance(minutes=2)
        await settle(made)
        assert [post.document["object"]["content"] for post in mars.posts] == [
            f"<p>agora {number}</p>" for number in range(60)
        ]


async def test_a_wish_to_come_back_later_is_obeyed() -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = saying(429, retry_after="7200")  # type: ignore[assignment]
        await made.publish(agora, a_note("words"))
        await settle(made)
        made.clock.advance(seconds=7190)
        await settle(made)
        assert len(mars.posts) == 1
        made.clock.advance(seconds=20)
        await settle(made)
        assert len(mars.posts) == 2


@pytest.mark.parametrize("wish", ["0", "-5", "soon", "99999999999999999999", "Sat, 01 Jan 1000"])
async def test_an_odd_wish_does_no_harm(wish: str) -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = saying(503, retry_after=wish)  # type: ignore[assignment]
        await made.publish(agora, a_note("words"))
        await settle(made)
        assert len(mars.posts) == 1
        mars.answer = saying(202)  # type: ignore[assignment]
        made.clock.advance(days=1, minutes=1)
        await settle(made)
        assert len(mars.posts) == 2


async def test_a_host_that_hangs_delays_nobody() -> None:
    async with followed() as (made, agora, mars, _), stranger(made, "venus.test") as venus:
        await follow(made, venus.person("eve"), agora)
        venus.posts.clear()
        mars.hold = asyncio.Event()
        await made.publish(agora, a_note("words"))
        working = asyncio.create_task(settle(made))
        await until(lambda: bool(venus.posts and mars.posts))
        assert not working.done()
        mars.hold.set()
        await working


async def test_whoever_does_not_answer_takes_no_place_from_those_who_do() -> None:
    async with (
        world(HERE, settings="[delivery]\nconcurrency = 1\n") as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "pluto.test") as pluto,
        stranger(made, "venus.test") as venus,
    ):
        agora = await made.collective(HERE, "agora")
        for number, there in enumerate((mars, pluto, venus)):
            await follow(made, there.person("eve", number), agora)
            there.posts.clear()
        mars.hold = pluto.hold = asyncio.Event()
        stop = asyncio.Event()
        working = asyncio.create_task(Deliverer(made[HERE], slow_s=0.01).run(stop))
        note = await made.publish(agora, a_note("words"))
        await until(lambda: bool(venus.posts))
        assert {one.state for one in await ledger(made, note)} == {"waiting"} | {
            one.state for one in await ledger(made, note) if "venus" in one.inbox
        }
        mars.hold.set()
        stop.set()
        await working
        assert [len(there.posts) for there in (mars, pluto, venus)] == [1, 1, 1]
        assert {one.state for one in await ledger(made, note)} == {"sent"}


async def test_words_of_one_author_never_overtake_each_other_while_another_goes_ahead() -> None:
    async with followed() as (made, agora, mars, ali):
        banat = await made.collective(HERE, "banat")
        await follow(made, ali, banat)
        mars.posts.clear()
        mars.hold = asyncio.Event()
        for number in range(5):
            await made.publish(agora, a_note(f"agora {number}"))
        await made.publish(banat, a_note("banat"))
        # who takes long gets what others say over another connection
        working = asyncio.create_task(Deliverer(made[HERE], slow_s=0.01).drain())
        await until(lambda: len(mars.posts) >= 2)
        under_way = [post.document["actor"] for post in mars.posts]
        assert sorted(under_way) == sorted([agora.uri, banat.uri])
        mars.hold.set()
        await working
        said = [post.document["object"]["content"] for post in mars.posts]
        assert [text for text in said if "agora" in text] == [
            f"<p>agora {number}</p>" for number in range(5)
        ]


async def test_what_is_withdrawn_while_its_turn_comes_disturbs_nothing_behind_it() -> None:
    async with followed() as (made, agora, mars, _):
        mars.hold = asyncio.Event()
        notes = [await made.publish(agora, a_note(words)) for words in ("one", "two", "three")]
        working = asyncio.create_task(settle(made))
        await until(lambda: bool(mars.posts))
        # listed already, and forgotten before it is sent
        await made.delete(agora, notes[1])
        mars.hold.set()
        await working
        assert [(post.document["type"], post.document["object"]["id"]) for post in mars.posts] == [
            ("Create", notes[0].uri),
            ("Create", notes[2].uri),
            ("Delete", notes[1].uri),
        ]
        assert await made[HERE].look(hosts.count_troubled) == 0


async def test_a_clock_set_forward_while_a_letter_is_under_way_does_not_send_it_twice() -> None:
    async with followed() as (made, agora, mars, _):
        mars.hold = asyncio.Event()
        await made.publish(agora, a_note("words"))
        deliverer = Deliverer(made[HERE])
        working = asyncio.create_task(deliverer.drain())
        await until(lambda: bool(mars.posts))
        made.clock.advance(hours=2)
        await made.publish(agora, a_note("more words"))
        started = await deliverer._start_lanes()
        assert len(deliverer._lanes) == 1, started
        mars.hold.set()
        await working
        assert [post.document["object"]["content"] for post in mars.posts] == [
            "<p>words</p>",
            "<p>more words</p>",
        ]


async def test_as_long_as_a_clock_is_wrong_nothing_is_given_up() -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = saying(401, date=_a_day_ahead(made))  # type: ignore[assignment]
        note = await made.publish(agora, a_note("words"))
        for _ in range(9):
            await settle(made)
            made.clock.advance(hours=30)
            mars.answer = saying(401, date=_a_day_ahead(made))  # type: ignore[assignment]
        (line,) = await ledger(made, note)
        assert line.state == "waiting"
        assert line.last_reason == "clock"
        mars.answer = saying(202)  # type: ignore[assignment]
        await settle(made)
        (line,) = await ledger(made, note)
        assert line.state == "sent"


def _a_day_ahead(made: World) -> str:
    return format_datetime(made.clock.now() + timedelta(days=1), usegmt=True)


async def test_after_a_restart_with_an_earlier_clock_what_is_said_still_comes_after_what_was() -> (
    None
):
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        await follow(made, mars.person("ali"), agora)
        mars.posts.clear()
        made.wire.cut.add("mars.test")
        await made.publish(agora, a_note("before"))
        await settle(made)
        await made.stop(HERE)
        made.clock.advance(hours=-20)
        # as a new process begins to count
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fedi.ids, "_row_last", 0)
            await made.start(HERE)
            await made.publish(agora, a_note("after"))
            made.wire.cut.clear()
            made.clock.advance(days=1)
            await settle(made)
        assert [post.document["object"]["content"] for post in mars.posts] == [
            "<p>before</p>",
            "<p>after</p>",
        ]


async def test_a_dead_host_is_tried_for_two_weeks_ever_more_seldom_and_then_given_up() -> None:
    async with followed() as (made, agora, _mars, _):
        made.wire.cut.add("mars.test")
        note = await made.publish(agora, a_note("words"))
        start, tries = made.clock.now(), []
        while made.clock.now() - start < timedelta(days=16):
            made.wire.sent.clear()
            await settle(made)
            if made.wire.sent:
                tries.append(made.clock.now() - start)
            made.clock.advance(minutes=20)
        gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
        assert 17 <= len(tries) <= 24
        assert timedelta(days=12.7) < tries[-1] <= timedelta(days=14)
        assert max(gaps) <= timedelta(days=1.25)
        line = (await ledger(made, note))[0]
        assert line.state == "given_up"


async def test_a_host_that_comes_back_on_the_last_day_gets_everything_in_order() -> None:
    async with followed() as (made, agora, mars, _):
        made.wire.cut.add("mars.test")
        for number in range(3):
            await made.publish(agora, a_note(f"{number}"))
        for _ in range(36):
            await settle(made)
            made.clock.advance(hours=8)
        made.wire.cut.clear()
        made.clock.advance(hours=30)
        await settle(made)
        assert [post.document["object"]["content"] for post in mars.posts] == [
            f"<p>{number}</p>" for number in range(3)
        ]


async def test_a_host_that_is_heard_from_is_tried_at_once() -> None:
    async with followed() as (made, agora, mars, ali):
        made.wire.cut.add("mars.test")
        note = await made.publish(agora, a_note("words"))
        for _ in range(6):
            await settle(made)
            made.clock.advance(hours=4)
        made.clock.advance(minutes=1)
        await settle(made)
        made.wire.cut.clear()
        await settle(made)
        assert mars.posts == []
        await made[HERE].wake.wait("delivery", 0)  # what rang before is forgotten
        bell = asyncio.create_task(made[HERE].wake.wait("delivery", 60))
        await deliver(made, HERE, ali.key, say(ali, "Like", note.uri))
        await asyncio.wait_for(bell, 30)
        await settle(made)
        assert verbs(mars) == ["Create"]


async def test_only_the_last_edit_is_said_to_who_was_away_for_all_of_them() -> None:
    async with followed() as (made, agora, mars, _):
        note = await made.publish(agora, a_note("zero"))
        await settle(made)
        made.wire.cut.add("mars.test")
        for text in ("one", "two"):
            made.clock.advance(minutes=1)
            words = {"en": replace(note.original, content=f"<p>{text}</p>")}
            note = await made.edit(agora, replace(note, texts=words))
            await settle(made)
        made.wire.cut.clear()
        made.clock.advance(days=1)
        await settle(made)
        assert verbs(mars) == ["Create", "Update"]
        assert mars.posts[1].document["object"]["content"] == "<p>two</p>"
        states = [line.state for line in await ledger(made, note)]
        assert sorted(states) == ["sent", "sent", "superseded"]


async def test_what_was_deleted_before_it_left_is_never_said() -> None:
    async with followed() as (made, agora, mars, _):
        made.wire.cut.add("mars.test")
        note = await made.publish(agora, a_note("never mind"))
        await settle(made)
        await made.delete(agora, note)
        made.wire.cut.clear()
        made.clock.advance(days=1)
        await settle(made)
        assert verbs(mars) == ["Delete"]
        assert b"never mind" not in b"".join(post.body for post in mars.posts)


def only_rfc9421(post: Post) -> Answer:
    return (202 if "Signature-Input" in post.headers else 401), {}


async def test_who_reads_only_the_newer_signatures_is_reached_at_once_and_remembered() -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = only_rfc9421
        note = await made.publish(agora, a_note("one"))
        await settle(made)
        assert [line.state for line in await ledger(made, note)] == ["sent"]
        mars.posts.clear()
        await made.publish(agora, a_note("two"))
        await settle(made)
        assert ["Signature-Input" in post.headers for post in mars.posts] == [True]


async def test_a_doubled_delivery_has_one_effect() -> None:
    async with world(HERE, "beirut.test") as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective("beirut.test", "beirut")
        made.wire.doubled |= {HERE, "beirut.test"}
        await made.follow(beirut, agora)
        await made.publish(agora, a_note("once"))
        await settle(made)
        assert await made.followers(agora) == [beirut.uri]
        assert await made.titles("beirut.test") == ["<p>once</p>"]


@pytest.mark.both_engines
async def test_what_a_dead_process_had_claimed_is_sent_by_the_next() -> None:
    async with followed() as (made, agora, mars, _):
        await made.publish(agora, a_note("words"))
        here = made[HERE]
        claimed = await here.change(lambda unit: hosts.claim(unit, 10, LEASE, own_host=HERE))
        assert [lane.host for lane in claimed] == ["mars.test"]
        await settle(made)
        assert mars.posts == []
        folder = made.sites[HERE].folder
        await made.stop(HERE)  # the process ends here, and its folder stays
        config = parse_config(
            f'[storage]\nfolder = "{folder}"',
            {
                "FEDI_INSTANCE_BASE_URL": f"https://{HERE}",
                "FEDI_DATABASE_URL": made.database(HERE),
            },
        )
        async with open_instance(config, Outside(clock=made.clock)) as again:
            lanes = await again.change(lambda unit: hosts.claim(unit, 10, LEASE, own_host=HERE))
        assert [lane.host for lane in lanes] == ["mars.test"]


async def test_the_bytes_that_are_sent_again_are_the_same() -> None:
    async with followed() as (made, agora, mars, _):
        mars.answer = saying(503)  # type: ignore[assignment]
        await made.publish(
            agora,
            replace(
                a_note("نص", "ar"), texts={"ar": DraftText("", "نص"), "en": DraftText("", "text")}
            ),
        )
        await settle(made)
        made.clock.advance(minutes=2)
        await settle(made)
        first, second = mars.posts
        assert first.body == second.body
        assert first.headers["Signature"] != second.headers["Signature"]
