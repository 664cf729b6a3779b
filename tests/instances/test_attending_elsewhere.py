"""Our collectives come to events of others: asked, accepted, refused, taken back, in the words of each server."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from actors import notifications
from actors.model import Actor
from fedi.desk import attendance as desk
from fedi.desk.attending import AttendOrder, LeaveOrder, ListOrder, attend, leave, list_going
from fedi.errors import Invalid, NotFound
from fedi.jobs.attendance import remind_ourselves
from fedi.jobs.retention import apply as forget_in_time
from tests.harness.browser import Browser
from tests.harness.gathering import an_organiser, told
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import CONTEXT, Person, Stranger, deliver, say, stranger

HERE = "beirut.test"


@dataclass(slots=True)
class Abroad:
    """An event of somebody elsewhere, and a collective of ours that wants to come."""

    made: World
    there: Stranger
    beirut: Actor
    organiser: Person
    uri: str
    start: datetime

    async def answer(self, verb: str, subject: object, by: Person | None = None) -> None:
        who = by or self.organiser
        said = say(who, verb, subject, len(self.there.posts), to=[self.beirut.uri], cc=[])
        assert (await deliver(self.made, HERE, who.key, said)).status == 202
        await self.made.settle()

    async def state(self) -> list[str]:
        going = await list_going(self.made[HERE], ListOrder())
        return [each.state for each in going.events]

    async def ask(self, wish: str = "coming", **more: Any) -> dict[str, Any]:
        """Answer; what arrived there."""
        await attend(self.made[HERE], AttendOrder(which=self.uri, wish=wish, **more))
        await self.made.settle()
        return self.there.posts[-1].document


async def an_event_abroad(made: World, there: Stranger, **members: Any) -> Abroad:
    beirut = await made.collective(HERE, "beirut")
    organiser = there.person("group", 0, type="Group")
    uri = there.url("/events/1")
    start = made.clock.now() + timedelta(days=7)
    event = {
        "@context": CONTEXT,
        "id": uri,
        "type": "Event",
        "attributedTo": organiser.uri,
        "name": "Assembly abroad",
        "content": "<p>Come</p>",
        "startTime": start.isoformat(),
        "endTime": (start + timedelta(hours=2)).isoformat(),
        "published": "2026-01-01T00:00:00Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [],
        **members,
    }
    there.show(uri, {name: value for name, value in event.items() if value is not None})
    return Abroad(made, there, beirut, organiser, uri, start)


async def test_a_join_is_asked_accepted_and_taken_back() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="restricted")
        join = await abroad.ask(message="with tea")
        assert (join["type"], join["object"], join["participationMessage"]) == (
            "Join",
            abroad.uri,
            "with tea",
        )
        assert (join["to"], join["cc"]) == ([abroad.organiser.uri], [])
        assert await abroad.state() == ["asked"]
        # whoever moderates the group answers, not the group
        await abroad.answer("Accept", join, by=there.person("moderator", 1))
        assert await abroad.state() == ["accepted"]
        await abroad.answer("Reject", {"type": "Join", **_pair(abroad)})
        assert await abroad.state() == ["refused"]
        await leave(made[HERE], LeaveOrder(which=abroad.uri))
        await made.settle()
        [left] = told(there, "Leave")
        assert (left["object"], left["to"], left["cc"]) == (abroad.uri, [abroad.organiser.uri], [])
        assert await abroad.state() == []


def _pair(abroad: Abroad) -> dict[str, str]:
    return {"actor": abroad.beirut.uri, "object": abroad.uri}


async def test_that_somebody_comes_is_told_to_nobody_who_has_the_address_of_it() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="free")
        join = await abroad.ask(message="with tea")
        await leave(made[HERE], LeaveOrder(which=abroad.uri))
        await made.settle()
        for said in (join, *told(there, "Leave")):
            path = said["id"].removeprefix(f"https://{HERE}")
            page = await Browser(made, HERE).get(path, Accept="application/activity+json")
            assert (page.status, "with tea" in page.text) == (404, False)


async def test_ignore_means_that_answers_are_taken_elsewhere() -> None:
    async with world(HERE) as made, stranger(made, "wordpress.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="free")
        join = await abroad.ask()
        await abroad.answer("Ignore", join["id"])
        assert await abroad.state() == ["elsewhere"]


async def test_who_takes_answers_elsewhere_is_not_asked() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(
            made, there, joinMode="external", externalParticipationUrl="https://tickets.example/1"
        )
        with pytest.raises(Invalid, match="elsewhere"):
            await attend(made[HERE], AttendOrder(which=abroad.uri))
        await made.settle()
        assert there.posts == []
        ana = await a_member(made, abroad.beirut, role="editor")
        page = await ana.get(f"/house/beirut/thread?about={abroad.uri}")
        assert "takes registrations on their site" in page.text
        assert "https://tickets.example/1" in page.text


async def test_an_event_without_ways_to_join_is_accepted_like_an_invitation() -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        abroad = await an_event_abroad(made, there)
        for wish, verb in (
            ("coming", "Accept"),
            ("maybe", "TentativeAccept"),
            ("not_coming", "Reject"),
        ):
            said = await abroad.ask(wish)
            assert (said["type"], said["object"]) == (verb, abroad.uri)
            assert (said["to"], said["cc"]) == ([abroad.organiser.uri], [])
        await leave(made[HERE], LeaveOrder(which=abroad.uri))
        await made.settle()
        undo = there.posts[-1].document
        assert (undo["type"], undo["object"]["type"], undo["object"]["id"]) == (
            "Undo",
            "Reject",
            said["id"],
        )


async def test_nobody_else_accepts_in_the_name_of_the_organiser() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "mobilizon.test") as there,
        stranger(made, "mars.test") as mars,
    ):
        abroad = await an_event_abroad(made, there, joinMode="restricted")
        join = await abroad.ask()
        for subject in (join, join["id"], {"type": "Join", **_pair(abroad)}):
            await abroad.answer("Accept", subject, by=mars.person("eve", 1))
        await abroad.answer("Accept", f"https://{HERE}/activity/nothing")
        assert await abroad.state() == ["asked"]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"status": "CANCELLED"}, "called_off"),
        ({"startTime": "2026-01-02T00:00:00Z", "endTime": "2026-01-02T02:00:00Z"}, "over"),
        ({"type": "Note", "startTime": None}, "no_event"),
    ],
)
async def test_what_cannot_be_attended_is_not_asked_for(
    members: dict[str, Any], reason: str
) -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="free", **members)
        with pytest.raises(Invalid, match=reason):
            await attend(made[HERE], AttendOrder(which=abroad.uri))
        with pytest.raises(NotFound):
            await leave(made[HERE], LeaveOrder(which="0" * 26))
        await made.settle()
        assert there.posts == []


async def test_two_of_our_instances_from_one_page_to_the_other() -> None:
    """On the event's page the visitor names their own server; there one press answers."""
    async with world("agora.test", HERE) as made:
        scene = await an_organiser(made, capacity=5, join_mode="restricted")
        beirut = await made.collective(HERE, "beirut")
        visitor = Browser(made, "agora.test")
        page = await visitor.get(f"/event/{scene.which}")
        form = page.form("/own-server")
        page = await visitor.send(form, handle=f"@beirut@{HERE}", wish="attend")
        assert f"https://{HERE}/intent/join?object=" in page.text

        ana = await a_member(made, beirut, role="editor")
        page = await ana.get(f"/intent/join?object={scene.event.uri}")
        assert "Come to this?" in page.text
        page = await ana.send(page.form("/intent/join"))
        assert "Your answer is on its way." in page.text
        await made.settle()
        assert await scene.people() == {"asked": 1}
        await desk.decide(
            made["agora.test"], desk.DecideOrder(which=scene.which, does="approve", everybody=True)
        )
        await made.settle()
        page = await ana.get(f"/house/beirut/thread?about={scene.event.uri}")
        assert "You are on the list." in page.text
        assert "is on the list of an event" in (await ana.get("/house/beirut/notifications")).text
        assert "Assembly" in (await ana.get("/house/beirut/going")).text
        page = await ana.send(page.form("/house/beirut/attend"), what="leave")
        assert "Taken back." in page.text
        await made.settle()
        assert await scene.people() == {"cancelled": 1}


async def test_neighbours_on_one_instance_come_to_one_another() -> None:
    async with world("agora.test") as made:
        scene = await an_organiser(made)
        banat = await made.collective("agora.test", "banat")
        ana = await a_member(made, banat, role="editor")
        page = await ana.get(f"/house/banat/thread?about={scene.event.uri}")
        page = await ana.send(page.form("/house/banat/attend"), what="coming")
        await made.settle()
        assert await scene.state(banat.uri) == "coming"
        page = await ana.get(f"/house/banat/thread?about={scene.event.uri}")
        assert "You are on the list." in page.text


@pytest.mark.parametrize("role", ["reader", "author"])
async def test_who_does_not_publish_answers_no_event(role: str) -> None:
    async with world("agora.test") as made:
        scene = await an_organiser(made)
        banat = await made.collective("agora.test", "banat")
        member = await a_member(made, banat, role=role)
        page = await member.get(f"/house/banat/thread?about={scene.event.uri}")
        assert not [form for form in page.forms if form.action == "/house/banat/attend"]
        assert (await member.get(f"/intent/join?object={scene.event.uri}")).status == 403


async def test_what_was_answered_is_forgotten_after_the_event() -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="free")
        await abroad.ask()
        made.clock.advance(days=7 + 15)
        await forget_in_time(made[HERE])
        assert (await made.rows(HERE))["participation"] == 0


def _event(abroad: Abroad, updated: str, **members: Any) -> dict[str, Any]:
    start = abroad.start
    return {
        "id": abroad.uri,
        "type": "Event",
        "attributedTo": abroad.organiser.uri,
        "name": "Assembly abroad",
        "content": "<p>Come</p>",
        "startTime": start.isoformat(),
        "endTime": (start + timedelta(hours=2)).isoformat(),
        "published": "2026-01-01T00:00:00Z",
        "updated": updated,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [],
        **members,
    }


async def notices(made: World, beirut: Actor) -> list[str]:
    found = await made[HERE].look(lambda rx: notifications.list_newest(rx, beirut.uri))
    return sorted(each.kind for each in found)


MOVED = {"startTime": "2027-01-09T18:00:00Z", "endTime": "2027-01-09T20:00:00Z"}


@pytest.mark.parametrize(
    ("wish", "verb", "change", "expected"),
    [
        ("coming", "Update", MOVED, ["attend_changed"]),
        ("maybe", "Update", MOVED, ["attend_changed"]),
        ("coming", "Update", {"status": "CANCELLED"}, ["attend_called_off"]),
        ("coming", "Update", {"location": {"type": "Place", "name": "Dar"}}, ["attend_changed"]),
        ("coming", "Update", {"content": "<p>Come, all</p>"}, []),
        ("not_coming", "Update", MOVED, []),
        ("coming", "Delete", None, ["attend_gone"]),
        ("not_coming", "Delete", None, []),
    ],
)
async def test_who_comes_learns_what_changes(
    wish: str, verb: str, change: dict[str, Any] | None, expected: list[str]
) -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        abroad = await an_event_abroad(made, there)
        await abroad.ask(wish=wish)
        is_update = change is not None
        await abroad.answer(
            verb, _event(abroad, "2026-12-24T00:00:00Z", **change) if is_update else abroad.uri
        )
        assert await notices(made, abroad.beirut) == expected
        ana = await a_member(made, abroad.beirut)
        page = await ana.get("/house/beirut/notifications")
        assert "reading.did" not in page.text
        assert ("Assembly abroad" in page.text) == (is_update and bool(expected))


async def test_who_comes_is_reminded_once_within_the_day_before_and_again_of_another_day() -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        abroad = await an_event_abroad(made, there)
        await abroad.ask()
        here = made[HERE]
        assert await remind_ourselves(here) == 0
        made.clock.advance(days=6, hours=1)
        assert [await remind_ourselves(here), await remind_ourselves(here)] == [1, 0]
        assert await notices(made, abroad.beirut) == ["attend_reminder"]
        later = made.clock.now() + timedelta(days=3)
        moved = {
            "startTime": later.isoformat(),
            "endTime": (later + timedelta(hours=2)).isoformat(),
        }
        await abroad.answer("Update", _event(abroad, made.clock.now().isoformat(), **moved))
        assert await notices(made, abroad.beirut) == ["attend_changed"]
        made.clock.advance(days=2, hours=2)
        assert [await remind_ourselves(here), await remind_ourselves(here)] == [1, 0]
        assert await notices(made, abroad.beirut) == ["attend_changed", "attend_reminder"]


async def test_who_comes_is_reminded_also_of_what_goes_on_for_weeks() -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        end = (made.clock.now() + timedelta(days=60)).isoformat()
        abroad = await an_event_abroad(made, there, endTime=end)
        await abroad.ask()
        made.clock.advance(days=6, hours=1)
        assert await remind_ourselves(made[HERE]) == 1


@pytest.mark.parametrize("reason", ["refused", "cancelled", "taken back", "not coming", "begun"])
async def test_nobody_is_reminded_in_vain(reason: str) -> None:
    async with world(HERE) as made, stranger(made, "mobilizon.test") as there:
        abroad = await an_event_abroad(made, there, joinMode="restricted")
        wish = "not_coming" if reason == "not coming" else "coming"
        await attend(made[HERE], AttendOrder(which=abroad.uri, wish=wish))
        await made.settle()
        if reason == "refused":
            (join,) = told(there, "Join")
            await abroad.answer("Reject", join)
        elif reason == "cancelled":
            event = _event(abroad, "2026-12-24T00:00:00Z", status="CANCELLED")
            await abroad.answer("Update", event)
        elif reason == "taken back":
            await leave(made[HERE], LeaveOrder(which=abroad.uri))
        made.clock.advance(days=7 if reason == "begun" else 6, hours=1)
        assert await remind_ourselves(made[HERE]) == 0
