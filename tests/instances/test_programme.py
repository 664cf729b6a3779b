"""A festival with a programme: written in the house, read everywhere, changed once and told once."""

from typing import Any

import pytest
from icalendar import Calendar

from fedi.desk import programme as desk
from fedi.errors import FediError
from fedi.publications.event import sketch
from fedi.publications.event.parts import Part
from fedi.publications.model import Publication
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, Scene, an_organiser, told
from tests.harness.members import a_member
from tests.harness.world import world
from tests.hostile.stranger import stranger

TABLE = """day,from,until,room,who,spoken,title,title.ar,title.fr,text.ar
2026-12-01,10:00,11:00,Hall A,Amal,"ar, fr",Opening,الافتتاح,Ouverture,كلمة ترحيب
2026-12-01,10:00,12:00,Garden,Bilal,fr,Seeds,بذور,Semences,
2026-12-02,18:30,,Hall A,,ar,Film,فيلم,Film,
2026-12-03,23:00,01:00,Hall A,,,Music,موسيقى,Musique,
"""


async def bring(scene: Scene, table: str = TABLE) -> bool:
    order = desk.TableOrder(which=scene.event.uri, table=table)
    done = (await desk.bring(scene.made[HERE], order)).changed
    await scene.made.settle()
    return done


async def now(scene: Scene, host: str = HERE) -> Publication:
    found = await scene.made.find(host, scene.event.uri)
    assert found is not None
    return found


async def test_a_programme_is_read_day_by_day_in_the_language_of_the_reader_and_arrives_elsewhere() -> None:  # fmt: skip
    async with world(HERE, "beirut.test") as made:
        scene = await an_organiser(made)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, scene.agora)
        assert await bring(scene)
        there = await made.find("beirut.test", scene.event.uri)
        # it came with an Update, and only then
        assert there is not None
        assert there.event.parts == (await now(scene)).event.parts
        assert [each.names["fr"] for each in there.event.parts] == ["Semences", "Ouverture", "Film", "Musique"]  # fmt: skip
        page = (await Browser(made, HERE, "fr").get(f"/event/{scene.which}")).text
        for said in ("Ouverture", "Hall A", "Garden", "Amal", "jusqu’à 11h"):
            assert said in page
        assert page.count("<tbody>") == 3
        arabic = (await Browser(made, HERE, "ar").get(f"/event/{scene.which}")).text
        assert "كلمة ترحيب" in arabic
        ics = (await Browser(made, HERE).get(f"/event/{scene.which}/event.ics")).text
        events = Calendar.from_ical(ics).walk("VEVENT")
        assert len(events) == 5
        assert all(str(each["related-to"]) == scene.event.uri for each in events[1:])
        agenda = (await Browser(made, HERE).get("/events.ics")).text
        assert len(Calendar.from_ical(agenda).walk("VEVENT")) == 1
        # on the other side it is read in the house
        ana = await a_member(made, beirut)
        thread = (await ana.get(f"/house/beirut/thread?about={scene.event.uri}")).text
        assert "Opening" in thread


async def test_sixty_sessions_are_one_post_for_a_follower_and_one_change() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        ada = there.person("ada")
        await scene.hear(ada, "Follow", scene.agora.uri)
        lines = [f"2026-12-{n % 3 + 1:02},{8 + n // 10}:{n % 6}0,,Room {n % 4},,,Session {n}" for n in range(60)]  # fmt: skip
        await bring(scene, "\n".join(["day,from,until,room,who,spoken,title", *lines]))
        assert told(there, "Create") == []
        [update] = told(there, "Update")
        assert len(update["object"]["subEvent"]) == 60


async def test_a_session_that_moves_is_told_once_to_those_who_come_however_often_it_moves() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await bring(scene)
        cem = there.person("cem")
        await scene.reply(cem, "coming")
        before = len(told(there, "Create"))
        for hour in ("14:00", "15:00", "16:00"):
            await bring(scene, TABLE.replace("18:30", hour))
        assert len(told(there, "Create")) == before
        made.clock.advance(minutes=16)
        await made.settle()
        [note] = told(there, "Create")[before:]
        assert "programme" in note["object"]["content"]
        # words alone, or one more session, wake nobody
        await bring(scene, TABLE.replace("18:30", "16:00").replace("كلمة ترحيب", "كلمة"))
        await bring(scene, TABLE.replace("18:30", "16:00") + "2026-12-02,20:00,,Hall A,,,Dinner,,,\n")  # fmt: skip
        made.clock.advance(minutes=16)
        await made.settle()
        assert len(told(there, "Create")) == before + 1


async def test_members_write_sessions_one_by_one_and_let_them_out_together() -> None:
    async with world(HERE, "beirut.test") as made:
        scene = await an_organiser(made)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, scene.agora)
        ana = await a_member(made, scene.agora)
        path = f"/house/agora/programme/{scene.which}"
        page = await ana.get(path)
        typed = {"name.en": "Opening", "day": "2026-12-01", "begins": "10:00", "ends": "11:00", "room": "Hall A"}  # fmt: skip
        page = await ana.send(page.form(f"{path}#session"), does="save", **typed)
        assert page.status == 200, page.text
        page = await ana.send((await ana.get(path)).form(f"{path}#session"), does="save", **{**typed, "name.en": "Film", "begins": "12:00", "ends": ""})  # fmt: skip
        assert "not public yet" in page.text
        assert (await now(scene)).event.parts == ()
        page = await ana.send((await ana.get(path)).form(path), does="publish")
        assert page.status == 200
        await made.settle()
        for host in (HERE, "beirut.test"):
            assert [each.names["en"] for each in (await now(scene, host)).event.parts] == ["Opening", "Film"]  # fmt: skip
        key = (await now(scene)).event.parts[1].key
        page = await ana.get(f"{path}?session={key}")
        assert 'value="12:00"' in page.text
        page = await ana.send(page.form(f"{path}#session"), does="remove")
        page = await ana.send((await ana.get(path)).form(path), does="publish")
        assert len((await now(scene)).event.parts) == 1
        # an edit of the event keeps its programme
        assert (await made[HERE].look(lambda rx: sketch.find(rx, scene.event.uri))) is None


async def test_what_is_wrong_is_said_beside_its_field_and_kept_as_typed() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        ana = await a_member(made, scene.agora)
        path = f"/house/agora/programme/{scene.which}"
        page = await ana.get(path)
        typed = {"name.en": "", "day": "2026-12-01", "begins": "25:00", "spoken": "arabic!", "who": "x" * 300}  # fmt: skip
        page = await ana.send(page.form(f"{path}#session"), does="save", **typed)
        for name in ("name.en", "begins", "spoken", "who"):
            assert f'id="w-{name}"' in page.text, name
        assert "arabic!" in page.text
        assert (await made[HERE].look(lambda rx: sketch.find(rx, scene.event.uri))) is None


async def test_two_who_write_at_once_do_not_undo_one_another() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        first: dict[str, Any] = {"which": scene.event.uri, "day": "2026-12-01", "begins": "10:00"}
        await desk.put(made[HERE], desk.Session(names={"en": "A"}, **first))
        with pytest.raises(FediError, match=r"programme\.overtaken"):
            await desk.put(made[HERE], desk.Session(names={"en": "B"}, **first))
        await desk.put(made[HERE], desk.Session(names={"en": "B"}, seen=1, **first))


async def test_with_the_stops_of_a_tour_no_session_falls_off_the_end() -> None:
    async with world(HERE) as made:
        stop = Part(
            key="",
            starts_at=made.clock.now(),
            names={"en": "Elsewhere"},
            uri="https://beirut.test/event/1",
            host="https://beirut.test/actors/1",
        )
        scene = await an_organiser(made, parts=(stop,))
        lines = [f"2026-12-01,10:00,,Room {n},,,Session {n}" for n in range(150)]
        table = "\n".join(["day,from,until,room,who,spoken,title", *lines])
        await desk.lay(made[HERE], desk.TableOrder(which=scene.event.uri, table=table))
        which = desk.WhichOrder(which=scene.event.uri)
        with pytest.raises(FediError, match=r"programme\.many"):
            await desk.publish(made[HERE], which)
        written = await desk.show(made[HERE], which)
        assert (written.is_out, len(written.lines)) == (False, 150)
        await desk.remove(
            made[HERE],
            desk.RemoveOrder(which=scene.event.uri, key=written.lines[0].key, seen=written.version),
        )
        await desk.publish(made[HERE], which)
        assert len((await now(scene)).event.parts) == 150


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "programme.table_heads"),
        ("a,b\n1,2", "programme.table_heads"),
        ("day,from,title" + ",x" * 100_000 + "\n2026-12-01,10:00,One", "programme.table_heads"),
        ("day,from,title\n2026-13-01,10:00,x", "desk.moment_none"),
        ("day,from,title\n2026-12-01,,x", "programme.hour_missing"),
        ("day,from,title\n2026-12-01,10:00,", "programme.name_missing"),
        ("day,from,title\n" + "2026-12-01,10:00,x\n" * 151, "programme.many"),
        ("day,from,title\n" + "x" * 600_000, "programme.table_large"),
    ],
)
async def test_a_table_that_cannot_be_read_changes_nothing(table: str, problem: str) -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        with pytest.raises(FediError) as refusal:
            await bring(scene, table)
        found = getattr(refusal.value, "problems", None)
        assert (found[0].message_key if found else refusal.value.message_key) == problem
        assert (await now(scene)).event.parts == ()


async def test_a_table_is_looked_at_in_the_house_before_anybody_reads_it() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        await bring(scene)
        ana = await a_member(made, scene.agora)
        path = f"/house/agora/programme/{scene.which}"
        # as a spreadsheet writes it where numbers have commas: one session moves, one is new, one is left out
        moved = TABLE.replace("18:30", "19:30").replace("2026-12-03,23:00,01:00,Hall A,,,Music,موسيقى,Musique,\n", "")  # fmt: skip
        rows = (moved + "2026-12-04,9:00,,,,,Tea,,Thé,\n").replace(",", ";").replace('"ar; fr"', '"ar, fr"')  # fmt: skip
        page = await ana.get(path)
        page = await ana.send(page.form(f"{path}/table"), files={"file": ("p.csv", rows.encode("utf-8-sig"))})  # fmt: skip
        assert (page.status, page.path) == (200, f"{path}?told=programme_read")
        assert "New: 2 · changed: 0 · left out: 2" in page.text
        assert "Tea" in page.text
        assert "Tea" not in (await Browser(made, HERE).get(f"/event/{scene.which}")).text
        # somebody else changed it meanwhile
        old = page.form(f"{path}/table")
        page = await ana.send(old, files={"file": ("p.csv", rows.encode())})
        page = await ana.send(old, files={"file": ("p.csv", rows.encode())})
        assert "Somebody else changed the programme" in page.text
        page = await ana.get(path)
        await ana.send(page.form(path), does="publish")
        names = [each.names.get("en", "") for each in (await now(scene)).event.parts]
        assert names == ["Seeds", "Opening", "Film", "Tea"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The first line of the table"),
        (b"\xff\xfe\x00", "text"),
        (b"day,from,title\n" + b"x" * 600_000, "The table is too large."),
        (b"day,from,title\n2026-12-01,10:00,x\n2026-12-02,,x\n,10:00,\n", "Line 3, from: Say on which day"),
        (b'day,from,title\n2026-12-01,10:00,"a\nb"\n2026-12-02,10:00,\n', "Line 4, title.en: A session needs a title."),
    ],
    ids=["empty", "no text", "large", "hour", "quoted"],
)  # fmt: skip
async def test_a_file_that_is_no_programme_is_told_line_by_line_and_changes_nothing(
    content: bytes, told: str
) -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        ana = await a_member(made, scene.agora)
        path = f"/house/agora/programme/{scene.which}"
        page = await ana.get(path)
        page = await ana.send(page.form(f"{path}/table"), files={"file": ("p.csv", content)})
        assert page.status == 400
        assert told in page.text
        assert (await desk.show(made[HERE], desk.WhichOrder(which=scene.event.uri))).is_out


async def test_rooms_stand_in_the_order_that_was_chosen_here_and_elsewhere() -> None:
    async with world(HERE, "beirut.test") as made:
        scene = await an_organiser(made)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, scene.agora)
        await bring(scene)
        ana = await a_member(made, scene.agora)
        path = f"/house/agora/programme/{scene.which}"
        order = (await ana.get(path)).form(path)
        # by themselves they stand as they come up
        page = (await Browser(made, HERE).get(f"/event/{scene.which}")).text
        assert page.index("<bdi>Garden") < page.index("<bdi>Hall A")
        page = await ana.send(order, does="rooms", rooms="Hall A\nCellar")
        assert "“Cellar” is no room of this programme." in page.text
        page = await ana.send(order, does="rooms", rooms=" Hall  A \nGarden\n\n")
        assert page.status == 200
        await made.settle()
        page = (await Browser(made, HERE).get(f"/event/{scene.which}")).text
        assert page.index("<bdi>Hall A") < page.index("<bdi>Garden")
        there = await now(scene, "beirut.test")
        assert there.event.rooms == (await now(scene)).event.rooms == ("Hall A", "Garden")
        assert there.event.parts == (await now(scene)).event.parts
