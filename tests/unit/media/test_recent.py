"""What was shown a moment ago is kept within bounds, and nobody who leaves or fails spoils it for others."""

import asyncio
from contextlib import suppress

import pytest

from fedi.errors import NotFound, Unavailable
from fedi.media.recent import BYTES_MAX, EACH_BYTES_MAX, FOR_S, Recent


class Shelf:
    """A store that counts how often it is asked."""

    def __init__(self, *, for_s: float = FOR_S) -> None:
        self.asked: list[str] = []
        self.size = 10
        self.now = 1.0
        self.problem: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.recent = Recent(self._read, self._is_there, lambda: self.now, for_s)

    async def _read(self, key: str) -> bytes:
        self.asked.append(key)
        await self.may_answer.wait()
        if self.problem is not None:
            raise self.problem
        return bytes(self.size)

    async def _is_there(self, key: str) -> bool:
        self.asked.append(f"{key}?")
        return self.problem is None


async def test_what_is_kept_is_bounded_and_the_last_asked_for_stays() -> None:
    shelf = Shelf()
    shelf.size = EACH_BYTES_MAX
    most = BYTES_MAX // EACH_BYTES_MAX
    for number in range(most):
        await shelf.recent.content(f"{number}")
    await shelf.recent.content("0")
    await shelf.recent.content("one more")
    shelf.asked.clear()
    for key in ("0", "2", "one more", "1"):
        await shelf.recent.content(key)
    assert shelf.asked == ["1"]


async def test_what_is_large_is_not_kept_but_known() -> None:
    shelf = Shelf()
    shelf.size = EACH_BYTES_MAX + 1
    for _ in range(2):
        await shelf.recent.content("a")
    await shelf.recent.check("a")
    assert shelf.asked == ["a", "a"]


async def test_where_nothing_is_to_be_kept_everything_is_asked() -> None:
    shelf = Shelf(for_s=0)
    for _ in range(2):
        await shelf.recent.content("a")
        await shelf.recent.check("a")
    assert shelf.asked == ["a", "a?", "a", "a?"]


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    shelf = Shelf()
    shelf.problem = Unavailable()
    found = await asyncio.gather(
        *(shelf.recent.content("a") for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in found] == [Unavailable] * 3
    shelf.problem = None
    assert await shelf.recent.content("a") == bytes(10)
    assert shelf.asked == ["a", "a"]


async def test_who_leaves_takes_it_away_from_nobody() -> None:
    shelf = Shelf()
    shelf.may_answer.clear()
    first, second = (asyncio.create_task(shelf.recent.content("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    shelf.may_answer.set()
    assert await second == bytes(10)
    assert shelf.asked == ["a"]


async def test_what_is_gone_is_gone_after_a_while() -> None:
    shelf = Shelf()
    await shelf.recent.content("a")
    shelf.problem = NotFound()
    assert await shelf.recent.content("a") == bytes(10)
    shelf.now += FOR_S
    with pytest.raises(NotFound):
        await shelf.recent.check("a")
    with pytest.raises(NotFound):
        await shelf.recent.content("a")
