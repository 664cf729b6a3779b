"""Relays: nothing without a steward's wish; then our public words go there, and what they bring is looked up at its origin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from actors.model import Actor
from fedi import chores
from fedi.desk import blocking
from fedi.desk import relays as desk
from fedi.desk.blocking import HostOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.relays import AddOrder, AddressOrder, NewsOrder
from fedi.errors import Conflict, Forbidden, Invalid, NotFound
from fedi.jobs.chores import do_chores
from fedi.jobs.retention import forget
from fedi.publications import timeline
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from inbox.relayed import WAITING_MAX
from outbox import store as outbox_store
from outbox.actions.announce import announce
from outbox.actions.undo import undo_reaction
from tests.harness.relay import LITEPUB, MASTODON, RelayProgram, relay_program
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import (
    CONTEXT,
    Document,
    Stranger,
    a_note_of,
    deliver,
    everything,
    say,
    stranger,
)

HERE, THERE, RELAY = "agora.test", "beirut.test", "relay.test"
STYLES = (MASTODON, LITEPUB)
SILENT = (Visibility.QUIET, Visibility.FOLLOWERS, Visibility.LOCAL)


@dataclass(slots=True)
class Scene:
    """Two instances, a collective on each, and a relay."""

    made: World
    relay: RelayProgram
    agora: Actor
    beirut: Actor

    async def subscribe(self, *hosts: str) -> None:
        """These instances ask, and everything is answered."""
        for host in hosts:
            await desk.add(self.made[host], AddOrder(address=self.relay.address))
        await self.settle()

    async def settle(self) -> None:
        """Until nobody has anything to say."""
        while True:
            await self.made.settle()
            if not await self.relay.work():
                return

    async def states(self, host: str = HERE) -> list[tuple[str, bool]]:
        found = await desk.list_all(self.made[host], NoOrder())
        return [(each.state, each.takes) for each in found.relays]

    async def news(self, host: str = THERE, kind: str = "") -> list[str]:
        found = await desk.news(self.made[host], NewsOrder(kind=kind))
        return [each.title for each in found.entries]

    async def relay_says(self, kind: str, subject: object, host: str = HERE) -> int:
        """The relay itself says something; the answer's status, everything worked."""
        told = self.relay.say(kind, subject, to=[self.relay.actor.followers], cc=[])
        heard = await deliver(self.made, host, self.relay.actor.key, told)
        await self.settle()
        return heard.status

    async def relay_forwards(self, activity: Document, host: str = HERE) -> int:
        heard = await deliver(self.made, host, self.relay.actor.key, activity)
        await self.settle()
        return heard.status


@asynccontextmanager
async def scene(style: str = MASTODON, settings: str = "") -> AsyncIterator[Scene]:
    async with (
        world(HERE, THERE, settings=settings) as made,
        relay_program(made, RELAY, style) as relay,
    ):
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        yield Scene(made, relay, agora, beirut)


def shown(there: Stranger, note: Document) -> Document:
    """The note, now to be had at its address."""
    there.show(note["id"], {"@context": CONTEXT, **note})
    return note


# What a steward does


@pytest.mark.parametrize("style", STYLES)
async def test_a_relay_is_asked_and_accepts(style: str) -> None:
    async with scene(style) as at:
        asked = await desk.add(at.made[HERE], AddOrder(address=at.relay.address))
        assert (asked.style, asked.state, asked.takes) == (style, "asked", False)
        await at.settle()
        assert await at.states() == [("accepted", True)]
        [follow] = at.relay.heard_of("Follow")
        assert follow["actor"] == f"https://{HERE}/actor"
        assert follow["object"] == (PUBLIC if style == MASTODON else at.relay.actor.uri)


async def test_a_relay_may_refuse() -> None:
    async with scene() as at:
        at.relay.accepts = False
        await at.subscribe(HERE)
        assert await at.states() == [("refused", False)]
        await at.made.publish(at.agora, a_note())
        await at.settle()
        assert at.relay.heard_of("Create") == []


@pytest.mark.parametrize("style", STYLES)
async def test_a_relay_that_refuses_later_gets_nothing_more(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE)
        [follow] = at.relay.heard_of("Follow")
        assert await at.relay_says("Reject", follow["id"]) == 202
        assert await at.states() == [("refused", False)]


@pytest.mark.parametrize("style", STYLES)
async def test_leaving_takes_the_follow_back_and_nothing_goes_there_any_more(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE)
        note = await at.made.publish(at.agora, a_note("before"))
        await at.settle()
        await desk.remove(at.made[HERE], AddressOrder(address=at.relay.address))
        await at.settle()
        [undo] = at.relay.heard_of("Undo")
        assert undo["object"]["id"] == at.relay.heard_of("Follow")[0]["id"]
        assert at.relay.subscribers == {}
        assert await at.states() == [("left", False)]
        heard = len(at.relay.heard)
        await at.made.edit(at.agora, note)
        await at.made.publish(at.agora, a_note("after"))
        await at.made.delete(at.agora, note)
        await at.settle()
        assert at.relay.heard[heard:] == []


async def test_what_still_waits_for_a_relay_is_not_sent_once_it_is_left() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        await at.made.publish(at.agora, a_note("never"))
        await desk.remove(at.made[HERE], AddressOrder(address=at.relay.address))
        await at.settle()
        assert [each["type"] for each in at.relay.heard] == ["Follow", "Undo"]


async def test_a_late_acceptance_does_not_reopen_what_was_left() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        await desk.remove(at.made[HERE], AddressOrder(address=at.relay.address))
        await at.settle()
        assert await at.relay_says("Accept", at.relay.heard_of("Follow")[0]["id"]) == 202
        assert await at.states() == [("left", False)]


async def test_a_relay_can_be_asked_again_and_one_that_accepted_is_not_bothered() -> None:
    async with scene() as at:
        at.relay.accepts = False
        await at.subscribe(HERE)
        at.relay.accepts = True
        await at.subscribe(HERE)
        assert await at.states() == [("accepted", True)]
        again = await desk.add(at.made[HERE], AddOrder(address=at.relay.address))
        await at.settle()
        assert [each.key for each in again.notices] == ["relay.accepted_already"]
        assert len(at.relay.heard_of("Follow")) == 2


@pytest.mark.parametrize(
    ("address", "style", "kind"),
    [
        ("relay.test/inbox", "", Invalid),
        ("ftp://relay.test/inbox", "", Invalid),
        ("http://relay.test/inbox", "", Invalid),
        ("https://agora.test/inbox", "", Invalid),
        ("https://relay.test/nobody", "", Invalid),
        ("https://relay.test/inbox", "pigeon", Invalid),
        ("https://bad.test/inbox", "", Forbidden),
        ("https://bad.test/actor", "", Forbidden),
    ],
)
async def test_an_address_that_is_no_relays_changes_nothing(
    address: str, style: str, kind: type[Exception]
) -> None:
    async with scene() as at:
        await blocking.block_host(at.made[HERE], HostOrder(host="bad.test"))
        before = await everything(at.made, HERE)
        with pytest.raises(kind):
            await desk.add(at.made[HERE], AddOrder(address=address, style=style))
        assert await everything(at.made, HERE) == before


async def test_one_relay_is_not_subscribed_to_twice_in_two_styles() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        with pytest.raises(Conflict):
            await desk.add(at.made[HERE], AddOrder(address=at.relay.actor.uri))


async def test_a_relay_that_was_never_added_cannot_be_left() -> None:
    async with scene() as at:
        with pytest.raises(NotFound):
            await desk.remove(at.made[HERE], AddressOrder(address=at.relay.address))


async def test_the_actor_of_a_litepub_relay_is_not_looked_for_at_another_origin() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "other.test") as other:
        other.person("actor", type="Application")
        at.relay.there.redirect(at.relay.there.url("/moved"), other.url("/actor"))
        with pytest.raises(Invalid):
            await desk.add(at.made[HERE], AddOrder(address=at.relay.there.url("/moved")))
        assert other.asked == []


async def test_a_relay_that_leads_elsewhere_is_not_followed_there() -> None:
    async with scene() as at, stranger(at.made, "other.test") as other:
        at.relay.there.answer = lambda _post: (307, {"location": other.url("/inbox")})
        await at.subscribe(HERE)
        assert other.posts == []
        assert await at.states() == [("asked", False)]


# What we send


@pytest.mark.parametrize("style", STYLES)
async def test_public_words_reach_strangers_through_a_relay(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE, THERE)
        event = await at.made.publish(at.agora, an_event("Assembly"))
        await at.made.publish(at.agora, a_statement("We speak"))
        await at.settle()
        assert sorted(await at.news()) == ["Assembly", "We speak"]
        assert await at.news(kind="event") == ["Assembly"]
        assert await at.made.find(THERE, event.uri) is not None
        [listed] = (await desk.list_all(at.made[THERE], NoOrder())).relays
        assert (listed.brought, listed.heard_at is not None) == (2, True)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("visibility", SILENT)
async def test_nothing_but_public_words_goes_to_a_relay(style: str, visibility: Visibility) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE)
        heard = len(at.relay.heard)
        note = await at.made.publish(at.agora, a_note("for few", visibility=visibility))
        await at.made.edit(at.agora, note)
        await at.made.delete(at.agora, note)
        await at.settle()
        assert at.relay.heard[heard:] == []


async def test_a_mastodon_relay_gets_the_sealed_activities_themselves() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        note = await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        await at.made.edit(at.agora, note)
        await at.settle()
        await at.made[HERE].change(lambda unit: announce(unit, at.agora, note.uri))
        await at.settle()
        await at.made[HERE].change(lambda unit: undo_reaction(unit, at.agora, "announce", note.uri))
        await at.settle()
        await at.made.delete(at.agora, note)
        await at.settle()
        said = at.relay.heard[1:]
        assert [each["type"] for each in said] == ["Create", "Update", "Announce", "Undo", "Delete"]
        assert all(each["actor"] == at.agora.uri and "signature" in each for each in said)
        assert at.relay.refused == []


async def test_a_litepub_relay_gets_an_announce_by_the_server_and_changes_by_the_author() -> None:
    async with scene(LITEPUB) as at:
        await at.subscribe(HERE)
        note = await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        await at.made.delete(at.agora, note)
        await at.settle()
        said = [each for each in at.relay.heard if each["type"] not in ("Follow", "Accept")]
        assert [(each["type"], each["actor"]) for each in said] == [
            ("Announce", f"https://{HERE}/actor"),
            ("Delete", at.agora.uri),
        ]
        assert said[0]["object"] == note.uri
        assert said[0]["to"] == [f"https://{HERE}/actor/followers"]


async def test_a_litepub_relay_that_does_not_follow_us_gets_nothing() -> None:
    async with scene(LITEPUB) as at:
        await at.subscribe(HERE)
        [accepted] = at.relay.heard_of("Accept")
        await at.relay_says("Undo", accepted["object"])
        assert await at.states() == [("accepted", False)]
        await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        assert at.relay.heard_of("Announce") == []


async def test_the_ledger_shows_a_relay_like_anybody() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        note = await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        found = await at.made[HERE].look(lambda rx: outbox_store.list_deliveries(rx, note.uri))
        assert [(each.host, each.state) for each in found] == [(RELAY, "sent")]


@pytest.mark.parametrize("style", STYLES)
async def test_a_withdrawal_follows_what_went_through_a_relay(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE, THERE)
        note = await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        await at.made.delete(at.agora, note)
        await at.settle()
        assert await at.made.find(THERE, note.uri) is None
        assert await at.news() == []


# What comes in


@pytest.mark.parametrize("style", STYLES)
async def test_what_a_relay_brings_stands_in_no_timeline(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE, THERE)
        await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        assert len(await at.news()) == 1
        entries = await at.made[THERE].look(lambda rx: timeline.list_entries(rx, at.beirut.uri, 10))
        assert entries == []
        counted = await at.made.rows(THERE)
        assert counted["notification"] == 0


async def test_whoever_follows_the_author_has_it_in_front_of_them_all_the_same() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        author = one.person("author", 1)
        await at.made[HERE].change(
            lambda unit: unit.tx.run(
                "INSERT INTO follow (follower_uri, followed_uri, activity_uri, state, asked_at) VALUES (?, ?, ?, ?, ?)",
                at.agora.uri, author.uri, "https://agora.test/activity/1", "accepted", 1,
            )
        )  # fmt: skip
        note = shown(one, a_note_of(author, 1))
        await at.relay_says("Announce", note["id"])
        entries = await at.made[HERE].look(lambda rx: timeline.list_entries(rx, at.agora.uri, 10))
        assert [each.publication_uri for each in entries] == [note["id"]]


async def test_an_edit_through_a_relay_is_read_at_its_origin() -> None:
    async with scene() as at:
        await at.subscribe(HERE, THERE)
        note = await at.made.publish(at.agora, a_statement("Before"))
        await at.settle()
        words = note.original
        at.made.clock.advance(minutes=5)
        await at.made.edit(
            at.agora, replace(note, texts={note.language: replace(words, name="After")})
        )
        await at.settle()
        assert await at.news() == ["After"]


async def test_without_a_relay_nobody_relays_anything_to_us() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        assert at.relay.heard == []
        author = one.person("author", 1)
        note = shown(one, a_note_of(author, 1))
        assert await at.relay_says("Announce", note["id"]) == 202
        assert await at.relay_forwards(say(author, "Create", note)) == 401
        assert one.asked == []
        assert await at.made.titles(HERE) == []
        counted = await at.made.rows(HERE)
        assert (counted["relay"], counted["relayed"], counted["chore"]) == (0, 0, 0)


async def test_a_relay_that_was_not_asked_may_not_follow_the_server() -> None:
    async with scene(LITEPUB) as at:
        assert await at.relay_says("Follow", f"https://{HERE}/actor") == 202
        assert {each["type"] for each in at.relay.heard} == {"Reject"}
        counted = await at.made.rows(HERE)
        assert (counted["relay"], counted["follow"]) == (0, 0)


@pytest.mark.parametrize("style", STYLES)
async def test_an_acceptance_by_somebody_else_opens_nothing(style: str) -> None:
    async with scene(style) as at, stranger(at.made, "eve.test") as there:
        eve = there.person("eve", 1)
        at.relay.there.answer = lambda _post: (202, {})
        await at.subscribe(HERE)
        [follow] = at.relay.heard_of("Follow")
        for number, subject in enumerate((follow["id"], {**follow, "object": eve.uri})):
            told = say(eve, "Accept", subject, number, to=[follow["actor"]])
            assert (await deliver(at.made, HERE, eve.key, told)).status == 202
        await at.settle()
        assert await at.states() == [("asked", False)]


async def test_a_neighbour_of_the_relay_does_not_accept_without_knowing_what_was_asked() -> None:
    async with scene() as at:
        neighbour = at.relay.there.person("neighbour", 1)
        at.relay.there.answer = lambda _post: (202, {})
        await at.subscribe(HERE)
        server = f"https://{HERE}/actor"
        guess = {
            "type": "Follow",
            "id": f"https://{HERE}/activity/1",
            "actor": server,
            "object": PUBLIC,
        }
        await deliver(at.made, HERE, neighbour.key, say(neighbour, "Accept", guess, to=[server]))
        await at.settle()
        assert await at.states() == [("asked", False)]


async def test_once_a_relay_is_known_its_neighbours_do_not_speak_for_it() -> None:
    async with scene() as at:
        await at.subscribe(HERE)
        neighbour = at.relay.there.person("neighbour", 1)
        [follow] = at.relay.heard_of("Follow")
        told = say(neighbour, "Reject", follow["id"], to=[follow["actor"]])
        await deliver(at.made, HERE, neighbour.key, told)
        await at.settle()
        assert await at.states() == [("accepted", True)]


@pytest.mark.parametrize("style", STYLES)
async def test_a_forged_post_is_read_at_its_origin_or_not_at_all(style: str) -> None:
    async with scene(style) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        author = one.person("author", 1)
        true = shown(one, a_note_of(author, 1, "<p>as written</p>"))
        await at.relay_forwards(say(author, "Create", {**true, "content": "<p>as twisted</p>"}))
        await at.relay_forwards(say(author, "Create", a_note_of(author, 2, "<p>never</p>"), 2))
        assert await at.made.titles(HERE) == ["<p>as written</p>"]


async def test_a_forged_withdrawal_has_no_effect_while_the_origin_has_it() -> None:
    async with scene() as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        author = one.person("author", 1)
        note = shown(one, a_note_of(author, 1))
        await at.relay_forwards(say(author, "Create", note))
        assert await at.relay_forwards(say(author, "Delete", note["id"])) == 202
        assert len(await at.made.titles(HERE)) == 1
        del one.pages["/author/notes/1"]
        assert await at.relay_forwards(say(author, "Delete", note["id"], 2)) == 202
        assert await at.made.titles(HERE) == []


@pytest.mark.parametrize("style", STYLES)
async def test_our_own_words_brought_back_change_nothing(style: str) -> None:
    async with scene(style) as at:
        await at.subscribe(HERE)
        note = await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        assert await at.relay_says("Announce", note.uri) == 202
        counted = await at.made.rows(HERE)
        assert (counted["relayed"], counted["reaction"], counted["chore"]) == (0, 0, 0)


@pytest.mark.parametrize(
    "members",
    [
        {"to": ["https://one.test/author/followers"], "cc": []},
        {"to": ["https://agora.test/actor"], "cc": []},
        {"to": ["https://one.test/author/followers"], "cc": [PUBLIC]},
        {"inReplyTo": "https://one.test/author/notes/9"},
    ],
    ids=["followers", "direct", "quiet", "an answer"],
)
async def test_what_is_not_said_to_everybody_or_answers_somebody_is_not_kept(
    members: Document,
) -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        note = shown(one, a_note_of(one.person("author", 1), 1, **members))
        assert await at.relay_says("Announce", note["id"]) == 202
        assert await at.made.titles(HERE) == []


@pytest.mark.parametrize("style", STYLES)
async def test_an_author_who_is_shut_out_is_not_asked_for(style: str) -> None:
    async with scene(style) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        await blocking.block_host(at.made[HERE], HostOrder(host="one.test"))
        author = one.person("author", 1)
        note = shown(one, a_note_of(author, 1))
        assert await at.relay_says("Announce", note["id"]) == 202
        assert await at.relay_forwards(say(author, "Create", note)) == 202
        assert one.asked == []
        assert await at.made.titles(HERE) == []


async def test_a_limited_author_is_not_shown_because_a_relay_says_so() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        await blocking.limit_host(at.made[HERE], HostOrder(host="one.test"))
        note = shown(one, a_note_of(one.person("author", 1), 1))
        await at.relay_says("Announce", note["id"])
        assert await at.made.titles(HERE) == []


async def test_a_closed_instance_hears_a_relay_and_authors_only_when_both_are_listed() -> None:
    closed = '[instance]\nposture = "closed"\n'
    async with scene(LITEPUB, closed) as at, stranger(at.made, "one.test") as one:
        here = at.made[HERE]
        with pytest.raises(Forbidden):
            await desk.add(here, AddOrder(address=at.relay.address))
        assert at.relay.there.asked == []
        await blocking.allow(here, HostOrder(host=RELAY))
        await at.subscribe(HERE)
        author = one.person("author", 1)
        first, second = (shown(one, a_note_of(author, each, f"<p>{each}</p>")) for each in (1, 2))
        await at.relay_says("Announce", first["id"])
        assert one.asked == []
        await blocking.allow(here, HostOrder(host="one.test"))
        await at.relay_says("Announce", second["id"])
        assert await at.made.titles(HERE) == ["<p>2</p>"]
        await blocking.disallow(here, HostOrder(host=RELAY))
        assert await at.states() == [("left", False)]


@pytest.mark.parametrize("style", STYLES)
async def test_shutting_a_relays_host_out_ends_the_subscription_in_silence(style: str) -> None:
    async with scene(style) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        heard = len(at.relay.heard)
        await blocking.block_host(at.made[HERE], HostOrder(host=RELAY))
        assert await at.states() == [("left", False)]
        note = shown(one, a_note_of(one.person("author", 1), 1))
        assert await at.relay_says("Announce", note["id"]) == 403
        await at.made.publish(at.agora, a_note("one"))
        await at.settle()
        assert at.relay.heard[heard:] == []
        await blocking.unblock_host(at.made[HERE], HostOrder(host=RELAY))
        assert await at.relay_says("Announce", note["id"]) == 202
        assert one.asked == []


async def test_what_a_relay_brought_before_it_was_left_is_not_fetched_after() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        note = shown(one, a_note_of(one.person("author", 1), 1))
        told = at.relay.say("Announce", note["id"])
        await deliver(at.made, HERE, at.relay.actor.key, told)
        await desk.remove(at.made[HERE], AddressOrder(address=at.relay.address))
        await at.settle()
        assert one.asked == []


async def test_a_relay_that_names_ten_thousand_posts_gets_few_of_them_looked_at() -> None:
    settings = "[inbox]\nrelayed_per_hour = 30\n"
    async with scene(LITEPUB, settings) as at:
        await at.subscribe(HERE)
        answers = set()
        for number in range(200):
            told = at.relay.say("Announce", f"https://one.test/notes/{number}")
            answers.add((await deliver(at.made, HERE, at.relay.actor.key, told)).status)
        counted = await at.made.rows(HERE)
        assert answers == {202}
        assert counted["chore"] == 10
        assert counted["inbox_activity"] < 5


async def test_however_many_relays_bring_no_more_waits_than_may() -> None:
    async with scene(LITEPUB) as at:
        await at.subscribe(HERE)

        def work(unit: Unit) -> int:
            added = [
                chores.add_if_few(unit, chores.RELAYED, f"1 https://one.test/{each}", WAITING_MAX)
                for each in range(WAITING_MAX + 5)
            ]
            return sum(added)

        assert await at.made[HERE].change(work) == WAITING_MAX


async def test_other_chores_are_done_before_what_relays_brought() -> None:
    async with scene() as at:

        def work(unit: Unit) -> list[str]:
            for number in range(20):
                chores.add(unit, chores.RELAYED, f"1 https://one.test/{number}")
            chores.add(unit, chores.ANCESTOR, "https://one.test/parent")
            claimed = chores.claim(unit, 3, timedelta(minutes=1))
            return [each.kind for each in claimed]

        assert (await at.made[HERE].change(work))[0] == chores.ANCESTOR


async def test_origins_that_let_us_wait_are_waited_for_side_by_side() -> None:
    async with scene() as at, stranger(at.made, "eve.test") as there:
        eve = there.person("eve", 1)
        named = [shown(there, a_note_of(eve, number))["id"] for number in range(8)]

        def work(unit: Unit) -> None:
            for uri in named:
                chores.add(unit, chores.LOOK, uri)

        await at.made[HERE].change(work)
        there.hold_pages = asyncio.Event()
        doing = asyncio.create_task(do_chores(at.made[HERE]))
        async with asyncio.timeout(15):
            while len(there.asked) < len(named):
                await asyncio.sleep(0)
        there.hold_pages.set()
        assert await doing == len(named)


async def test_an_origin_that_does_not_answer_is_asked_once() -> None:
    async with scene(LITEPUB) as at:
        await at.subscribe(HERE)
        await at.relay_says("Announce", "https://nowhere.test/notes/1")
        assert (await at.made.rows(HERE))["chore"] == 0


async def test_a_relay_is_known_by_its_own_name_and_nobody_elses() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "eve.test") as there:
        await at.subscribe(HERE)
        eve = there.person("eve", 1)
        note = shown(there, a_note_of(eve, 1))
        told = {**at.relay.say("Announce", note["id"])}
        heard = await deliver(at.made, HERE, eve.key, told)
        await at.settle()
        assert heard.status == 401
        assert there.asked.count("/eve/notes/1") == 0


async def test_what_a_relay_brought_is_forgotten_in_time_and_the_relay_stays() -> None:
    async with scene(LITEPUB) as at, stranger(at.made, "one.test") as one:
        await at.subscribe(HERE)
        note = shown(one, a_note_of(one.person("author", 1), 1))
        await at.relay_says("Announce", note["id"])
        assert (await at.made.rows(HERE))["relayed"] == 1
        at.made.clock.advance(days=100)
        await forget(at.made[HERE])
        assert (await at.made.rows(HERE))["relayed"] == 0
        assert await at.made.titles(HERE) == []
        assert await at.states() == [("accepted", True)]
