"""S35, S40, S110: who is shut out is out on every path, and a name at one host for somebody at another needs both."""

import pytest

from actors import blocks, refresh
from actors.model import Actor
from fedi.errors import Forbidden, RemoteError, RemoteMalformed
from tests.harness.world import World, world
from tests.hostile.stranger import Stranger, a_note_of, deliver, say, stranger

HERE = "agora.test"


async def shut(made: World, target: str, kind: str = blocks.HOST) -> None:
    await made[HERE].change(lambda unit: blocks.add(unit, blocks.INSTANCE, target, kind))


async def follow(made: World, us: Actor, uri: str) -> None:
    await made.follow(us, await refresh.fetch_actor(made[HERE], uri))


async def test_nobody_on_a_host_shut_out_is_looked_up_by_address() -> None:
    async with world(HERE) as made, stranger(made, "bad.test") as bad:
        person = bad.person("eve")
        await shut(made, "bad.test")
        with pytest.raises(Forbidden):
            await refresh.find_or_fetch_by_handle(made[HERE], person.uri)
        assert bad.asked == []


async def test_a_look_up_that_is_led_to_a_host_shut_out_brings_nobody() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "bad.test") as bad,
        stranger(made, "mars.test") as mars,
    ):
        person = bad.person("eve")
        await shut(made, "bad.test")
        mars.redirect(mars.url("/door"), person.uri)
        with pytest.raises((Forbidden, RemoteError)):
            await refresh.find_or_fetch_by_handle(made[HERE], mars.url("/door"))
        rows = await made[HERE].look(
            lambda rx: rx.all("SELECT 1 FROM actor WHERE host = 'bad.test'")
        )
        assert rows == []


async def words_of_the_shut_out(made: World, bad: Stranger, us: Actor) -> str:
    """A public note of somebody who is then shut out; its address."""
    eve = bad.person("eve", 3)
    note = a_note_of(eve, 1, "<p>poison</p>", inReplyTo=us.uri)
    bad.show(note["id"], {"@context": "https://www.w3.org/ns/activitystreams"} | note)
    return str(note["id"])


@pytest.mark.parametrize("kind", [blocks.HOST, blocks.ACTOR])
@pytest.mark.parametrize(
    "road", ["announce", "create by address", "update", "answered by a friend", "direct"]
)
async def test_no_road_brings_the_words_of_who_is_shut_out(road: str, kind: str) -> None:
    async with (
        world(HERE) as made,
        stranger(made, "bad.test") as bad,
        stranger(made, "mars.test") as mars,
    ):
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await follow(made, us, ali.uri)
        await deliver(
            made, HERE, ali.key, say(ali, "Accept", await _sent_follow(made), to=[us.uri])
        )
        await made.settle()
        uri = await words_of_the_shut_out(made, bad, us)
        eve = bad.person("eve", 3)
        if kind == blocks.ACTOR:
            await refresh.fetch_actor(made[HERE], eve.uri)
        await shut(made, "bad.test" if kind == blocks.HOST else eve.uri, kind)
        activities = {
            "announce": say(ali, "Announce", uri),
            "create by address": say(ali, "Create", uri),
            "update": say(ali, "Update", a_note_of(eve, 1, cc=[us.uri])),
            "answered by a friend": say(ali, "Create", a_note_of(ali, 2, inReplyTo=uri)),
        }
        if road == "direct":
            note = a_note_of(eve, 1, cc=[us.uri])
            heard = await deliver(made, HERE, eve.key, say(eve, "Create", note, cc=[us.uri]))
            assert heard.status in {401, 403}
        else:
            await deliver(made, HERE, ali.key, activities[road])
        await made.settle()
        assert await made.find(HERE, uri) is None


async def _sent_follow(made: World) -> str:
    row = await made[HERE].look(lambda rx: rx.one("SELECT activity_uri FROM follow"))
    assert row is not None
    return str(row[0])


def webfinger(there: Stranger, handle: str, uri: str) -> None:
    """What this host says whom a name belongs to."""
    document = {
        "subject": f"acct:{handle}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": uri}],
    }
    there.show(there.url("/.well-known/webfinger"), document, "application/jrd+json")


async def test_a_host_cannot_give_its_name_to_an_actor_elsewhere_that_does_not_bear_it() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "trusted.test") as trusted,
        stranger(made, "names.test") as names,
    ):
        person = trusted.person("ali")
        webfinger(names, "ali@names.test", person.uri)
        webfinger(trusted, "ali@trusted.test", person.uri)
        with pytest.raises(RemoteMalformed):
            await refresh.find_or_fetch_by_handle(made[HERE], "@ali@names.test")


async def test_a_name_at_another_host_holds_when_both_say_so() -> None:
    async with (
        world(HERE) as made,
        stranger(made, "social.names.test") as social,
        stranger(made, "names.test") as names,
    ):
        person = social.person("ali")
        webfinger(names, "ali@names.test", person.uri)
        webfinger(social, "ali@names.test", person.uri)
        found = await refresh.find_or_fetch_by_handle(made[HERE], "@ali@names.test")
        assert found.uri == person.uri
