"""Invitations to events: between our instances, to people of other software, from others to us, and what holds floods off."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actors.model import Actor
from fedi.desk import attendance as lists
from fedi.desk import deliveries
from fedi.desk import inviting as desk
from fedi.desk.blocking import ActorOrder, HostOrder, block_actor, block_host
from fedi.errors import Invalid, NotFound
from fedi.jobs.retention import apply as forget_in_time
from fedi.vocab.audience import Visibility
from tests.harness.browser import Browser
from tests.harness.gathering import HERE, Scene, an_organiser, told
from tests.harness.members import a_member
from tests.harness.world import World, an_event, world
from tests.hostile.stranger import CONTEXT, Person, Stranger, deliver, say, stranger

THERE = "beirut.test"
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"


def runs(there: Stranger, software: str) -> None:
    """Let a stranger's host say which software it runs."""
    href = there.url("/nodeinfo/2.0")
    there.show(there.url("/.well-known/nodeinfo"), {"links": [{"rel": NODEINFO, "href": href}]}, "application/json")  # fmt: skip
    there.show(href, {"version": "2.0", "software": {"name": software}}, "application/json")


async def invite(scene: Scene, *who: str, words: str = "") -> list[str]:
    """Invite; the keys of why not."""
    order = desk.InviteOrder(which=scene.which, who=who, words=words)
    sent = await desk.invite(scene.made[HERE], order)
    await scene.made.settle()
    return [each.problem for each in sent.entries]


async def guests(scene: Scene) -> dict[str, str]:
    """Who is invited, and how it stands."""
    found = await desk.list_guests(scene.made[HERE], desk.GuestsOrder(which=scene.which))
    return {each.uri: each.state for each in found.guests}


async def got(made: World) -> list[tuple[str, str]]:
    found = await desk.list_received(made[THERE], desk.ReceivedOrder())
    return [(each.title, each.state) for each in found.invitations]


def vote_of(who: Person, question: str, option: str, number: int = 1) -> dict[str, Any]:
    """A vote as Mastodon sends it."""
    return {
        "id": f"{who.uri}#votes/{number}",
        "type": "Note",
        "name": option,
        "attributedTo": who.uri,
        "to": ["https://agora.test/"],
        "inReplyTo": question,
    }


async def test_a_collective_of_another_instance_is_invited_and_comes_with_one_press() -> None:
    async with world(HERE, THERE) as made:
        # whoever is invited needs nobody's consent once more
        scene = await an_organiser(made, join_mode="restricted")
        beirut = await made.collective(THERE, "beirut")
        assert await invite(scene, "@beirut@beirut.test", words="bring your <songs>") == [""]
        assert await got(made) == [("Assembly", "open")]
        ana = await a_member(made, beirut, role="editor")
        page = await ana.get("/house/beirut/notifications")
        assert "invited you to an event" in page.text
        page = await ana.get("/house/beirut/invitations")
        assert "bring your &lt;songs&gt;" in page.text
        page = await ana.send(page.form("/house/beirut/invitations/answer"), answer="coming")
        await made.settle()
        assert (page.status, await got(made)) == (200, [("Assembly", "accepted")])
        assert await guests(scene) == {beirut.uri: "coming"}


async def test_a_refusal_is_told_and_can_be_taken_back() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        beirut = await made.collective(THERE, "beirut")
        await invite(scene, "@beirut@beirut.test")
        for answer, state, seen in (
            ("not_coming", "refused", "refused"),
            ("coming", "accepted", "coming"),
            ("not_coming", "refused", "not_coming"),
        ):
            order = desk.AnswerOrder(which=scene.event.uri, answer=answer)
            await desk.answer(made[THERE], order)
            await made.settle()
            assert await got(made) == [("Assembly", state)]
            assert await guests(scene) == {beirut.uri: seen}


async def test_an_invitation_is_taken_back() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made, join_mode="restricted")
        beirut = await made.collective(THERE, "beirut")
        await invite(scene, "@beirut@beirut.test")
        order = desk.WithdrawOrder(which=scene.which, who="@beirut@beirut.test")
        await desk.withdraw(made[HERE], order)
        await made.settle()
        assert (await got(made), await guests(scene)) == ([], {})
        with pytest.raises(NotFound):
            await desk.answer(made[THERE], desk.AnswerOrder(which=scene.event.uri, answer="coming"))
        ana = await a_member(made, beirut, role="editor")
        page = await ana.get("/house/beirut/notifications")
        assert "invited you" not in page.text


async def test_that_a_guest_passes_the_event_on_is_seen() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        beirut = await made.collective(THERE, "beirut")
        await invite(scene, "@beirut@beirut.test")
        ana = await a_member(made, beirut, role="editor")
        page = await ana.get("/house/beirut/invitations")
        page = await ana.send(page.form("/house/beirut/react"))
        await made.settle()
        found = await desk.list_guests(made[HERE], desk.GuestsOrder(which=scene.which))
        assert [(each.has_boosted, each.state) for each in found.guests] == [(True, "open")]
        org = await a_member(made, scene.agora, role="editor")
        page = await org.get(f"/house/agora/attendance/{scene.which}/guests")
        assert "passed it on" in page.text


# the software, what is sent to its people beside the Invite
KINDS = [("mastodon", "Question"), ("mobilizon", "Note"), ("", "Note"), ("friendica", "")]


@pytest.mark.parametrize(("software", "kind"), KINDS)
async def test_people_of_other_software_get_what_they_can_read(software: str, kind: str) -> None:
    async with world(HERE) as made, stranger(made, "elsewhere.test") as there:
        scene = await an_organiser(made)
        ada = there.person("ada")
        if software:
            runs(there, software)
        assert await invite(scene, ada.uri) == [""]
        [sent] = told(there, "Invite")
        assert (sent["object"], sent["target"]) == (scene.event.uri, ada.uri)
        assert (sent["to"], sent["cc"]) == ([ada.uri], [])
        notes = [each["object"] for each in told(there, "Create")]
        assert [each["type"] for each in notes] == ([kind] if kind else [])
        for note in notes:
            assert (note["to"], note["cc"]) == ([ada.uri], [])
            assert scene.event.uri in note["content"]
            assert [tag["href"] for tag in note["tag"]] == [ada.uri]


async def test_a_vote_in_the_poll_is_the_answer_and_is_confirmed_with_a_link() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made, join_mode="restricted")
        ada, ben = there.person("ada"), there.person("ben", 1)
        runs(there, "mastodon")
        await invite(scene, ada.uri)
        question = told(there, "Create")[0]["object"]
        options = [each["name"] for each in question["oneOf"]]
        assert options == ["I am coming", "Maybe", "I am not coming"]
        assert question["endTime"] > question["published"]
        # nobody votes in a poll of somebody else
        await scene.hear(ben, "Create", vote_of(ben, question["id"], options[0]))
        assert await scene.people() == {}
        await scene.hear(ada, "Create", vote_of(ada, question["id"], options[0]))
        assert (await scene.people(), await guests(scene)) == ({"coming": 1}, {ada.uri: "coming"})
        confirmed = told(there, "Create")[1]["object"]
        assert "/attendance/" in confirmed["content"]
        assert (confirmed["inReplyTo"], confirmed["to"]) == (question["id"], [ada.uri])
        link = confirmed["content"].partition(f"https://{HERE}/attendance/")[2].partition('"')[0]
        page = await Browser(made, HERE).get(f"/attendance/{link}")
        await Browser(made, HERE).send(page.form(f"/attendance/{link}"), what="leave")
        # the same vote once more, or another, does not put them back
        await scene.hear(ada, "Create", vote_of(ada, question["id"], options[0]))
        await scene.hear(ada, "Create", vote_of(ada, question["id"], options[1], 2), 2)
        assert await scene.people() == {"cancelled": 1}
        assert await made.find(HERE, f"{ada.uri}#votes/1") is None


async def test_what_is_no_option_or_another_poll_is_no_answer() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made)
        ada = there.person("ada")
        runs(there, "mastodon")
        await invite(scene, ada.uri)
        question = told(there, "Create")[0]["object"]["id"]
        for number, (where, option) in enumerate(
            ((question, "yes, by all means"), (f"{question}x", "I am coming"), (question, ""))
        ):
            vote = vote_of(ada, where, option, number)
            await scene.hear(ada, "Create", vote, number)
        assert await scene.people() == {}


async def test_a_word_in_answer_to_the_invitation_counts() -> None:
    async with world(HERE) as made, stranger(made, "elsewhere.test") as there:
        scene = await an_organiser(made, join_mode="restricted")
        ada, ben = there.person("ada"), there.person("ben", 1)
        await invite(scene, ada.uri)
        message = told(there, "Create")[0]["object"]["id"]
        for who in (ben, ada):
            note = {
                "id": f"{who.uri}/notes/1",
                "type": "Note",
                "attributedTo": who.uri,
                "inReplyTo": message,
                "content": "<p>@agora coming</p>",
                "published": "2026-01-01T00:00:00Z",
                "to": [scene.agora.uri],
            }
            await scene.hear(who, "Create", note)
        # of the other it is a message to people
        assert await guests(scene) == {ada.uri: "coming"}
        assert await scene.people() == {"coming": 1}


@pytest.mark.parametrize(
    ("verb", "state"),
    [("Accept", "coming"), ("TentativeAccept", "maybe"), ("Reject", "refused")],
)
async def test_an_invite_is_answered_in_the_words_of_the_wire(verb: str, state: str) -> None:
    async with world(HERE) as made, stranger(made, "friendica.test") as there:
        scene = await an_organiser(made, join_mode="restricted")
        ada, ben = there.person("ada"), there.person("ben", 1)
        runs(there, "friendica")
        await invite(scene, ada.uri)
        [sent] = told(there, "Invite")
        await scene.hear(ben, verb, sent["id"])
        assert await guests(scene) == {ada.uri: "open"}
        await scene.hear(ada, verb, {key: sent[key] for key in ("id", "type", "actor", "object")})
        assert await guests(scene) == {ada.uri: state}


async def test_who_wrote_about_an_event_can_be_asked_with_a_poll_once() -> None:
    async with world(HERE) as made, stranger(made, "mastodon.test") as there:
        scene = await an_organiser(made, join_mode="restricted")
        cem = there.person("cem")
        await scene.reply(cem, "what a beautiful idea")
        ana = await a_member(made, scene.agora, role="editor")
        page = await ana.get(f"/house/agora/thread?about={cem.uri}/notes/1")
        page = await ana.send(page.form("/house/agora/ask-coming"))
        await made.settle()
        assert "The question is on its way." in page.text
        assert "/house/agora/ask-coming" not in page.text
        question = told(there, "Create")[0]["object"]
        assert (question["type"], question["inReplyTo"]) == ("Question", f"{cem.uri}/notes/1")
        await scene.hear(cem, "Create", vote_of(cem, question["id"], "I am coming"), 2)
        # asked is not invited: the organisers decide as about everybody
        assert (await scene.people(), await guests(scene)) == ({"asked": 1}, {})


async def test_what_keeps_somebody_from_being_invited_is_said_and_keeps_nobody_else() -> None:
    async with world(HERE) as made, stranger(made, "elsewhere.test") as there:
        scene = await an_organiser(made)
        ada, ben = there.person("ada"), there.person("ben", 1)
        await scene.join(ben)
        await block_actor(made[HERE], ActorOrder(who=ben.uri))
        ana = await a_member(made, scene.agora, role="editor")
        there_is = f"/house/agora/attendance/{scene.which}/guests"
        page = await ana.get(there_is)
        named = (
            f"{ada.uri}\n@agora@agora.test\n{ben.uri} not-a-handle\nhttps://elsewhere.test/nobody"
        )
        page = await ana.send(page.form(there_is), who=named)
        await made.settle()
        assert page.status == 400
        for words in ("Nobody needs to invite themselves", "They are shut out here"):
            assert words in page.text
        assert list(await guests(scene)) == [ada.uri]
        assert ada.uri not in page.text.partition("<textarea")[2].partition("</textarea>")[0]
        assert await invite(scene, ada.uri) == ["invite.already"]


async def test_who_may_not_read_an_event_is_not_invited_to_it() -> None:

    async with world(HERE, THERE) as made:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        draft = replace(an_event("Assembly"), visibility=Visibility.FOLLOWERS)
        scene = Scene(made, agora, await made.publish(agora, draft))
        assert await invite(scene, "@beirut@beirut.test") == ["invite.not_for_them"]
        await made.follow(beirut, agora)
        scene = Scene(made, agora, await made.publish(agora, draft))
        await made.settle()
        assert await invite(scene, "@beirut@beirut.test") == [""]
        assert await got(made) == [("Assembly", "open")]


async def test_invitations_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outbox.inviting.PER_DAY", 2)
    async with world(HERE) as made, stranger(made, "elsewhere.test") as there:
        scene = await an_organiser(made)
        people = [there.person(f"p{n}", n).uri for n in range(4)]
        assert await invite(scene, *people[:3]) == ["", "", "invite.many_today"]
        made.clock.advance(days=1, minutes=1)
        assert await invite(scene, people[2]) == [""]
        # taking back and asking again is a letter each time
        order = desk.WithdrawOrder(which=scene.which, who=people[2])
        await desk.withdraw(made[HERE], order)
        assert await invite(scene, people[2], people[3]) == ["", "invite.many_today"]
        await desk.withdraw(made[HERE], order)
        assert await invite(scene, people[2]) == ["invite.many_today"]
        with pytest.raises(Invalid):
            await invite(scene, *(f"@p{n}@elsewhere.test" for n in range(21)))
        with pytest.raises(Invalid):
            await invite(scene, " ")


# ---- from others to us


async def abroad(made: World, there: Stranger, organiser: Person, number: int = 1) -> str:
    """An event of somebody elsewhere."""
    uri = there.url(f"/events/{number}")
    start = made.clock.now() + timedelta(days=7)
    there.show(uri, {
        "@context": CONTEXT, "id": uri, "type": "Event", "attributedTo": organiser.uri, "name": f"Feast {number}",
        "content": "<p>Come</p>", "startTime": start.isoformat(), "endTime": (start + timedelta(hours=2)).isoformat(),
        "published": "2026-01-01T00:00:00Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [],
        "joinMode": "free",
    })  # fmt: skip
    return uri


async def invited_by(
    made: World, by: Person, beirut: Actor, event: str, number: object = 1, **more: Any
) -> None:
    said = say(by, "Invite", event, number, **{"to": [beirut.uri], "cc": [], "target": beirut.uri, **more})  # fmt: skip
    await deliver(made, THERE, by.key, said)
    await made.settle()


async def test_an_invitation_of_a_stranger_arrives_and_is_refused_on_the_wire() -> None:
    async with world(THERE) as made, stranger(made, "mobilizon.test") as there:
        beirut = await made.collective(THERE, "beirut")
        ada = there.person("ada")
        event = await abroad(made, there, ada)
        await invited_by(made, ada, beirut, event, content="<p>for <b>you</b></p>")
        found = await desk.list_received(made[THERE], desk.ReceivedOrder())
        assert [(each.title, each.message, each.by_uri) for each in found.invitations] == [
            ("Feast 1", "for you", ada.uri)
        ]
        await desk.answer(made[THERE], desk.AnswerOrder(which=event, answer="not_coming"))
        await made.settle()
        [refusal] = told(there, "Reject")
        assert (refusal["object"]["type"], refusal["object"]["object"]) == ("Invite", event)
        assert (refusal["to"], refusal["cc"]) == ([ada.uri], [])


async def test_an_invitation_that_is_none_leaves_nothing() -> None:
    async with (
        world(THERE) as made,
        stranger(made, "mobilizon.test") as there,
        stranger(made, "other.test") as other,
    ):
        beirut = await made.collective(THERE, "beirut")
        ada, mallory = there.person("ada"), other.person("mallory", 1)
        event = await abroad(made, there, ada)
        # to an event of another host; to nobody of ours; to what is no event; to what is not there
        await invited_by(made, mallory, beirut, event, 1)
        await invited_by(made, ada, beirut, event, 2, target=ada.uri)
        await invited_by(made, ada, beirut, ada.uri, 3)
        await invited_by(made, ada, beirut, there.url("/events/9"), 4)
        await invited_by(made, ada, beirut, f"https://{THERE}/event/01hzzzzzzzzzzzzzzzzzzzzzzz", 5)
        assert await got(made) == []
        assert (await made.rows(THERE))["notification"] == 0


async def test_a_flood_of_invitations_ends_and_who_is_shut_out_invites_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inbox.invited.PER_HOST", 2)
    async with world(THERE) as made, stranger(made, "mobilizon.test") as there:
        beirut = await made.collective(THERE, "beirut")
        ada = there.person("ada")
        for number in range(4):
            await invited_by(made, ada, beirut, await abroad(made, there, ada, number), number)
        assert len(await got(made)) == 2
        # the same invitation again is told once
        await invited_by(made, ada, beirut, there.url("/events/0"), 10)
        assert (await made.rows(THERE))["notification"] == 2
        await block_actor(made[THERE], ActorOrder(who=ada.uri))
        assert await got(made) == []
        assert (await made.rows(THERE))["event_invited"] == 0


async def test_an_invitation_of_nobody_known_makes_no_noise_where_strangers_wait() -> None:
    async with world() as made, stranger(made, "mobilizon.test") as there:
        await made.start(THERE, '[instance]\nposture = "guarded"\n')
        beirut = await made.collective(THERE, "beirut")
        ada = there.person("ada")
        await invited_by(made, ada, beirut, await abroad(made, there, ada))
        assert await got(made) == []
        assert (await made.rows(THERE))["notification"] == 0
        ana = await a_member(made, beirut, role="steward")
        page = await ana.get("/house/beirut")
        assert "Feast 1" in page.text
        page = await ana.send(page.form("/house/beirut/held"), what="show")
        assert await got(made) == [("Feast 1", "open")]


async def test_friendica_publishes_an_event_with_an_invite() -> None:
    async with world(THERE) as made, stranger(made, "friendica.test") as there:
        beirut = await made.collective(THERE, "beirut")
        ada = there.person("ada")
        event = await abroad(made, there, ada)
        body = {**json.loads(there.pages["/events/1"][2]), "cc": [beirut.uri]}
        said = say(ada, "Invite", body, to=[beirut.uri], cc=[])
        await deliver(made, THERE, ada.key, said)
        await made.settle()
        assert await made.find(THERE, event) is not None
        assert await got(made) == []


@pytest.mark.parametrize("victim", ["saida", "bob"])
async def test_nobody_invites_with_an_event_in_the_name_of_another(victim: str) -> None:
    """A body of the sender's own that names a second author first: it stays the word of whoever sent it."""
    async with (
        world(THERE) as made,
        stranger(made, "friendica.test") as there,
        stranger(made, "other.test") as other,
    ):
        beirut = await made.collective(THERE, "beirut")
        saida = await made.collective(THERE, "saida")
        eve, bob = there.person("eve"), other.person("bob", 1)
        event = await abroad(made, there, eve)
        body = json.loads(there.pages["/events/1"][2])
        body["attributedTo"] = [saida.uri if victim == "saida" else bob.uri, eve.uri]
        said = say(eve, "Invite", body, to=[beirut.uri], cc=[], target=beirut.uri)
        await deliver(made, THERE, eve.key, said)
        await made.settle()
        stored = await made.find(THERE, event)
        assert stored is not None
        assert stored.author == eve.uri


async def test_who_was_invited_is_forgotten_after_the_event() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        await made.collective(THERE, "beirut")
        await invite(scene, "@beirut@beirut.test")
        made.clock.advance(days=120)
        for host in (HERE, THERE):
            await forget_in_time(made[host])
            rows = await made.rows(host)
            assert (rows["event_invitation"], rows["event_invited"]) == (0, 0)


async def test_only_those_who_publish_invite() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made)
        dua = await a_member(made, scene.agora, role="author")
        for path in (f"/house/agora/attendance/{scene.which}/guests",):
            assert (await dua.get(path)).status == 403
        found = await lists.show(made[HERE], lists.ShowOrder(which=scene.which))
        assert found.people == {}


async def test_neighbours_of_one_instance_invite_one_another() -> None:
    async with world(HERE) as made:
        scene = await an_organiser(made, join_mode="restricted")
        hala = await made.collective(HERE, "hala")
        order = desk.InviteOrder(which=scene.which, who=("hala",), actor="agora")
        await desk.invite(made[HERE], order)
        await made.settle()
        received = desk.ReceivedOrder(actor="hala")
        found = await desk.list_received(made[HERE], received)
        assert [each.state for each in found.invitations] == ["open"]
        coming = desk.AnswerOrder(which=scene.event.uri, answer="coming", actor="hala")
        await desk.answer(made[HERE], coming)
        await made.settle()
        assert await scene.state(hala.uri) == "coming"
        # nobody speaks for an event of their neighbour
        refused = desk.InviteOrder(which=scene.which, who=("agora",), actor="hala")
        with pytest.raises(NotFound):
            await desk.invite(made[HERE], refused)


async def test_a_host_that_is_shut_out_is_asked_nothing_and_nobody_from_there_is_invited() -> None:
    async with (
        world(HERE, THERE) as made,
        stranger(made, "elsewhere.test") as there,
    ):
        scene = await an_organiser(made, join_mode="restricted")
        beirut = await made.collective(THERE, "beirut")
        ada = there.person("ada")
        event = await abroad(made, there, ada)
        await invited_by(made, ada, beirut, event)
        assert await invite(scene, ada.uri) == [""]
        for host in (HERE, THERE):
            await block_host(made[host], HostOrder(host="elsewhere.test"))
        assert (await got(made), await guests(scene)) == ([], {})
        assert (await made.rows(THERE))["event_invited"] == 0
        there.asked.clear()
        assert await invite(scene, ada.uri) == ["invite.shut_out"]
        assert there.asked == []


async def test_who_got_the_event_does_not_tell_who_is_invited() -> None:
    async with world(HERE, THERE) as made:
        scene = await an_organiser(made)
        await made.collective(THERE, "beirut")
        await invite(scene, "@beirut@beirut.test")
        ledger = await deliveries.show(made[HERE], deliveries.WhichOrder(which=scene.event.uri))
        assert ledger.deliveries == []
