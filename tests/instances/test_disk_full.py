"""A full disk: others hear "later", nothing is half done, reading goes on, and room heals it without a restart."""

import aiohttp
import pytest

from fedi.errors import Unavailable
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import a_note_of, deliver, everything, say, stranger

pytestmark = pytest.mark.embedded

ROOMY = 1_000_000
LONG = "<p>" + "words " * 8_000 + "</p>"


async def _fill(made: World, host: str) -> None:
    """The database may not grow any more: a limit below its size is taken for its size."""
    await made[host].db.write(lambda tx: tx.all("PRAGMA max_page_count = 1"))


async def _make_room(made: World, host: str) -> None:
    await made[host].db.write(lambda tx: tx.all(f"PRAGMA max_page_count = {ROOMY}"))


async def _page(made: World, url: str) -> tuple[int, str]:
    host = url.split("/")[2]
    address = url.replace(host, f"127.0.0.1:{made.wire.ports[host]}", 1)
    asked = {"Host": host, "Accept": "text/html"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session,
        session.get(address, headers=asked) as answer,
    ):
        return answer.status, await answer.text()


async def test_what_arrives_is_put_off_leaves_no_trace_and_is_taken_once_there_is_room() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri))
        await made.settle()
        await _fill(made, "agora.test")
        before = await everything(made, "agora.test")
        told = say(eve, "Create", a_note_of(eve, 1, LONG, to=[agora.uri]), to=[agora.uri])
        heard = await deliver(made, "agora.test", eve.key, told)
        assert heard.status == 503
        assert int(heard.headers["retry-after"]) > 0
        assert await everything(made, "agora.test") == before
        await _make_room(made, "agora.test")
        assert (await deliver(made, "agora.test", eve.key, told)).status == 202
        await made.settle()
        (stored,) = await made.titles("agora.test")
        assert stored.startswith("<p>words words")


async def test_pages_are_still_there_to_be_read() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("Come to the square"))
        await made.settle()
        await _fill(made, "agora.test")
        status, text = await _page(made, note.uri)
        assert status == 200
        assert "Come to the square" in text


async def test_what_was_taken_before_the_disk_filled_is_worked_after_it() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        told = say(eve, "Create", a_note_of(eve, 1, LONG, to=[agora.uri]), to=[agora.uri])
        assert (await deliver(made, "agora.test", eve.key, told)).status == 202
        await _fill(made, "agora.test")
        with pytest.raises(Unavailable):
            await made.settle()
        assert await made.titles("agora.test") == []
        await _make_room(made, "agora.test")
        made.clock.advance(minutes=10)
        await made.settle()
        assert len(await made.titles("agora.test")) == 1
