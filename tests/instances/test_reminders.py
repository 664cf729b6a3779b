"""Reminders of events for those who did not answer them: asked for with a word, sent once, ended at will, and nobody's business."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from actors import blocks, notifications
from actors.model import Actor
from fedi.desk import attendance as desk
from fedi.jobs.attendance import remind, remind_ourselves
from fedi.jobs.retention import apply as forget_in_time
from fedi.publications.event.words import read_word
from fedi.vocab.audience import Visibility
from outbox.actions.undo import undo_reaction
from outbox.attending import part_with
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, LINK, Scene, an_organiser, edited, messages, told
from tests.harness.members import a_member
from tests.harness.world import World, an_event, world
from tests.hostile.stranger import stranger

THERE = "beirut.test"


async def near(scene: Scene) -> int:
    """The day before: how many are reminded, delivered."""
    scene.made.clock.advance(days=6, hours=2)
    count = await remind(scene.made[HERE])
    await scene.made.settle()
    return count


# the word, its language, what is answered, what ends it
WORDS = [
    ("ذكّروني", "ar", "سنذكّركم", "لا تذكروني"),
    ("Remind me!", "en", "You will be reminded", "don’t remind me"),
    ("rappelez-moi", "fr", "Un rappel", "pas de rappel"),
    ("Recuérdame", "es", "recordatorio", "sin recordatorio"),
]


async def test_who_asks_in_a_reply_is_reminded_once_in_their_language_and_not_counted() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made, capacity=1)
        for number, (words, language, answered, _) in enumerate(WORDS):
            who = there.person(f"cem{number}", number)
            await scene.reply(who, words)
            note = told(there, "Create")[-1]["object"]
            assert answered in note["content"]
            assert (list(note["contentMap"]), note["to"], note["cc"]) == ([language], [who.uri], [])
            assert await made.find(HERE, f"{who.uri}/notes/1") is None
        sheet = await scene.sheet()
        assert (sheet.people, sheet.lines) == ({"reminder": 4}, [])
        assert "cem" not in (await desk.export(made[HERE], desk.ShowOrder(which=scene.which))).csv
        assert await near(scene) == 4
        assert await remind(made[HERE]) == 0
        assert [text.count("/attendance/") > 0 for text in messages(there)[4:]] == [True] * 4
        assert "A reminder" in messages(there)[5]
        # nobody took a place
        await scene.reply(there.person("dana", 9), "coming")
        assert await scene.people() == {"reminder": 4, "coming": 1}


@pytest.mark.parametrize("number", range(len(WORDS)))
async def test_a_word_ends_it_and_nothing_is_kept(number: int) -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        await scene.reply(cem, WORDS[number][0])
        await scene.reply(cem, WORDS[number][3], 2)
        assert (await made.rows(HERE))["attendance"] == 0
        assert len(messages(there)) == 2
        # once more says nothing new
        await scene.reply(cem, WORDS[number][3], 3)
        assert len(messages(there)) == 2
        assert await near(scene) == 0


async def test_the_link_ends_it_and_begins_it_again() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await scene.reply(there.person("cem"), "remind me")
        link = LINK.search(messages(there)[0])
        assert link
        visitor = Browser(made, HERE)
        page = await visitor.get(link[0])
        assert "You did not say whether you come. You will be reminded" in page.text
        page = await visitor.send(page.form(link[0]), what="unremind")
        assert "and will not be reminded" in page.text
        assert await scene.people() == {}
        page = await visitor.send(page.form(link[0]), what="remind")
        assert await scene.people() == {"reminder": 1}
        await visitor.send(page.form(link[0]), what="unremind")
        assert await near(scene) == 0


async def test_who_deletes_the_word_is_not_reminded() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        await scene.reply(cem, "remind me")
        await scene.hear(cem, "Delete", {"id": f"{cem.uri}/notes/1", "type": "Tombstone"})
        assert (await made.rows(HERE))["attendance"] == 0
        assert await near(scene) == 0


@pytest.mark.parametrize("words", [("coming", "remind me"), ("remind me", "coming")])
async def test_who_comes_and_deletes_the_word_still_comes_and_is_not_reminded(
    words: tuple[str, str],
) -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        for number, each in enumerate(words, 1):
            await scene.reply(cem, each, number)
        word = words.index("remind me") + 1
        await scene.hear(cem, "Delete", {"id": f"{cem.uri}/notes/{word}", "type": "Tombstone"})
        assert await scene.people() == {"coming": 1}
        assert await near(scene) == 0


async def test_who_asked_is_reminded_also_of_what_goes_on_for_weeks() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        start = an_event("Exhibition").details.starts_at  # type: ignore[union-attr]
        scene = await an_organiser(made, ends_at=start + timedelta(days=30))
        await scene.reply(there.person("cem"), "remind me")
        assert await near(scene) == 1
        assert "A reminder" in messages(there)[-1]


async def test_it_moves_with_the_event_and_does_not_come_when_it_is_called_off() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await scene.reply(there.person("cem"), "remind me")
        start = scene.event.event.starts_at + timedelta(days=2)
        later = {"starts_at": start, "ends_at": start + timedelta(hours=2)}
        await edited(scene, **later)
        assert await near(scene) == 0
        made.clock.advance(days=2)
        assert await remind(made[HERE]) == 1
        # put off once more after the reminder: reminded of the new day
        made.clock.advance(minutes=1)
        start += timedelta(days=3)
        later = {"starts_at": start, "ends_at": start + timedelta(hours=2)}
        await edited(scene, **later)
        made.clock.advance(days=3)
        assert await remind(made[HERE]) == 1
        made.clock.advance(minutes=1)
        await edited(scene, starts_at=start + timedelta(hours=1), ends_at=start + timedelta(hours=2), status="cancelled")  # fmt: skip
        assert await remind(made[HERE]) == 0
        await made.settle()
        # it was a reminder that was asked for, not word of everything
        assert len(messages(there)) == 3


async def test_what_begins_within_a_day_is_said_at_once_and_only_once() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        made.clock.advance(days=6, hours=12)
        await scene.reply(there.person("cem"), "remind me")
        assert ["A reminder" in text for text in messages(there)] == [True]
        assert await remind(made[HERE]) == 0
        made.clock.advance(hours=20)
        await scene.reply(there.person("dana", 1), "remind me")
        assert "has begun already" in messages(there)[-1] or "is over" in messages(there)[-1]


async def test_who_asked_and_then_answers_comes_and_is_reminded() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem, dana, eli = (there.person(name, n) for n, name in enumerate(("cem", "dana", "eli")))
        await scene.reply(cem, "remind me")
        await scene.reply(cem, "coming", 2)
        await scene.reply(dana, "maybe")
        await scene.reply(dana, "remind me", 2)
        await scene.reply(eli, "remind me")
        await scene.reply(eli, "no", 2)
        assert [await scene.state(who.uri) for who in (cem, dana, eli)] == ["coming", "maybe", "not_coming"]  # fmt: skip
        assert await near(scene) == 2


async def test_an_edit_of_the_word_says_the_other_thing() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        states = []
        for number, words in enumerate(("yes", "remind me", "yes")):
            note = {
                "id": f"{cem.uri}/notes/1",
                "type": "Note",
                "attributedTo": cem.uri,
                "inReplyTo": scene.event.uri,
                "content": f"<p>{words}</p>",
                "published": "2026-01-01T00:00:00Z",
                "updated": f"2026-01-01T00:0{number}:00Z",
                "to": [scene.agora.uri],
                "cc": [],
            }
            await scene.hear(cem, "Update" if number else "Create", note, number)
            states.append(await scene.state(cem.uri))
        assert states == ["coming", "reminder", "coming"]


async def test_who_waits_is_reminded_that_they_wait() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made, capacity=1)
        for number, name in enumerate(("cem", "dana")):
            await scene.reply(there.person(name, number), "coming")
        await scene.reply(there.person("dana", 1), "remind me", 2)
        assert await near(scene) == 1
        assert "You are on the waiting list" in messages(there)[-1]


async def test_who_is_shut_out_hears_nothing_and_stands_on_no_list() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        await scene.reply(cem, "remind me")
        await made[HERE].change(lambda unit: part_with(unit, cem.uri))
        assert (await scene.people(), await near(scene)) == ({}, 0)


async def test_limited_strangers_ask_for_nothing_and_are_not_answered() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await made[HERE].change(lambda unit: blocks.limit(unit, "mastodon.test", blocks.HOST))
        await scene.reply(there.person("cem"), "remind me")
        assert (messages(there), (await made.rows(HERE))["attendance"]) == ([], 0)


async def test_outside_the_open_posture_reminders_are_for_followers() -> None:
    settings = '[instance]\nposture = "guarded"\n'
    async with world(HERE, settings=settings) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await scene.reply(there.person("cem"), "remind me")
        assert "to those who follow us" in messages(there)[-1]
        assert (await made.rows(HERE))["attendance"] == 0


async def test_who_may_not_read_the_event_is_not_reminded_of_it() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        event = await made.publish(scene.agora, an_event(visibility=Visibility.FOLLOWERS))
        scene.event = event
        await scene.reply(there.person("cem"), "remind me")
        assert (await made.rows(HERE))["attendance"] == 0


async def test_it_is_forgotten_with_the_answers() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        await scene.reply(there.person("cem"), "remind me")
        made.clock.advance(days=60)
        await forget_in_time(made[HERE])
        assert (await made.rows(HERE))["attendance"] == 0


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_the_page_says_how_and_the_organisers_see_a_number(language: str) -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        page = await Browser(made, HERE, language).get(f"/event/{scene.which}")
        [hint] = re.findall(r'id="remind">[^<]*</h2><p class="soft">([^<]*)</p>', page.text)
        quoted = re.findall(r"[«“‘] ?([^»”]+?) ?[»”]", hint)
        assert [read_word(each, language, language).wish for each in quoted] == ["remind", "unremind"]  # type: ignore[union-attr]  # fmt: skip
        await scene.reply(there.person("cem"), quoted[0])
        link = LINK.search(messages(there)[0])
        assert link
        page = await Browser(made, HERE, language).get(link[0])
        assert "attendance." not in page.text
        ana = await a_member(made, scene.agora, language=language)
        page = await ana.get(f"/house/agora/attendance/{scene.which}")
        assert page.status == 200
        assert "mastodon.test" not in page.text
        assert not re.search(r">\s*attendance\.[a-z_.]+", page.text)


async def notices(made: World, actor: Actor) -> list[str]:
    found = await made[actor.host].look(lambda rx: notifications.list_newest(rx, actor.uri))
    return [each.about_uri for each in found if each.kind == "attend_near"]


async def test_a_collective_that_wishes_it_is_told_of_what_is_near_of_those_it_follows() -> None:
    async with world(HERE, THERE) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(beirut, agora)
        event = await made.publish(agora, an_event("Assembly"))
        await made.settle()
        made.clock.advance(days=6, hours=2)
        assert await remind_ourselves(made[THERE]) == 0
        ana = await a_member(made, beirut)
        page = await ana.get("/house/beirut/notifications")
        form = page.form("/house/beirut/notifications/kinds")
        form.fields.append(("kind", "attend_near"))
        page = await ana.send(form)
        assert re.search(r'value="attend_near" checked', page.text)
        assert (await remind_ourselves(made[THERE]), await remind_ourselves(made[THERE])) == (1, 0)
        assert await notices(made, beirut) == [event.uri]
        assert "begins within a day" in (await ana.get("/house/beirut/notifications")).text
        # another day: what was told is not so, and is told again when it is near
        made.clock.advance(minutes=1)
        start = event.event.starts_at + timedelta(days=2)
        moved = replace(event.event, starts_at=start, ends_at=start + timedelta(hours=1))
        await made.edit(agora, replace(event, details=moved))
        await made.settle()
        assert (await notices(made, beirut), await remind_ourselves(made[THERE])) == ([], 0)
        made.clock.advance(days=2)
        assert await remind_ourselves(made[THERE]) == 1


@pytest.mark.parametrize(
    ("again", "status", "count"),
    [(True, "confirmed", 1), (False, "confirmed", 0), (True, "cancelled", 0)],
)
async def test_organisers_may_show_it_to_followers_once_more_the_day_before(
    again: bool, status: str, count: int
) -> None:
    async with world(HERE, THERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        await scene.hear(cem, "Follow", scene.agora.uri)
        ana = await a_member(made, scene.agora)
        page = await ana.get(f"/house/agora/attendance/{scene.which}")
        form = page.form(f"/house/agora/attendance/{scene.which}/settings")
        page = await ana.send(form, **({"again": "yes"} if again else {}))
        assert ('name="again" type="checkbox" value="yes" checked' in page.text) is again
        made.clock.advance(minutes=1)
        if status == "cancelled":
            await edited(scene, status="cancelled")
        await near(scene)
        if count:
            await made[HERE].change(
                lambda unit: undo_reaction(unit, scene.agora, "announce", scene.event.uri)
            )
        made.clock.advance(minutes=10)
        await remind(made[HERE])
        await made.settle()
        announced = told(there, "Announce")
        assert [each["object"] for each in announced] == [scene.event.uri] * count
        assert all(each["actor"] == scene.agora.uri for each in announced)


async def test_who_asked_long_before_is_still_known_when_the_day_comes() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        start = (made.clock.now() + timedelta(days=200)).replace(minute=0, second=0, microsecond=0)
        scene = await an_organiser(made, starts_at=start, ends_at=start + timedelta(hours=2))
        await scene.reply(there.person("cem"), "remind me")
        made.clock.advance(days=199, hours=12)
        await forget_in_time(made[HERE])
        assert await remind(made[HERE]) == 1
        await made.settle()
        assert "A reminder" in messages(there)[-1]
