"""What participants are told afterwards: changes, the end of it, a reminder, letters where an address was given."""

import re
from datetime import timedelta

from fedi.desk import attendance as desk
from fedi.desk.publishing import edit
from fedi.desk.wishes import EditOrder, EventWish, PlaceWish
from fedi.jobs.attendance import remind, send_letters
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, Scene, an_organiser, edited, messages, told
from tests.harness.post import post_office
from tests.harness.world import world
from tests.hostile.stranger import stranger


async def test_who_comes_hears_that_it_moves_and_that_it_is_called_off() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        ada, ben = there.person("ada"), there.person("ben", 1)
        await scene.join(ada)
        await scene.join(ben)
        await scene.hear(ben, "Leave", scene.event.uri)
        start = scene.event.event.starts_at + timedelta(days=1)
        await edited(scene, starts_at=start, ends_at=start + timedelta(hours=2))
        [update] = told(there, "Update")
        assert (update["to"], ada.uri in str(update)) == (list(scene.event.to), False)
        assert [text.count("Something changed") for text in messages(there)] == [1]
        made.clock.advance(minutes=1)
        await edited(scene, status="cancelled")
        assert "does not take place" in messages(there)[-1]
        assert {each["object"]["to"][0] for each in told(there, "Create")} == {ada.uri}


async def test_a_change_of_words_alone_bothers_nobody() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        await scene.join(there.person("ada"))
        await edited(scene, category="THEATRE")
        assert messages(there) == []


async def test_more_places_are_given_to_who_waits() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made, capacity=1)
        for number, name in enumerate(("ada", "ben", "cem")):
            await scene.join(there.person(name, number))
        await edited(scene, capacity=2)
        assert await scene.people() == {"coming": 2, "waiting": 1}


async def test_who_comes_is_told_when_the_event_is_withdrawn() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        await scene.join(there.person("ada"))
        await made.delete(scene.agora, scene.event)
        await made.settle()
        [text] = messages(there)
        assert "does not take place" in text
        assert "/attendance/" not in text
        assert (await made.rows(HERE))["attendance"] == 0


async def test_a_reminder_comes_once_the_day_before_to_who_wished_it() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        for number, name in enumerate(("ada", "ben")):
            await scene.reply(there.person(name, number), "yes")
        link = re.search(r"/attendance/[\w-]+", messages(there)[0])
        assert link
        visitor = Browser(made, HERE)
        page = await visitor.get(link[0])
        page = await visitor.send(page.form(link[0]), what="remind")
        assert "Do not remind me" in page.text
        assert await remind(made[HERE]) == 0
        made.clock.advance(days=6, hours=2)
        assert (await remind(made[HERE]), await remind(made[HERE])) == (1, 0)
        await made.settle()
        assert "A reminder" in messages(there)[-1]
        # at another time: once more
        start = scene.event.event.starts_at + timedelta(hours=1)
        await edited(scene, starts_at=start, ends_at=start + timedelta(hours=2))
        assert await remind(made[HERE]) == 1


async def test_letters_go_to_the_address_that_was_given_and_hold_no_secret() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made, capacity=1)
        await desk.change(
            made[HERE], desk.SetOrder(which=scene.which, place=PlaceWish(name="Cellar"))
        )
        first = await scene.sign_up("Dunia")
        await scene.sign_up("علي", Browser(made, HERE, "ar"), mail="ali@example.org")
        assert await send_letters(made[HERE]) == 1
        assert "قائمة الانتظار" in office.letters[-1].get_content()
        await Browser(made, HERE).send(first.form(first.path), what="leave")
        assert (await send_letters(made[HERE]), await send_letters(made[HERE])) == (1, 0)
        letter = office.letters[-1]
        assert letter["To"] == "ali@example.org"
        text = letter.get_content()
        assert "صار لكم مكان" in text
        assert "Cellar" not in text
        link = re.search(r"https://agora\.test(/attendance/\S+)", text)
        assert link
        assert "Cellar" in (await Browser(made, HERE).get(link[1])).text
        rows = await made[HERE].look(lambda rx: rx.all("SELECT * FROM attendance"))
        assert "ali@example.org" not in str(rows)


async def test_who_gave_an_address_is_told_when_the_event_is_withdrawn_and_forgotten_then() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made)
        await scene.sign_up("علي", Browser(made, HERE, "ar"), mail="ali@example.org")
        await scene.sign_up("Dunia")
        await send_letters(made[HERE])
        await made.delete(scene.agora, scene.event)
        office.answer = "451 later"
        assert await send_letters(made[HERE]) == 1
        office.answer = "250 ok"
        made.clock.advance(minutes=20)
        before = len(office.letters)
        assert (await send_letters(made[HERE]), await send_letters(made[HERE])) == (1, 0)
        [letter] = office.letters[before:]
        assert letter["To"] == "ali@example.org"
        assert "لن تُعقد" in letter.get_content()
        assert "/attendance/" not in letter.get_content()
        rows = await made.rows(HERE)
        assert (rows["attendance"], rows["attendance_farewell"]) == (0, 0)


async def test_an_address_that_cannot_be_opened_holds_up_no_letter() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made)
        await scene.sign_up("Ali", mail="ali@example.org")
        await scene.sign_up("Ben", mail="ben@example.org")
        await made[HERE].change(
            lambda unit: unit.tx.run(
                "UPDATE attendance SET mail_sealed = ? WHERE name = 'Ali'", b"0" * 40
            )
        )
        await send_letters(made[HERE])
        assert [letter["To"] for letter in office.letters] == ["ben@example.org"]
        assert await send_letters(made[HERE]) == 0


async def test_a_letter_that_cannot_go_is_tried_again_and_given_up() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made)
        await scene.sign_up("Ali", mail="ali@example.org")
        office.answer = "451 later"
        tries = 0
        for _ in range(12):
            tries += await send_letters(made[HERE])
            made.clock.advance(minutes=20)
        assert tries == 5
        assert office.letters == []


async def test_an_address_that_is_none_comes_back() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        scene = await an_organiser(made)
        page = await scene.sign_up("Ali", mail="ali@@x\nBcc: y@example.org")
        assert (page.status, await scene.people()) == (400, {})


async def test_without_a_mail_server_no_address_is_asked_for() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        page = await Browser(made, HERE).get(f"/event/{scene.which}/attend")
        assert 'name="mail"' not in page.text
        await scene.sign_up("Ali", mail="ali@example.org")
        [line] = (await scene.sheet()).lines
        rows = await made[HERE].look(
            lambda rx: rx.all("SELECT mail_sealed FROM attendance WHERE id = ?", int(line.number))
        )
        assert rows[0][0] is None


async def test_followers_on_servers_that_take_no_change_over_read_it_in_a_message() -> None:
    """Mastodon before 4.5 keeps the first words of an event for ever (wire 3.4)."""
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await scene.hear(there.person("cem"), "Follow", scene.agora.uri)
        there.posts.clear()
        for number, (order, said) in enumerate(
            (
                ({"event": EventWish(starts=_later(scene, 1), ends="")}, "has changed"),
                ({"event": EventWish(capacity=30)}, ""),
                ({"event": EventWish(starts=_later(scene, 2)), "is_quiet": True}, ""),
                ({"event": EventWish(status="cancelled")}, "does not take place"),
            )
        ):
            made.clock.advance(minutes=1)
            await edit(made[HERE], EditOrder(which=scene.event.uri, **order))  # type: ignore[arg-type]
            await made.settle()
            notes = [each["object"] for each in told(there, "Create")]
            assert [said in each["content"] for each in notes] == ([True] if said else []), number
            for note in notes:
                assert (note["type"], note["inReplyTo"]) == ("Note", scene.event.uri)
                assert note["to"] == list(scene.event.to)
                assert f'href="{scene.event.uri}"' in note["content"]
            assert len(told(there, "Update")) == 1
            there.posts.clear()


def _later(scene: Scene, days: int) -> str:
    return (scene.event.event.starts_at + timedelta(days=days)).isoformat()
