"""Several organise one event: asked, agreed, named everywhere; nothing before, nothing after."""

import json
import re
from typing import Any

import pytest

from actors import refresh
from actors.model import Actor
from fedi.desk import organising as desk
from fedi.desk.blocking import ActorOrder, block_actor
from fedi.errors import FediError
from fedi.publications.model import Publication
from tests.harness.browser import Browser
from tests.harness.gathering import told
from tests.harness.members import a_member
from tests.harness.world import FOLLOWERS, World, an_event, world
from tests.hostile.stranger import deliver, say, stranger

A, B, C = "agora.test", "beirut.test", "cairo.test"


async def document(made: World, event: Publication) -> dict[str, Any]:
    """The event as its server gives it to others."""
    accept = {"Accept": "application/activity+json"}
    page = await Browser(made, A).get(f"/event/{event.uri[-26:]}", **accept)
    found: dict[str, Any] = json.loads(page.text)
    return found


async def an_event_of(made: World, host: str = A, username: str = "agora") -> tuple[Actor, Publication]:  # fmt: skip
    author = await made.collective(host, username)
    event = await made.publish(author, an_event("Assembly"))
    await made.settle()
    return author, event


async def ask(made: World, event: Publication, who: Actor) -> desk.Organisers:
    found = await desk.invite(made[A], desk.InviteOrder(which=event.uri, who=f"@{who.username}@{who.host}"))  # fmt: skip
    await made.settle()
    return found


async def say_yes(made: World, event: Publication, who: Actor, *, agrees: bool = True) -> None:
    order = desk.AnswerOrder(which=event.uri, agrees=agrees, actor=who.username)
    await desk.answer(made[who.host], order)
    await made.settle()


async def organisers(made: World, host: str, event: Publication) -> tuple[str, ...]:
    found = await made.find(host, event.uri)
    assert found is not None
    return found.event.organisers


async def test_whoever_agrees_is_named_on_the_page_in_calendars_feeds_and_elsewhere() -> None:
    async with world(A, B, C) as made:
        agora, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut", "جيران بيروت")
        cairo = await made.collective(C, "cairo")
        await made.follow(cairo, agora)
        again = await made.publish(agora, an_event("Second"))
        await made.settle()
        await ask(made, event, beirut)
        # before: nobody is named anywhere
        assert await organisers(made, A, event) == ()
        assert "organizers" not in await document(made, event)
        page = await Browser(made, A).get(f"/event/{event.uri[-26:]}")
        assert "جيران بيروت" not in page.text
        await say_yes(made, event, beirut)
        assert await organisers(made, A, event) == (beirut.uri,)
        found = await document(made, event)
        assert found["attributedTo"] == agora.uri
        assert found["organizers"] == [agora.uri, beirut.uri]
        assert beirut.uri in found["contacts"]
        for path in ("", "/event.ics"):
            page = await Browser(made, A).get(f"/event/{event.uri[-26:]}{path}")
            assert "جيران بيروت" in page.text.replace("\r\n ", "")
        feed = (await Browser(made, A).get("/@agora/event.atom")).text
        assert re.findall(r"<uri>(.*?)</uri>", feed).count(beirut.uri) == 1
        # its own calendar and agenda have it too, and its followers were told
        calendar = (await Browser(made, B).get("/@beirut/events.ics")).text
        assert event.uri in calendar.replace("\r\n ", "")
        assert again.uri not in calendar.replace("\r\n ", "")
        agenda = await Browser(made, B).get("/agenda")
        assert "Assembly" in agenda.text


async def test_one_click_in_the_house_between_two_instances() -> None:
    async with world(A, B) as made:
        agora, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut", language="en")
        ana = await a_member(made, agora)
        bilal = await a_member(made, beirut, "Bilal")
        path = f"/house/agora/organisers/{event.uri[-26:]}"
        page = await ana.get(path)
        page = await ana.send(page.form(path), who="@beirut@beirut.test", does="ask")
        assert page.status == 200
        await made.settle()
        notices = (await bilal.get("/house/beirut/notifications")).text
        assert "asks you to organise an event together" in notices
        # it is said once, although it came as an Offer and as a message
        assert notices.count("Assembly") == 1
        page = await bilal.get("/house/beirut/organising")
        page = await bilal.send(page.form("/house/beirut/organising"), does="accept")
        assert page.status == 200
        await made.settle()
        assert await organisers(made, A, event) == (beirut.uri,)
        assert "organises your event with you" in (await ana.get("/house/agora/notifications")).text
        # and no longer
        page = await bilal.get("/house/beirut/organising")
        await bilal.send(page.form("/house/beirut/organising"), does="refuse")
        await made.settle()
        assert await organisers(made, A, event) == ()
        assert "no longer" in (await ana.get(path)).text


@pytest.mark.parametrize(
    ("words", "named"),
    [("نعم", 1), ("Yes!", 1), ("d'accord", 1), ("sí", 1), ("no", 0), ("لا", 0), ("yes, but when?", None)],
)  # fmt: skip
async def test_somebody_on_mastodon_answers_with_a_word(words: str, named: int | None) -> None:
    async with world(A) as made, stranger(made, "mastodon.test") as there:
        agora, event = await an_event_of(made)
        cem = there.person("cem")
        await desk.invite(made[A], desk.InviteOrder(which=event.uri, who=cem.uri))
        await made.settle()
        note = told(there, "Create")[-1]["object"]
        assert (note["to"], note["cc"]) == ([cem.uri], [])
        assert event.uri in note["content"]
        reply = {
            "id": f"{cem.uri}/notes/1",
            "type": "Note",
            "attributedTo": cem.uri,
            "inReplyTo": note["id"],
            "content": f'<p><a href="{agora.uri}">@agora</a> {words}</p>',
            "published": "2026-01-01T00:00:00Z",
            "to": [agora.uri],
            "cc": [],
            "tag": [{"type": "Mention", "name": "@agora@agora.test", "href": agora.uri}],
        }
        await deliver(made, A, cem.key, say(cem, "Create", reply, to=[agora.uri], cc=[]))
        await made.settle()
        assert len(await organisers(made, A, event)) == (named or 0)
        # a word is no publication; anything else is a message to people
        assert (await made.find(A, reply["id"]) is None) == (named is not None)


async def test_the_author_takes_it_back_before_and_after() -> None:
    async with world(A, B) as made:
        agora, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut")
        back = desk.InviteOrder(which=event.uri, who="@beirut@beirut.test")
        await ask(made, event, beirut)
        await desk.withdraw(made[A], back)
        await made.settle()
        shared = await desk.list_shared(made[B], desk.ListOrder())
        assert shared.events == []
        await ask(made, event, beirut)
        await say_yes(made, event, beirut)
        await desk.withdraw(made[A], back)
        await made.settle()
        assert await organisers(made, A, event) == ()
        assert await organisers(made, B, event) == ()
        assert (await desk.list_shared(made[B], desk.ListOrder())).events == []
        assert agora.uri


async def test_neighbours_under_one_roof_organise_together_too() -> None:
    async with world(A) as made:
        _, event = await an_event_of(made)
        market = await made.collective(A, "market")
        order = desk.InviteOrder(which=event.uri, who="market", actor="agora")
        await desk.invite(made[A], order)
        await made.settle()
        assert await organisers(made, A, event) == ()
        await say_yes(made, event, market)
        assert await organisers(made, A, event) == (market.uri,)
        calendar = (await Browser(made, A).get("/@market/events.ics")).text
        assert event.uri in calendar.replace("\r\n ", "")


async def test_whoever_said_no_is_not_asked_again_and_private_events_are_nobodys_business() -> None:
    async with world(A, B) as made:
        agora, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut")
        await ask(made, event, beirut)
        await say_yes(made, event, beirut, agrees=False)
        with pytest.raises(FediError, match=r"organise\.refused"):
            await ask(made, event, beirut)
        draft = an_event("Inside", visibility=FOLLOWERS)
        inside = await made.publish(agora, draft)
        with pytest.raises(FediError, match=r"organise\.private"):
            await ask(made, inside, beirut)
        with pytest.raises(FediError, match=r"organise\.oneself"):
            await ask(made, event, agora)


async def test_nobody_is_made_an_organiser_by_lies() -> None:
    async with world(A, B) as made, stranger(made, "mars.test") as mars:
        agora, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut")
        eve, ada = mars.person("eve"), mars.person("ada", 1)
        found = await desk.invite(made[A], desk.InviteOrder(which=event.uri, who=ada.uri))
        assert found.organisers[0].state == "asked"
        await made.settle()
        [offer] = told(mars, "Offer")
        # somebody else says yes
        await deliver(made, A, eve.key, say(eve, "Accept", offer, 1, to=[agora.uri], cc=[]))
        await deliver(made, A, eve.key, say(eve, "Accept", offer["id"], 2, to=[agora.uri], cc=[]))
        # somebody asks about an event that is not theirs, in the name of its author's event
        relation = {**offer["object"], "subject": beirut.uri}
        await deliver(made, B, eve.key, say(eve, "Offer", relation, 3, to=[beirut.uri], cc=[]))
        await made.settle()
        assert await organisers(made, A, event) == ()
        assert (await desk.list_shared(made[B], desk.ListOrder())).events == []
        # who takes back what they did not ask
        await deliver(made, A, eve.key, say(eve, "Undo", offer, 4, to=[agora.uri], cc=[]))
        await deliver(made, A, ada.key, say(ada, "Accept", offer, 5, to=[agora.uri], cc=[]))
        await made.settle()
        assert await organisers(made, A, event) == (ada.uri,)


async def test_an_event_elsewhere_that_claims_us_says_so_nowhere_here() -> None:
    async with world(A, B) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(A, "agora", "Agora of ours")
        eve = mars.person("eve")
        event = {
            "id": f"{eve.uri}/events/1",
            "type": "Event",
            "attributedTo": eve.uri,
            "name": "Claimed",
            "startTime": "2027-01-05T18:00:00Z",
            "organizers": [eve.uri, agora.uri],
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [agora.uri],
        }
        await deliver(made, A, eve.key, say(eve, "Create", event, to=event["to"], cc=event["cc"]))
        await made.settle()
        ana = await a_member(made, agora)
        page = await ana.get(f"/house/agora/thread?about={event['id']}")
        assert "Claimed" in page.text
        assert "Organised by" not in page.text
        calendar = (await Browser(made, A).get("/@agora/events.ics")).text
        assert "Claimed" not in calendar


async def test_who_said_no_is_not_asked_again_by_being_forgotten_first() -> None:
    async with world(A) as made:
        _, event = await an_event_of(made)
        other = await made.collective(A, "other")
        await ask(made, event, other)
        await say_yes(made, event, other, agrees=False)
        which = desk.InviteOrder(which=event.uri, who=other.uri, actor="agora")
        [left] = (await desk.withdraw(made[A], which)).organisers
        assert left.state == "refused"
        with pytest.raises(FediError, match=r"organise\.refused"):
            await ask(made, event, other)


async def test_whom_an_organiser_elsewhere_only_names_is_shown_as_named() -> None:
    async with world(A, B) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(A, "agora")
        beirut = await made.collective(B, "beirut", "جيران بيروت")
        await made.follow(agora, beirut)
        eve, ada = mars.person("eve"), mars.person("ada", 1)
        await refresh.fetch_actor(made[A], ada.uri)
        event = {
            "id": f"{eve.uri}/events/1",
            "type": "Event",
            "attributedTo": eve.uri,
            "name": "Claimed",
            "startTime": "2027-01-05T18:00:00Z",
            "organizers": [eve.uri, beirut.uri, ada.uri],
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [agora.uri],
        }
        await deliver(made, A, eve.key, say(eve, "Create", event, to=event["to"], cc=event["cc"]))
        await made.settle()
        ana = await a_member(made, agora)
        page = (await ana.get(f"/house/agora/thread?about={event['id']}")).text
        # their own server speaks for Ada; nobody but its author for Beirut
        proved, _, rest = page.partition("Also named by the organiser")
        assert "Ada" in proved.partition("Organised by")[2]
        assert "جيران بيروت" not in proved
        assert "جيران بيروت" in rest


async def test_questions_without_end_are_not_written_down() -> None:
    async with world(A) as made, stranger(made, "mars.test") as mars:
        agora = await made.collective(A, "agora")
        eve = mars.person("eve")
        public = "https://www.w3.org/ns/activitystreams#Public"
        for number in range(12):
            event = {
                "id": f"{eve.uri}/events/{number}",
                "type": "Event",
                "attributedTo": eve.uri,
                "name": f"Spam {number}",
                "startTime": "2027-01-05T18:00:00Z",
                "to": [public],
                "cc": [agora.uri],
            }
            relation = {
                "type": "Relationship",
                "subject": agora.uri,
                "relationship": "http://schema.org/organizer",
                "object": event["id"],
            }
            await deliver(made, A, eve.key, say(eve, "Create", event, f"c{number}", to=[public], cc=[agora.uri]))  # fmt: skip
            await deliver(made, A, eve.key, say(eve, "Offer", relation, number, to=[agora.uri], cc=[]))  # fmt: skip
        await made.settle()
        assert len((await desk.list_shared(made[A], desk.ListOrder())).events) == 10


async def test_who_is_shut_out_organises_nothing_any_more() -> None:
    async with world(A, B) as made:
        _, event = await an_event_of(made)
        beirut = await made.collective(B, "beirut")
        await ask(made, event, beirut)
        await say_yes(made, event, beirut)
        await block_actor(made[A], ActorOrder(who="@beirut@beirut.test"))
        await made.settle()
        assert await organisers(made, A, event) == ()
        with pytest.raises(FediError):
            await ask(made, event, beirut)
