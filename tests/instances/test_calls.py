"""What is needed for an event: asked as aid requests that name it, shown on its page here and elsewhere."""

from dataclasses import replace

import pytest

from fedi.desk.order import Unfit
from fedi.desk.publishing import edit, publish
from fedi.desk.wishes import AidWish, EditOrder, PublishOrder, Words
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText
from fedi.views import calls
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, Scene, an_organiser
from tests.harness.members import a_member
from tests.harness.world import an_event, world

THERE = "beirut.test"


async def ask(scene: Scene, title: str, event: str | None = None, actor: str = "agora") -> str:
    """Ask for something for the event; the id of the request."""
    order = PublishOrder(
        kind="aid_request",
        actor=actor,
        words=(Words(language="en", title=title, source="Please"),),
        aid=AidWish(what="shelter", quantity="4", event=scene.which if event is None else event),
    )
    told = await publish(scene.made[HERE], order)
    await scene.made.settle()
    return told.uri


async def test_what_is_needed_stands_on_the_page_of_the_event_here_and_elsewhere() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        beirut = await made.collective(THERE, "beirut")
        await made.follow(beirut, scene.agora)
        scene = replace(scene, event=await made.publish(scene.agora, an_event("Feast")))
        need = await ask(scene, "Four beds")
        path = need.removeprefix(f"https://{HERE}")
        page = await Browser(made, HERE).get(f"/event/{scene.which}")
        assert "What is still needed" in page.text
        assert "Four beds" in page.text
        page = await Browser(made, HERE).get(path)
        assert "For an event:" in page.text
        assert "Feast" in page.text
        # on the wire, and in words for whoever shows a Note and nothing else
        page = await Browser(made, HERE).get(path, Accept="application/activity+json")
        assert f'"about":"{scene.event.uri}"' in page.text.replace('": "', '":"')
        stored = await made.find(THERE, need)
        assert stored is not None
        assert stored.aid.event_uri == scene.event.uri
        assert f'href="{scene.event.uri}"' in stored.original.content
        ana = await a_member(made, beirut, role="editor")
        page = await ana.get(f"/house/beirut/thread?about={scene.event.uri}")
        assert "Four beds" in page.text
        page = await ana.get(f"/house/beirut/thread?about={need}")
        assert "For an event:" in page.text


async def test_nobody_else_asks_on_the_page_of_an_event() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        beirut = await made.collective(THERE, "beirut")
        await made.follow(scene.agora, beirut)
        details = AidDetails(purpose="request", event_uri=scene.event.uri)
        words = {"en": DraftText("Send us money", "now")}
        need = await made.publish(beirut, Draft("aid_request", words, details=details))
        await made.settle()
        assert await made.find(HERE, need.uri) is not None
        for path in (f"/event/{scene.which}", f"/house/agora/publications/{scene.which}"):
            ana = await a_member(made, scene.agora, f"ana {path[:6]}", role="editor")
            assert "Send us money" not in (await ana.get(path)).text


@pytest.mark.parametrize("case", ["nothing", "not an event", "of others", "for followers"])
async def test_an_event_that_cannot_be_named_is_said(case: str) -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        hala = await made.collective(HERE, "hala")
        private = replace(an_event("Quiet"), visibility=Visibility.FOLLOWERS)
        which = {
            "nothing": lambda: "01hzzzzzzzzzzzzzzzzzzzzzzz",
            "not an event": lambda: scene.agora.uri,
            "of others": lambda: scene.event.uri,
            "for followers": lambda: None,
        }[case]()
        if which is None:
            which = (await made.publish(hala, private)).uri
        with pytest.raises(Unfit) as refusal:
            await ask(scene, "Four beds", which, "hala")
        [problem] = refusal.value.problems
        wanted = "aid.event_private" if case == "for followers" else "aid.event_unknown"
        assert (problem.field, problem.message_key) == ("for_event", wanted)


async def test_it_can_be_taken_off_the_event_again() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        need = await ask(scene, "Four beds")
        order = EditOrder(which=need, actor="agora", aid=AidWish(quantity="3"))
        await edit(made[HERE], order)
        assert "Four beds" in (await Browser(made, HERE).get(f"/event/{scene.which}")).text
        await edit(made[HERE], EditOrder(which=need, actor="agora", aid=AidWish(event="")))
        assert "Four beds" not in (await Browser(made, HERE).get(f"/event/{scene.which}")).text


async def test_from_the_page_of_the_event_one_press_leads_to_the_request() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        ana = await a_member(made, scene.agora, role="editor")
        page = await ana.get(f"/house/agora/publications/{scene.which}")
        assert "Interpreters" in page.text
        page = await ana.get(
            f"/house/agora/write?kind=aid_request&what=translation&for_event={scene.event.uri}"
        )
        form = page.form("/house/agora/write")
        page = await ana.send(form, **{"title.en": "Two interpreters", "act": "look"})
        page = await ana.send(page.form(page.path, "version"), act="publish")
        await made.settle()
        page = await ana.get(f"/house/agora/publications/{scene.which}")
        assert "Two interpreters" in page.text
        assert "Two interpreters" in (await Browser(made, HERE).get(f"/event/{scene.which}")).text


async def test_what_others_ask_leaves_room_for_what_the_organisers_ask(monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(calls, "NEEDS_MAX", 2)
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        beirut = await made.collective(THERE, "beirut")
        await made.follow(scene.agora, beirut)
        details = AidDetails(purpose="request", event_uri=scene.event.uri)
        for number in range(3):
            words = {"en": DraftText(f"Send us money {number}", "now")}
            await made.publish(beirut, Draft("aid_request", words, details=details))
        await made.settle()
        await ask(scene, "Four beds")
        page = await Browser(made, HERE).get(f"/event/{scene.which}")
        assert "Four beds" in page.text
        assert "Send us money" not in page.text
