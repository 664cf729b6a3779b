"""The ledger of what was sent: what each server answered, in plain words, and trying again."""

import asyncio

from tests.harness.world import a_statement, world
from tests.hostile.stranger import deliver, say, stranger


async def test_what_waits_behind_a_postponed_letter_does_not_keep_the_worker_busy() -> None:
    async with world("agora.test") as made, stranger(made, "torn.test") as torn:
        agora = await made.collective("agora.test", "agora")
        reader = torn.person("reader")
        await deliver(made, "agora.test", reader.key, say(reader, "Follow", agora.uri))
        await made.settle()
        torn.posts.clear()
        torn.answer = lambda _post: (500, {})
        await made.publish(agora, a_statement("First"))
        await made.publish(agora, a_statement("Second"))
        async with asyncio.timeout(10):
            await made.settle()
        assert len(torn.posts) == 1
