"""S103: what was written in the journal hangs together, and what was taken out, put in or changed is noticed."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from actors import journal
from fedi.db.engine import Reader, Row
from fedi.doctor.beside import look_beside
from fedi.unit import Unit
from tests.harness.world import World, world

HERE = "agora.test"


async def written(made: World, many: int = 5) -> None:
    """Some entries, a minute apart; the words are of people, in any script."""
    for number in range(many):
        made.clock.advance(minutes=1)
        await made[HERE].change(
            lambda unit, n=number: journal.note(unit, journal.HOUSE, n, "journal.named", f"سلمى «{n}»")  # type: ignore[misc]
        )  # fmt: skip


async def broken_at(made: World) -> int | None:
    return await made[HERE].look(journal.find_break)


@pytest.mark.both_engines
async def test_the_journal_hangs_together_whoever_writes_at_once_and_whatever_is_forgotten() -> (
    None
):
    async with world(HERE) as made:
        assert await broken_at(made) is None

        def note(unit: Unit) -> None:
            journal.note(unit, journal.HOUSE, 1, "journal.named", "salma")

        await asyncio.gather(*(made[HERE].change(note) for _ in range(12)))
        await written(made)
        assert await broken_at(made) is None
        # from the oldest, and all of it
        for after, left in ((2, 2), (0, 0)):
            before = made.clock.now() - timedelta(minutes=after) + timedelta(seconds=1)
            await made[HERE].change(lambda unit, at=before: journal.forget(unit, at))  # type: ignore[misc]
            assert ((await made.rows(HERE))["journal"], await broken_at(made)) == (left, None)
        await written(made, 2)
        assert await broken_at(made) is None


class Slow:
    """A look during which something happens after its first questions."""

    def __init__(self, rx: Reader, happening: Callable[[], None]) -> None:
        self.rx = rx
        self.happening = happening
        self.left = 3

    def meanwhile(self) -> None:
        self.left -= 1
        if self.left >= 0:
            self.happening()

    def one(self, sql: str, *values: object) -> Row | None:
        row = self.rx.one(sql, *values)
        self.meanwhile()
        return row

    def all(self, sql: str, *values: object) -> Sequence[Row]:
        rows = self.rx.all(sql, *values)
        self.meanwhile()
        return rows


@pytest.mark.both_engines
@pytest.mark.parametrize("forgets", [False, True])
async def test_what_is_written_or_forgotten_while_the_doctor_looks_is_no_break(
    forgets: bool,
) -> None:
    async with world(HERE) as made:
        await written(made)
        loop, now = asyncio.get_running_loop(), made.clock.now()

        def work(unit: Unit) -> None:
            journal.note(unit, journal.HOUSE, 1, "journal.named", "salma")
            if forgets:
                journal.forget(unit, now - timedelta(minutes=1))

        def meanwhile() -> None:
            asyncio.run_coroutine_threadsafe(made[HERE].change(work), loop).result(10)

        seen = await asyncio.to_thread(
            look_beside, made[HERE].config, lambda rx: journal.find_break(Slow(rx, meanwhile))
        )
        assert (seen, await broken_at(made)) == (None, None)
        assert (await made.rows(HERE))["journal"] > 2


async def test_after_a_clock_that_was_set_back_forgetting_leaves_no_break() -> None:
    async with world(HERE) as made:
        await written(made, 3)
        now = made.clock.now()
        made.clock.advance(days=-2)
        await written(made, 2)
        await made[HERE].change(lambda unit: journal.forget(unit, now - timedelta(days=1)))
        assert await broken_at(made) is None
        await written(made, 1)
        assert await broken_at(made) is None


@pytest.mark.parametrize(
    ("done", "first"),
    [
        ("DELETE FROM journal WHERE number = 1", 1),
        ("DELETE FROM journal WHERE number = 3", 3),
        ("DELETE FROM journal WHERE number = 5", 5),
        ("DELETE FROM journal", 1),
        ("UPDATE journal SET about = 'omar' WHERE number = 2", 2),
        ("UPDATE journal SET person_id = 7 WHERE number = 2", 2),
        ("UPDATE journal SET at = at + 1 WHERE number = 2", 2),
        ("UPDATE journal SET actor_uri = 'https://agora.test/actors/x' WHERE number = 4", 4),
        ("UPDATE journal SET done = 'journal.other' WHERE number = 4", 4),
        ("UPDATE journal SET number = 9 WHERE number = 5", 5),
        ("UPDATE journal SET number = NULL WHERE number = 3", 3),
        ("UPDATE journal SET digest = 'x' WHERE number = 3", 3),
        ("INSERT INTO journal (id, actor_uri, person_id, done, about, at, number, digest) "
         "SELECT 1, actor_uri, person_id, done, about, at, 6, digest FROM journal WHERE number = 5", 6),
        ("DELETE FROM journal_chain", 6),
    ],
)  # fmt: skip
async def test_whatever_is_done_to_an_entry_by_other_means_is_noticed_there(
    done: str, first: int
) -> None:
    async with world(HERE) as made:
        await written(made)
        assert await made[HERE].change(lambda unit: unit.tx.run(done)) > 0
        assert await broken_at(made) == first
