"""What repeats: an event for each time, made as it comes near; changed alone or with all later ones; ended."""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from actors.model import Actor
from fedi.desk import publishing
from fedi.desk.publishing import edit, publish
from fedi.desk.wishes import DeleteOrder, EditOrder, EventWish, PlaceWish, PublishOrder, Words
from fedi.errors import FediError
from fedi.jobs.scheduled import make_more_times
from fedi.publications import store
from fedi.publications.event import recurrence
from fedi.publications.model import Publication
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.instances.test_house_writing import fresh, send

A, B = "agora.test", "beirut.test"
TUNIS = ZoneInfo("Africa/Tunis")


async def times(made: World, agora: Actor) -> list[Publication]:
    def look(rx: object) -> list[Publication]:
        uris = store.list_uris_of_author(rx, agora.uri)  # type: ignore[arg-type]
        found = [store.load(rx, uri) for uri in uris]  # type: ignore[arg-type]
        return [each for each in found if each.kind == "event"]

    found = await made[agora.host].look(look)
    return sorted(found, key=lambda each: each.event.starts_at)


def order(made: World, rule: str = "FREQ=WEEKLY", **more: object) -> PublishOrder:
    begin = (made.clock.now() + timedelta(days=3)).date().isoformat()
    return PublishOrder(
        kind="event",
        words=(Words(language="en", title="Market", source="Bring bread."),),
        event=EventWish(starts=f"{begin}T18:00", ends=f"{begin}T20:00", zone="Africa/Tunis", rule=rule, **more),  # type: ignore[arg-type]
        place=PlaceWish(city="Tunis"),
    )  # fmt: skip


def hours(found: list[Publication]) -> set[str]:
    return {each.event.starts_at.astimezone(TUNIS).strftime("%a %H:%M") for each in found}


async def test_without_an_end_times_are_made_as_they_come_near_and_arrive_elsewhere() -> None:
    async with world(A, B) as made:
        agora = await made.collective(A, "agora")
        await made.follow(await made.collective(B, "beirut"), agora)
        await publish(made[A], order(made))
        await made.settle()
        first = await times(made, agora)
        assert 13 <= len(first) <= 15
        assert len(hours(first)) == 1
        assert len({each.uri for each in first}) == len(first)
        assert await make_more_times(made[A]) == 0
        made.clock.advance(days=30)
        assert await make_more_times(made[A]) == 4
        assert await make_more_times(made[A]) == 0
        await made.settle()
        found = await times(made, agora)
        gaps = {b.event.starts_at - a.event.starts_at for a, b in pairwise(found)}  # fmt: skip
        assert gaps == {timedelta(days=7)}
        assert all([await made.find(B, each.uri) for each in found])
        # for calendars each time is an event with a name of its own
        ics = (await Browser(made, A).get("/events.ics")).text
        uids = [str(each["uid"]) for each in Calendar.from_ical(ics).walk("VEVENT")]
        assert len(uids) == len(set(uids)) == len(found)
        assert "RRULE" not in ics.partition("BEGIN:VEVENT")[2]


async def test_the_hour_stays_the_same_on_the_clocks_of_the_place() -> None:
    async with world(A) as made:
        agora = await made.collective(A, "agora")
        given = order(made, "FREQ=MONTHLY;COUNT=12")
        paris = EventWish(starts=given.event.starts, zone="Europe/Paris", rule="FREQ=WEEKLY;COUNT=40")  # fmt: skip
        await publish(made[A], PublishOrder(kind="event", words=given.words, place=given.place, event=paris))  # fmt: skip
        found = await times(made, agora)
        assert len(found) == 40
        local = [each.event.starts_at.astimezone(ZoneInfo("Europe/Paris")) for each in found]
        assert {each.strftime("%H:%M") for each in local} == {"18:00"}
        assert len({each.utcoffset() for each in local}) == 2


async def test_a_change_is_for_one_time_or_for_all_later_ones_and_for_those_still_to_come() -> None:
    async with world(A) as made:
        agora = await made.collective(A, "agora")
        await publish(made[A], order(made))
        all_times = await times(made, agora)
        # one alone is called off
        off = EditOrder(which=all_times[6].uri, event=EventWish(status="cancelled"))
        await edit(made[A], off)
        # one alone gets another title
        await edit(made[A], EditOrder(which=all_times[1].uri, words=(Words(language="en", title="Feast"),)))  # fmt: skip
        day = all_times[4].event.starts_at.astimezone(TUNIS).date().isoformat()
        later = EditOrder(
            which=all_times[4].uri,
            words=(Words(language="en", title="Evening market", source="Bring soup."),),
            event=EventWish(starts=f"{day}T19:30", ends=f"{day}T21:00", status="confirmed"),
            is_following=True,
            is_quiet=True,
        )
        done = await edit(made[A], later)
        assert len(done.others) == len(all_times) - 5
        found = await times(made, agora)
        assert [each.original.name for each in found[:5]] == ["Market", "Feast", "Market", "Market", "Evening market"]  # fmt: skip
        assert {each.original.name for each in found[4:]} == {"Evening market"}
        assert {h[4:] for h in hours(found[:4])} == {"18:00"}
        assert {h[4:] for h in hours(found[4:])} == {"19:30"}
        assert [each.uri for each in found] == [each.uri for each in all_times]
        assert [each.event.status for each in found].index("cancelled") == 6
        made.clock.advance(days=30)
        await make_more_times(made[A])
        newest = (await times(made, agora))[-1]
        assert (newest.original.name, newest.event.status) == ("Evening market", "confirmed")
        assert hours([newest]) == {next(iter(hours(found[4:5])))}


async def test_calling_off_all_later_times_ends_it_and_so_does_deleting_the_last() -> None:
    async with world(A) as made:
        agora = await made.collective(A, "agora")
        await publish(made[A], order(made))
        found = await times(made, agora)
        off = EditOrder(which=found[2].uri, event=EventWish(status="cancelled"), is_following=True, is_quiet=True)  # fmt: skip
        await edit(made[A], off)
        states = [each.event.status for each in await times(made, agora)]
        assert states[:2] == ["confirmed", "confirmed"]
        assert set(states[2:]) == {"cancelled"}
        made.clock.advance(days=40)
        assert await make_more_times(made[A]) == 0
        for each in await times(made, agora):
            await publishing.delete(made[A], DeleteOrder(which=each.uri))
        left = await made[A].look(lambda rx: rx.all("SELECT id FROM recurrence"))
        assert left == []


async def test_in_the_house_a_rule_is_typed_looked_at_and_ended() -> None:
    async with world(A) as made:
        agora = await made.collective(A, "agora", language="en")
        ana = await a_member(made, agora)
        day = (made.clock.now() + timedelta(days=3)).date().isoformat()
        typed = {"title__en": "Market", "starts_day": day, "starts_hour": "18:00", "place_locality": "Tunis"}  # fmt: skip
        page = await send(ana, await fresh(ana, "event"), "publish", **typed, rule="every monday")
        assert 'id="w-rule"' in page.text or "no rule that is known" in page.text
        page = await send(ana, await fresh(ana, "event"), "publish", **typed, rule="FREQ=WEEKLY")
        assert page.path.partition("?")[0].endswith("/look")
        page = await ana.send(page.form(page.path.partition("?")[0]), act="publish")
        found = await times(made, agora)
        assert len(found) > 10
        path = f"/house/agora/publications/{found[0].uri[-26:]}"
        page = await ana.get(path)
        assert "repeats without an end" in page.text
        page = await ana.send(page.form(f"{path}/repeat"))
        assert "repeats without an end" not in (await ana.get(path)).text
        series = await made[A].look(lambda rx: recurrence.find_of(rx, found[0].uri))
        assert series is not None
        assert not series.is_open
        page = await ana.send((await ana.get(path)).form(f"{path}/change"))
        assert 'name="following"' in page.text


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "x" * 500, "FREQ=DAILY;UNTIL=99990101", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"])  # fmt: skip
async def test_a_rule_that_names_too_much_or_nothing_changes_nothing(rule: str) -> None:
    async with world(A) as made:
        agora = await made.collective(A, "agora")
        try:
            await publish(made[A], order(made, rule))
        except FediError:
            assert await times(made, agora) == []
        else:
            # no day but the first within reach
            assert len(await times(made, agora)) == 1
