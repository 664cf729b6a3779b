"""Answers to an event of ours on every road: one entry each, as many people as places, and a way back."""

from typing import Any

from fedi.desk import attendance as desk
from fedi.desk.wishes import PlaceWish
from fedi.jobs.retention import apply as forget_in_time
from fedi.publications.activitystreams import parse_publication
from inbox.backfill import shelve
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, LINK, Scene, an_organiser, told
from tests.harness.members import a_member
from tests.harness.world import world
from tests.hostile.stranger import Person, Stranger, stranger


def undo_of(who: Person, verb: str, event: str, number: object = 1) -> dict[str, Any]:
    return {
        "id": f"{who.uri}/activities/{verb.lower()}-{number}",
        "type": verb,
        "actor": who.uri,
        "object": event,
    }


def words_to(there: Stranger) -> str:
    """The last message that somebody there got."""
    return str(told(there, "Create")[-1]["object"]["content"])


async def test_whoever_joins_from_mobilizon_is_accepted_and_may_leave() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        ada = there.person("ada")
        await scene.join(ada, participationMessage="<p>with <b>bread</b></p>")
        [accept] = told(there, "Accept")
        assert accept["object"] == undo_of(ada, "Join", scene.event.uri)
        assert (accept["to"], accept["cc"]) == ([ada.uri], [])
        [line] = (await scene.sheet()).lines
        assert (line.state, line.message, line.uri) == ("coming", "with bread", ada.uri)
        await scene.hear(ada, "Leave", scene.event.uri)
        assert await scene.state(ada.uri) == "cancelled"


async def test_friendica_and_hubzilla_say_it_of_the_event_and_take_it_back() -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        scene = await an_organiser(made)
        for verb, state in (
            ("Accept", "coming"),
            ("TentativeAccept", "maybe"),
            ("Reject", ""),
            ("TentativeReject", ""),
        ):
            ben = there.person(f"ben-{verb}")
            await scene.hear(ben, verb, scene.event.uri)
            assert await scene.state(ben.uri) == state
            await scene.hear(ben, "Undo", undo_of(ben, verb, scene.event.uri))
            assert await scene.state(ben.uri) == (state and "cancelled")


async def test_a_change_of_mind_is_one_entry() -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        scene = await an_organiser(made)
        ben = there.person("ben")
        for verb in ("Accept", "TentativeAccept", "Join", "Reject"):
            await scene.hear(ben, verb, scene.event.uri)
        assert await scene.people() == {"not_coming": 1}


# the word, its language, what it means, what is answered
WORDS = [
    ("سآتي", "ar", "coming", "على قائمة الحضور"),
    ("Coming!", "en", "coming", "on the list"),
    ("je viens +2", "fr", "coming", "sur la liste"),
    ("Voy 🫒", "es", "coming", "en la lista"),
    ("peut-être…", "fr", "maybe", "peut-être"),
    ("ربما", "ar", "maybe", "ربما تحضرون"),
]


async def test_a_word_in_a_reply_is_an_answer_and_is_answered_in_its_language() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        for number, (words, language, state, answered) in enumerate(WORDS):
            cem = there.person(f"cem{number}")
            await scene.reply(cem, words)
            assert await scene.state(cem.uri) == state
            note = told(there, "Create")[-1]["object"]
            assert answered in note["content"]
            assert list(note["contentMap"]) == [language]
            assert (note["to"], note["cc"]) == ([cem.uri], [])
            assert note["inReplyTo"] == f"{cem.uri}/notes/1"
            # the word is no publication here: nobody reads under the event who comes
            assert await made.find(HERE, f"{cem.uri}/notes/1") is None
            link = LINK.search(note["content"])
            assert link
            page = await Browser(made, HERE).get(link[0])
            page = await Browser(made, HERE).send(page.form(link[0]), what="leave")
            assert (page.status, await scene.state(cem.uri)) == (200, "cancelled")


async def test_any_other_reply_is_a_message_to_people() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        others = ("I am coming with a friend", "yes but no", "coming +40", "👍")
        for number, words in enumerate(others):
            await scene.reply(cem, words, number)
            assert await made.find(HERE, f"{cem.uri}/notes/{number}") is not None
        assert await scene.state(cem.uri) == ""
        assert told(there, "Create") == []


async def test_a_word_that_is_edited_is_still_an_answer_and_stands_nowhere() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        public = "https://www.w3.org/ns/activitystreams#Public"
        for number, words in enumerate(("yes", "yes +2", "no", "no, sorry, my cat is ill")):
            note = {
                "id": f"{cem.uri}/notes/1",
                "type": "Note",
                "attributedTo": cem.uri,
                "inReplyTo": scene.event.uri,
                "content": f"<p>{words}</p>",
                "published": "2026-01-01T00:00:00Z",
                "updated": f"2026-01-01T00:0{number}:00Z",
                "to": [public],
                "cc": [scene.agora.uri],
            }
            verb = "Update" if number else "Create"
            await scene.hear(cem, verb, note, number, to=[public], cc=[scene.agora.uri])
            found = await made.find(HERE, f"{cem.uri}/notes/1")
            expected = [{"coming": 1}, {"coming": 3}, {"not_coming": 1}, {"not_coming": 1}][number]
            assert (await scene.people(), found is not None) == (expected, number == 3)


async def test_a_word_that_is_found_in_an_outbox_stands_nowhere() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        public = "https://www.w3.org/ns/activitystreams#Public"
        for number, words in enumerate(("yes", "yes, and I bring tea")):
            note = {
                "id": f"https://mastodon.test/notes/{number}",
                "type": "Note",
                "attributedTo": "https://mastodon.test/cem",
                "inReplyTo": scene.event.uri,
                "content": f"<p>{words}</p>",
                "published": "2026-01-01T00:00:00Z",
                "to": [public],
            }
            said = parse_publication(note, now=made.clock.now())
            stored = await made[HERE].change(lambda unit, said=said: shelve(unit, said))
            assert (stored, await scene.people()) == (number, {})


async def test_who_deletes_the_word_does_not_come() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        cem = there.person("cem")
        await scene.reply(cem, "yes")
        await scene.hear(cem, "Delete", {"id": f"{cem.uri}/notes/1", "type": "Tombstone"})
        assert await scene.state(cem.uri) == "cancelled"


async def test_somebody_without_an_account_comes_and_does_not_come_after_all() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        page = await scene.sign_up("Dunia", people="3", message="we bring chairs")
        assert (page.status, LINK.fullmatch(page.path) is not None) == (200, True)
        assert "You are on the list." in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert (await scene.people()) == {"coming": 3}
        page = await Browser(made, HERE).send(page.form(page.path), what="leave")
        assert "You are no longer on the list." in page.text
        assert (await scene.people()) == {"cancelled": 3}


async def test_five_people_by_five_roads() -> None:
    """Two are let in, one waits for a place, and only who comes learns where it is; each can take it back."""
    async with (
        world(HERE, "beirut.test") as made,
        stranger(made, "mobilizon.test") as mobilizon,
        stranger(made, "friendica.test") as friendica,
        stranger(made, "mastodon.test") as mastodon,
    ):
        scene = await an_organiser(made, join_mode="restricted", capacity=2)
        await desk.change(
            made[HERE],
            desk.SetOrder(
                which=scene.which,
                counts=True,
                place=PlaceWish(name="Back room", street="7 rue du Puits"),
            ),
        )
        beirut = await made.collective("beirut.test", "beirut")
        ada, ben, cem = (
            mobilizon.person("ada"),
            friendica.person("ben"),
            mastodon.person("cem"),
        )
        await scene.join(ada)
        await scene.hear(ben, "Accept", scene.event.uri)
        await scene.reply(cem, "coming")
        signed = await scene.sign_up("Dunia")
        await _join_from(scene, beirut)
        assert await scene.people() == {"asked": 5}
        assert told(mobilizon, "Accept") == []

        organiser = await a_member(made, scene.agora, role="editor")
        sheet = f"/house/agora/attendance/{scene.which}"
        by_who = {each.uri or each.name: each.number for each in (await scene.sheet()).lines}
        for who in (ada.uri, "Dunia"):
            page = await organiser.get(sheet)
            page = await organiser.send(
                page.form(f"{sheet}/decide"), entry=by_who[who], does="approve"
            )
            assert page.status == 200, page.text
        page = await organiser.send(
            page.form(f"{sheet}/decide"), entry=by_who[cem.uri], does="approve"
        )
        await made.settle()
        assert await scene.people() == {"asked": 2, "coming": 2, "waiting": 1}
        assert "2</strong> of 2" in page.text
        document = await scene.document()
        assert (document["participantCount"], document["remainingAttendeeCapacity"]) == (2, 0)
        public = await Browser(made, HERE).get(f"/event/{scene.which}")
        assert "2 people are coming · 0 places left" in public.text

        # only those who come
        assert "rue du Puits" in words_to(mobilizon)
        assert "rue du Puits" not in words_to(mastodon) + str(document) + public.text
        assert told(friendica, "Create")[-1]["object"]["content"].count("rue du Puits") == 0
        page = await Browser(made, HERE).get(signed.path)
        assert "7 rue du Puits" in page.text

        # who leaves makes room for who waits
        await scene.hear(ada, "Undo", undo_of(ada, "Join", scene.event.uri))
        assert await scene.state(cem.uri) == "coming"
        assert "rue du Puits" in words_to(mastodon)
        await scene.hear(ben, "Undo", undo_of(ben, "Accept", scene.event.uri))
        await Browser(made, HERE).send(page.form(signed.path), what="leave")
        link = LINK.search(words_to(mastodon))
        assert link
        page = await Browser(made, HERE).get(link[0])
        await Browser(made, HERE).send(page.form(link[0]), what="leave")
        assert await scene.people() == {"asked": 1, "cancelled": 4}


async def _join_from(scene: Scene, actor: Any) -> None:
    """Another of our instances asks in the words of the wire."""
    from fedi.unit import Unit
    from outbox.activities import envelope
    from outbox.send import Audience, send

    here = scene.made[actor.host]
    await here.change(lambda unit: None)
    from actors import refresh

    await refresh.fetch_actor(here, scene.agora.uri)

    def ask(unit: Unit) -> None:
        activity = envelope(unit, actor, "Join", scene.event.uri, (scene.agora.uri,))
        send(unit, actor, activity, Audience.only(scene.agora.uri))

    await here.change(ask)
    await scene.made.settle()


async def test_a_waiting_list_moves_up_in_the_order_of_asking() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made, capacity=2)
        ada, ben, cem, dua = (there.person(name, n) for n, name in enumerate(("ada", "ben", "cem", "dua")))  # fmt: skip
        for who in (ada, ben, cem, dua):
            await scene.join(who)
        assert await scene.people() == {"coming": 2, "waiting": 2}
        assert "waiting list" in words_to(there)
        await scene.hear(ben, "Leave", scene.event.uri)
        assert [await scene.state(who.uri) for who in (cem, dua)] == ["coming", "waiting"]
        assert [each["object"]["actor"] for each in told(there, "Accept")] == [
            ada.uri,
            ben.uri,
            cem.uri,
        ]


async def test_without_a_waiting_list_a_full_event_refuses() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made, capacity=1)
        await desk.change(made[HERE], desk.SetOrder(which=scene.which, waiting=False))
        ada, ben = there.person("ada"), there.person("ben", 1)
        await scene.join(ada)
        await scene.join(ben)
        assert [each["object"]["actor"] for each in told(there, "Reject")] == [ben.uri]
        page = await Browser(made, HERE).get(f"/event/{scene.which}/attend")
        assert "All places are taken." in page.text
        assert not [form for form in page.forms if form.action.endswith("/attend")]


async def test_somewhere_else_is_answered_with_ignore() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(
            made, join_mode="external", external_url="https://tickets.example/1"
        )
        ada = there.person("ada")
        await scene.join(ada)
        [ignore] = told(there, "Ignore")
        assert ignore["object"] == f"{ada.uri}/activities/join-1"
        assert (await Browser(made, HERE).get(f"/event/{scene.which}/attend")).text.count("form_word") == 0  # fmt: skip


async def test_closing_keeps_who_comes_and_takes_nobody_new() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        ada, ben = there.person("ada"), there.person("ben", 1)
        await scene.join(ada)
        editor = await a_member(made, scene.agora, role="editor")
        sheet = f"/house/agora/attendance/{scene.which}"
        page = await editor.get(sheet)
        await editor.send(page.form(f"{sheet}/close"), what="close")
        await scene.join(ben)
        assert await scene.people() == {"coming": 1}
        assert [each["object"]["actor"] for each in told(there, "Reject")] == [ben.uri]
        assert "No more answers" in (await Browser(made, HERE).get(f"/event/{scene.which}")).text
        assert (await scene.document())["joinMode"] == "external"


async def test_what_organisers_write_reaches_each_alone() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "mobilizon.test") as one,
        stranger(made, "friendica.test") as other,
    ):
        scene = await an_organiser(made)
        await scene.join(one.person("ada"))
        await scene.hear(other.person("ben"), "Accept", scene.event.uri)
        signed = await scene.sign_up("Dunia")
        editor = await a_member(made, scene.agora, role="editor")
        sheet = f"/house/agora/attendance/{scene.which}"
        page = await editor.get(sheet)
        form = page.form(f"{sheet}/write")
        for _ in range(2):
            page = await editor.send(form, words="Bring <water>")
        assert "Sent to the participants." in page.text
        await made.settle()
        for there in (one, other):
            [note] = [each["object"] for each in told(there, "Create")]
            assert "Bring &lt;water&gt;" in note["content"]
            assert (len(note["to"]), note["cc"]) == (1, [])
        page = await Browser(made, HERE).get(signed.path)
        assert "Bring &lt;water&gt;" in page.text


async def test_the_list_as_a_file_holds_no_formula() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        await scene.sign_up("=HYPERLINK(1)", message="+1\n@x")
        await scene.sign_up("علي, «بو»")
        editor = await a_member(made, scene.agora, role="editor")
        page = await editor.get(f"/house/agora/attendance/{scene.which}/attendance.csv")
        assert page.headers["content-type"].startswith("text/csv")
        lines = page.text.removeprefix("\ufeff").splitlines()
        assert lines[0] == "state,name,handle,people,message,road,since"
        assert lines[1].startswith("coming,'=HYPERLINK(1),,1,'+1 @x,form,")
        assert lines[2].startswith('coming,"علي, «بو»",,1,,form,')


async def test_names_are_for_those_who_publish() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        await scene.sign_up("Dunia")
        for name, role in (("Rim", "reader"), ("Amal", "author")):
            member = await a_member(made, scene.agora, name, role)
            for path in ("", "/attendance.csv"):
                page = await member.get(f"/house/agora/attendance/{scene.which}{path}")
                assert (page.status, "Dunia" in page.text) == (403, False)
            page = await member.get("/house/agora/notifications")
            assert "new answers to an event" in page.text
            assert "Dunia" not in page.text


async def test_who_came_is_forgotten_two_weeks_after() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        scene = await an_organiser(made)
        await scene.join(there.person("ada"))
        signed = await scene.sign_up("Dunia")
        await desk.change(
            made[HERE], desk.SetOrder(which=scene.which, place=PlaceWish(name="Back room"))
        )
        made.clock.advance(days=7 + 13)
        await forget_in_time(made[HERE])
        assert len((await scene.sheet()).lines) == 2
        made.clock.advance(days=2)
        await forget_in_time(made[HERE])
        rows = await made.rows(HERE)
        assert (rows["attendance"], rows["attendance_link"], rows["gathering"]) == (0, 0, 0)
        assert (await Browser(made, HERE).get(signed.path)).status == 404


async def test_answers_of_members_of_a_neighbour_to_local_words() -> None:
    """What never leaves the instance is answered by who is on it, and by nobody else."""
    from fedi.vocab.audience import Visibility
    from tests.harness.world import an_event

    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        agora = await made.collective(HERE, "agora")
        banat = await made.collective(HERE, "banat")
        event = await made.publish(agora, an_event(visibility=Visibility.LOCAL))
        scene = Scene(made, agora, event)
        await scene.join(there.person("ada"))
        await _join_from(scene, banat)
        assert await scene.people() == {"coming": 1}
        assert told(there, "Reject") + told(there, "Accept") == []


async def test_followers_alone_answer_what_is_for_followers() -> None:
    from tests.harness.world import FOLLOWERS, an_event

    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        agora = await made.collective(HERE, "agora")
        scene = Scene(made, agora, await made.publish(agora, an_event(visibility=FOLLOWERS)))
        ada, eve = there.person("ada"), there.person("eve", 1)
        await scene.hear(ada, "Follow", agora.uri)
        for who in (ada, eve):
            await scene.join(who)
        assert await scene.people() == {"coming": 1}
        assert [each["object"]["actor"] for each in told(there, "Accept")] == [ada.uri, ada.uri]
        assert told(there, "Reject") == []
        assert (await Browser(made, HERE).get(f"/event/{scene.which}/attend")).status == 404
