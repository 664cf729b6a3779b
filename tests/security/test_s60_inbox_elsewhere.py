"""S60: an inbox on another host is used where a steward listed the pair, and nowhere else; nobody aims at a bystander."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from actors.documents import parse_actor
from actors.model import Actor
from fedi.config import load_config, parse_config
from fedi.desk.blocking import HostOrder, block_host
from fedi.desk.deliveries import WhichOrder, show
from fedi.doctor.inspect import InspectOrder, inspect
from fedi.errors import Invalid, SetupError
from fedi.publications.model import Publication
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Person, Stranger, deliver, say, stranger

HERE, ACTORS, POST = "agora.test", "actors.test", "post.test"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
LISTED = f'[delivery]\ninbox_elsewhere = ["{ACTORS} {POST}"]'


def at_two_hosts(here: Stranger, name: str = "ali", inbox: str = f"https://{POST}/box") -> Person:
    return here.person(name, inbox=inbox, endpoints={})


async def follows(made: World, person: Person, us: Actor) -> int:
    heard = await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
    await made.settle()
    return heard.status


def kinds(there: Stranger) -> list[str]:
    return [post.document["type"] for post in there.posts]


async def stories(made: World, note: Publication) -> list[tuple[str, str, str]]:
    found = await show(made[HERE], WhichOrder(which=note.uri))
    return [(each.host, each.state, each.cause) for each in found.deliveries]


async def test_a_listed_pair_is_written_to() -> None:
    async with (
        world() as made,
        stranger(made, ACTORS) as actors,
        stranger(made, POST) as post,
    ):
        await made.start(HERE, LISTED)
        us = await made.collective(HERE, "agora")
        assert await follows(made, at_two_hosts(actors), us) == 202
        await made.publish(us, a_note("words"))
        await made.settle()
        assert (kinds(actors), kinds(post)) == ([], ["Accept", "Create"])
        seen = await inspect(made[HERE], InspectOrder(address=f"https://{ACTORS}/ali"))
        assert "inspect.inbox.listed" in {each.key for each in seen.findings}


async def test_a_pair_that_is_not_listed_gets_nothing_and_inspecting_says_why() -> None:
    async with (
        world() as made,
        stranger(made, ACTORS) as actors,
        stranger(made, POST) as post,
    ):
        await made.start(HERE, f'[delivery]\ninbox_elsewhere = ["{POST} {ACTORS}"]')
        us = await made.collective(HERE, "agora")
        ali = at_two_hosts(actors)
        assert await follows(made, ali, us) == 401
        await made.publish(us, a_note("words"))
        await made.settle()
        assert (kinds(actors), kinds(post)) == ([], [])
        seen = await inspect(made[HERE], InspectOrder(address=ali.uri))
        assert "inspect.inbox.elsewhere" in {each.key for each in seen.findings}


async def test_a_pair_that_is_no_longer_listed_gets_nothing_and_the_ledger_says_why() -> None:
    async with (
        world() as made,
        stranger(made, ACTORS) as actors,
        stranger(made, POST) as post,
    ):
        await made.start(HERE, LISTED)
        us = await made.collective(HERE, "agora")
        await follows(made, at_two_hosts(actors), us)
        config, folder = made[HERE].config, made.sites[HERE].folder
        await made.stop(HERE)
        no_pairs = replace(config.delivery, inbox_elsewhere=())
        await made.open(HERE, replace(config, delivery=no_pairs), folder)
        post.posts.clear()
        note = await made.publish(us, a_note("words"))
        await made.settle()
        assert post.posts == []
        assert await stories(made, note) == [(ACTORS, "refused", "inbox_elsewhere")]


async def test_a_host_that_is_shut_out_gets_nothing_by_way_of_a_pair() -> None:
    async with (
        world() as made,
        stranger(made, ACTORS) as actors,
        stranger(made, POST) as post,
    ):
        await made.start(HERE, LISTED)
        us = await made.collective(HERE, "agora")
        await follows(made, at_two_hosts(actors), us)
        post.posts.clear()
        await block_host(made[HERE], HostOrder(host=POST))
        await made.publish(us, a_note("words"))
        await made.settle()
        assert post.posts == []


async def test_who_may_name_an_inbox_elsewhere_takes_no_letters_from_those_who_live_there() -> None:
    async with (
        world() as made,
        stranger(made, ACTORS) as actors,
        stranger(made, POST) as post,
    ):
        await made.start(HERE, LISTED)
        us = await made.collective(HERE, "agora")
        resident = post.person("noor")
        await follows(made, resident, us)
        # the same inbox as hers, and a host of its own that is down and never hears anything
        await follows(made, at_two_hosts(actors, inbox=f"https://{POST}/inbox"), us)
        note = await made.publish(us, a_note("words"))
        await made.settle()
        assert [host for host, _, _ in await stories(made, note)] == [POST]


@pytest.mark.parametrize(
    "inbox",
    [
        "http://inbox.example/box",
        "https://other.example/box",
        "https://inbox.example:8443/box",
        "https://x.inbox.example/box",
        "https://inbox.example.evil.example/box",
        "https://inbox.example@evil.example/box",
        "https://INBOX.example/box",
    ],
)
def test_a_pair_is_two_whole_hosts_and_no_less_safe_way(inbox: str) -> None:
    pairs = {("actors.example", "inbox.example")}
    document = {
        "id": "https://actors.example/ali",
        "type": "Person",
        "preferredUsername": "ali",
        "inbox": inbox,
    }
    with pytest.raises(Invalid, match=r"actor\.inbox"):
        parse_actor(document, now=NOW, elsewhere=pairs)
    good = document | {"inbox": "https://inbox.example/box"}
    assert parse_actor(good, now=NOW, elsewhere=pairs)[0].inbox == good["inbox"]


@pytest.mark.parametrize("pair", ["one.example", "a.example b.example c.example", "A.example b.example", "a b/", "a a", "https://a b"])  # fmt: skip
def test_a_pair_that_is_none_stops_the_start_with_a_sentence(pair: str) -> None:
    with pytest.raises(SetupError, match="inbox_elsewhere"):
        parse_config(f'[delivery]\ninbox_elsewhere = ["{pair}"]', {})


def test_pairs_may_come_from_the_environment() -> None:
    found = load_config(
        None, {"FEDI_DELIVERY_INBOX_ELSEWHERE": "a.example b.example, c.example d.example:8443"}
    )
    assert found.delivery.inbox_pairs == {
        ("a.example", "b.example"),
        ("c.example", "d.example:8443"),
    }
