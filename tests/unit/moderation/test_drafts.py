"""Block lists at the desk: they propose, a person decides, and nothing happens by itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from actors import blocks, follows
from fedi.desk import blocklists as desk
from fedi.desk.blocking import HostOrder, block_host
from fedi.desk.blocklists import AddressOrder, DecideOrder, ImportOrder, SourceOrder
from fedi.desk.collectives import NoOrder
from fedi.errors import Forbidden, Invalid, NotFound
from fedi.instance import Instance
from fedi.moderation.subscriptions import fetch_due
from tests.harness.world import World, world
from tests.hostile.stranger import Stranger, stranger

LIST = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
URL = "https://lists.test/blocked.csv"


@dataclass(frozen=True, slots=True)
class Place:
    """An instance, and a server that publishes a list."""

    made: World
    here: Instance
    there: Stranger

    def say(self, text: str) -> None:
        self.there.pages["/blocked.csv"] = (200, {"content-type": "text/csv"}, text.encode())

    async def take(self, text: str, source: str = "list.csv") -> desk.Imported:
        return await desk.import_list(self.here, ImportOrder(content=text.encode(), source=source))

    async def drafts(self, source: str = "") -> list[tuple[str, str]]:
        found = await desk.list_drafts(self.here, SourceOrder(source=source))
        return [(each.host, each.wish) for each in found.drafts]

    async def confirm(self, *hosts: str, source: str = "") -> None:
        await desk.confirm(self.here, DecideOrder(hosts=hosts, source=source, everything=not hosts))

    async def blocked(self) -> list[str]:
        listed = await self.here.look(lambda rx: blocks.list_targets(rx, blocks.INSTANCE))
        return [target for target, _ in listed]

    async def limited(self) -> list[str]:
        return [target for target, _ in await self.here.look(blocks.list_limited)]

    async def a_day_passes(self) -> int:
        self.made.clock.advance(days=1, minutes=1)
        return await fetch_due(self.here)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with world("agora.test") as made, stranger(made, "lists.test") as there:
        yield Place(made, made["agora.test"], there)


async def test_importing_a_list_shuts_nobody_out(place: Place) -> None:
    told = await place.take("bad.example\nloud.example,silence\n")
    assert (told.drafts, await place.blocked(), await place.limited()) == (2, [], [])


async def test_what_is_confirmed_is_done_with_its_severity(place: Place) -> None:
    await place.take("bad.example\nloud.example,silence\nother.example\n")
    await place.confirm("bad.example", "loud.example")
    assert (await place.blocked(), await place.limited()) == (["bad.example"], ["loud.example"])
    assert await place.drafts() == [("other.example", "block")]


async def test_all_drafts_of_one_source_can_be_confirmed(place: Place) -> None:
    await place.take("bad.example\n", "one.csv")
    await place.take("worse.example\n", "other.csv")
    await place.confirm(source="one.csv")
    assert await place.blocked() == ["bad.example"]


async def test_what_was_dismissed_does_not_come_back(place: Place) -> None:
    await place.take("bad.example\n")
    await desk.dismiss(place.here, DecideOrder(hosts=("bad.example",)))
    assert (await place.take("bad.example\n")).drafts == 0


async def test_what_was_dismissed_comes_back_when_the_list_asks_for_more(place: Place) -> None:
    await place.take("bad.example,silence\n")
    await desk.dismiss(place.here, DecideOrder(hosts=("bad.example",)))
    await place.take("bad.example,suspend\n")
    assert await place.drafts() == [("bad.example", "block")]


async def test_what_is_so_already_is_not_proposed(place: Place) -> None:
    await block_host(place.here, HostOrder(host="bad.example"))
    told = await place.take("bad.example\nbelow.bad.example\nbad.example,silence\n")
    assert (told.drafts, told.in_force) == (0, 2)


async def test_a_block_is_proposed_for_what_is_only_limited(place: Place) -> None:
    await place.here.change(lambda unit: blocks.limit(unit, "bad.example", blocks.HOST))
    await place.take("bad.example\n")
    await place.confirm("bad.example")
    assert (await place.blocked(), await place.limited()) == (["bad.example"], [])


async def test_no_list_can_shut_out_ourselves(place: Place) -> None:
    told = await place.take("agora.test\nbad.example\n")
    assert (told.ours, await place.drafts()) == (1, [("bad.example", "block")])


async def test_the_host_above_ours_is_ours_too() -> None:
    async with world("a.agora.test") as made:
        told = await desk.import_list(
            made["a.agora.test"], ImportOrder(content=b"agora.test\n", source="x")
        )
        assert (told.ours, told.drafts) == (1, 0)


async def test_two_lists_that_say_the_same_are_answered_at_once(place: Place) -> None:
    await place.take("bad.example\n", "one.csv")
    await place.take("bad.example\n", "other.csv")
    await place.confirm("bad.example", source="one.csv")
    assert await place.drafts() == []


async def test_a_draft_says_how_many_follows_it_would_end(place: Place) -> None:
    await _follow_each_other(place)
    await place.take("test\nsub.test\nbad.beirut.test\n", "x.csv")
    await place.take("beirut.test\n", "y.csv")
    found = await desk.list_drafts(place.here, SourceOrder(source="y.csv"))
    assert [(each.following, each.followers) for each in found.drafts] == [(1, 1)]


async def test_confirming_everything_leaves_what_would_end_follows(place: Place) -> None:
    await _follow_each_other(place)
    await place.take("bad.example\nbeirut.test\n")
    told = await desk.confirm(place.here, DecideOrder(everything=True))
    assert (told.left, await place.blocked()) == (["beirut.test"], ["bad.example"])


async def test_a_host_that_is_named_is_shut_out_and_its_follows_end(place: Place) -> None:
    await _follow_each_other(place)
    await place.take("beirut.test\n")
    await place.confirm("beirut.test")
    assert await place.here.look(blocks.ties_by_domain) == {}


async def test_a_host_without_a_draft_cannot_be_confirmed(place: Place) -> None:
    with pytest.raises(NotFound):
        await place.confirm("bad.example")


async def test_neither_hosts_nor_everything_is_not_an_order(place: Place) -> None:
    with pytest.raises(Invalid):
        await desk.confirm(place.here, DecideOrder())


async def test_a_subscribed_list_proposes_what_is_new_each_day(place: Place) -> None:
    place.say("bad.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm("bad.example")
    place.say("bad.example\nnew.example,silence\n")
    assert await place.a_day_passes() == 1
    assert (await place.drafts(), await place.blocked()) == (
        [("new.example", "limit")],
        ["bad.example"],
    )


async def test_a_list_is_asked_for_once_a_day(place: Place) -> None:
    place.say("bad.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    assert await fetch_due(place.here) == 0
    assert place.there.asked == ["/blocked.csv"]


async def test_what_leaves_the_list_is_proposed_to_be_lifted(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm()
    place.say("worse.example\n")
    await place.a_day_passes()
    assert (await place.drafts(), await place.blocked()) == (
        [("bad.example", "lift")],
        ["bad.example", "worse.example"],
    )
    await place.confirm("bad.example")
    assert await place.blocked() == ["worse.example"]


async def test_what_comes_back_before_anybody_decided_is_not_lifted(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm()
    place.say("worse.example\n")
    await place.a_day_passes()
    place.say("bad.example\nworse.example\n")
    await place.a_day_passes()
    assert await place.drafts() == []


async def test_what_another_list_still_says_is_not_lifted(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.take("bad.example\n", "other.csv")
    await place.confirm()
    place.say("worse.example\n")
    await place.a_day_passes()
    assert await place.drafts() == []


async def test_what_nobody_confirmed_is_forgotten_with_the_list(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    place.say("worse.example\n")
    await place.a_day_passes()
    assert await place.drafts() == [("worse.example", "block")]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (404, b""), (200, b""), (200, b"<html></html>"), (200, b"x" * 6_000_000)],
    ids=["broken", "gone", "empty", "a page", "endless"],
)
async def test_a_list_that_cannot_be_had_changes_nothing_and_is_told(
    place: Place, status: int, body: bytes
) -> None:
    place.say("bad.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm()
    place.there.pages["/blocked.csv"] = (status, {}, body)
    await place.a_day_passes()
    found = await desk.list_sources(place.here, NoOrder())
    assert found.sources[0].problem
    assert (await place.drafts(), await place.blocked()) == ([], ["bad.example"])


async def test_a_list_with_hidden_hosts_lifts_nothing(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm()
    place.say("b*d.example\nworse.example\n")
    await place.a_day_passes()
    assert await place.drafts() == []


async def test_unsubscribing_keeps_what_was_confirmed(place: Place) -> None:
    place.say("bad.example\nworse.example\n")
    await desk.subscribe(place.here, AddressOrder(url=URL))
    await place.confirm("bad.example")
    await desk.unsubscribe(place.here, AddressOrder(url=URL))
    assert (await place.drafts(), await place.blocked()) == ([], ["bad.example"])
    assert await place.a_day_passes() == 0


async def test_a_list_on_a_host_that_is_shut_out_is_not_asked_for(place: Place) -> None:
    await block_host(place.here, HostOrder(host="lists.test"))
    with pytest.raises(Forbidden):
        await desk.subscribe(place.here, AddressOrder(url=URL))
    assert place.there.asked == []


async def test_what_is_exported_bears_the_words_of_the_list_it_came_from(place: Place) -> None:
    await place.take(LIST + "bad.example,suspend,false,false,spam,false\nloud.example,silence\n")
    await place.confirm()
    await block_host(place.here, HostOrder(host="worse.example"))
    told = await desk.export(place.here, NoOrder())
    assert told.csv.splitlines()[1:] == [
        "bad.example,suspend,false,false,spam,false",
        "loud.example,silence,false,false,,false",
        "worse.example,suspend,false,false,,false",
    ]


async def test_actors_that_are_shut_out_are_never_exported(place: Place) -> None:
    await place.here.change(
        lambda unit: blocks.add(unit, blocks.INSTANCE, "https://x.test/mallory", blocks.ACTOR)
    )
    assert "mallory" not in (await desk.export(place.here, NoOrder())).csv


async def test_a_long_list_is_confirmed_without_losing_a_row(place: Place) -> None:
    await place.take("".join(f"h{number}.example\n" for number in range(1200)))
    await place.confirm()
    assert len(await place.blocked()) == 1200


async def _follow_each_other(place: Place) -> None:
    """agora follows somebody at beirut.test and is followed from there."""
    await place.made.start("beirut.test")
    agora = await place.made.collective("agora.test", "agora")
    beirut = await place.made.collective("beirut.test", "beirut")
    await place.made.follow(beirut, agora)
    await place.made.follow(agora, beirut)
    assert await place.here.look(lambda rx: follows.is_follower(rx, agora.uri, beirut.uri))
