"""S112: what broke us is seen with its reason, by host, and one press lets go of everything from a host."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from actors.model import Actor
from fedi.desk import quarantine
from fedi.desk.quarantine import DropOrder, Lines, ListOrder, RowOrder
from fedi.errors import FediError, Invalid, NotFound
from inbox.contract import Incoming, Outcome
from inbox.handlers import BY_ACTIVITY
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import deliver, say, stranger

HERE, PAGE = "agora.test", "/steward/moderation/quarantine"


@dataclass
class Broken:
    """A world in which every Like broke us: two from mars, one from venus."""

    made: World
    us: Actor
    steward: Browser

    async def listed(self, **wishes: str) -> Lines:
        return await quarantine.list_all(self.made[HERE], ListOrder(**wishes))

    async def drop(self, *rows: str, host: str = "") -> int:
        order = DropOrder(rows=rows, from_host=host)
        return (await quarantine.drop(self.made[HERE], order)).dropped


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_unit: object, _incoming: Incoming) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setitem(BY_ACTIVITY, "Like", replace(BY_ACTIVITY["Like"], apply=broken))


@asynccontextmanager
async def broken_world() -> AsyncIterator[Broken]:
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "venus.test") as venus,
    ):
        us = await made.collective(HERE, "agora")
        ali, noor = mars.person("ali"), venus.person("noor", 1)
        for who, number in ((ali, 1), (ali, 2), (noor, 3)):
            like = say(who, "Like", us.uri, number)
            assert (await deliver(made, HERE, who.key, like)).status == 202
        for _ in range(4):
            await made.settle()
            made.clock.advance(minutes=30)
        yield Broken(made, us, await a_member(made, us))


@pytest.mark.usefixtures("breaks")
async def test_what_broke_us_is_listed_by_host_with_its_reason() -> None:
    async with broken_world() as here:
        found = await here.listed()
        assert [(each.type, each.host, each.reason) for each in found.entries] == [
            ("Like", "venus.test", "internal"),
            ("Like", "mars.test", "internal"),
            ("Like", "mars.test", "internal"),
        ]
        assert [(each.host, each.count) for each in found.hosts] == [
            ("mars.test", 2),
            ("venus.test", 1),
        ]
        only = await here.listed(host="mars.test")
        assert ({each.host for each in only.entries}, only.total) == ({"mars.test"}, 2)
        # neither a host that begins alike nor one above it
        for other in ("mars.tes", "s.test", "mars.test.evil.example"):
            assert (await here.listed(host=other)).entries == []
        older = await here.listed(before=found.entries[0].row)
        assert [each.row for each in older.entries] == [each.row for each in found.entries[1:]]
        whole = await quarantine.show(here.made[HERE], RowOrder(row=found.entries[0].row))
        assert '"type": "Like"' in whole.text


@pytest.mark.usefixtures("breaks")
async def test_one_press_lets_go_of_everything_from_a_host() -> None:
    async with broken_world() as here:
        page = await here.steward.get(PAGE)
        assert page.status == 200
        assert page.text.count("https://mars.test/ali") >= 2
        form = page.form(PAGE, holding="mars.test")
        page = await here.steward.send(form, act="drop")
        assert page.status == 200
        assert {each.host for each in (await here.listed()).entries} == {"venus.test"}
        history = await here.steward.get("/steward/moderation/history")
        assert "let go of what was set aside from" in history.text
        kept = await here.made[HERE].look(
            lambda rx: rx.all(
                "SELECT body IS NULL, state FROM inbox_activity WHERE reason = 'dropped'"
            )
        )
        assert [tuple(each) for each in kept] == [(1, "ignored")] * 2


@pytest.mark.usefixtures("breaks")
async def test_what_was_dropped_does_not_come_back_and_is_not_tried_again() -> None:
    async with broken_world() as here:
        (first, *_) = (await here.listed()).entries
        assert await here.drop(first.row) == 1
        with pytest.raises(NotFound):
            await here.drop(first.row)
        again = await here.steward.get(PAGE)
        await here.steward.send(again.form(PAGE), act="again")
        states = await here.made[HERE].look(
            lambda rx: rx.all(
                "SELECT state, COUNT(*) FROM inbox_activity GROUP BY state ORDER BY state"
            )
        )
        assert [tuple(each) for each in states] == [("ignored", 1), ("waiting", 2)]


@pytest.mark.usefixtures("breaks")
@pytest.mark.parametrize(
    ("rows", "host"),
    [((), ""), (("1",), "mars.test"), (("x",), ""), (("-1",), ""), (("9" * 30,), ""), ((), HERE), ((), "a b"), ((), "%"), (("5",), ""), ((), "pluto.test")],
)  # fmt: skip
async def test_an_order_that_is_none_is_refused_and_changes_nothing(
    rows: tuple[str, ...], host: str
) -> None:
    async with broken_world() as here:
        with pytest.raises(FediError):
            await here.drop(*rows, host=host)
        assert (await here.listed()).total == 3


@pytest.mark.usefixtures("breaks")
async def test_only_stewards_of_the_house_see_it() -> None:
    async with broken_world() as here:
        for role in ("editor", "author", "reader"):
            browser = await a_member(here.made, here.us, role, role)
            page = await browser.get(PAGE)
            assert page.status in (403, 404)
            assert "mars.test" not in page.text


async def test_a_number_that_is_none_is_told() -> None:
    async with world(HERE) as made:
        with pytest.raises(Invalid):
            await quarantine.show(made[HERE], RowOrder(row="no"))
        with pytest.raises(NotFound):
            await quarantine.show(made[HERE], RowOrder(row="1"))
        steward = await a_member(made, await made.collective(HERE, "agora"))
        assert "Nothing was set aside" in (await steward.get(PAGE)).text
