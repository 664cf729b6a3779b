"""Reading and answering in the house: what comes from elsewhere is seen, answered and decided, and nothing else is shown."""

import re

import pytest

from actors import blocks, follows, notifications, refresh
from actors.model import Actor
from fedi.house.routes import DOORS
from fedi.publications import reactions
from fedi.vocab.audience import Visibility
from outbox.actions.block import block
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.world import World, a_note, a_statement, an_event, world

HERE, THERE = "agora.test", "beirut.test"
GUARDED = '[instance]\nposture = "guarded"\n[people]\nsecond_factor = "nobody"\n'


def has(page: Page, *texts: str) -> bool:
    assert page.status == 200, page.text
    assert not re.search(r">\s*reading\.[a-z_.]+", page.text), "a text is missing"
    return all(text in page.text for text in texts)


async def neighbours(made: World, *, approves: bool = False) -> tuple[Actor, Actor]:
    agora = await made.collective(HERE, "agora", approves_followers=approves)
    return agora, await made.collective(THERE, "beirut")


async def thread_of(browser: Browser, uri: str, username: str = "agora") -> Page:
    return await browser.get(f"/house/{username}/thread?about={uri}")


async def is_liked(made: World, host: str, actor: Actor, uri: str) -> bool:
    found = await made[host].look(
        lambda rx: reactions.find_activity(rx, reactions.LIKE, actor.uri, uri)
    )
    return found is not None


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_every_room_of_reading_is_complete_and_says_what_to_do_first(language: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora", "ساحة الجيران")
        ana = await a_member(made, agora, language=language)
        for room in ("", "/timeline", "/saved", "/notifications", "/neighbours"):
            page = await ana.get(f"/house/agora{room}")
            assert has(page), room
            assert 'aria-current="page"' in page.text, room
        assert "/house/agora/neighbours" in (await ana.get("/house/agora")).text


@pytest.mark.both_engines
async def test_an_answer_and_a_follow_request_come_are_seen_at_home_answered_and_agreed_to() -> (
    None
):
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made, approves=True)
        ana, omar = await a_member(made, agora), await a_member(made, beirut, "Omar")
        # beirut asks to follow
        page = await omar.get("/house/beirut/neighbours")
        page = await omar.send(
            page.form("/house/beirut/neighbours/follow"), who="@agora@agora.test"
        )
        assert has(page, "You asked to follow them")
        await made.settle()
        home = await ana.get("/house/agora")
        assert has(home, "@beirut@beirut.test", "They ask to follow you")
        home = await ana.send(home.form("/house/agora/requests"), what="approve")
        assert has(home, "They follow you now")
        assert "They ask to follow you" not in home.text
        await made.settle()
        assert await made.followers(agora) == [beirut.uri]
        # agora publishes, beirut reads and answers
        said = await made.publish(agora, a_statement("We gather", "Come all."))
        await made.settle()
        page = await omar.get("/house/beirut/timeline")
        assert has(page, "We gather")
        page = await thread_of(omar, said.uri, "beirut")
        form = page.form("/house/beirut/answer", "answer")
        page = await omar.send(form, words="نحن معكم وقادمون")
        assert has(page, "Your answer is on its way", "نحن معكم وقادمون")
        await made.settle()
        home = await ana.get("/house/agora")
        assert has(home, "answered you", "نحن معكم وقادمون")
        page = await thread_of(ana, said.uri)
        assert has(page, "نحن معكم وقادمون")
        link = re.search(r'href="(/house/agora/thread\?about=[^"]*beirut[^"]*)"', page.text)
        assert link is not None
        page = await ana.get(link[1])
        page = await ana.send(page.form("/house/agora/answer", "answer"), words="Welcome!")
        await made.settle()
        assert has(await omar.get("/house/beirut"), "answered you", "Welcome!")
        # what was seen is told no more
        home = await ana.send((await ana.get("/house/agora")).form("/house/agora/seen"))
        assert has(home, "Nothing waits for you")


async def test_the_same_form_sent_twice_answers_once() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_note("First"))
        form = (await thread_of(ana, said.uri)).form("/house/agora/answer", "answer")
        for _ in range(2):
            page = await ana.send(form, words="Second")
            assert page.status == 200
        assert (await made.rows(HERE))["publication"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [("", "Write something first"), ("  \n ", "Write something"), ("x" * 5001, "too long")],
)
async def test_an_answer_that_cannot_be_sent_comes_back_as_it_was_typed(
    words: str, said: str
) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        first = await made.publish(agora, a_note("First"))
        form = (await thread_of(ana, first.uri)).form("/house/agora/answer", "answer")
        before = await made.rows(HERE)
        page = await ana.send(form, words=words)
        assert page.status == 400
        assert said in page.text
        typed = dict(page.form("/house/agora/answer", "answer").fields)
        assert typed["words"] == words
        assert await made.rows(HERE) == before


async def test_thanks_and_passing_on_are_done_once_and_taken_back() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        said = await made.publish(beirut, a_note("Good morning"))
        await made.settle()
        page = await thread_of(ana, said.uri)
        for what in ("like", "like", "boost"):
            form = (await thread_of(ana, said.uri)).form("/house/agora/react")
            page = await ana.send(form, what=what)
            assert has(page)
        await made.settle()
        assert await is_liked(made, THERE, agora, said.uri)
        told = await made[THERE].look(lambda rx: notifications.list_newest(rx, beirut.uri))
        assert sorted(each.kind for each in told) == ["announce", "follow", "like"]
        for what in ("unlike", "unboost", "unlike"):
            page = await ana.send(page.form("/house/agora/react"), what=what)
            assert has(page)
        await made.settle()
        assert not await is_liked(made, THERE, agora, said.uri)
        rows = await made.rows(HERE)
        assert rows["reaction"] == 0


async def test_what_is_put_aside_is_found_again_and_told_to_nobody() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        said = await made.publish(beirut, a_statement("To be read later"))
        await made.settle()
        page = await thread_of(ana, said.uri)
        page = await ana.send(page.form("/house/agora/keep"))
        assert has(page, "Put aside.")
        await made.settle()
        assert (await made.rows(THERE))["reaction"] == 0
        saved = await ana.get("/house/agora/saved")
        assert has(saved, "To be read later")
        saved = await ana.send(saved.form("/house/agora/keep"))
        assert "To be read later" not in saved.text
        await ana.send((await thread_of(ana, said.uri)).form("/house/agora/keep"))
        await made.delete(beirut, said)
        await made.settle()
        assert "To be read later" not in (await ana.get("/house/agora/saved")).text
        assert (await made.rows(HERE))["saved"] == 0


async def test_passing_on_with_words_carries_a_link_and_never_what_is_private() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        await made.follow(beirut, agora)
        said = await made.publish(beirut, a_statement("Read this"))
        quiet = await made.publish(beirut, a_note("Only for you", visibility=Visibility.FOLLOWERS))
        await made.settle()
        form = (await thread_of(ana, said.uri)).form("/house/agora/answer", "comment")
        await ana.send(form, words="We agree")
        await made.settle()
        rows = await made[THERE].look(
            lambda rx: rx.all("SELECT texts FROM publication WHERE author_uri = ?", agora.uri)
        )
        assert len(rows) == 1
        assert said.uri in rows[0][0]
        page = await thread_of(ana, quiet.uri)
        assert has(page, "Only for you")
        forged = [pair for pair in form.fields if pair[0] not in ("about", "words")]
        before = await made.rows(HERE)
        page = await ana.post(
            "/house/agora/answer", [*forged, ("about", quiet.uri), ("words", "Look")]
        )
        assert page.status == 400
        after = await made.rows(HERE)
        assert {**after, "once": 0} == {**before, "once": 0}
        page = await thread_of(ana, quiet.uri)
        assert "boost" not in {value for form in page.forms for _, value in form.fields}


async def test_an_answer_reaches_nobody_whom_its_parent_did_not_reach() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        said = await made.publish(beirut, a_note("Quietly", visibility=Visibility.FOLLOWERS))
        await made.settle()
        form = (await thread_of(ana, said.uri)).form("/house/agora/answer", "answer")
        assert dict(form.fields)["visibility"] == "followers"
        page = await ana.send(form, words="Loudly", visibility="public")
        assert page.status == 400
        assert "cannot be for more people" in page.text


@pytest.mark.both_engines
async def test_the_timeline_is_filtered_by_kind_language_and_author_and_paged() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        other = await made.collective(THERE, "other")
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        await made.follow(agora, other)
        await made.publish(beirut, a_statement("A statement in English"))
        await made.publish(beirut, an_event("An assembly"))
        await made.publish(other, a_note("رسالة بالعربية", "ar"))
        for number in range(22):
            made.clock.advance(seconds=1)
            await made.publish(other, a_note(f"message number {number:02}"))
        await made.settle()
        page = await ana.get("/house/agora/timeline")
        assert has(page, "message number 21", "message number 02")
        assert "A statement in English" not in page.text
        older = re.search(r'href="([^"]*after=[^"]*)"', page.text)
        assert older is not None
        page = await ana.get(older[1].replace("&amp;", "&"))
        assert has(page, "A statement in English", "An assembly", "message number 00")
        assert "message number 02" not in page.text
        seen = {
            "kind=event": ("An assembly",),
            "kind=statement": ("A statement in English",),
            "language=ar": ("رسالة بالعربية",),
            "kind=note&language=ar": ("رسالة بالعربية",),
            f"who={beirut.uri}": ("A statement in English", "An assembly"),
            f"who={beirut.uri}&kind=event": ("An assembly",),
        }
        everything = {text for some in seen.values() for text in some}
        for query, some in seen.items():
            page = await ana.get(f"/house/agora/timeline?{query}")
            assert has(page, *some), query
            assert [text for text in everything - set(some) if text in page.text] == [], query
        assert has(await ana.get("/house/agora/timeline?kind=xx&language=%00&who=1&after=z"))


async def test_what_somebody_passed_on_stands_under_their_name() -> None:
    async with world(HERE, THERE, "tunis.test") as made:
        agora, beirut = await neighbours(made)
        tunis = await made.collective("tunis.test", "tunis")
        ana, omar = await a_member(made, agora), await a_member(made, beirut, "Omar")
        await made.follow(agora, beirut)
        await made.follow(beirut, tunis)
        said = await made.publish(tunis, a_statement("From Tunis"))
        await made.settle()
        page = await thread_of(omar, said.uri, "beirut")
        await omar.send(page.form("/house/beirut/react"), what="boost")
        await made.settle()
        page = await ana.get("/house/agora/timeline")
        assert has(page, "From Tunis", "passed on by", "@beirut@beirut.test", "@tunis@tunis.test")


async def test_a_collective_reads_nothing_that_its_neighbour_here_was_sent() -> None:
    """Two collectives of one instance: followers-only and direct words for one are nowhere for the other."""
    secret = "Verborgen1871"
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        atelier = await made.collective(HERE, "atelier")
        ana = await a_member(made, agora)
        mallory = await a_member(made, atelier, "Mallory")
        await made.follow(agora, beirut)
        await made.follow(beirut, agora)
        open_word = await made.publish(agora, a_note("Open"))
        await made.settle()
        hidden = [
            await made.publish(beirut, a_note(f"{secret} f", visibility=Visibility.FOLLOWERS)),
            await made.publish(
                beirut,
                a_note(f"{secret} d @agora@agora.test", visibility=Visibility.DIRECT),
                mentioned={"@agora@agora.test": agora},
            ),
            await made.publish(
                beirut,
                a_note(f"{secret} r", visibility=Visibility.FOLLOWERS, in_reply_to=open_word.uri),
                parent=open_word,
            ),
            await made.publish(agora, a_note(f"{secret} own", visibility=Visibility.LOCAL)),
            await made.publish(agora, a_note(f"{secret} own f", visibility=Visibility.FOLLOWERS)),
        ]
        await made.settle()
        for each in hidden:
            assert has(await thread_of(ana, each.uri), secret)
            page = await thread_of(mallory, each.uri, "atelier")
            absent = await thread_of(mallory, f"{each.uri[:-4]}zzzz", "atelier")
            assert page.status == absent.status == 404
            assert secret not in page.text
            for door, fields in (
                ("react", [("what", "like")]),
                ("react", [("what", "boost")]),
                ("keep", [("what", "save")]),
                ("answer", [("what", "answer"), ("words", "I know")]),
                ("answer", [("what", "comment"), ("words", "Look")]),
                ("report", [("report_words", "x"), ("with_this", "yes")]),
                ("held", [("what", "show")]),
            ):
                token = (await mallory.get("/house/atelier/neighbours")).forms[-1].fields[0]
                before = await made.rows(HERE)
                page = await mallory.post(
                    f"/house/atelier/{door}", [token, ("about", each.uri), *fields]
                )
                assert page.status == 404, (door, page.text)
                assert secret not in page.text
                assert await made.rows(HERE) == before
        assert secret in (await thread_of(ana, open_word.uri)).text
        for path in (
            "", "/timeline", "/saved", "/notifications", "/neighbours",
            f"/thread?about={open_word.uri}", f"/actor?who={beirut.uri}", f"/actor?who={agora.uri}",
        ):  # fmt: skip
            page = await mallory.get(f"/house/atelier{path}")
            assert has(page), path
            assert secret not in page.text, path


async def test_when_a_follow_ends_so_does_reading_what_was_for_followers() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        said = await made.publish(beirut, a_note("Among us", visibility=Visibility.FOLLOWERS))
        await made.settle()
        assert has(await ana.get("/house/agora/timeline"), "Among us")
        form = (await ana.get("/house/agora/neighbours")).form("/house/agora/neighbours/unfollow")
        await ana.send(form)
        again = await ana.send(form)
        assert has(again)
        assert "Among us" not in (await ana.get("/house/agora/timeline")).text
        assert (await thread_of(ana, said.uri)).status == 404


@pytest.mark.parametrize("how", ["block", "instance", "limit"])
async def test_who_is_shut_out_or_limited_is_nowhere(how: str) -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        await made.follow(agora, beirut)
        loud = await made.publish(beirut, a_statement("Shouting", "@agora@agora.test"),
                                  mentioned={"@agora@agora.test": agora})  # fmt: skip
        await made.settle()
        assert has(await ana.get("/house/agora"), "Shouting")
        await ana.send((await thread_of(ana, loud.uri)).form("/house/agora/keep"))
        if how == "block":
            page = await ana.get(f"/house/agora/actor?who={beirut.uri}")
            page = await ana.send(page.form("/house/agora/neighbours/shut"))
            assert has(page, "Shut out. They are not told.", "shut out by you")
        elif how == "instance":
            await made[HERE].change(
                lambda unit: blocks.add(unit, blocks.INSTANCE, THERE, blocks.HOST)
            )
        else:
            form = (await ana.get("/house/agora/neighbours")).form(
                "/house/agora/neighbours/unfollow"
            )
            await ana.send(form)
            page = await ana.get("/house/agora/actor?who=@beirut@beirut.test")
            page = await ana.send(page.form("/house/agora/neighbours/limit"))
            assert has(page, "Limited. They are not told.")
        for path in ("", "/timeline", "/saved", f"/actor?who={beirut.uri}"):
            page = await ana.get(f"/house/agora{path}")
            assert has(page), path
            assert "Shouting" not in page.text, path
        assert (await thread_of(ana, loud.uri)).status == 404
        if how != "instance":
            page = await ana.get(f"/house/agora/actor?who={beirut.uri}")
            door = "shut" if how == "block" else "limit"
            page = await ana.send(page.form(f"/house/agora/neighbours/{door}"))
            assert has(page, "No longer")
            assert has(await thread_of(ana, loud.uri), "Shouting")


async def test_what_is_held_is_marked_for_those_who_decide_and_hidden_from_others() -> None:
    async with world(HERE, THERE, settings=GUARDED) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        ed = await a_member(made, agora, "Ed", "editor")
        await refresh.fetch_actor(made[THERE], agora.uri)
        said = await made.publish(
            beirut,
            a_note("A stranger speaks @agora@agora.test"),
            mentioned={"@agora@agora.test": agora},
        )
        await made.settle()
        assert "A stranger speaks" not in (await ed.get("/house/agora")).text
        assert (await thread_of(ed, said.uri)).status == 404
        home = await ana.get("/house/agora")
        assert has(home, "A stranger speaks", "Held for your decision")
        assert has(await thread_of(ana, said.uri), "held")
        page = await ana.post(
            "/house/agora/answer",
            [home.form("/house/agora/held").fields[0], ("about", said.uri), ("what", "answer"), ("words", "Hi")],
        )  # fmt: skip
        assert page.status == 403
        home = await ana.send(home.form("/house/agora/held"), what="show")
        assert has(home, "It is shown now")
        assert has(await ed.get("/house/agora"), "A stranger speaks")
        again = await ana.post(
            "/house/agora/held",
            [home.form("/house/agora/seen").fields[0], ("about", said.uri), ("what", "away")],
        )
        assert again.status == 200
        assert await made.find(HERE, said.uri) is not None


async def test_following_by_handle_says_clearly_what_went_wrong() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        page = await ana.get("/house/agora/neighbours")
        form = page.form("/house/agora/neighbours/follow")
        before = await made.rows(HERE)
        for who in ("", "nonsense", "@nobody@beirut.test", "@a@absent.test", "https://beirut.test/nothing",
                    "javascript:alert(1)", "@x@169.254.169.254", "x" * 600, "<script>alert(1)</script>"):  # fmt: skip
            page = await ana.send(form, who=who)
            assert page.status == 400, who
            assert 'id="w-who"' in page.text, who
            assert "<script>alert" not in page.text
        assert {**await made.rows(HERE), "host": 0} == {**before, "host": 0}
        page = await ana.send(form, who=" @beirut@beirut.test ")
        assert has(page, "You asked to follow them")
        await made.settle()
        page = await ana.get(f"/house/agora/actor?who={beirut.uri}")
        assert has(page, "You follow them.")
        found = await made[HERE].look(lambda rx: follows.find(rx, agora.uri, beirut.uri))
        assert found is not None
        assert found.state == "accepted"


async def test_lists_are_made_filled_and_emptied() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        page = await ana.get("/house/agora/neighbours")
        page = await ana.send(
            page.form("/house/agora/neighbours/circle"),
            circle="الأصدقاء",
            who="@beirut@beirut.test",
        )
        assert has(page, "الأصدقاء", "@beirut@beirut.test", "1 neighbour")
        page = await ana.get(f"/house/agora/actor?who={beirut.uri}")
        assert has(page, "الأصدقاء")
        page = await ana.send(page.form("/house/agora/neighbours/circle", "remove"))
        page = await ana.get("/house/agora/neighbours")
        assert has(page, "0 neighbours")
        page = await ana.send(page.form("/house/agora/neighbours/circle", "drop"))
        assert "الأصدقاء" not in page.text


async def test_notifications_are_told_together_and_kinds_can_be_left_out() -> None:
    async with world(HERE, THERE) as made:
        agora, beirut = await neighbours(made)
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_statement("Ours"))
        others = [beirut] + [await made.collective(THERE, f"c{n}") for n in range(4)]
        for each in others:
            await made.follow(each, agora)
        for number, each in enumerate(others):
            browser = await a_member(made, each, f"P{number}")
            page = await thread_of(browser, said.uri, each.username)
            await browser.send(page.form(f"/house/{each.username}/react"), what="like")
        await made.settle()
        page = await ana.get("/house/agora/notifications")
        assert has(page, "follow you now", "thanked you", "and 2 more")
        assert page.text.count("thanked you") == 1
        form = page.form("/house/agora/notifications/kinds")
        page = await ana.post(
            form.action, [pair for pair in form.fields if pair != ("kind", "follow")]
        )
        assert "follow you now" not in page.text
        assert has(page)
        forged = await ana.post(form.action, [form.fields[0], ("kind", "mention")])
        assert forged.status == 400


@pytest.mark.parametrize(
    ("role", "right"), [("reader", "draft"), ("author", "publish"), ("editor", "steward")]
)
async def test_every_door_is_closed_to_the_roles_below_it(role: str, right: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        said = await made.publish(agora, a_note("Here"))
        member = await a_member(made, agora, "Noor", role)
        token = (await member.get("/me")).form("/me").fields[0]
        shut = [
            door for door in DOORS
            if door.right.value == right and door.path.startswith("/house/{username}")
        ]  # fmt: skip
        assert shut
        before = await made.rows(HERE)
        for door in shut:
            path = re.sub(r"\{username\}", "agora", door.path)
            path = re.sub(r"\{[^}]*\}", "1", path)
            if door.tell is not None:
                page = await member.post(path, [token, ("about", said.uri), ("what", "like")])
                assert page.status in (403, 404), path
            if door.ask is not None:
                assert (await member.get(path)).status in (403, 404), path
        assert await made.rows(HERE) == before


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test", "/house/agora/../../evil", "/house/other", "/house/agora\n/x", "/\\evil.test", "javascript:1"],
)  # fmt: skip
async def test_nobody_is_led_away_after_doing_something(target: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_note("Here"))
        form = (await thread_of(ana, said.uri)).form("/house/agora/keep")
        page = await ana.send(form, back=target)
        assert page.path == "/house/agora?told=save"
        assert "evil" not in page.path


async def test_what_one_collective_shuts_out_its_neighbour_still_hears() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        salma = await made.collective("beirut.test", "salma")
        await made.follow(salma, agora)
        await made.follow(salma, atelier)

        async def count(uri: str) -> int:
            found = await made["agora.test"].look(lambda rx: notifications.list_newest(rx, uri))
            return len(found)

        assert (await count(agora.uri), await count(atelier.uri)) == (1, 1)
        await made["agora.test"].change(lambda unit: block(unit, agora, salma.uri))
        assert (await count(agora.uri), await count(atelier.uri)) == (0, 1)
