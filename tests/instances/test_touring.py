"""A festival and a tour over three instances: a session moves, a day is called off, a stop changes host; everybody reads the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from actors.model import Actor
from fedi import chores
from fedi.db.engine import Reader
from fedi.desk import blocking, programme, touring
from fedi.errors import FediError
from fedi.jobs.chores import KINDS
from fedi.publications.event.parts import Part
from fedi.publications.model import Publication
from fedi.publications.place import Place
from tests.harness.browser import Browser
from tests.harness.gathering import told, with_details
from tests.harness.members import a_member
from tests.harness.world import FOLLOWERS, World, an_event, world
from tests.hostile.stranger import deliver, say, stranger

A, B, C = "agora.test", "beirut.test", "cairo.test"
FIRST = datetime(2026, 12, 4, 17, tzinfo=UTC)


async def a_tour(made: World, host: str = A, username: str = "agora") -> tuple[Actor, Publication]:
    author = await made.collective(host, username)
    draft = with_details(an_event("Tour of the water"), is_tour=True, join_mode="none", place=None)
    tour = await made.publish(author, draft)
    await made.settle()
    return author, tour


async def a_stop(made: World, author: Actor, title: str, day: int) -> Publication:
    at = FIRST + timedelta(days=day)
    draft = with_details(
        an_event(title),
        starts_at=at,
        ends_at=at + timedelta(hours=2),
        place=Place(name=f"House of {title}", locality=title),
    )
    stop = await made.publish(author, draft)
    await made.settle()
    return stop


async def add(made: World, tour: Publication, stop: Publication, instead: str = "") -> None:
    order = touring.StopOrder(which=tour.uri, stop=stop.uri, instead=instead)
    await touring.add(made[A], order)
    await made.settle()


async def answer(
    made: World, who: Actor, tour: Publication, stop: Publication, *, agrees: bool = True
) -> None:
    order = touring.AnswerOrder(tour=tour.uri, stop=stop.uri, agrees=agrees, actor=who.username)
    await touring.answer(made[who.host], order)
    await made.settle()


async def stops(made: World, host: str, tour: Publication) -> tuple[Part, ...]:
    found = await made.find(host, tour.uri)
    assert found is not None
    return tuple(each for each in found.event.parts if each.is_stop)


async def names(made: World, host: str, tour: Publication) -> list[tuple[str, str, bool]]:
    """Every stop with its state, and whether both agreed."""
    found = await stops(made, host, tour)
    return [(next(iter(each.names.values())), each.status, each.is_agreed) for each in found]


async def test_a_tour_with_four_stops_on_three_instances_is_the_same_everywhere() -> None:
    async with world(A, B, C) as made:
        agora, tour = await a_tour(made)
        beirut = await made.collective(B, "beirut")
        cairo = await made.collective(C, "cairo")
        alexandria = await made.collective(C, "alexandria")
        for neighbour in (beirut, cairo):
            await made.follow(neighbour, agora)
        await made.edit(agora, tour)
        await made.settle()
        tunis = await a_stop(made, agora, "Tunis", 0)
        hamra = await a_stop(made, beirut, "Hamra", 2)
        giza = await a_stop(made, cairo, "Giza", 4)
        port = await a_stop(made, alexandria, "Port", 6)
        for each in (tunis, hamra, giza):
            await add(made, tour, each)
        # one asks by itself
        await touring.ask(
            made[C], touring.AskOrder(which=port.uri, tour=tour.uri, actor="alexandria")
        )
        await made.settle()
        agreed = [("Tunis", "confirmed", True), ("Hamra", "confirmed", False), ("Giza", "confirmed", False)]  # fmt: skip
        assert await names(made, A, tour) == agreed
        await answer(made, beirut, tour, hamra)
        await answer(made, cairo, tour, giza)
        await answer(made, agora, tour, port)
        whole = [(name, "confirmed", True) for name in ("Tunis", "Hamra", "Giza", "Port")]
        for host in (A, B, C):
            assert await names(made, host, tour) == whole, host
        # from the first to the last, in whole days
        now = await made.find(B, tour.uri)
        assert now is not None
        zone = now.event.zone
        assert now.event.all_day
        assert now.event.starts_at.astimezone(zone).date().isoformat() == "2026-12-04"
        assert now.event.over_at.astimezone(zone).date().isoformat() == "2026-12-11"
        # a day is called off by its host, far away
        found = await made.find(C, giza.uri)
        assert found is not None
        await made.edit(cairo, replace(found, details=replace(found.event, status="cancelled")))
        await made.settle()
        # a stop moves by a day
        found = await made.find(B, hamra.uri)
        assert found is not None
        later = replace(
            found.event,
            starts_at=found.event.starts_at + timedelta(days=1),
            ends_at=found.event.over_at + timedelta(days=1),
        )
        await made.edit(beirut, replace(found, details=later))
        await made.settle()
        # a stop changes host: what was to be in Port is in Tripoli, with others
        tripoli = await a_stop(made, beirut, "Tripoli", 6)
        await add(made, tour, tripoli, instead=port.uri)
        await answer(made, beirut, tour, tripoli)
        await later_told(made)
        changed = [
            ("Tunis", "confirmed", True),
            ("Hamra", "confirmed", True),
            ("Giza", "cancelled", True),
            ("Tripoli", "confirmed", True),
        ]
        for host in (A, B, C):
            assert await names(made, host, tour) == changed, host
            parts = await stops(made, host, tour)
            assert parts == await stops(made, A, tour)
            assert parts[1].starts_at == FIRST + timedelta(days=3)
        # what was a stop says so no more, what is one does
        for stop, host, is_one in ((port, C, False), (tripoli, B, True), (tunis, A, True)):
            there = await made.find(host, stop.uri)
            assert there is not None
            assert there.event.part_of == ((tour.uri,) if is_one else ())
        await read_by_people(made, tour, tunis)


async def later_told(made: World) -> None:
    """What changed at stops is told by their tours within minutes."""
    made.clock.advance(minutes=5)
    await made.settle()


async def read_by_people(made: World, tour: Publication, stop: Publication) -> None:
    """The pages, the calendar and the feed."""
    page = (await Browser(made, A).get(f"/event/{tour.uri[-26:]}")).text
    assert page.index("Hamra") < page.index("Giza") < page.index("Tripoli")
    assert "House of Port" not in page
    own = (await Browser(made, A).get(f"/event/{stop.uri[-26:]}")).text
    assert "Part of" in own
    ics = (await Browser(made, A).get(f"/event/{tour.uri[-26:]}/event.ics")).text
    events = Calendar.from_ical(ics).walk("VEVENT")
    assert [str(each["uid"]) for each in events[1:]] == [each.uri for each in await stops(made, A, tour)]  # fmt: skip
    assert [str(each["status"]) for each in events[1:]] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"]  # fmt: skip
    feed = (await Browser(made, A).get(f"/event/{tour.uri[-26:]}/stops.atom")).text
    assert feed.count("<entry") == 4


async def test_a_festival_in_three_languages_whose_session_moves_reads_the_same_everywhere() -> None:  # fmt: skip
    table = (
        "day,from,until,room,who,spoken,title.en,title.ar,title.fr\n"
        "2026-12-04,10:00,11:00,Hall,Amal,ar,Opening,الافتتاح,Ouverture\n"
        "2026-12-05,10:00,11:00,Hall,,,Rents,الإيجارات,Loyers\n"
        "2026-12-06,10:00,11:00,Garden,,,Seeds,بذور,Semences\n"
    )
    async with world(A, B, C) as made:
        agora = await made.collective(A, "agora")
        for host, name in ((B, "beirut"), (C, "cairo")):
            await made.follow(await made.collective(host, name), agora)
        at = datetime(2026, 12, 4, 8, tzinfo=UTC)
        draft = with_details(an_event("Festival"), starts_at=at, ends_at=at + timedelta(days=2, hours=12))  # fmt: skip
        event = await made.publish(agora, draft)
        await made.settle()
        moved = table.replace("2026-12-05,10:00,11:00,Hall", "2026-12-06,16:00,17:00,Garden")
        for said in (table, moved):
            await programme.bring(made[A], programme.TableOrder(which=event.uri, table=said))
            await made.settle()
            documents = [await made.find(host, event.uri) for host in (A, B, C)]
            assert all(each is not None for each in documents)
            one = documents[0]
            assert one is not None
            assert all(each.event.parts == one.event.parts for each in documents if each)
            assert {tag for part in one.event.parts for tag in part.names} == {"en", "ar", "fr"}


async def test_a_host_who_says_no_is_taken_off_and_one_who_leaves_too() -> None:
    async with world(A, B) as made:
        _, tour = await a_tour(made)
        beirut = await made.collective(B, "beirut")
        first = await a_stop(made, beirut, "Hamra", 2)
        await add(made, tour, first)
        await answer(made, beirut, tour, first, agrees=False)
        assert await names(made, A, tour) == []
        second = await a_stop(made, beirut, "Saida", 3)
        await add(made, tour, second)
        await answer(made, beirut, tour, second)
        assert len(await names(made, A, tour)) == 1
        await answer(made, beirut, tour, second, agrees=False)
        assert await names(made, A, tour) == []
        gone = await a_stop(made, beirut, "Sour", 4)
        await add(made, tour, gone)
        await made.delete(beirut, gone)
        await made.settle()
        await later_told(made)
        assert await names(made, A, tour) == []


async def test_a_host_who_said_no_is_not_asked_again_by_being_taken_off_first() -> None:
    async with world(A) as made:
        _, tour = await a_tour(made)
        other = await made.collective(A, "other")
        stop = await a_stop(made, other, "Hamra", 2)
        here = touring.StopOrder(which=tour.uri, stop=stop.uri, actor="agora")
        await touring.add(made[A], here)
        await answer(made, other, tour, stop, agrees=False)
        for _ in range(2):
            await touring.add(made[A], here)
            await made.settle()
            asked = await touring.list_questions(
                made[A], touring.WhichOrder(which="", actor="other")
            )
            assert asked.questions == []
            await touring.remove(made[A], here)
            await made.settle()


async def test_in_the_house_both_sides_agree_with_one_press() -> None:
    async with world(A, B) as made:
        agora, tour = await a_tour(made)
        beirut = await made.collective(B, "beirut", language="en")
        stop = await a_stop(made, beirut, "Hamra", 2)
        ana = await a_member(made, agora)
        bilal = await a_member(made, beirut, "Bilal")
        path = f"/house/agora/tour/{tour.uri[-26:]}"
        page = await ana.get(path)
        page = await ana.send(page.form(path), stop=stop.uri, does="add")
        assert page.status == 200
        assert "Hamra" in page.text
        await made.settle()
        assert "asks you about a stop" in (await bilal.get("/house/beirut/notifications")).text
        page = await bilal.get("/house/beirut/organising")
        assert "Your event would be a stop of this tour" in page.text
        await bilal.send(page.form("/house/beirut/touring"), does="accept")
        await made.settle()
        assert "agreed" in (await ana.get(path)).text
        page = await bilal.get(f"/house/beirut/tour/{stop.uri[-26:]}")
        assert "Tour of the water" in page.text
        page = await ana.get(path)
        page = await ana.send(page.form(path), stop="https://nowhere.test/x", does="add")
        assert page.status >= 400 or 'id="w-stop"' in page.text


async def test_a_tour_needs_no_place_and_takes_no_answers() -> None:
    from tests.instances.test_house_writing import fresh, published, send

    async with world(A) as made:
        agora = await made.collective(A, "agora", language="en")
        ana = await a_member(made, agora)
        typed = {"title__en": "Tour", "starts_day": "2026-12-04", "all_day": "yes", "is_tour": "yes"}  # fmt: skip
        page = await send(ana, await fresh(ana, "event"), "publish", **typed)
        assert page.status == 200, page.text
        [tour] = await published(made, agora)
        assert (tour.event.is_tour, tour.event.join_mode, tour.event.place) == (True, "none", None)


async def test_nobody_puts_a_stop_into_a_tour_by_lies() -> None:
    async with world(A, B) as made, stranger(made, "mars.test") as mars:
        agora, tour = await a_tour(made)
        beirut = await made.collective(B, "beirut")
        stop = await a_stop(made, beirut, "Hamra", 2)
        await add(made, tour, stop)
        eve = mars.person("eve")
        relation = {
            "type": "Relationship",
            "subject": stop.uri,
            "relationship": "http://schema.org/subEvent",
            "object": tour.uri,
        }
        # somebody offers a stop that is not theirs, answers for its host, takes back what they did not ask
        for number, (verb, subject) in enumerate(
            (("Offer", relation), ("Accept", {"type": "Offer", "actor": agora.uri, "object": relation}))
        ):  # fmt: skip
            await deliver(made, A, eve.key, say(eve, verb, subject, number, to=[agora.uri], cc=[]))
        await made.settle()
        assert await names(made, A, tour) == [("Hamra", "confirmed", False)]
        questions = await touring.list_questions(made[A], touring.WhichOrder(which=""))
        assert questions.questions == []
        assert told(mars, "Accept") == []


async def test_what_is_no_stop_is_refused() -> None:
    async with world(A) as made:
        agora, tour = await a_tour(made)
        other = await made.publish(
            agora, with_details(an_event("Other"), is_tour=True, join_mode="none")
        )
        inside = await made.publish(agora, an_event("Inside", visibility=FOLLOWERS))
        plain = await made.publish(agora, an_event("Plain"))
        await add(made, tour, plain)
        for stop, key in ((other, "tour.no_stop"), (inside, "organise.private"), (plain, "tour.known"), (tour, "tour.no_stop")):  # fmt: skip
            with pytest.raises(FediError, match=key.replace(".", r"\.")):
                await add(made, tour, stop)
        with pytest.raises(FediError, match=r"tour\.none"):
            await touring.add(made[A], touring.StopOrder(which=plain.uri, stop=inside.uri))


async def an_agreed_stop(made: World) -> tuple[Actor, Actor, Publication, Publication]:
    """A tour here, a stop there; both agreed."""
    agora, tour = await a_tour(made)
    beirut = await made.collective(B, "beirut")
    stop = await a_stop(made, beirut, "Hamra", 2)
    await add(made, tour, stop)
    await answer(made, beirut, tour, stop)
    assert await names(made, A, tour) == [("Hamra", "confirmed", True)]
    return agora, beirut, tour, stop


async def updates(made: World, tour: Publication) -> int:
    """How often those who follow a tour were told of a change."""

    def look(rx: Reader) -> int:
        return len(
            rx.all(
                "SELECT 1 FROM outbox_activity WHERE type = 'Update' AND object_uri = ?", tour.uri
            )
        )

    return await made[A].look(look)


async def test_a_host_that_changes_its_stop_all_the_time_has_the_tour_told_seldom() -> None:
    async with world(A, B) as made:
        _, beirut, tour, stop = await an_agreed_stop(made)
        other = await a_stop(made, beirut, "Saida", 3)
        await add(made, tour, other)
        before = await updates(made, tour)
        for round_ in range(3):
            for each in (stop, other):
                found = await made.find(B, each.uri)
                assert found is not None
                later = found.event.starts_at + timedelta(minutes=1)
                await made.edit(
                    beirut, replace(found, details=replace(found.event, starts_at=later))
                )
            await made.settle()
            made.clock.advance(minutes=1)
            assert await updates(made, tour) == before, round_
        made.clock.advance(minutes=5)
        await made.settle()
        # once, with how both are at last
        assert await updates(made, tour) == before + 1
        assert [each.starts_at for each in await stops(made, A, tour)] == [
            FIRST + timedelta(days=2, minutes=3),
            FIRST + timedelta(days=3, minutes=3),
        ]


async def test_a_stop_that_changes_while_its_tour_is_told_is_told_again() -> None:
    async with world(A, B) as made:
        _, beirut, tour, stop = await an_agreed_stop(made)

        async def move() -> None:
            found = await made.find(B, stop.uri)
            assert found is not None
            later = found.event.starts_at + timedelta(minutes=1)
            await made.edit(beirut, replace(found, details=replace(found.event, starts_at=later)))

        await move()
        await made.settle()
        made.clock.advance(minutes=5)
        # what is waiting is taken; before it is put away as done, the stop changes once more
        [chore] = await made[A].change(lambda unit: chores.claim(unit, 9, timedelta(minutes=5)))
        await KINDS[chores.TOUR](made[A], chore.subject)
        await move()
        await made.settle()
        await made[A].change(lambda unit: chores.finish(unit, chore))
        await later_told(made)
        assert [each.starts_at for each in await stops(made, A, tour)] == [
            FIRST + timedelta(days=2, minutes=2)
        ]


async def tours_of(made: World, stop: Publication) -> tuple[str, ...]:
    found = await made.find(B, stop.uri)
    assert found is not None
    return found.event.part_of


@pytest.mark.parametrize("whole", [True, False])
async def test_who_is_shut_out_is_no_stop_of_ours_any_more(whole: bool) -> None:
    async with world(A, B) as made:
        _, beirut, tour, stop = await an_agreed_stop(made)
        who = blocking.ActorOrder(who=beirut.uri, actor="" if whole else "agora")
        await blocking.block_actor(made[A], who)
        await made.settle()
        assert await names(made, A, tour) == []
        # and is none by a new question, or by the answer to an old one
        with pytest.raises(FediError, match=r"follow\.blocked"):
            await add(made, tour, stop)


@pytest.mark.parametrize("whole", [True, False])
async def test_our_event_is_no_part_of_the_tour_of_somebody_who_is_shut_out(whole: bool) -> None:
    async with world(A, B) as made:
        agora, _, tour, stop = await an_agreed_stop(made)
        assert await tours_of(made, stop) == (tour.uri,)
        who = blocking.ActorOrder(who=agora.uri, actor="" if whole else "beirut")
        await blocking.block_actor(made[B], who)
        await made.settle()
        assert await tours_of(made, stop) == ()
        with pytest.raises(FediError, match=r"follow\.blocked"):
            await touring.ask(made[B], touring.AskOrder(which=stop.uri, tour=tour.uri))


async def test_a_host_that_is_shut_out_leaves_every_tour() -> None:
    async with world(A, B) as made:
        _, _, tour, _ = await an_agreed_stop(made)
        await blocking.block_host(made[A], blocking.HostOrder(host=B))
        await made.settle()
        assert await names(made, A, tour) == []


async def test_a_stop_says_no_more_that_it_is_part_of_a_tour_that_was_withdrawn() -> None:
    async with world(A, B) as made:
        agora, _, tour, stop = await an_agreed_stop(made)
        await made.delete(agora, tour)
        await made.settle()
        assert await tours_of(made, stop) == ()
