"""S35: a handle is shown and found once the actor's host and the host in the handle both say so; until then, the address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from actors import handles, journal, refresh, store
from actors.model import Actor
from fedi.desk.relations import ListOrder, RelationOrder, list_people
from fedi.desk.relations import follow as follow_them
from fedi.desk.speaker import find_or_fetch, load_known
from fedi.errors import NotFound, RemoteError
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, say, stranger
from tests.security.asking import PAGE, ask

HERE = "agora.test"
FINGER = "/.well-known/webfinger"


def names(there: Stranger, handle: str, uri: str, **more: Any) -> None:
    """What this host says whom a name belongs to, whatever name it is asked for."""
    document = {
        "subject": f"acct:{handle}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": uri}],
    }
    there.show(there.url(FINGER), document | more, "application/jrd+json")


@asynccontextmanager
async def scene(*hosts: str) -> AsyncIterator[tuple[World, Actor, list[Stranger]]]:
    async with world(HERE) as made:
        us = await made.collective(HERE, "agora")
        there = []
        for host in hosts:
            there.append(await made._stack.enter_async_context(stranger(made, host)))
        yield made, us, there


async def known(made: World, uri: str) -> Actor:
    return await made[HERE].look(lambda rx: store.load(rx, uri))


async def follows_us(made: World, us: Actor, person: Person) -> None:
    heard = await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
    assert heard.status == 202
    await made.settle()


async def test_a_follower_goes_by_their_address_until_their_host_confirms_the_name() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        await follows_us(made, us, ali)
        assert (await known(made, ali.uri)).handle == ali.uri
        names(mars, "Ali@mars.test", ali.uri)
        made.clock.advance(days=1, minutes=1)
        await handles.sweep(made[HERE])
        await made.settle()
        assert (await known(made, ali.uri)).handle == "@ali@mars.test"
        found = await made[HERE].look(lambda rx: load_known(rx, made[HERE].urls, "@ALI@mars.test"))
        assert found.uri == ali.uri


async def test_a_host_with_webfinger_is_asked_once_and_before_anybody_looks() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        names(mars, "ali@mars.test", ali.uri)
        await follows_us(made, us, ali)
        assert (await known(made, ali.uri)).handle == "@ali@mars.test"
        for number in range(3):
            note = a_note_of(ali, number, cc=[us.uri])
            await deliver(made, HERE, ali.key, say(ali, "Create", note, number, cc=[us.uri]))
            await made.settle()
        assert mars.asked.count(FINGER) == 1


@pytest.mark.parametrize(
    ("own", "other"),
    [
        # the actor's host says another name, at a host that says it is somebody else's, or nobody's
        ("boss@bank.test", ("boss@bank.test", "https://bank.test/boss")),
        ("boss@bank.test", None),
        # the host of the name confirms a third one
        ("boss@bank.test", ("other@bank.test", "https://mars.test/ali")),
        # a name of this instance
        ("agora@agora.test", None),
        # no name at all
        ("@", None),
        ("a b@mars.test", None),
        ("a/b@mars.test", None),
        ("\u202eila@mars.test", None),
    ],
)
async def test_a_name_that_only_one_host_gives_is_not_shown(
    own: str, other: tuple[str, str] | None
) -> None:
    async with scene("mars.test", "bank.test") as (made, us, [mars, bank]):
        ali = mars.person("ali")
        names(mars, own, ali.uri)
        if other:
            names(bank, *other)
        await follows_us(made, us, ali)
        assert (await known(made, ali.uri)).handle == ali.uri
        name, _, host = own.partition("@")
        found = await made[HERE].look(lambda rx: store.find_by_handle(rx, name, host))
        assert found is None or found.is_local


async def test_the_own_host_pointing_elsewhere_confirms_nothing() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        for links in ([], None, "x", [{"rel": "self", "type": "text/html", "href": ali.uri}], [3]):
            names(mars, "ali@mars.test", ali.uri, links=links)
            await follows_us(made, us, ali)
            assert (await known(made, ali.uri)).handle == ali.uri
            made.clock.advance(days=40)
            await handles.sweep(made[HERE])
        names(mars, "ali@mars.test", mars.url("/eve"))
        await made.settle()
        assert (await known(made, ali.uri)).handle == ali.uri


async def test_a_split_domain_holds_when_both_hosts_say_so() -> None:
    async with scene("social.names.test", "names.test") as (made, us, [social, apex]):
        ali = social.person("ali")
        names(social, "ali@names.test", ali.uri)
        names(apex, "ali@names.test", ali.uri)
        await follows_us(made, us, ali)
        assert (await known(made, ali.uri)).handle == "@ali@names.test"
        # typed with the host of the id it leads to the same, as with Mastodon
        for typed in ("@ali@names.test", "@ali@social.names.test"):
            assert (await find_or_fetch(made[HERE], typed)).uri == ali.uri


async def test_who_is_typed_and_not_confirmed_is_asked_for_first() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        await follows_us(made, us, ali)
        asked = mars.asked.count(FINGER)
        with pytest.raises(RemoteError):
            await find_or_fetch(made[HERE], "@ali@mars.test")
        names(mars, "ali@mars.test", ali.uri)
        assert (await find_or_fetch(made[HERE], "@ali@mars.test")).handle == "@ali@mars.test"
        assert mars.asked.count(FINGER) == asked + 2
        # and then it is known without asking
        assert (await find_or_fetch(made[HERE], "@ali@mars.test")).uri == ali.uri
        assert mars.asked.count(FINGER) == asked + 2


async def test_who_has_no_webfinger_is_read_and_followed_by_address() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        found = await follow_them(made[HERE], RelationOrder(who=ali.uri))
        await made.settle()
        assert (found.uri, found.handle) == (ali.uri, ali.uri)
        asked = [post for post in mars.posts if post.document["type"] == "Follow"]
        await deliver(made, HERE, ali.key, say(ali, "Accept", asked[0].document))
        await made.settle()
        note = a_note_of(ali, 1, "<p>Hello from nowhere</p>")
        await deliver(made, HERE, ali.key, say(ali, "Create", note))
        await made.settle()
        ana = await a_member(made, us)
        page = await ana.get("/house/agora/timeline")
        assert "Hello from nowhere" in page.text
        assert ali.uri in page.text
        assert "@ali@mars.test" not in page.text


async def everything_shown(made: World, us: Actor, ali: Person, browser: Browser) -> dict[str, str]:
    """Every place that names somebody: pages of the house, public pages, documents, what commands answer."""
    said = await made.publish(us, a_note("What do you think?"))
    note = a_note_of(ali, 1, "<p>We agree</p>", cc=[us.uri], inReplyTo=said.uri)
    await deliver(made, HERE, ali.key, say(ali, "Create", note, cc=[us.uri]))
    await made.settle()
    pages = ["", "/timeline", "/notices", "/neighbours", "/neighbours?list=followers", f"/actor?who={ali.uri}",
             f"/thread?which={said.uri}", f"/write?kind=note&reply_to={ali.uri}/notes/1"]  # fmt: skip
    shown = {path: (await browser.get(f"/house/agora{path}")).text for path in pages}
    for path in ("held", "hosts", f"about?target={ali.uri}"):
        shown[path] = (await browser.get(f"/steward/moderation/{path}")).text
    for address, accept in (
        (said.uri, PAGE),
        (said.uri, "application/activity+json"),
        (f"{said.uri}/replies", "application/activity+json"),
    ):
        shown[f"{accept} {address}"] = (await ask(made, address, accept)).body.decode()
    followers = await list_people(made[HERE], ListOrder())
    shown["list"] = repr(followers)
    return shown


async def test_no_place_shows_a_handle_that_nobody_confirmed() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        await follows_us(made, us, ali)
        ana = await a_member(made, us)
        shown = await everything_shown(made, us, ali, ana)
        assert [place for place, text in shown.items() if "@ali@mars.test" in text] == []
        assert sum(ali.uri in text for text in shown.values()) >= 5
        names(mars, "ali@mars.test", ali.uri)
        await find_or_fetch(made[HERE], "@ali@mars.test")
        shown = await everything_shown(made, us, ali, ana)
        assert sum("@ali@mars.test" in text for text in shown.values()) >= 5


async def test_a_change_of_name_is_confirmed_anew_and_shown() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        names(mars, "ali@mars.test", ali.uri)
        await follows_us(made, us, ali)
        mars.show(ali.uri, ali.document(preferredUsername="omar"))
        update = say(ali, "Update", ali.document(preferredUsername="omar"))
        await deliver(made, HERE, ali.key, update)
        await made.settle()
        # its host still says the old name: neither is shown as a handle
        now = await known(made, ali.uri)
        assert (now.handle, now.former_handle) == (ali.uri, "@ali@mars.test")
        names(mars, "omar@mars.test", ali.uri)
        made.clock.advance(days=2)
        await handles.sweep(made[HERE])
        await made.settle()
        now = await known(made, ali.uri)
        assert (now.handle, now.former_handle) == ("@omar@mars.test", "@ali@mars.test")
        with pytest.raises(NotFound):
            await made[HERE].look(lambda rx: load_known(rx, made[HERE].urls, "@ali@mars.test"))
        ana = await a_member(made, us)
        for path in (
            f"/house/agora/actor?who={ali.uri}",
            f"/steward/moderation/about?target={ali.uri}",
        ):
            page = await ana.get(path)
            assert "Formerly" in page.text
            assert "@ali@mars.test" in page.text
        noted = await made[HERE].look(lambda rx: journal.list_newest(rx, us.uri, 20))
        assert [each.about for each in noted if each.done == "journal.handle_changed"] == [ali.uri]


async def test_a_name_that_goes_to_somebody_else_is_no_longer_the_first_ones() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali, eve = mars.person("ali"), mars.person("eve", 1, preferredUsername="ali")
        names(mars, "ali@mars.test", ali.uri)
        await follows_us(made, us, ali)
        names(mars, "ali@mars.test", eve.uri)
        await follows_us(made, us, eve)
        first, second = await known(made, ali.uri), await known(made, eve.uri)
        assert (first.handle, first.former_handle) == (ali.uri, "@ali@mars.test")
        assert second.handle == "@ali@mars.test"
        assert (await find_or_fetch(made[HERE], "@ali@mars.test")).uri == eve.uri


async def test_a_refusal_is_remembered_and_asked_again_ever_more_seldom() -> None:
    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        await follows_us(made, us, ali)
        days = []
        for day in range(60):
            before = mars.asked.count(FINGER)
            await handles.sweep(made[HERE])
            await made.settle()
            if mars.asked.count(FINGER) > before:
                days.append(day)
            made.clock.advance(days=1, seconds=1)
        assert days == [1, 8, 38]


async def test_a_flood_of_strangers_causes_few_questions_and_none_on_the_way_in() -> None:
    settings = "[inbox]\nstrangers_per_hour = 10000\nnew_actors_per_host = 10000\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        for number in range(140):
            person = mars.person(f"p{number}", 0)
            note = a_note_of(person, 1, f"<p>Word {number} of many words</p>", cc=[us.uri])
            await deliver(made, HERE, person.key, say(person, "Create", note, cc=[us.uri]))
        assert mars.asked.count(FINGER) == 0
        await made.settle()
        assert mars.asked.count(FINGER) == 120


async def test_nobody_who_is_shut_out_is_asked() -> None:
    from actors import blocks

    async with scene("mars.test") as (made, _, [mars]):
        ali = mars.person("ali")
        await refresh.fetch_actor(made[HERE], ali.uri)
        await made[HERE].change(
            lambda unit: (
                store.want_handle(unit, ali.uri),
                blocks.add(unit, blocks.INSTANCE, "mars.test", blocks.HOST),
            )
        )
        await made.settle()
        assert FINGER not in mars.asked


async def test_what_is_typed_finds_only_confirmed_names_when_it_is_completed() -> None:
    from fedi.views.names import find_handles

    async with scene("mars.test") as (made, us, [mars]):
        ali = mars.person("ali")
        await follows_us(made, us, ali)
        assert await made[HERE].look(lambda rx: find_handles(rx, "al", 5)) == []
        names(mars, "ali@mars.test", ali.uri)
        await find_or_fetch(made[HERE], "@ali@mars.test")
        for typed in ("al", "ALI@m", "ali@mars.test"):
            found = await made[HERE].look(lambda rx, typed=typed: find_handles(rx, typed, 5))  # type: ignore[misc]
            assert [each.uri for each in found] == [ali.uri]
        found = await made[HERE].look(lambda rx: find_handles(rx, "ago", 5))
        assert [each.uri for each in found] == [us.uri]
