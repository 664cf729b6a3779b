"""Moderation on pages: what stewards see, decide and undo, and what nobody else reaches."""

import re
from dataclasses import replace

import pytest

from actors import blocks, follows, journal, refresh
from fedi.desk.house import ReportOrder, report
from fedi.desk.shown import TimelineOrder, show_timeline
from fedi.house.routes import DOORS
from fedi.moderation import decisions, flags
from fedi.publications import store
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser, Page
from tests.harness.members import a_member
from tests.harness.plans import plan_of
from tests.harness.world import World, a_note, world

ABOUT = "/steward/moderation/about"


async def said_on(made: World, address: str) -> str:
    visitor = Browser(made, "agora.test")
    return (await visitor.get(address.removeprefix("https://agora.test"))).text


async def decide(ana: Browser, target: str, act: str, why: str = "") -> Page:
    page = await ana.get(f"{ABOUT}?target={target}")
    return await ana.send(page.form(ABOUT), act=act, why=why)


async def test_a_report_leads_to_a_limit_that_is_undone_and_told_by_the_history() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        far = await made.collective("far.test", "far")
        await made.follow(far, agora)
        ours = await made.publish(agora, a_note("Come to the square."))
        await made.settle()
        known = await made.find("far.test", ours.uri)
        reply = await made.publish(
            far,
            a_note("Lies about the square.", in_reply_to=ours.uri),
            parent=known,
            answered=agora,
        )
        await report(made["far.test"], ReportOrder(who=agora.handle, words="Not true", about=()))
        await made.settle()
        ana = await a_member(made, agora)

        page = await ana.get("/steward/moderation")
        assert "far.test" in page.text
        number = re.search(r"/steward/moderation/flags/(\d+)", page.text)
        assert number
        page = await ana.get(number[0])
        assert "Not true" in page.text
        assert "Lies about the square." in await said_on(made, ours.uri)

        page = await decide(ana, "far.test", "limit", "They insult the neighbours.")
        assert page.status == 200
        assert "They insult the neighbours." in page.text
        assert "Lies about the square." not in await said_on(made, ours.uri)
        shown = await show_timeline(made["agora.test"], TimelineOrder())
        assert reply.uri not in [each.uri for each in shown.entries]

        page = await decide(ana, "far.test", "unlimit", "They said sorry.")
        assert "Lies about the square." in await said_on(made, ours.uri)
        shown = await show_timeline(made["agora.test"], TimelineOrder())
        assert reply.uri in [each.uri for each in shown.entries]

        page = await ana.get(number[0])
        page = await ana.send(page.form(number[0]), why="Talked it over.")
        assert page.path.startswith("/steward/moderation?")
        assert await made["agora.test"].look(flags.list_open) == []
        log = (await ana.get("/steward/moderation/history")).text
        for words in ("They insult the neighbours.", "They said sorry.", "Talked it over.", "Ana"):
            assert words in log
        noted = await made["agora.test"].look(lambda rx: journal.list_newest(rx, journal.HOUSE, 10))
        assert [each.done for each in noted][:3] == [
            "journal.settle",
            "journal.unlimit",
            "journal.limit",
        ]


async def test_a_hidden_publication_leaves_every_page_and_comes_back_whole() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        far = await made.collective("far.test", "far")
        await made.follow(agora, far)
        note = await made.publish(far, a_note("Something cruel"))
        await made.settle()
        here = made["agora.test"]
        ana = await a_member(made, agora)
        page = await ana.get("/steward/moderation/hidden")
        page = await ana.send(page.form("/steward/moderation/hidden"), which=note.uri)
        assert "Something cruel" in page.text
        page = await ana.send(page.form("/steward/moderation/publication"), act="hide", why="Cruel")
        assert page.status == 200
        assert await here.look(lambda rx: store.is_held(rx, note.uri))
        assert (await show_timeline(here, TimelineOrder())).entries == []
        # what is hidden is decided about: it is not among what waits
        assert "Something cruel" not in (await ana.get("/steward/moderation/held")).text
        assert "Something cruel" in (await ana.get("/steward/moderation/hidden")).text
        page = await ana.get(f"/steward/moderation/publication?which={note.uri}")
        await ana.send(page.form("/steward/moderation/publication"), act="unhide")
        assert [e.uri for e in (await show_timeline(here, TimelineOrder())).entries] == [note.uri]
        assert not await here.look(lambda rx: store.is_held(rx, note.uri))


async def test_what_waits_is_let_through_or_deleted_and_the_host_dealt_with() -> None:
    settings = '[instance]\nposture = "guarded"\n'
    async with world("agora.test", "far.test", settings=settings) as made:
        agora = await made.collective("agora.test", "agora", approves_followers=False)
        far = await made.collective("far.test", "far", approves_followers=False)
        await refresh.find_or_fetch_actor(made["far.test"], agora.uri)
        for words in ("first", "second", "third"):
            await made.publish(
                far,
                a_note(f"{words} @agora@agora.test"),
                mentioned={"@agora@agora.test": agora},
            )
        await made.settle()
        ana = await a_member(made, agora)
        page = await ana.get("/steward/moderation/held")
        waiting = re.findall(r'name="which" value="([^"]+)"', page.text)
        assert len(waiting) == 3
        form = page.form("/steward/moderation/held")
        refused = await ana.send(form, act="release", scope="chosen")
        assert refused.status == 400
        page = await ana.send(form, act="release", scope="chosen", which=waiting[0])
        assert not await made["agora.test"].look(lambda rx: store.is_held(rx, waiting[0]))
        page = await ana.get("/steward/moderation/held?host=far.test")
        form = page.form("/steward/moderation/held")
        await ana.send(form, act="refuse", scope="host", then="block_host", why="Spam")
        here = made["agora.test"]
        assert await here.look(lambda rx: blocks.is_host_blocked(rx, "far.test"))
        log = await here.look(lambda rx: decisions.list_about(rx, "far.test"))
        assert {each.done for each in log} == {"refuse", "block"}
        assert all(each.why == "Spam" for each in log)


async def test_shutting_out_says_which_follows_end_and_ends_them() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        far = await made.collective("far.test", "far")
        await made.follow(far, agora)
        ana = await a_member(made, agora)
        page = await ana.get(f"{ABOUT}?target={far.uri}")
        assert "1 account from there follows us" in page.text
        page = await decide(ana, far.uri, "block")
        assert page.status == 200
        here = made["agora.test"]
        assert not await here.look(lambda rx: follows.is_follower(rx, far.uri, agora.uri))
        page = await decide(ana, far.uri, "unblock")
        assert not await here.look(lambda rx: blocks.is_actor_blocked(rx, far.uri, "far.test"))


async def test_a_note_changes_nothing_but_the_history() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        page = await decide(ana, "far.test", "note", "Their steward is Bilal.")
        assert "Their steward is Bilal." in page.text
        assert (await made["agora.test"].look(lambda rx: blocks.list_targets(rx, ""))) == []
        page = await decide(ana, "far.test", "note", "  ")
        assert page.status == 400


async def test_a_list_brought_as_a_file_waits_for_a_person() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/moderation/lists")).form("/steward/moderation/lists/bring")
        content = b"#domain,#severity\nbad.example,suspend\nloud.example,silence\n"
        page = await ana.send(form, files={"file": ("list.csv", content)})
        assert "bad.example" in page.text
        here = made["agora.test"]
        assert await here.look(lambda rx: blocks.list_targets(rx, "")) == []
        form = page.form("/steward/moderation/lists")
        page = await ana.send(form, act="confirm", host="bad.example")
        assert await here.look(lambda rx: blocks.list_targets(rx, "")) == [("bad.example", "host")]
        assert "bad.example,suspend" in (await ana.get("/steward/moderation/lists/export")).text
        log = await here.look(lambda rx: decisions.list_about(rx, "bad.example"))
        assert [(each.done, "list.csv" in each.why) for each in log] == [("block", True)]


async def test_a_collective_shuts_somebody_out_for_itself_alone() -> None:
    async with world("agora.test", "far.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        far = await made.collective("far.test", "far")
        ana = await a_member(made, atelier)
        form = (await ana.get("/house/atelier/blocks")).form("/house/atelier/blocks")
        page = await ana.send(form, who=far.handle, act="block", why="Quarrel")
        assert "Quarrel" in page.text
        here = made["agora.test"]
        assert await here.look(lambda rx: blocks.is_blocked_by(rx, atelier.uri, far.uri))
        assert not await here.look(lambda rx: blocks.is_blocked_by(rx, agora.uri, far.uri))
        assert not await here.look(lambda rx: blocks.is_actor_blocked(rx, far.uri, "far.test"))
        bilal = await a_member(made, agora, "Bilal")
        assert "Quarrel" not in (await bilal.get("/steward/moderation/history")).text
        form = page.form("/house/atelier/blocks", far.uri)
        await ana.send(form, act="unblock")
        assert not await here.look(lambda rx: blocks.is_blocked_by(rx, atelier.uri, far.uri))


async def test_a_steward_of_a_second_collective_reaches_nothing_below_steward() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        ana = await a_member(made, atelier)
        token = dict((await ana.get("/me")).form("/me").fields)["form_token"]
        doors = [door for door in DOORS if door.path.startswith("/steward")]
        assert doors
        before = await made.rows("agora.test")
        for door in doors:
            path = re.sub(r"\{[^}]*\}", "1", door.path)
            if door.ask is not None:
                assert (await ana.get(path)).status == 404, path
            if door.tell is not None:
                page = await ana.post(
                    path, [("form_token", token), ("target", "far.test"), ("act", "block")]
                )
                assert page.status == 404, path
        assert await made.rows("agora.test") == before


@pytest.mark.parametrize("role", ["editor", "author", "reader"])
async def test_lower_roles_are_refused_at_the_doors_of_stewards(role: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        bilal = await a_member(made, agora, "Bilal", role)
        for door in DOORS:
            if door.right.value not in ("steward", "house") or door.ask is None:
                continue
            path = re.sub(r"\{username\}", "agora", door.path)
            page = await bilal.get(re.sub(r"\{[^}]*\}", "1", path))
            assert page.status in (403, 404), path


HOSTILE = [
    "",
    "agora.test",
    "sub.agora.test.",
    "<script>alert(1)</script>",
    "\x00",
    "@@@",
    "https://",
    "x" * 5000,
    "bad example",
    "../../etc",
    "test",
]


@pytest.mark.parametrize("typed", HOSTILE)
async def test_a_target_that_is_none_comes_back_as_typed_and_decides_nothing(typed: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/steward/moderation/hosts")).form("/steward/moderation/hosts")
        page = await ana.send(form, target=typed)
        assert page.status in (200, 400, 403, 404)
        assert "<script>alert" not in page.text
        await ana.post(ABOUT, [*form.fields, ("target", typed), ("act", "burn")])
        here = made["agora.test"]
        assert await here.look(lambda rx: blocks.list_targets(rx, "")) == []
        assert await here.look(lambda rx: decisions.list_newest(rx, 10)) == []


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_every_page_of_stewards_is_said_in_every_language(language: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        ana = await a_member(made, agora, language=language)
        for door in DOORS:
            if door.ask is None or "{id}" in door.path or door.path in (ABOUT,):
                continue
            page = await ana.get(re.sub(r"\{[^}]*\}", "agora", door.path))
            if "text/html" not in page.headers["content-type"]:
                continue
            missing = re.findall(
                r"[\s>\"]((?:moderation|settings|journal|house)\.[a-z_.]+)", page.text
            )
            assert missing == [], door.path
        page = await ana.get(f"{ABOUT}?target=far.test")
        assert not re.findall(r"[\s>\"]((?:moderation|settings)\.[a-z_.]+)", page.text)


async def test_the_history_is_found_without_reading_everything() -> None:
    async with world("agora.test") as made:
        plans = await made["agora.test"].look(
            lambda rx: [
                plan_of(
                    rx,
                    "SELECT id FROM decision WHERE actor_uri = '' AND id < 5 ORDER BY id DESC LIMIT 9",
                ),
                plan_of(
                    rx,
                    "SELECT id FROM decision WHERE actor_uri = '' AND target = 'x' ORDER BY id DESC LIMIT 9",
                ),
            ]
        )
        assert [
            plan for plan in plans if plan.whole or plan.sorts or "decision_" not in plan.text
        ] == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.LOCAL])
async def test_looking_after_an_instance_opens_nobodys_letters(visibility: Visibility) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        atelier = await made.collective("agora.test", "atelier")
        theirs = await made.publish(atelier, a_note("For a few", visibility=visibility))
        own = await made.publish(agora, a_note("For ours", visibility=visibility))
        open_to_all = await made.publish(atelier, a_note("For all"))
        ana = await a_member(made, agora)
        publication, hidden = "/steward/moderation/publication", "/steward/moderation/hidden"
        absent = await ana.get(f"{publication}?which={theirs.uri[:-4]}zzzz")
        page = await ana.get(f"{publication}?which={theirs.uri}")
        assert (page.status, absent.status) == (404, 404)
        assert page.text.replace(theirs.uri, "") == absent.text.replace(theirs.uri, "")
        form = (await ana.get(hidden)).form(hidden)
        assert "For a few" not in (await ana.send(form, which=theirs.uri)).text
        form = replace(form, action=publication)
        for act in ("hide", "unhide"):
            assert (await ana.send(form, which=theirs.uri, act=act)).status == 404
        for readable, words in ((own, "For ours"), (open_to_all, "For all")):
            assert words in (await ana.get(f"{publication}?which={readable.uri}")).text
