"""Who is heard, who is shown, who may read: limits, allowed hosts, audiences and named lists, between instances."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import product

import pytest

from actors import blocks, circles, follows, notifications
from actors.model import Actor
from fedi.desk import blocking
from fedi.desk import circles as circle_desk
from fedi.desk.blocking import ActorOrder, HostOrder, ListOrder
from fedi.desk.circles import MembersOrder, NameOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Unfit
from fedi.desk.publishing import delete, edit, publish
from fedi.desk.relations import RelationOrder, approve, reject
from fedi.desk.wishes import DeleteOrder, EditOrder, Published, PublishOrder, Words
from fedi.errors import Conflict, Invalid, NotFound
from fedi.instance import Instance
from fedi.publications import timeline
from fedi.publications.model import Publication
from fedi.signatures.cavage import sign_cavage
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from outbox import store as outbox_store
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import (
    AS2,
    Document,
    Heard,
    Person,
    Stranger,
    a_note_of,
    deliver,
    say,
    send_raw,
    stranger,
)

HERE = "agora.test"
THERE = "sub.there.test"
CLOSED = '[instance]\nposture = "closed"\n'
SECRET = "marrow-lantern"
CIRCLE = "دائرة-الثقة"


async def _get(
    made: World,
    path: str,
    reader: Person | None = None,
    accept: str = "text/html",
    host: str = HERE,
) -> Heard:
    """What a reader is told, who signs or does not."""
    headers = {"host": host, "accept": accept}
    if reader is not None:
        signed = sign_cavage("GET", f"https://{host}{path}", None, reader.key, made.clock.now())
        headers |= {name.lower(): value for name, value in signed.items()}
    return await send_raw(made, host, path, list(headers.items()), b"", "GET")


def _path(uri: str) -> str:
    return "/" + uri.split("/", 3)[3]


# ——— limits ———


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two collectives of one instance, and eve elsewhere: `fans` follows her, `agora` does not."""

    made: World
    here: Instance
    there: Stranger
    agora: Actor
    fans: Actor
    eve: Person
    asked: Publication

    async def hear(self, kind: str, subject: object, number: object = 1, **members: object) -> None:
        heard = await deliver(
            self.made, HERE, self.eve.key, say(self.eve, kind, subject, number, **members)
        )
        assert heard.status == 202
        await self.made.settle()

    async def says(self, words: str, number: int = 1, **members: object) -> Document:
        note = a_note_of(self.eve, number, f"<p>{words}</p>", **members)
        self.there.show(note["id"], note)
        await self.hear("Create", note, number)
        return note

    async def told(self, actor: Actor) -> list[str]:
        listed = await self.here.look(lambda rx: notifications.list_newest(rx, actor.uri))
        return [each.kind for each in listed if each.from_uri == self.eve.uri]

    async def timeline(self, actor: Actor) -> list[str]:
        listed = await self.here.look(lambda rx: timeline.list_entries(rx, actor.uri, 50))
        return [
            each.publication_uri for each in listed if each.publication_uri.startswith(self.eve.uri)
        ]

    async def limit(self) -> None:
        await blocking.limit_host(self.here, HostOrder(host="there.test"))


@pytest.fixture
async def near() -> AsyncIterator[Neighbours]:
    """Before anybody is limited."""
    async with world(HERE) as made, stranger(made, THERE) as there:
        agora = await made.collective(HERE, "agora")
        fans = await made.collective(HERE, "fans")
        eve = there.person("eve")
        known = await _known(made, eve.uri)
        await made.follow(fans, known)
        await deliver(made, HERE, eve.key, say(eve, "Accept", await _follow_uri(made, fans, known)))
        await made.settle()
        asked = await made.publish(agora, a_note("Who comes? #neighbours"))
        yield Neighbours(made, made[HERE], there, agora, fans, eve, asked)


async def _known(made: World, uri: str) -> Actor:
    from actors import refresh

    return await refresh.find_or_fetch_actor(made[HERE], uri)


async def _follow_uri(made: World, follower: Actor, followed: Actor) -> str:
    found = await made[HERE].look(lambda rx: follows.find(rx, follower.uri, followed.uri))
    assert found is not None
    return found.activity_uri


async def _stop_following(near: Neighbours) -> None:
    await near.here.change(lambda unit: follows.remove(unit, near.fans.uri, near.eve.uri))


Road = Callable[[Neighbours], Awaitable[str]]


async def _thread_page(near: Neighbours) -> str:
    return (await _get(near.made, _path(near.asked.uri))).body.decode()


async def _replies_collection(near: Neighbours) -> str:
    return (await _get(near.made, _path(near.asked.uri) + "/replies", accept=AS2)).body.decode()


async def _context_collection(near: Neighbours) -> str:
    return (await _get(near.made, _path(near.asked.uri) + "/context", accept=AS2)).body.decode()


async def _hashtag_page(near: Neighbours) -> str:
    return (await _get(near.made, "/tag/neighbours")).body.decode()


async def _first_page(near: Neighbours) -> str:
    return (await _get(near.made, "/")).body.decode()


async def _feed(near: Neighbours) -> str:
    return (await _get(near.made, "/feed.atom")).body.decode()


async def _timeline_of_those_who_do_not_follow(near: Neighbours) -> str:
    return " ".join(await near.timeline(near.agora))


async def _speak_everywhere(near: Neighbours) -> None:
    """A reply, a post with a hashtag and an event, each in words that can be found again."""
    answered = {"inReplyTo": near.asked.uri, "context": near.asked.context}
    await near.says("lantern answer", 1, **answered, to=[PUBLIC], cc=[near.agora.uri])
    tag = {"type": "Hashtag", "name": "#neighbours", "href": f"{near.there.url('/tag')}"}
    await near.says("lantern tagged", 2, tag=[tag])
    event = a_note_of(near.eve, 3, "<p>lantern event</p>", type="Event", name="lantern event",
                      startTime="2030-01-01T10:00:00Z", endTime="2030-01-01T12:00:00Z")  # fmt: skip
    await near.hear("Create", event, 3)


ROADS: list[Road] = [
    _thread_page, _replies_collection, _context_collection, _hashtag_page, _first_page, _feed,
    _timeline_of_those_who_do_not_follow,
]  # fmt: skip
SHOWING: list[Road] = [
    _thread_page, _replies_collection, _context_collection, _hashtag_page, _first_page,
    _timeline_of_those_who_do_not_follow,
]  # fmt: skip


def _shows(near: Neighbours, found: str) -> bool:
    return "lantern" in found or near.eve.uri in found


@pytest.mark.parametrize("road", ROADS)
async def test_a_limited_author_is_on_no_road_that_strangers_take(
    near: Neighbours, road: Road
) -> None:
    await near.limit()
    await _speak_everywhere(near)
    assert not _shows(near, await road(near))


@pytest.mark.parametrize("road", SHOWING)
async def test_roads_show_an_author_until_it_is_limited(near: Neighbours, road: Road) -> None:
    await _speak_everywhere(near)
    before = _shows(near, await road(near))
    await near.limit()
    # what collectives have in front of them already stays there
    is_kept = road is _timeline_of_those_who_do_not_follow
    assert (before, _shows(near, await road(near))) == (True, is_kept)


async def test_a_limited_author_still_reaches_those_who_follow(near: Neighbours) -> None:
    await near.limit()
    note = await near.says("words")
    assert await near.timeline(near.fans) == [note["id"]]


async def test_a_limited_author_that_nobody_follows_is_held(near: Neighbours) -> None:
    await _stop_following(near)
    await near.limit()
    note = await near.says("words", inReplyTo=near.asked.uri, cc=[near.agora.uri])
    held = await near.here.look(
        lambda rx: rx.one("SELECT is_held FROM publication WHERE uri = ?", note["id"])
    )
    assert held == (1,)


@pytest.mark.parametrize("kind", ["Like", "Announce", "Follow", "Create"])
async def test_what_a_limited_stranger_does_tells_nobody(near: Neighbours, kind: str) -> None:
    await near.limit()
    if kind == "Create":
        await near.says("words", inReplyTo=near.asked.uri, cc=[near.agora.uri])
    else:
        await near.hear(kind, near.agora.uri if kind == "Follow" else near.asked.uri)
    assert await near.told(near.agora) == []


@pytest.mark.parametrize("kind", ["Like", "Announce", "Follow", "Create"])
async def test_what_a_stranger_does_who_is_not_limited_is_told(near: Neighbours, kind: str) -> None:
    if kind == "Create":
        await near.says("words", inReplyTo=near.asked.uri, cc=[near.agora.uri])
    else:
        await near.hear(kind, near.agora.uri if kind == "Follow" else near.asked.uri)
    assert await near.told(near.agora) != []


async def test_a_limited_stranger_who_asks_to_follow_waits_for_a_person(near: Neighbours) -> None:
    await near.limit()
    await near.hear("Follow", near.agora.uri)
    assert await near.made.followers(near.agora) == []
    await approve(near.here, RelationOrder(who=near.eve.uri, actor="agora"))
    assert await near.made.followers(near.agora) == [near.eve.uri]


async def test_whoever_follows_a_limited_author_is_told_of_being_named(near: Neighbours) -> None:
    await near.limit()
    await near.says("words", cc=[near.fans.uri])
    assert "mention" in await near.told(near.fans)


async def test_passing_on_does_not_carry_a_limited_author_to_others(near: Neighbours) -> None:
    mallory = near.there.person("mallory", key=1)
    friend = await _known(near.made, mallory.uri)
    await near.made.follow(near.agora, friend)
    uri = await _follow_uri(near.made, near.agora, friend)
    await deliver(near.made, HERE, mallory.key, say(mallory, "Accept", uri))
    await near.made.settle()
    await blocking.limit_actor(near.here, ActorOrder(who=near.eve.uri))
    note = await near.says("words")
    await deliver(near.made, HERE, mallory.key, say(mallory, "Announce", note["id"]))
    await near.made.settle()
    assert await near.timeline(near.agora) == []


async def test_a_limit_on_a_host_does_not_touch_its_neighbours(near: Neighbours) -> None:
    await blocking.limit_host(near.here, HostOrder(host="re.test"))
    await _speak_everywhere(near)
    assert _shows(near, await _thread_page(near))


async def test_lifting_a_limit_shows_what_was_held(near: Neighbours) -> None:
    await _stop_following(near)
    await near.limit()
    await near.says("lantern", inReplyTo=near.asked.uri, cc=[near.agora.uri])
    await blocking.unlimit_host(near.here, HostOrder(host="there.test"))
    assert _shows(near, await _thread_page(near))


async def test_a_limit_is_listed_with_its_severity(near: Neighbours) -> None:
    await near.limit()
    await blocking.block_host(near.here, HostOrder(host="bad.example"))
    listed = await blocking.list_blocks(near.here, ListOrder())
    assert [(each.target, each.severity) for each in listed.blocks] == [
        ("bad.example", "block"),
        ("there.test", "limit"),
    ]


async def test_what_is_not_limited_cannot_be_unlimited(near: Neighbours) -> None:
    with pytest.raises(NotFound):
        await blocking.unlimit_host(near.here, HostOrder(host="there.test"))


# ——— shutting out ———


async def test_shutting_out_a_domain_ends_the_follows_with_those_below_it(near: Neighbours) -> None:
    await near.hear("Follow", near.agora.uri)
    await blocking.block_host(near.here, HostOrder(host="there.test"))
    assert await near.here.look(blocks.ties_by_domain) == {}


async def test_shutting_out_a_domain_cancels_what_waits_for_those_below_it(
    near: Neighbours,
) -> None:
    await near.hear("Follow", near.agora.uri)
    note = await near.made.publish(near.agora, a_note("words"))
    await blocking.block_host(near.here, HostOrder(host="there.test"))
    listed = await near.here.look(lambda rx: outbox_store.list_deliveries(rx, note.uri))
    assert {each.state for each in listed if each.host == THERE} == {"refused"}


async def test_a_domain_above_our_own_cannot_be_shut_out(near: Neighbours) -> None:
    with pytest.raises(Invalid):
        await blocking.block_host(near.here, HostOrder(host="https://agora.test/"))


async def test_a_follower_by_hand_hears_nothing_before_and_everything_after() -> None:
    async with world(HERE, "beirut.test") as made:
        agora = await made.collective(HERE, "agora", approves_followers=True)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        await made.publish(agora, a_note("before"))
        await made.settle()
        assert await made.titles("beirut.test") == []
        await approve(made[HERE], RelationOrder(who=beirut.uri))
        await made.settle()
        await made.publish(agora, a_note("after"))
        await made.settle()
        assert "<p>after</p>" in await made.titles("beirut.test")


async def test_a_follower_who_is_refused_hears_nothing() -> None:
    async with world(HERE, "beirut.test") as made:
        agora = await made.collective(HERE, "agora", approves_followers=True)
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        await reject(made[HERE], RelationOrder(who=beirut.uri))
        await made.publish(agora, a_note("words", visibility=Visibility.FOLLOWERS))
        await made.settle()
        assert await made.titles("beirut.test") == []


# ——— allowed hosts ———


async def test_a_closed_instance_opens_to_a_host_and_closes_again_in_both_directions() -> None:
    async with world("beirut.test") as made:
        await made.start(HERE, CLOSED)
        here = made[HERE]
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await blocking.allow(here, HostOrder(host="beirut.test"))
        await made.follow(beirut, agora)
        await made.follow(agora, beirut)
        assert (await made.followers(agora), await made.followers(beirut)) == (
            [beirut.uri],
            [agora.uri],
        )
        await blocking.disallow(here, HostOrder(host="beirut.test"))
        await made.publish(agora, a_note("out"))
        await made.publish(beirut, a_note("in"))
        await made.settle()
        assert (await made.titles("beirut.test"), await made.titles(HERE)) == ([], [])


async def test_what_waits_for_a_host_that_is_no_longer_allowed_is_cancelled() -> None:
    async with world("beirut.test") as made:
        await made.start(HERE, CLOSED)
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await blocking.allow(made[HERE], HostOrder(host="beirut.test"))
        await made.follow(beirut, agora)
        await made.publish(agora, a_note("words"))
        await blocking.disallow(made[HERE], HostOrder(host="beirut.test"))
        await made.settle()
        assert await made.titles("beirut.test") == []


async def test_the_list_of_an_open_instance_says_that_it_changes_nothing() -> None:
    async with world(HERE) as made:
        told = await blocking.allow(made[HERE], HostOrder(host="beirut.test"))
        listed = await blocking.list_allowed(made[HERE], NoOrder())
        assert [each.key for each in told.notices] == ["policy.allow_idle"]
        assert (listed.hosts, listed.is_closed) == (["beirut.test"], False)


async def test_taking_a_host_off_an_idle_list_cancels_nothing(near: Neighbours) -> None:
    await near.hear("Follow", near.agora.uri)
    await blocking.allow(near.here, HostOrder(host=THERE))
    note = await near.made.publish(near.agora, a_note("words"))
    await blocking.disallow(near.here, HostOrder(host=THERE))
    listed = await near.here.look(lambda rx: outbox_store.list_deliveries(rx, note.uri))
    assert {each.state for each in listed if each.host == THERE} == {"waiting"}


async def test_our_own_host_is_not_shown_on_the_list_and_stays_on_it() -> None:
    async with world(HERE, settings=CLOSED) as made:
        assert (await blocking.list_allowed(made[HERE], NoOrder())).hosts == []
        with pytest.raises(Invalid):
            await blocking.disallow(made[HERE], HostOrder(host=HERE))


async def test_a_host_that_is_shut_out_is_not_allowed_in_silence() -> None:
    async with world(HERE, settings=CLOSED) as made:
        await blocking.block_host(made[HERE], HostOrder(host="bad.example"))
        with pytest.raises(Conflict):
            await blocking.allow(made[HERE], HostOrder(host="bad.example"))


async def test_an_allowed_host_can_be_shut_out() -> None:
    async with world(HERE, settings=CLOSED) as made:
        await blocking.allow(made[HERE], HostOrder(host="bad.example"))
        await blocking.block_host(made[HERE], HostOrder(host="bad.example"))
        assert await made[HERE].look(lambda rx: blocks.is_host_blocked(rx, "bad.example"))


async def test_letting_in_does_not_take_a_host_off_the_list() -> None:
    async with world(HERE, settings=CLOSED) as made:
        await blocking.allow(made[HERE], HostOrder(host="good.example"))
        with pytest.raises(NotFound):
            await blocking.unblock_host(made[HERE], HostOrder(host="good.example"))
        assert not await made[HERE].look(lambda rx: blocks.is_host_blocked(rx, "good.example"))


# ——— audiences ———


@dataclass(frozen=True, slots=True)
class Trusted:
    """agora tells its circle something: eve (elsewhere), bob and carol (both at beirut). mallory follows, and is not in."""

    made: World
    here: Instance
    there: Stranger
    agora: Actor
    bob: Actor
    carol: Actor
    eve: Person
    mallory: Person
    said: Published

    @property
    def members(self) -> list[str]:
        return [self.eve.uri, self.bob.uri, self.carol.uri]

    async def stored(self) -> list[tuple[str, Document]]:
        """Every activity about it, with its id."""
        rows = await self.here.look(
            lambda rx: rx.all(
                "SELECT uri, body FROM outbox_activity WHERE object_uri = ?", self.said.uri
            )
        )
        return [(uri, json.loads(body)) for uri, body in rows]


@pytest.fixture
async def trusted() -> AsyncIterator[Trusted]:
    async with world(HERE, "beirut.test") as made, stranger(made, THERE) as there:
        agora = await made.collective(HERE, "agora")
        bob = await made.collective("beirut.test", "bob")
        carol = await made.collective("beirut.test", "carol")
        eve, mallory = there.person("eve"), there.person("mallory", key=1)
        await deliver(made, HERE, mallory.key, say(mallory, "Follow", agora.uri))
        await made.settle()
        people = (eve.uri, "@bob@beirut.test", "@carol@beirut.test")
        await circle_desk.add(made[HERE], MembersOrder(name=CIRCLE, who=people))
        said = await publish(
            made[HERE], _for_circle(f"{SECRET} at nine #{SECRET.replace('-', '')}")
        )
        await made.settle()
        yield Trusted(made, made[HERE], there, agora, bob, carol, eve, mallory, said)


def _for_circle(source: str, **wishes: object) -> PublishOrder:
    return PublishOrder(
        kind="note", words=(Words(source=source),), visibility="direct", circle=CIRCLE, **wishes
    )  # type: ignore[arg-type]


async def test_every_member_gets_what_is_said_to_the_list(trusted: Trusted) -> None:
    inboxes = [post.path for post in trusted.there.posts if SECRET.encode() in post.body]
    assert inboxes == ["/eve/inbox"]
    for member in (trusted.bob, trusted.carol):
        told = await trusted.made["beirut.test"].look(
            lambda rx, uri=member.uri: notifications.list_newest(rx, uri)  # type: ignore[misc]
        )
        assert [each.about_uri for each in told] == [trusted.said.uri]


async def test_what_a_member_gets_names_neither_the_list_nor_anybody_else(trusted: Trusted) -> None:
    for _, activity in await trusted.stored():
        text = json.dumps(activity, ensure_ascii=False)
        assert CIRCLE not in text
        assert sum(member in text for member in trusted.members) == 1
        assert activity["to"] == activity["object"]["to"]
        assert len(activity["to"]) == 1
        assert activity["cc"] == activity["object"]["cc"] == []


async def test_an_edit_and_a_withdrawal_name_nobody_and_reach_every_member(
    trusted: Trusted,
) -> None:
    await edit(trusted.here, EditOrder(which=trusted.said.uri, words=(Words(source="at ten"),)))
    await trusted.made.settle()
    changed = await trusted.made.find("beirut.test", trusted.said.uri)
    assert changed is not None
    assert changed.original.content == "<p>at ten</p>"
    await delete(trusted.here, DeleteOrder(which=trusted.said.uri))
    await trusted.made.settle()
    assert await trusted.made.find("beirut.test", trusted.said.uri) is None
    later = [post for post in trusted.there.posts if post.document["type"] in ("Update", "Delete")]
    assert [post.path for post in later] == ["/eve/inbox", "/eve/inbox"]
    for post in later:
        text = post.body.decode()
        assert not [name for name in (CIRCLE, *trusted.members) if name in text]


LEAKS = [
    "{object}", "{object}/replies", "{object}/likes", "{object}/shares", "{object}/context",
    "{object}/audience", "/feed.atom", "/feed.rss", "/archive/note", "/archive/note.atom", "/@agora",
    "/@agora/feed.atom", "/", "/tag/marrowlantern",
]  # fmt: skip


@pytest.mark.parametrize("reader", ["nobody", "mallory"])
async def test_nobody_else_finds_a_trace_of_it(trusted: Trusted, reader: str) -> None:
    who = trusted.mallory if reader == "mallory" else None
    own = _path(trusted.said.uri)
    outbox = _path(trusted.agora.outbox or "")
    paths = [path.format(object=own) for path in LEAKS] + [outbox, f"{outbox}?page=true"]
    paths += [_path(uri) for uri, _ in await trusted.stored()]
    for path, accept in product(paths, ("text/html", AS2, "*/*")):
        heard = await _get(trusted.made, path, who, accept)
        text = heard.body.decode("utf-8", "replace")
        # the page of a hashtag says the word it was asked for
        said = trusted.said.uri if path.startswith("/tag/") else SECRET
        assert not [trace for trace in (said, *trusted.members) if trace in text], (path, accept)
    assert (await _get(trusted.made, own, who, AS2)).status == 404


async def test_a_member_may_fetch_it_and_learns_of_nobody(trusted: Trusted) -> None:
    heard = await _get(trusted.made, _path(trusted.said.uri), trusted.eve, AS2)
    text = heard.body.decode()
    assert (heard.status, SECRET in text) == (200, True)
    assert not [name for name in (CIRCLE, *trusted.members) if name in text]


async def test_a_document_for_members_is_kept_by_no_cache(trusted: Trusted) -> None:
    heard = await _get(trusted.made, _path(trusted.said.uri), trusted.eve, AS2)
    assert heard.headers["cache-control"] == "private, no-store"


async def test_who_joins_the_list_later_may_not_read_what_was_said_before(trusted: Trusted) -> None:
    await circle_desk.add(trusted.here, MembersOrder(name=CIRCLE, who=(trusted.mallory.uri,)))
    heard = await _get(trusted.made, _path(trusted.said.uri), trusted.mallory, AS2)
    assert heard.status == 404


async def test_who_left_the_list_gets_nothing_new(trusted: Trusted) -> None:
    await circle_desk.remove(trusted.here, MembersOrder(name=CIRCLE, who=(trusted.eve.uri,)))
    trusted.there.posts.clear()
    await publish(trusted.here, _for_circle("something new"))
    await trusted.made.settle()
    assert trusted.there.posts == []


async def test_a_member_who_is_shut_out_gets_nothing_and_may_not_read(trusted: Trusted) -> None:
    await blocking.block_actor(trusted.here, ActorOrder(who=trusted.eve.uri))
    trusted.there.posts.clear()
    await publish(trusted.here, _for_circle("something new"))
    await trusted.made.settle()
    assert trusted.there.posts == []
    assert (await _get(trusted.made, _path(trusted.said.uri), trusted.eve, AS2)).status in (
        403,
        404,
    )


async def test_naming_somebody_outside_the_list_does_not_tell_them(trusted: Trusted) -> None:
    trusted.there.posts.clear()
    said = await publish(trusted.here, _for_circle("about @mallory@sub.there.test"))
    await trusted.made.settle()
    assert [post.path for post in trusted.there.posts] == ["/eve/inbox"]
    assert (await _get(trusted.made, _path(said.uri), trusted.mallory, AS2)).status == 404


async def test_nothing_is_left_of_it_once_it_is_withdrawn(trusted: Trusted) -> None:
    await delete(trusted.here, DeleteOrder(which=trusted.said.uri))
    assert await trusted.here.look(lambda rx: rx.all("SELECT * FROM circle_reader")) == []


async def test_an_empty_list_is_nobody_to_speak_to(trusted: Trusted) -> None:
    await circle_desk.add(trusted.here, MembersOrder(name="empty"))
    with pytest.raises(Unfit):
        await publish(
            trusted.here,
            PublishOrder(
                kind="note", words=(Words(source="x"),), visibility="direct", circle="empty"
            ),
        )


async def test_what_goes_to_a_list_cannot_be_public_too(trusted: Trusted) -> None:
    with pytest.raises(Unfit) as refusal:
        await publish(
            trusted.here, PublishOrder(kind="note", words=(Words(source="x"),), circle=CIRCLE)
        )
    assert [each.message_key for each in refusal.value.problems] == ["circle.visibility"]


async def test_a_list_belongs_to_one_collective(trusted: Trusted) -> None:
    await trusted.made.collective(HERE, "other")
    with pytest.raises(NotFound):
        await circle_desk.show(trusted.here, NameOrder(name=CIRCLE, actor="other"))


async def test_neighbours_on_one_instance_can_be_members() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        other = await made.collective(HERE, "other")
        await circle_desk.add(made[HERE], MembersOrder(name=CIRCLE, who=("other",), actor="agora"))
        said = await publish(made[HERE], _for_circle("words", actor="agora"))
        await made.settle()
        told = await made[HERE].look(lambda rx: notifications.list_newest(rx, other.uri))
        assert [each.about_uri for each in told] == [said.uri]


async def test_a_list_has_an_end() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        many = [f"https://x.test/{number}" for number in range(circles.MEMBERS_MAX + 1)]
        with pytest.raises(Conflict):
            await made[HERE].change(lambda unit: circles.add(unit, agora.uri, "all", many))
        assert await made[HERE].look(lambda rx: circles.list_of(rx, agora.uri)) == []


@pytest.mark.parametrize("visibility", [Visibility.LOCAL, Visibility.FOLLOWERS])
async def test_words_for_a_few_are_on_no_page_and_in_no_collection(visibility: Visibility) -> None:
    async with world(HERE, "beirut.test") as made, stranger(made, THERE) as there:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective("beirut.test", "beirut")
        await made.follow(beirut, agora)
        event = await made.publish(agora, an_event(SECRET, visibility=visibility))
        await made.settle()
        outside = there.person("mallory")
        for path in (_path(event.uri), "/", "/agenda", "/events.ics", "/feed.atom", "/@agora"):
            for accept in ("text/html", AS2):
                assert SECRET not in (await _get(made, path, outside, accept)).body.decode(), path
        heard = [SECRET] if visibility is Visibility.FOLLOWERS else []
        assert await made.titles("beirut.test") == heard
