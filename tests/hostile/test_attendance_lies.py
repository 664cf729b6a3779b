"""What liars may try with answers to our events: the right refusal, and nobody's entry but their own ever changes."""

import asyncio
import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actors import blocks
from fedi.desk import attendance as desk
from fedi.desk import circles, relations
from fedi.desk.blocking import ActorOrder, HostOrder, block_actor, block_host
from fedi.desk.publishing import PublishOrder, edit, publish
from fedi.desk.wishes import EditOrder, PlaceWish, Words
from fedi.jobs.attendance import send_letters
from fedi.publications.event import attendance
from fedi.unit import Unit
from tests.harness.browser import Browser, Page
from tests.harness.gathering import HERE, Scene, an_organiser, told
from tests.harness.members import a_member
from tests.harness.post import post_office
from tests.harness.world import FOLLOWERS, an_event, world
from tests.hostile.stranger import Person, deliver, say, stranger


async def entries(scene: Scene) -> list[desk.Line]:
    return (await scene.sheet()).lines


async def test_nobody_joins_for_somebody_else() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        ada, eve = mars.person("ada"), mars.person("eve", 1)
        activity = say(ada, "Join", scene.event.uri)
        assert (await deliver(made, HERE, eve.key, activity)).status == 401
        await made.settle()
        assert await entries(scene) == []


async def test_a_machine_at_the_form_does_not_hold_all_places() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=30)
        for number in range(5):
            page = await scene.sign_up(f"n{number}", people="3")
            assert page.status == 200, page.text
        assert "organisers decide" in page.text
        # ten at once, the others are asked about; whoever is somebody has a place
        assert await scene.people() == {"coming": 9, "asked": 6}
        ada = mars.person("ada")
        await scene.join(ada)
        assert await scene.state(ada.uri) == "coming"
        # an hour later, and the rest of the day
        for hour, coming in ((1, 18), (2, 18), (3, 18), (25, 27)):
            made.clock.advance(hours=1 if hour < 25 else 22)
            for number in range(3):
                await scene.sign_up(f"h{hour} {number}", people="3")
            assert (await scene.people())["coming"] - 1 == coming
        # where places are not counted there is nothing to hold
        free = Scene(made, scene.agora, await made.publish(scene.agora, an_event("Free")))
        for number in range(6):
            await free.sign_up(f"n{number}", people="3")
        assert await free.people() == {"coming": 18}


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "come back in an hour"), ("ar", "عودوا بعد ساعة"), ("fr", "Revenez dans une heure"), ("es", "Vuelve dentro de una hora")],
)  # fmt: skip
async def test_a_machine_at_the_form_does_not_fill_the_waiting_list(
    language: str, told: str
) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=1)
        for number, name in enumerate(("ada", "ben")):
            await scene.join(mars.person(name, number))
        pages = [
            await scene.sign_up(f"n{number}", Browser(made, HERE, language), people="3")
            for number in range(5)
        ]
        # as many at once as may hold places; the others are told when to come again, and kept nowhere
        assert [page.status for page in pages] == [200, 200, 200, 400, 400]
        assert told in pages[-1].text
        assert await scene.people() == {"coming": 1, "waiting": 1 + 9}
        # whoever is somebody still waits, and in an hour there is room for a few more, this day for twenty
        await scene.join(mars.person("eve", 2))
        made.clock.advance(hours=1)
        pages = [await scene.sign_up(f"h{number}", people="3") for number in range(5)]
        assert [page.status for page in pages] == [200, 200, 200, 400, 400]
        made.clock.advance(hours=1)
        assert (await scene.sign_up("more", people="3")).status == 400
        assert await scene.people() == {"coming": 1, "waiting": 2 + 18}


async def test_nobody_takes_back_what_somebody_else_said() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "venus.test") as venus,
    ):
        scene = await an_organiser(made)
        ada, omar, eve = mars.person("ada"), mars.person("omar", 1), venus.person("eve", 2)
        await scene.join(ada)
        join = {
            "id": f"{ada.uri}/activities/join-1",
            "type": "Join",
            "actor": ada.uri,
            "object": scene.event.uri,
        }
        for liar in (omar, eve):
            await scene.hear(liar, "Undo", join, "whole")
            await scene.hear(liar, "Undo", join["id"], "id")
            await scene.hear(liar, "Undo", {**join, "actor": liar.uri}, "own")
            await scene.hear(liar, "Leave", scene.event.uri)
            await scene.hear(liar, "Delete", join["id"])
        assert [(each.uri, each.state) for each in await entries(scene)] == [(ada.uri, "coming")]


async def test_joining_twice_is_one_entry_and_is_answered_twice() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=2)
        ada = mars.person("ada")
        for number in (1, 2, 2):
            await scene.join(ada, number)
        assert await scene.people() == {"coming": 1}
        assert len(told(mars, "Accept")) == 2


@pytest.mark.parametrize(
    ("change", "hours"), [({"status": "cancelled"}, 0), ({}, 24 * 8), ({"join_mode": "none"}, 0)]
)
async def test_nobody_comes_to_what_is_over_or_called_off(
    change: dict[str, Any], hours: int
) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, **change)
        made.clock.advance(hours=hours)
        ada, ben = mars.person("ada"), mars.person("ben", 1)
        await scene.join(ada)
        await scene.hear(ben, "Accept", scene.event.uri)
        assert await entries(scene) == []
        assert told(mars, "Accept") == []
        page = await Browser(made, HERE).get(f"/event/{scene.which}/attend")
        assert "form_word" not in page.text


async def test_a_message_without_end_is_cut() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        await scene.join(mars.person("ada"), participationMessage="<b>ن</b>" * 6_000)
        [line] = await entries(scene)
        assert len(line.message) == attendance.MESSAGE_MAX


NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "\u202eresu",
    "a" * 5_000,
]


async def test_names_are_text_and_nothing_else() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        signed = [await scene.sign_up(name, message=name[:400]) for name in NAMES]
        editor = await a_member(made, scene.agora, role="editor")
        sheet = await editor.get(f"/house/agora/attendance/{scene.which}")
        for line, own in zip(await entries(scene), signed, strict=True):
            assert len(line.name) <= attendance.NAME_MAX
            for page in (own, sheet):
                assert page.status == 200
                assert html.escape(line.name, quote=False).replace('"', "&#34;") in page.text
                assert "<script>alert" not in page.text
                assert "<img src=x" not in page.text
                assert "\u202e" not in page.text


async def test_a_link_cannot_be_guessed_and_says_nothing_when_it_is_wrong() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        signed = await scene.sign_up("Dunia")
        token = signed.path.rpartition("/")[2]
        assert len(token) == 43
        visitor = Browser(made, HERE)
        answers = []
        for guess in (
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            "x",
            token.lower(),
            "%C3%A9" * 9,
        ):
            page = await visitor.get(f"/attendance/{guess}")
            answers.append((page.status, "Dunia" in page.text))
            page = await visitor.post(f"/attendance/{guess}", [("what", "leave")])
            answers.append((page.status, "Dunia" in page.text))
        assert set(answers) == {(404, False)}
        assert await scene.people() == {"coming": 1}
        rows = await made[HERE].look(lambda rx: rx.all("SELECT token_hash FROM attendance_link"))
        assert token not in str(rows)


async def _form(scene: Scene) -> tuple[Browser, Page]:
    visitor = Browser(scene.made, HERE)
    return visitor, await visitor.get(f"/event/{scene.which}/attend")


async def test_a_form_that_comes_again_is_one_answer_and_revives_nothing() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made, capacity=5)
        visitor, page = await _form(scene)
        made.clock.advance(seconds=5)
        form = page.form(f"/event/{scene.which}/attend")
        first = await visitor.send(form, name="Dunia")
        again = await visitor.send(form, name="Somebody else", people="4")
        assert "You are on the list" in again.text
        assert [(each.name, each.people) for each in await entries(scene)] == [("Dunia", 1)]
        await visitor.send(first.form(first.path), what="leave")
        await visitor.send(form, name="Dunia")
        assert await scene.people() == {"cancelled": 1}


# what is typed, after how many seconds it is sent, what is said
WRONG: list[tuple[dict[str, str], int, str]] = [
    ({"website": "https://spam.example"}, 5, "must stay empty"),
    ({}, 0, "very quick"),
    ({}, 13 * 3600, "open for a long time"),
    ({"form_word": ""}, 5, "open for a long time"),
    ({"form_word": "1.x.y"}, 5, "open for a long time"),
    ({"form_word": "٣.x.y"}, 5, "open for a long time"),
    ({"name": " \u200b "}, 5, "any name will do"),
    ({"people": "0"}, 5, "from 1 to 10"),
    ({"people": "11"}, 5, "from 1 to 10"),
    ({"people": "-1"}, 5, "from 1 to 10"),
    ({"people": "٣"}, 5, "from 1 to 10"),
    ({"people": "1e9"}, 5, "from 1 to 10"),
    ({"message": "x" * 501}, 5, "too long"),
]


async def test_a_form_that_is_wrong_comes_back_as_it_was_typed() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        for typed, seconds, said in WRONG:
            visitor, page = await _form(scene)
            made.clock.advance(seconds=seconds)
            fields = {"name": "Dunia", "message": "chairs", **typed}
            page = await visitor.send(page.form(f"/event/{scene.which}/attend"), **fields)
            assert (page.status, said in page.text) == (400, True), (typed, seconds)
            assert fields["message"] in page.text
        assert await entries(scene) == []


async def test_the_word_of_another_form_opens_nothing() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        other = Scene(made, scene.agora, (await an_event_beside(scene)).event)
        _, page = await _form(other)
        word = dict(page.form(f"/event/{other.which}/attend").fields)["form_word"]
        visitor, page = await _form(scene)
        made.clock.advance(seconds=5)
        page = await visitor.send(
            page.form(f"/event/{scene.which}/attend"), name="Dunia", form_word=word
        )
        assert (page.status, await entries(scene)) == (400, [])


async def an_event_beside(scene: Scene) -> Scene:
    event = await scene.made.publish(scene.agora, an_event("Another"))
    return Scene(scene.made, scene.agora, event)


async def test_another_site_cannot_send_the_form() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        signed = await scene.sign_up("Dunia")
        visitor, page = await _form(scene)
        made.clock.advance(seconds=5)
        elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        fields = [*page.form(f"/event/{scene.which}/attend").fields, ("name", "x")]
        for path, sent in (
            (f"/event/{scene.which}/attend", fields),
            (signed.path, [("what", "leave")]),
        ):
            assert (await visitor.post(path, sent, headers=elsewhere)).status == 403
        assert await scene.people() == {"coming": 1}


async def test_a_flood_of_forms_is_told_to_come_later() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        visitor, page = await _form(scene)
        made.clock.advance(seconds=5)
        from fedi.web.pages.attend import PER_EVENT_AND_HOUR, new_word

        statuses = []
        words = [new_word(made[HERE], scene.event.uri) for _ in range(PER_EVENT_AND_HOUR // 3 + 2)]
        made.clock.advance(seconds=5)
        action = f"/event/{scene.which}/attend"
        for word in words:
            page = await visitor.post(action, [("form_word", word), ("name", "bot")])
            statuses.append(page.status)
            if page.status == 429:
                break
        assert statuses[-1] == 429
        assert int(page.headers["retry-after"]) > 0


async def test_who_is_limited_waits_unheard_and_who_is_shut_out_is_nobody() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "venus.test") as venus,
    ):
        scene = await an_organiser(made)
        ada, eve = mars.person("ada"), venus.person("eve", 1)
        await made[HERE].change(lambda unit: blocks.limit(unit, ada.uri, blocks.ACTOR))
        await made[HERE].change(lambda unit: blocks.add(unit, scene.agora.uri, eve.uri, blocks.ACTOR))  # fmt: skip
        await scene.join(ada)
        await scene.join(eve)
        assert [(each.uri, each.state) for each in await entries(scene)] == [(ada.uri, "asked")]
        assert (await made.rows(HERE))["notification"] == 0
        assert told(venus, "Reject") + told(venus, "Accept") == []


async def test_who_is_shut_out_later_has_no_place_any_more_and_is_told_nothing() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "venus.test") as venus,
    ):
        scene = await an_organiser(made, capacity=2)
        await desk.change(
            made[HERE], desk.SetOrder(which=scene.which, place=PlaceWish(name="Cellar"))
        )
        ada, eve = mars.person("ada"), venus.person("eve", 1)
        await scene.join(ada)
        await scene.join(eve)
        await scene.sign_up("Dunia")
        link = re.search(r"/attendance/[\w-]+", told(mars, "Create")[0]["object"]["content"])
        assert link
        mars.posts.clear()
        venus.posts.clear()
        order = ActorOrder(who=ada.uri, actor="agora")
        await block_actor(made[HERE], order)
        await block_host(made[HERE], HostOrder(host="venus.test"))
        await made.settle()
        await scene.join(ada, "again")
        await desk.write(made[HERE], desk.WriteOrder(which=scene.which, words="Bring chairs"))
        await made.settle()
        assert await scene.people() == {"coming": 1, "refused": 2}
        assert told(mars, "Create") + told(mars, "Accept") + told(venus, "Create") == []
        assert (await Browser(made, HERE).get(link[0])).status == 404


async def test_outside_the_open_posture_strangers_need_consent() -> None:
    async with (
        world(HERE, settings='[instance]\nposture = "guarded"') as made,
        stranger(made, "mars.test") as mars,
    ):
        scene = await an_organiser(made)
        await scene.join(mars.person("ada"))
        await scene.sign_up("Dunia")
        assert await scene.people() == {"asked": 2}
        assert (await made.rows(HERE))["notification"] == 1


async def test_accepting_an_event_does_not_accept_a_follow() -> None:
    """Hubzilla embeds the event with its organiser as `actor`: that is not an answer to what the organiser asked."""
    from actors import follows, refresh

    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        ada = mars.person("ada")
        await made.follow(scene.agora, await refresh.fetch_actor(made[HERE], ada.uri))
        event = {"id": scene.event.uri, "type": "Event", "actor": scene.agora.uri, "name": "x"}
        await scene.hear(ada, "Accept", event)
        await scene.hear(ada, "Reject", event)
        found = await made[HERE].look(lambda rx: follows.find(rx, scene.agora.uri, ada.uri))
        assert found is not None
        assert found.state == follows.ASKED


async def test_the_sheet_of_another_collective_is_not_there() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        await scene.sign_up("Dunia")
        banat = await made.collective(HERE, "banat")
        editor = await a_member(made, banat, role="editor")
        [line] = await entries(scene)
        there = f"/house/banat/attendance/{scene.which}"
        own = await editor.get("/house/banat")
        token = re.search(r'name="form_token" value="([^"]+)"', own.text)
        assert token
        for path, fields in (
            ("", None),
            ("/attendance.csv", None),
            ("/decide", [("entry", line.number), ("does", "refuse")]),
            ("/close", [("what", "close")]),
            ("/write", [("words", "x")]),
            ("/settings", [("form", "off")]),
        ):
            page = (
                await editor.get(there + path)
                if fields is None
                else await editor.post(there + path, [("form_token", token[1]), *fields])
            )
            assert (page.status, "Dunia" in page.text) == (404, False), path
        assert await scene.people() == {"coming": 1}


async def test_an_entry_of_another_event_is_not_decided_here() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        other = await an_event_beside(scene)
        await other.sign_up("Dunia")
        [line] = await entries(other)
        editor = await a_member(made, scene.agora, role="editor")
        sheet = f"/house/agora/attendance/{scene.which}"
        await scene.sign_up("Ana")
        page = await editor.get(sheet)
        page = await editor.send(page.form(f"{sheet}/decide"), entry=line.number, does="refuse")
        assert (page.status, await other.people()) == (404, {"coming": 1})


async def test_a_number_that_is_none_is_refused() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        await scene.sign_up("Ana")
        editor = await a_member(made, scene.agora, role="editor")
        sheet = f"/house/agora/attendance/{scene.which}"
        form = (await editor.get(sheet)).form(f"{sheet}/decide")
        for number in ("", "x", "-1", "9" * 40, "٣"):
            assert (await editor.send(form, entry=number, does="refuse")).status == 404, number
        assert await scene.people() == {"coming": 1}


async def test_what_only_participants_know_stands_in_nothing_that_others_read() -> None:
    async with world(HERE, "beirut.test") as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, scene.agora)
        await desk.change(
            made[HERE],
            desk.SetOrder(
                which=scene.which,
                place=PlaceWish(name="Secret cellar"),
                online_url="https://room.example/abc",
                counts=True,
            ),
        )
        await scene.join(mars.person("ada"))
        await made.settle()
        elsewhere = await made.find("beirut.test", scene.event.uri)
        visitor = Browser(made, HERE)
        pages = [
            (await visitor.get(path)).text
            for path in (
                f"/event/{scene.which}",
                f"/event/{scene.which}/attend",
                f"/event/{scene.which}/event.ics",
                "/agenda",
                "/feed.atom",
                "/events.ics",
            )
        ]
        everything = str(elsewhere) + str(await scene.document()) + "".join(pages)
        assert "Secret cellar" not in everything
        assert "room.example" not in everything
        assert "Secret cellar" in told(mars, "Create")[-1]["object"]["content"]


@pytest.mark.thorough
async def test_two_hundred_answers_at_once_for_fifty_places() -> None:
    """By the inbox and by the form, through the doors: exactly fifty come, and the rest waits in order; of those who rush in
    by the form a dozen are in line, and an organiser is asked about the others."""
    settings = "[inbox]\nnew_actors_per_host = 100000\nstrangers_per_hour = 100000\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=50)
        people = [mars.person(f"p{number}", 0) for number in range(100)]
        forms = [await _form(scene) for _ in range(100)]
        made.clock.advance(seconds=5)

        async def by_inbox(who: Person) -> None:
            activity = say(who, "Join", scene.event.uri, to=[scene.agora.uri], cc=[])
            assert (await deliver(made, HERE, who.key, activity)).status == 202

        lines = asyncio.Semaphore(12)

        async def by_form(number: int, visitor: Browser, page: Page) -> None:
            form = page.form(f"/event/{scene.which}/attend")
            async with lines:
                assert (await visitor.send(form, name=f"n{number}")).status == 200

        async def work() -> None:
            for _ in range(20):
                await made.settle()

        for who in people:
            await by_inbox(who)
        await asyncio.gather(work(), *(by_form(number, *each) for number, each in enumerate(forms)))
        await made.settle()
        assert await scene.people() == {"coming": 50, "waiting": 62, "asked": 88}
        accepted = {each["object"]["actor"] for each in told(mars, "Accept")}
        coming = [each for each in await entries(scene) if each.state == "coming"]
        assert {each.uri for each in coming if each.uri} == accepted

        # everybody who comes leaves at the same time: fifty others move up, no more
        for each in coming:
            if each.uri:
                person = next(who for who in people if who.uri == each.uri)
                await deliver(made, HERE, person.key, say(person, "Leave", scene.event.uri))
        await made.settle()
        gone = sum(1 for each in coming if each.uri)
        left = {"waiting": 62 - gone, "cancelled": gone, "asked": 88}
        assert await scene.people() == {"coming": 50, **left}


async def test_who_was_refused_does_not_come_by_saying_no_first() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        ada, ben = mars.person("ada"), mars.person("ben", 1)
        await scene.join(ada)
        await scene.reply(ben, "yes")
        lines = await entries(scene)
        numbers = tuple(each.number for each in lines)
        await desk.decide(made[HERE], desk.DecideOrder(which=scene.which, does="refuse", entries=numbers))  # fmt: skip
        await scene.hear(ada, "Reject", scene.event.uri)
        await scene.hear(ada, "TentativeReject", scene.event.uri, 2)
        await scene.join(ada, 2)
        await scene.reply(ben, "no", 2)
        await scene.reply(ben, "coming", 3)
        assert await scene.people() == {"refused": 2}


async def test_maybe_keeps_no_place_in_the_queue() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=1)
        ada, ben, eve = (mars.person(name, n) for n, name in enumerate(("ada", "ben", "eve")))
        await scene.reply(eve, "maybe")
        made.clock.advance(minutes=1)
        await scene.join(ada)
        await scene.join(ben)
        made.clock.advance(minutes=1)
        await scene.reply(eve, "coming", 2)
        await scene.hear(ada, "Leave", scene.event.uri)
        assert (await scene.state(ben.uri), await scene.state(eve.uri)) == ("coming", "waiting")


async def test_who_was_let_in_alone_brings_nobody_unasked() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, join_mode="restricted")
        ada, ben = mars.person("ada"), mars.person("ben", 1)
        await scene.reply(ada, "yes")
        await scene.reply(ben, "yes")
        await desk.decide(made[HERE], desk.DecideOrder(which=scene.which, does="approve", everybody=True))  # fmt: skip
        await scene.reply(ada, "yes", 2)
        await scene.reply(ben, "yes +9", 3)
        assert await scene.people() == {"coming": 1, "asked": 10}


async def test_a_closed_list_does_not_grow_through_who_is_on_it() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made)
        await scene.reply(mars.person("ada"), "yes")
        await desk.change(made[HERE], desk.SetOrder(which=scene.which, closed=True))
        await scene.reply(mars.person("ada"), "yes +9", 2)
        assert await scene.people() == {"coming": 1}


@pytest.mark.parametrize("by", ["collective", "actor", "host"])
async def test_who_is_shut_out_does_not_come_and_learns_nothing_more(by: str) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        scene = await an_organiser(made, capacity=1)
        eve = mars.person("eve")
        await scene.reply(eve, "yes")
        await scene.sign_up("Dunia")
        [said] = told(mars, "Create")
        link = re.search(r"/attendance/[\w-]+", said["object"]["content"])
        assert link
        here = made[HERE]
        if by == "collective":
            await block_actor(here, ActorOrder(who=eve.uri, actor="agora"))
        elif by == "actor":
            await block_actor(here, ActorOrder(who=eve.uri))
        else:
            await block_host(here, HostOrder(host="mars.test"))
        heard = len(mars.posts)
        await desk.change(here, desk.SetOrder(which=scene.which, place=PlaceWish(name="Cellar")))
        await desk.write(here, desk.WriteOrder(which=scene.which, words="the code is 7"))
        await made.edit(scene.agora, replace(scene.event, details=replace(scene.event.event, capacity=2)))  # fmt: skip
        await made.settle()
        assert len(mars.posts) == heard
        assert "Cellar" not in (await Browser(made, HERE).get(link[0])).text
        assert await scene.state("Dunia") == "coming"


async def test_who_is_no_follower_any_more_learns_nothing_of_what_is_for_followers() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(HERE, "agora")
        scene = Scene(made, agora, await made.publish(agora, an_event(visibility=FOLLOWERS)))
        eve = mars.person("eve")
        await scene.hear(eve, "Follow", agora.uri)
        await scene.join(eve)
        assert await scene.people() == {"coming": 1}
        link = await made[HERE].change(_link_of)
        await relations.reject(made[HERE], relations.RelationOrder(who=eve.uri, actor="agora"))  # fmt: skip
        await made.settle()
        heard = len(mars.posts)
        await desk.change(made[HERE], desk.SetOrder(which=scene.which, place=PlaceWish(name="Cellar")))  # fmt: skip
        await made.edit(agora, replace(scene.event, details=replace(scene.event.event, capacity=2)))
        await made.settle()
        assert [each.document["type"] for each in mars.posts[heard:]] == []
        assert "Cellar" not in (await Browser(made, HERE).get(f"/attendance/{link}")).text


def _link_of(unit: Unit) -> str:
    row = unit.tx.one("SELECT event_uri, id FROM attendance")
    assert row
    entry = attendance.find_by_id(unit.tx, row[0], row[1])
    assert entry
    return attendance.make_link(unit, entry)


async def test_groups_that_are_too_large_block_nobody_behind_them() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made, capacity=1)
        await scene.sign_up("Dunia")

        def crowd(unit: Unit) -> None:
            for number in range(201):
                people = 10 if number < 200 else 1
                attendance.put(unit, attendance.Entry(
                    0, scene.event.uri, f"form:{number}", "waiting", "form", f"n{number}", people, "", "en", None,
                    False, False, unit.now + timedelta(seconds=number),
                ))  # fmt: skip

        await made[HERE].change(crowd)
        [dunia] = [each.number for each in await entries(scene) if each.name == "Dunia"]
        await desk.decide(made[HERE], desk.DecideOrder(which=scene.which, does="refuse", entries=(dunia,)))  # fmt: skip
        assert await scene.state("n200") == "coming"


async def test_nobody_is_flooded_with_letters_that_others_ask_for() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made)
        pages = [await scene.sign_up(f"n{n}", mail="Victim@example.org") for n in range(7)]
        for _ in range(5):
            await send_letters(made[HERE])
        assert len(office.letters) == 5
        assert pages[-1].status == 429
        assert (await scene.sign_up("other", mail="ali@example.org")).status == 200


async def test_who_is_shut_out_does_not_get_what_is_edited_for_a_list() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        await an_organiser(made)
        ada, eve = mars.person("ada"), mars.person("eve", 1)
        here = made[HERE]
        await circles.add(here, circles.MembersOrder(name="us", who=(ada.uri, eve.uri)))
        order = PublishOrder(
            kind="note", words=(Words(source="at nine"),), visibility="direct", circle="us"
        )
        told_to_all = await publish(here, order)
        await made.settle()
        await block_actor(here, ActorOrder(who=eve.uri, actor="agora"))
        await made.settle()
        heard = len(mars.posts)
        await edit(here, EditOrder(which=told_to_all.uri, words=(Words(source="at ten"),)))
        await made.settle()
        assert [post.path for post in mars.posts[heard:]] == ["/ada/inbox"]
