"""Worlds that belong to one number: a few in every run, more with `--thorough`, a thousand by `python -m tests.simulation`.

What they promise is in `judge.py`. That they would notice is shown by worlds in which a promise is broken on purpose.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import inbox.receive
import inbox.routes
import outbox.deliver
import outbox.send
from fedi.db.engine import Reader
from inbox import store as inbox_store
from inbox.receive import Answer
from outbox import hosts
from outbox import store as outbox_store
from outbox.retry import Judgement, Verdict
from tests.simulation.deadly import KILLS, NOTES, deadly, died_at, killed_often
from tests.simulation.stage import play

pytestmark = pytest.mark.embedded

SEEDS = (5, 36)
PORTION = 20


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_befalls_a_world_every_promise_holds_when_it_has_come_to_rest(seed: int) -> None:
    outcome = play(seed, acts=30)
    assert outcome.wrong == []
    assert outcome.letters > 20


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(100, 200, PORTION))
def test_a_hundred_worlds_keep_every_promise(first: int) -> None:
    outcomes = [play(seed) for seed in range(first, first + PORTION)]
    assert {outcome.seed: outcome.wrong for outcome in outcomes if outcome.wrong} == {}
    # else nothing was tried
    assert sum(outcome.deaths for outcome in outcomes) > PORTION
    assert sum(outcome.days for outcome in outcomes) > PORTION


@pytest.mark.thorough
@pytest.mark.parametrize("who", ["who publishes", "who receives"])
def test_wherever_a_process_dies_what_is_said_arrives_once(who: str) -> None:
    wrong, steps = {}, 1
    while steps < 400:
        found = died_at(steps, of_speaker=who == "who publishes")
        if found is None:
            break
        if found:
            wrong[steps] = found
        steps += 4
    assert wrong == {}
    # the last of them lived until everything was over
    assert 60 < steps < 400


def test_one_number_is_one_world() -> None:
    one, again = play(3, acts=8), play(3, acts=8)
    assert len(one.trace) > 50
    assert one.trace == again.trace


def test_what_kills_the_process_is_set_aside_and_everything_else_is_worked() -> None:
    deaths, states, aside = deadly()
    assert deaths == 4
    assert aside == [("Announce", "deadly")]
    assert states.keys() <= {"done", "ignored", "quarantined"}
    # and the two Accepts
    assert sum(states.values()) == NOTES + 2


def test_who_is_killed_again_and_again_from_outside_blames_nothing_that_came_in() -> None:
    deaths, states = killed_often()
    assert deaths == KILLS
    assert states.keys() <= {"done", "ignored", "refused"}
    # and the two Accepts
    assert sum(states.values()) >= NOTES + 2


# --- would it be noticed? -----------------------------------------------------------------------


def _answers_too_early(patch: pytest.MonkeyPatch) -> None:
    real = inbox.receive.receive
    kept: list[object] = []

    async def early(*values: Any) -> Answer:
        async def later() -> None:
            await asyncio.sleep(0.5)
            await real(*values)

        kept.append(asyncio.get_running_loop().create_task(later()))
        return Answer(202, "kept")

    patch.setattr(inbox.routes, "receive", early)


def _believes_that_it_was_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        outbox.deliver, "judge", lambda status, _: Judgement(Verdict.SENT, f"http_{status}")
    )


def _sends_in_any_order(patch: pytest.MonkeyPatch) -> None:
    real = outbox_store.list_sendable

    def turned_round(rx: Reader, *values: Any) -> Any:
        return list(reversed(real(rx, *values)))

    patch.setattr(outbox_store, "list_sendable", turned_round)
    patch.setattr(
        outbox.deliver.Deliverer,
        "_take",
        lambda _self, run: run.letters.popleft() if run.letters else None,
    )


def _tells_everybody(patch: pytest.MonkeyPatch) -> None:
    def everybody(rx: Reader, _followed: str) -> Any:
        return [
            (row[0], row[1])
            for row in rx.all(
                "SELECT COALESCE(shared_inbox, inbox), host FROM actor WHERE role = 'remote'"
            )
        ]

    patch.setattr(outbox.send.follows, "list_follower_inboxes", everybody)


def _keeps_what_the_dead_had(patch: pytest.MonkeyPatch) -> None:
    nothing: Callable[..., int] = lambda _unit: 0  # noqa: E731 - two functions of the same kind
    patch.setattr(hosts, "hand_back_all", nothing)
    patch.setattr(inbox_store, "hand_back_all", nothing)
    patch.setattr(outbox.deliver, "LEASE", 400 * outbox.deliver.LEASE * 720)


def _does_it_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inbox_store, "was_done_before", lambda *_: False)
    patch.setattr(inbox_store, "finish", lambda *_: None)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "break_it",
    [
        _answers_too_early,
        _believes_that_it_was_sent,
        _sends_in_any_order,
        _tells_everybody,
        _keeps_what_the_dead_had,
        _does_it_again,
    ],
)
def test_a_broken_promise_is_noticed(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(1, acts=1)
    break_it(monkeypatch)
    assert any(play(seed).wrong for seed in range(1, 16))
