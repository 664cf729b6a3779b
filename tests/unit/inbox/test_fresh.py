"""The hand-over in memory from the door to the worker."""

import asyncio
from datetime import UTC, datetime

from fedi.jobs.run import run_workers
from fedi.vocab.activity import Activity, parse_activity
from inbox import store
from inbox.fresh import BODY_BYTES_MAX, FRESH_MAX, Fresh
from inbox.store import Arrival, Kept
from tests.harness.world import World, world
from tests.hostile.stranger import Person, a_note_of, deliver, say, stranger

SMALL = b"{}"
SAID = parse_activity(
    {
        "id": "https://there.test/1",
        "type": "Like",
        "actor": "https://there.test/eve",
        "object": "https://agora.test/1",
    }
)


def _kept(number: int) -> Kept:
    arrival = Arrival(f"https://there.test/{number}", "", "", "Like", SMALL, "", "")
    return Kept(number, arrival, 1, datetime(2026, 1, 1, tzinfo=UTC))


def _filled(count: int) -> Fresh:
    fresh = Fresh()
    fresh.open()
    for number in range(count):
        fresh.put(_kept(number), SAID)
    return fresh


def _numbers(taken: list[tuple[Kept, Activity]]) -> list[int]:
    return [kept.id for kept, _ in taken]


def test_it_is_closed_until_a_worker_opens_it() -> None:
    fresh = Fresh()
    assert not fresh.takes(SMALL)
    fresh.open()
    assert fresh.takes(SMALL)


def test_after_closing_the_next_goes_to_the_table_and_what_was_handed_over_stays() -> None:
    fresh = _filled(3)
    fresh.close()
    assert not fresh.takes(SMALL)
    assert _numbers(fresh.take()) == [0, 1, 2]


def test_what_is_handed_over_comes_out_in_its_order() -> None:
    fresh = _filled(5)
    assert _numbers(fresh.take(2)) == [0, 1]
    assert _numbers(fresh.take()) == [2, 3, 4]
    assert fresh.take() == []


def test_a_turn_takes_no_more_than_there_is() -> None:
    assert _numbers(_filled(2).take(9)) == [0, 1]


def test_it_takes_the_last_that_has_room_and_no_more() -> None:
    assert _filled(FRESH_MAX - 1).takes(SMALL)
    assert not _filled(FRESH_MAX).takes(SMALL)


def test_once_full_it_stays_closed_until_the_table_is_empty_again() -> None:
    fresh = _filled(FRESH_MAX)
    assert not fresh.takes(SMALL)
    fresh.take()
    assert not fresh.takes(SMALL)
    fresh.open()
    assert fresh.takes(SMALL)


def test_a_large_body_closes_it_so_that_nothing_overtakes_that_body() -> None:
    fresh = _filled(0)
    assert fresh.takes(b"x" * BODY_BYTES_MAX)
    assert not fresh.takes(b"x" * (BODY_BYTES_MAX + 1))
    assert not fresh.takes(SMALL)


def test_more_than_a_turn_is_told_from_just_a_turn() -> None:
    assert not _filled(3).has_more_than(3)
    assert _filled(4).has_more_than(3)


async def test_what_does_not_fit_waits_unclaimed_in_the_table() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        fresh = made.sites["agora.test"].limits.fresh
        fresh.open()
        for number in (1, 2):
            if number == 2:
                for each in range(FRESH_MAX):
                    fresh.put(_kept(each), SAID)
            note = a_note_of(eve, number)
            await deliver(
                made, "agora.test", eve.key, say(eve, "Create", note, number, to=[agora.uri])
            )
        rows = await made["agora.test"].look(
            lambda rx: rx.all("SELECT attempts, claimed_until > 0 FROM inbox_activity ORDER BY id")
        )
        assert rows == [(1, 1), (0, 0)]


def _story(eve: Person, reader: str) -> list[dict[str, object]]:
    """Fifty activities: notes written and changed, most of them withdrawn, in this order."""
    said: list[dict[str, object]] = []
    for number in range(17):
        note = a_note_of(eve, number, f"<p>first {number}</p>", to=[reader])
        newer = {**note, "content": f"<p>then {number}</p>", "updated": "2026-01-02T00:00:00Z"}
        gone = {"id": note["id"], "type": "Tombstone"}
        said.append(say(eve, "Create", note, number, to=[reader]))
        said.append(say(eve, "Update", newer, number))
        said.append(say(eve, "Delete", gone, number))
    return said[:50]


async def _all_done(made: World, count: int) -> None:
    """Look until that many have their outcome; whoever waits for it sets the limit."""
    here = made["agora.test"]
    while True:
        states = await here.look(store.count_states)
        if sum(states.values()) == count and "waiting" not in states:
            return
        await asyncio.sleep(0.01)


async def test_running_workers_do_all_that_one_actor_says_in_order_and_exactly_once() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        site, stop = made.sites["agora.test"], asyncio.Event()
        working = asyncio.create_task(run_workers(site.instance, site.limits, stop))
        try:
            story = _story(eve, agora.uri)
            for activity in story:
                assert (await deliver(made, "agora.test", eve.key, activity)).status == 202
            async with asyncio.timeout(20):
                await _all_done(made, len(story))
        finally:
            stop.set()
            await working
        rows = await made["agora.test"].look(
            lambda rx: rx.all("SELECT uri, state, attempts, reason FROM inbox_activity ORDER BY id")
        )
        reasons = {
            "Create": "create.stored",
            "Update": "update.stored",
            "Delete": "delete.publication",
        }
        assert rows == [(each["id"], "done", 1, reasons[str(each["type"])]) for each in story]
        assert await made.titles("agora.test") == ["<p>then 16</p>"]
