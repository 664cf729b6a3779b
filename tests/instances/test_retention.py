"""F29: thirty days of forgetting while letters are under way. Nothing that waits is lost, and nothing arrives twice."""

import asyncio
from collections import Counter
from datetime import timedelta

from fedi.clock import to_ms
from fedi.jobs.retention import forget
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Stranger, deliver, say, stranger

HERE = "agora.test"
DAYS = 30
BACK_AFTER = 13
GIVEN_UP_AFTER = timedelta(days=14)


async def waiting(made: World) -> dict[int, tuple[int, bool]]:
    """Every delivery that waits: its row, since when, whether what it carries is there."""
    rows = await made[HERE].look(
        lambda rx: rx.all(
            "SELECT d.id, d.created_at, a.body IS NOT NULL FROM delivery d "
            "LEFT JOIN outbox_activity a ON a.id = d.activity_id WHERE d.state = 'waiting'"
        )
    )
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def told(there: Stranger) -> Counter[str]:
    return Counter(
        post.document["object"]["content"]
        for post in there.posts
        if post.document["type"] == "Create"
    )


async def test_thirty_days_of_forgetting_lose_nothing_that_waits() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "well.test") as well,
        stranger(made, "back.test") as back,
        stranger(made, "lost.test") as lost,
    ):
        agora = await made.collective(HERE, "agora")
        for there in (well, back, lost):
            ali = there.person("ali")
            await deliver(made, HERE, ali.key, say(ali, "Follow", agora.uri, there.host))
        await made.settle()
        made.wire.cut |= {"back.test", "lost.test"}
        words = []
        for day in range(DAYS):
            if day == BACK_AFTER:
                made.wire.cut.discard("back.test")
            note = await made.publish(agora, a_note(f"day {day}"))
            words.append(f"<p>{note.original.source}</p>")
            # something that came and whose turn has not come yet
            eve = well.person("eve")
            await deliver(made, HERE, eve.key, say(eve, "Like", note.uri, f"like-{day}"))
            for _ in range(4):
                before = await waiting(made)
                await forget(made[HERE])
                after = await waiting(made)
                too_old = to_ms(made.clock.now() - GIVEN_UP_AFTER)
                assert set(after) == {row for row, (since, _) in before.items() if since >= too_old}
                assert all(has_words for _, has_words in after.values())
                async with asyncio.timeout(20):
                    await made.settle()
                made.clock.advance(hours=6)
        assert told(well) == Counter(words)
        assert told(back) == Counter(words)
        assert told(lost) == Counter()
        counted = await made[HERE].look(
            lambda rx: rx.all("SELECT COUNT(*) FROM reaction WHERE kind = 'like'")
        )
        assert counted[0][0] == DAYS
        # what was given up is told for two more weeks, then forgotten
        given_up = await made[HERE].look(
            lambda rx: rx.all("SELECT COUNT(*) FROM delivery WHERE state = 'given_up'")
        )
        assert 14 <= given_up[0][0] <= DAYS - 14
