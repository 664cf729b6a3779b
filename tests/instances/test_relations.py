"""Who reads whom, decided by hand and taken back, between whole instances."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from actors import follows, refresh
from actors.model import Actor
from fedi.clock import iso
from fedi.db.engine import Reader
from fedi.desk import relations
from fedi.desk.relations import ListOrder, RelationOrder
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications import store
from fedi.publications.visibility import may_read_here
from outbox.actions.follow import follow
from tests.harness.world import FOLLOWERS, World, a_note, world
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, say, stranger


@asynccontextmanager
async def _asked() -> AsyncIterator[tuple[World, Actor, Actor]]:
    """A careful collective, and another one that asked to follow it."""
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora", approves_followers=True)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        yield made, agora, beirut


async def _standing(made: World, host: str, follower: Actor, followed: Actor) -> str | None:
    """How the relation stands as one side sees it."""
    found = await made[host].look(lambda rx: follows.find(rx, follower.uri, followed.uri))
    return found.state if found else None


async def _both(made: World, follower: Actor, followed: Actor) -> tuple[str | None, str | None]:
    """How it stands at the follower's and at the other's."""
    return (
        await _standing(made, follower.host, follower, followed),
        await _standing(made, followed.host, follower, followed),
    )


async def _approve(made: World, follower: Actor, followed: Actor) -> None:
    await relations.approve(made[followed.host], RelationOrder(who=follower.handle))
    await made.settle()


async def _reject(made: World, follower: Actor, followed: Actor) -> None:
    await relations.reject(made[followed.host], RelationOrder(who=follower.handle))
    await made.settle()


async def test_a_request_waits_in_the_list_until_somebody_decides() -> None:
    async with _asked() as (made, agora, beirut):
        listed = await relations.list_people(made["agora.test"], ListOrder(what="requests"))
        assert [each.uri for each in listed.people] == [beirut.uri]
        assert await _both(made, beirut, agora) == ("asked", "asked")


async def test_what_is_for_followers_comes_only_after_the_approval() -> None:
    async with _asked() as (made, agora, beirut):
        await made.publish(agora, a_note("before", visibility=FOLLOWERS))
        await made.settle()
        await _approve(made, beirut, agora)
        await made.publish(agora, a_note("after", visibility=FOLLOWERS))
        await made.settle()
        assert await made.titles("beirut.test") == ["<p>after</p>"]
        assert await _both(made, beirut, agora) == ("accepted", "accepted")


async def test_who_was_refused_reads_nothing_and_knows_it() -> None:
    async with _asked() as (made, agora, beirut):
        await _reject(made, beirut, agora)
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert await made.titles("beirut.test") == []
        assert await _both(made, beirut, agora) == ("refused", "refused")


async def test_after_a_refusal_one_can_ask_again_and_be_let_in() -> None:
    async with _asked() as (made, agora, beirut):
        await _reject(made, beirut, agora)
        await made.follow(beirut, agora)
        assert await _both(made, beirut, agora) == ("asked", "asked")
        await _approve(made, beirut, agora)
        assert await _both(made, beirut, agora) == ("accepted", "accepted")


async def test_a_refusal_after_an_approval_ends_the_reading() -> None:
    async with _asked() as (made, agora, beirut):
        await _approve(made, beirut, agora)
        await _reject(made, beirut, agora)
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert await made.followers(agora) == []
        assert await made.titles("beirut.test") == []
        assert await _both(made, beirut, agora) == ("refused", "refused")


async def test_who_unfollows_is_gone_from_both_sides_and_hears_no_more() -> None:
    async with _asked() as (made, agora, beirut):
        await _approve(made, beirut, agora)
        await relations.unfollow(made["beirut.test"], RelationOrder(who=agora.handle))
        await made.settle()
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert await _both(made, beirut, agora) == (None, None)
        assert await made.titles("beirut.test") == []


async def test_a_request_taken_back_can_no_longer_be_approved() -> None:
    async with _asked() as (made, agora, beirut):
        await relations.unfollow(made["beirut.test"], RelationOrder(who=agora.handle))
        await made.settle()
        with pytest.raises(NotFound):
            await relations.approve(made["agora.test"], RelationOrder(who=beirut.handle))


async def test_a_follow_that_is_repeated_is_answered_again_by_its_new_name() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        eve = there.person("eve")
        for number in (1, 2):
            await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri, number))
            await made.settle()
        answers = [post.document for post in there.posts]
        assert [each["type"] for each in answers] == ["Accept", "Accept"]
        assert [each["object"]["id"].rpartition("-")[2] for each in answers] == ["1", "2"]
        assert await made.followers(agora) == [eve.uri]


async def test_a_repeated_request_is_decided_once_and_the_answer_names_the_latest() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora", approves_followers=True)
        eve = there.person("eve")
        for number in (1, 2):
            await deliver(made, "agora.test", eve.key, say(eve, "Follow", agora.uri, number))
            await made.settle()
        assert there.posts == []
        await relations.approve(made["agora.test"], RelationOrder(who=eve.uri))
        await made.settle()
        (answer,) = [post.document for post in there.posts]
        assert answer["object"]["id"].endswith("follow-2")


async def test_nobody_else_can_accept_in_the_name_of_whom_we_asked() -> None:
    async with world("agora.test") as made, stranger(made, "there.test") as there:
        agora = await made.collective("agora.test", "agora")
        asked, eve = there.person("asked"), there.person("eve", 1)
        here = made["agora.test"]
        known = await refresh.find_or_fetch_actor(here, asked.uri)
        await here.change(lambda unit: follow(unit, agora, known))
        await made.settle()
        told = there.posts[0].document
        await deliver(made, "agora.test", eve.key, say(eve, "Accept", told, to=[agora.uri]))
        await made.settle()
        assert await _standing(made, "agora.test", agora, known) == "asked"


# ——— words for followers that overtake the answer to our wish to follow ———


@dataclass(slots=True)
class Overtaken:
    """An instance with two collectives, and Ali elsewhere, who decides about followers by hand."""

    made: World
    mars: Stranger
    ali: Person
    collectives: dict[str, Actor]
    number: int = 0

    @property
    def here(self) -> Instance:
        return self.made["agora.test"]

    async def ask(self, name: str) -> None:
        known = await refresh.find_or_fetch_actor(self.here, self.ali.uri)
        await self.here.change(lambda unit: follow(unit, self.collectives[name], known))
        await self.made.settle()
        self.made.clock.advance(seconds=5)

    async def hear(self, verb: str, subject: object) -> None:
        self.number += 1
        activity = say(self.ali, verb, subject, f"{verb}{self.number}")
        if verb != "Delete":
            activity |= {"to": [self.ali.followers], "cc": []}
        heard = await deliver(self.made, "agora.test", self.ali.key, activity)
        assert heard.status == 202
        await self.made.settle()
        self.made.clock.advance(seconds=5)

    async def answer(self, name: str, verb: str = "Accept") -> None:
        uri = self.collectives[name].uri
        asked = [
            post.document
            for post in self.mars.posts
            if post.document["type"] == "Follow" and post.document["actor"] == uri
        ]
        await self.hear(verb, asked[-1])

    async def say(self, number: int) -> str:
        words = a_note_of(
            self.ali, number, to=[self.ali.followers], cc=[], published=iso(self.made.clock.now())
        )
        await self.hear("Create", words)
        return str(words["id"])

    async def who(self, uri: str) -> dict[str, int]:
        """Before whom the words were put, how often; nobody of those who may not read them."""

        def look(rx: Reader) -> dict[str, int]:
            said = store.find(rx, uri)
            found = {}
            for name, actor in self.collectives.items():
                rows = rx.all(
                    "SELECT 1 FROM timeline_entry t JOIN publication p ON p.id = t.publication_id "
                    "WHERE t.actor_uri = ? AND p.uri = ?",
                    actor.uri,
                    uri,
                )
                assert not rows or (said is not None and may_read_here(rx, actor, said))
                if rows:
                    found[name] = len(rows)
            return found

        return await self.here.look(look)


@asynccontextmanager
async def overtaken() -> AsyncIterator[Overtaken]:
    async with world("agora.test") as made, stranger(made, "mars.test") as mars:
        collectives = {
            name: await made.collective("agora.test", name) for name in ("agora", "beit")
        }
        yield Overtaken(made, mars, mars.person("ali"), collectives)


async def test_words_that_overtake_the_answer_are_shown_once_it_came_to_whoever_had_asked() -> None:
    async with overtaken() as scene:
        await scene.ask("agora")
        first = await scene.say(1)
        assert await scene.who(first) == {}
        # nothing is stored that anybody could come across
        assert await scene.made.find("agora.test", first) is None
        await scene.ask("beit")
        second = await scene.say(2)
        await scene.answer("beit")
        # Beit asked after the first words; whoever has no answer is shown none
        assert (await scene.who(first), await scene.who(second)) == ({}, {"beit": 1})
        await scene.answer("agora")
        assert await scene.who(first) == {"agora": 1}


async def test_nobody_is_shown_words_from_before_they_asked_again() -> None:
    async with overtaken() as scene:
        await scene.ask("agora")
        await scene.answer("agora", "Reject")
        await scene.ask("beit")
        said = await scene.say(1)
        await scene.ask("agora")
        await scene.answer("agora")
        assert await scene.who(said) == {}
        await scene.answer("beit")
        assert await scene.who(said) == {"beit": 1}


@pytest.mark.parametrize("why", ["refused", "taken back", "late"])
async def test_words_are_forgotten_when_the_answer_is_no_or_does_not_come(why: str) -> None:
    async with overtaken() as scene:
        await scene.ask("agora")
        said = await scene.say(1)
        if why == "refused":
            await scene.answer("agora", "Reject")
        elif why == "taken back":
            order = RelationOrder(who=scene.ali.uri, actor="agora")
            await relations.unfollow(scene.here, order)
        for _ in range(3):
            scene.made.clock.advance(hours=25)
            await scene.made.settle()
        waiting = await scene.here.look(
            lambda rx: rx.all("SELECT 1 FROM inbox_activity WHERE state = 'waiting'")
        )
        assert waiting == []
        if why == "refused":
            await scene.ask("agora")
        if why != "taken back":
            await scene.answer("agora")
        assert await scene.who(said) == {}


async def test_words_that_are_withdrawn_while_they_wait_stay_away() -> None:
    async with overtaken() as scene:
        await scene.ask("agora")
        said = await scene.say(1)
        await scene.hear("Delete", {"id": said, "type": "Tombstone"})
        await scene.answer("agora")
        assert await scene.who(said) == {}
        assert await scene.made.find("agora.test", said) is None


async def test_who_is_only_asked_fills_no_inbox() -> None:
    async with overtaken() as scene:
        await scene.ask("agora")
        said = [await scene.say(number) for number in range(23)]
        await scene.answer("agora")
        shown = [uri for uri in said if await scene.who(uri)]
        assert shown == said[:20]
