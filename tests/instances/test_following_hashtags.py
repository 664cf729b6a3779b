"""Following a hashtag: what carries it and reaches us by any road stands in the timeline and the agenda, once, and nothing else."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from actors import blocks, followed_tags, follows
from actors import store as actor_store
from actors.followed_tags import FOLLOWED_MAX
from actors.model import Actor
from fedi.cli.main import run
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.desk import relays as desk_relays
from fedi.desk import tags as desk
from fedi.errors import Conflict, Invalid, NotFound
from fedi.jobs.retention import forget
from fedi.publications import shelf, store, tagged, timeline
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication, Tag, Text
from fedi.text.hashtags import normalise_hashtag
from fedi.unit import Unit
from fedi.views.agenda import Wanted, look_agenda, look_house_agenda
from fedi.views.timeline import Wanted as Shown
from fedi.views.timeline import look_timeline
from fedi.vocab.audience import Visibility
from fedi.vocab.terms import PUBLIC
from tests.browser.sample import NOW, PagesOnly, collective, open_pages
from tests.browser.sample import stranger as a_stranger
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.plans import Plan
from tests.harness.relay import MASTODON, relay_program
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import CONTEXT, Person, Stranger, a_note_of, deliver, say, stranger
from tests.instances.test_agenda import get
from tests.instances.test_house_plans import Listening

HERE, THERE, RELAY = "agora.test", "beirut.test", "relay.test"
NOW_MS = to_ms(NOW)


@pytest.fixture
async def here(tmp_path: Path) -> Any:
    instance = await open_pages(tmp_path)
    yield instance
    await instance.db.close()


def us(unit: Unit, username: str = "us") -> Actor:
    actor = actor_store.find_local(unit.tx, username)
    if actor is None:
        actor = collective(unit.urls, username, username.upper(), "", "en")
        actor_store.save(unit, actor)
    return actor


def follow(unit: Unit, label: str, *, on_agenda: bool = False) -> Actor:
    actor = us(unit)
    followed_tags.follow(unit, actor.uri, label, on_agenda=on_agenda)
    tagged.bring_stored(unit, actor, normalise_hashtag(label))
    return actor


def theirs(
    unit: Unit,
    title: str,
    *tags: str,
    starts_at: datetime | None = None,
    lasts: timedelta = timedelta(hours=2),
    **more: Any,
) -> Publication:
    """What somebody said whom nobody here follows: an event, or words when it has no beginning."""
    actor = a_stranger("mobilizon.example", "friends", "Friends")
    actor_store.save(unit, actor)
    details = starts_at and EventDetails(
        starts_at=starts_at, ends_at=starts_at + lasts, timezone="UTC"
    )
    publication = Publication(
        uri=f"https://mobilizon.example/{title}",
        kind="event" if details else "note",
        type="Event" if details else "Note",
        author=more.pop("author", actor.uri),
        visibility=more.pop("visibility", Visibility.PUBLIC),
        to=(PUBLIC,),
        cc=(),
        texts={"en": Text(title, None, f"<p>{title}</p>")},
        published_at=NOW - timedelta(days=1),
        details=details or None,
        tags=tuple(Tag("hashtag", each) for each in tags),
        **more,
    )
    shelf.put(unit, publication, is_local=False)
    return publication


async def shown(here: PagesOnly, wanted: str = "us") -> list[tuple[str, str]]:
    """The timeline: each title, and the hashtag that brought it."""

    def look(rx: Reader) -> list[tuple[str, str]]:
        actor = actor_store.find_local(rx, wanted)
        assert actor is not None
        found = look_timeline(rx, actor, Shown()).items
        return [(str(each.listed.publication.original.name), each.tag) for each in found]

    return await here.look(look)


async def house(here: PagesOnly) -> list[str]:
    def look(rx: Reader) -> list[str]:
        actor = actor_store.find_local(rx, "us")
        assert actor is not None
        found = look_house_agenda(rx, actor, Wanted(NOW_MS)).items
        return [str(each.publication.original.name) for each in found]

    return await here.look(look)


async def public(here: PagesOnly) -> list[str]:
    found = await here.look(lambda rx: look_agenda(rx, Wanted(NOW_MS)).items)
    return [str(each.publication.original.name) for each in found]


SOON = NOW + timedelta(days=3)


@pytest.mark.parametrize("spelling", ["مُجاورة", "مجاوره", "مجـاورة"])
async def test_a_hashtag_is_followed_in_every_spelling(here: PagesOnly, spelling: str) -> None:
    await here.change(lambda unit: follow(unit, "مجاورة"))
    await here.change(lambda unit: theirs(unit, "words", spelling))
    assert await shown(here) == [("words", "مجاورة")]


async def test_what_came_before_and_what_comes_after_stand_there_once(here: PagesOnly) -> None:
    await here.change(lambda unit: theirs(unit, "before", "Beirut", starts_at=SOON))
    await here.change(lambda unit: follow(unit, "beirut"))
    await here.change(lambda unit: follow(unit, "tripoli"))
    await here.change(
        lambda unit: theirs(unit, "after", "beirut", "tripoli", starts_at=SOON + timedelta(days=1))
    )
    assert await shown(here) == [("after", "beirut"), ("before", "beirut")]
    assert await house(here) == ["before", "after"]


async def test_events_of_strangers_are_on_public_pages_only_when_that_was_wished(
    here: PagesOnly,
) -> None:
    await here.change(lambda unit: follow(unit, "beirut"))
    await here.change(lambda unit: theirs(unit, "gathering", "beirut", starts_at=SOON))
    assert await public(here) == []
    assert "gathering" not in (await get(here, "/")).text
    await here.change(
        lambda unit: followed_tags.follow(unit, us(unit).uri, "beirut", on_agenda=True)
    )
    assert await public(here) == ["gathering"]
    assert "gathering" in (await get(here, "/agenda")).text
    assert "gathering" in (await get(here, "/")).text
    assert "gathering" in (await get(here, "/agenda.atom")).text
    feed = json.loads((await get(here, "/agenda.json")).text)
    assert [each["title"] for each in feed["items"]] == ["gathering"]
    calendar = Calendar.from_ical((await get(here, "/agenda.ics")).text)
    assert [str(each["SUMMARY"]) for each in calendar.walk("VEVENT")] == ["gathering"]


async def test_nobody_whom_a_hashtag_brings_stands_in_the_place_of_who_is_followed(
    here: PagesOnly,
) -> None:
    friend = a_stranger("mobilizon.example", "followed", "Followed")
    page: dict[str, Any] = {"starts_at": SOON, "url": "https://venue.example/gathering"}

    def come(unit: Unit) -> None:
        actor_store.save(unit, friend)
        ours = follow(unit, "beirut", on_agenda=True)
        follows.ask(unit, ours.uri, friend.uri, "https://agora.test/follows/1")
        follows.decide(unit, ours.uri, friend.uri, follows.ACCEPTED)
        theirs(unit, "bait", "beirut", **page)
        found = theirs(unit, "gathering", author=friend.uri, **page)
        row_id = store.find_row_id(unit.tx, found.uri)
        assert row_id is not None
        timeline.add(unit, [ours.uri], row_id, "event", NOW_MS)

    await here.change(come)
    assert await public(here) == ["gathering"]
    assert await house(here) == ["gathering"]


async def test_whom_a_collective_shut_out_hides_nothing_from_it(here: PagesOnly) -> None:
    spammer = a_stranger("mobilizon.example", "spammer", "Spammer")
    page: dict[str, Any] = {"starts_at": SOON, "url": "https://venue.example/gathering"}

    def come(unit: Unit) -> None:
        actor_store.save(unit, spammer)
        ours = follow(unit, "beirut")
        theirs(unit, "bait", "beirut", author=spammer.uri, **page)
        theirs(unit, "gathering", "beirut", **page)
        blocks.add(unit, ours.uri, spammer.uri, blocks.ACTOR)

    await here.change(come)
    assert await house(here) == ["gathering"]


async def test_who_was_limited_takes_no_place_from_the_others(here: PagesOnly) -> None:
    spammer = a_stranger("mobilizon.example", "spammer", "Spammer")
    long = {"starts_at": NOW - timedelta(days=20), "lasts": timedelta(days=30)}

    def come(unit: Unit) -> None:
        actor_store.save(unit, spammer)
        for number in range(25):
            theirs(unit, f"long-{number}", "beirut", author=spammer.uri, **long)
            theirs(unit, f"short-{number}", "beirut", author=spammer.uri, starts_at=SOON)
        theirs(unit, "exhibition", "beirut", **{**long, "lasts": timedelta(days=40)})
        theirs(unit, "gathering", "beirut", starts_at=SOON + timedelta(days=20))

    await here.change(lambda unit: follow(unit, "beirut", on_agenda=True))
    await here.change(come)
    assert "exhibition" not in await public(here)
    await here.change(lambda unit: blocks.limit(unit, spammer.uri, blocks.ACTOR))
    assert await public(here) == ["exhibition", "gathering"]
    assert await house(here) == ["exhibition", "gathering"]
    home = (await get(here, "/")).text
    assert "exhibition" in home
    assert "gathering" in home


async def test_a_calendar_strikes_out_what_was_withdrawn(here: PagesOnly) -> None:
    await here.change(lambda unit: follow(unit, "beirut", on_agenda=True))
    event = await here.change(lambda unit: theirs(unit, "event", "beirut", starts_at=SOON))
    await here.change(lambda unit: shelf.take_off(unit, event.uri, is_local=False))
    calendar = Calendar.from_ical((await get(here, "/agenda.ics")).text)
    assert [str(each["STATUS"]) for each in calendar.walk("VEVENT")] == ["CANCELLED"]


@pytest.mark.parametrize(
    "more",
    [{"visibility": each} for each in Visibility if each is not Visibility.PUBLIC]
    + [{"indexable": False}],
    ids=lambda more: "-".join(str(value) for value in more.values()),
)
async def test_only_public_words_that_may_be_found_are_brought(
    here: PagesOnly, more: dict[str, Any]
) -> None:
    await here.change(lambda unit: follow(unit, "beirut", on_agenda=True))
    await here.change(lambda unit: theirs(unit, "event", "beirut", starts_at=SOON, **more))
    assert await shown(here) == []
    assert await house(here) == []
    assert await public(here) == []


@pytest.mark.parametrize("by", ["instance", "host", "collective", "limit"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_whom_nobody_wants_to_hear_is_brought_by_no_hashtag(
    here: PagesOnly, by: str, is_first: bool
) -> None:
    def shut(unit: Unit) -> None:
        who = "https://mobilizon.example/actors/friends"
        if by == "limit":
            blocks.limit(unit, a_stranger("mobilizon.example", "friends", "F").uri, blocks.ACTOR)
        elif by == "host":
            blocks.add(unit, blocks.INSTANCE, "mobilizon.example", blocks.HOST)
        else:
            who = a_stranger("mobilizon.example", "friends", "F").uri
            blocker = us(unit).uri if by == "collective" else blocks.INSTANCE
            blocks.add(unit, blocker, who, blocks.ACTOR)

    await here.change(lambda unit: follow(unit, "beirut", on_agenda=True))
    if is_first:
        await here.change(shut)
    await here.change(lambda unit: theirs(unit, "event", "beirut", starts_at=SOON))
    if not is_first:
        assert await shown(here) == [("event", "beirut")]
        await here.change(shut)
    assert await shown(here) == []
    assert await house(here) == []
    assert await public(here) == []


async def test_what_waits_for_a_decision_is_shown_when_it_was_let_through(here: PagesOnly) -> None:
    await here.change(lambda unit: follow(unit, "beirut"))

    def held(unit: Unit) -> str:
        found = theirs(unit, "first", "beirut")
        other = replace(found, uri=f"{found.uri}/held")
        shelf.put(unit, other, is_local=False, held_why=("new_account",))
        return other.uri

    uri = await here.change(held)
    assert len(await shown(here)) == 1
    await here.change(lambda unit: store.release(unit, uri))
    assert len(await shown(here)) == 2


async def test_who_is_followed_anyway_is_there_once_and_stays_when_the_hashtag_is_left(
    here: PagesOnly,
) -> None:
    await here.change(lambda unit: follow(unit, "beirut"))

    def work(unit: Unit) -> None:
        found = theirs(unit, "words", "beirut")
        row_id = store.find_row_id(unit.tx, found.uri)
        assert row_id is not None
        timeline.add(unit, [us(unit).uri], row_id, "note", NOW_MS)

    await here.change(work)
    assert await shown(here) == [("words", "")]
    await here.change(lambda unit: timeline.forget_tag(unit, us(unit).uri, "beirut"))
    assert await shown(here) == [("words", "")]


async def test_who_unfollows_keeps_what_another_hashtag_brings(here: PagesOnly) -> None:
    await here.change(lambda unit: (follow(unit, "beirut"), follow(unit, "tripoli")))
    await here.change(lambda unit: theirs(unit, "both", "beirut", "tripoli"))
    await here.change(lambda unit: theirs(unit, "one", "beirut", starts_at=SOON))

    def leave(unit: Unit) -> None:
        assert followed_tags.unfollow(unit, us(unit).uri, "beirut")
        timeline.forget_tag(unit, us(unit).uri, "beirut")

    await here.change(leave)
    assert await shown(here) == [("both", "tripoli")]
    assert await house(here) == []


async def test_an_edit_brings_it_and_takes_it_away(here: PagesOnly) -> None:
    await here.change(lambda unit: follow(unit, "beirut"))
    words = await here.change(lambda unit: theirs(unit, "words"))
    assert await shown(here) == []
    with_tag = replace(words, tags=(Tag("hashtag", "Beirut"),))
    await here.change(lambda unit: shelf.exchange(unit, with_tag))
    assert await shown(here) == [("words", "beirut")]
    await here.change(lambda unit: shelf.exchange(unit, words))
    assert await shown(here) == []


async def test_what_is_only_mirrored_stands_in_no_timeline(here: PagesOnly) -> None:
    await here.change(lambda unit: follow(unit, "beirut"))

    def mirrored(unit: Unit) -> None:
        found = theirs(unit, "event", starts_at=SOON)
        name = "urn:uuid:5a4ad2f8-0000-5000-8000-000000000000"
        tags = (Tag("hashtag", "beirut"),)
        shelf.put(unit, replace(found, uri=name, tags=tags), is_local=False)

    await here.change(mirrored)
    assert await shown(here) == []


async def test_our_own_words_are_not_brought_to_ourselves(here: PagesOnly) -> None:
    ours = await here.change(lambda unit: follow(unit, "beirut"))
    await here.change(lambda unit: theirs(unit, "ours", "beirut", author=ours.uri))
    assert await shown(here) == []


async def test_who_passed_it_on_takes_that_back_and_the_hashtag_keeps_it() -> None:
    async with world(HERE, THERE) as made, stranger(made, "far.test") as far:
        agora = await made.collective(HERE, "agora")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(agora, beirut)
        await desk.follow(made[HERE], desk.FollowOrder(name="#Solidarity"))
        note = tagged_note(far, "Solidarity")
        lina = far.person("lina")
        far.show(note["id"], {"@context": CONTEXT, **note})
        # somebody nobody here follows, passed on by somebody we follow
        passer = far.person("passer")
        await made[HERE].change(lambda unit: _follows(unit, agora, passer))
        boost = say(passer, "Announce", note["id"], 1)
        await deliver(made, HERE, passer.key, boost)
        await made.settle()
        assert await entries(made, agora) == [(note["id"], "")]
        await deliver(made, HERE, passer.key, say(passer, "Undo", boost, 2))
        await made.settle()
        assert await entries(made, agora) == [(note["id"], "Solidarity")]
        assert lina.uri == note["attributedTo"]


def tagged_note(far: Stranger, *tags: str, number: int = 1) -> dict[str, Any]:
    lina = far.person("lina")
    note = a_note_of(lina, number)
    note["tag"] = [{"type": "Hashtag", "name": f"#{each}"} for each in tags]
    return note


def _follows(unit: Unit, ours: Actor, person: Person) -> None:
    follows.ask(unit, ours.uri, person.uri, f"{ours.uri}#{person.uri}")
    follows.decide(unit, ours.uri, person.uri, follows.ACCEPTED)


async def entries(made: World, actor: Actor) -> list[tuple[str, str]]:
    found = await made[actor.host].look(lambda rx: look_timeline(rx, actor, Shown()).items)
    return [(each.listed.publication.uri, each.tag) for each in found]


@pytest.mark.parametrize("road", ["relay", "follow"])
async def test_a_hashtag_of_the_whole_network_is_followed_as_a_relay_or_as_an_account(
    road: str,
) -> None:
    """What relay.fedi.buzz and tags.pub are: an actor for one hashtag that passes on what carries it, by its id."""
    async with (
        world(HERE) as made,
        relay_program(made, RELAY, MASTODON) as relay,
        stranger(made, "far.test") as far,
    ):
        agora = await made.collective(HERE, "agora")
        await desk.follow(made[HERE], desk.FollowOrder(name="solidarity"))
        if road == "relay":
            await desk_relays.add(made[HERE], desk_relays.AddOrder(address=relay.address))
        else:
            await made[HERE].change(lambda unit: _follows(unit, agora, relay.actor))
        while True:
            await made.settle()
            if not await relay.work():
                break
        note = tagged_note(far, "Solidarity")
        other = tagged_note(far, "cats", number=2)
        for each in (note, other):
            far.show(each["id"], {"@context": CONTEXT, **each})
            told = relay.say("Announce", each["id"], to=[relay.actor.followers], cc=[])
            assert (await deliver(made, HERE, relay.actor.key, told)).status == 202
        await made.settle()
        brought = sorted(uri for uri, _ in await entries(made, agora))
        # a relay fills no timeline but with what is followed; an account that is followed is shown with all it passes on
        assert brought == [note["id"]] if road == "relay" else sorted([note["id"], other["id"]])


async def test_neighbours_under_one_roof_bring_one_another_what_is_tagged() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        next_door = await made.collective(HERE, "nextdoor")
        await desk.follow(made[HERE], desk.FollowOrder(name="assembly", actor="agora"))
        event = await made.publish(next_door, an_event("Assembly"))
        await made.settle()
        assert await entries(made, agora) == [(event.uri, "assembly")]


async def test_what_a_hashtag_brought_is_kept_as_long_as_what_a_follow_brought() -> None:
    settings = "[retention]\nremote_publications_days = 10\n"
    async with world(HERE, THERE, settings=settings) as made:
        agora = await made.collective(HERE, "agora")
        reader = await made.collective(HERE, "reader")
        beirut = await made.collective(THERE, "beirut")
        await made.follow(agora, beirut)
        await desk.follow(made[HERE], desk.FollowOrder(name="assembly", actor="reader"))
        starts = (made.clock.now() + timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
        event = await made.publish(beirut, an_event("Assembly", starts_at=starts))
        note = await made.publish(beirut, a_note("Come to the #assembly"))
        await made.settle()
        for days, kept in ((9, {event.uri, note.uri}), (12, {event.uri}), (32, set[str]())):
            made.clock.advance(days=days - (made.clock.now() - event.published_at).days)
            await forget(made[HERE])
            for actor in (agora, reader):
                assert {uri for uri, _ in await entries(made, actor)} == kept, (days, actor.uri)


async def test_what_is_no_hashtag_is_refused_and_nobody_follows_without_end() -> None:
    async with world(HERE) as made:
        await made.collective(HERE, "agora")
        for typed in ("", "#", "two words", "12", "#a#b", "x" * 200, "😀"):
            with pytest.raises(Invalid) as caught:
                await desk.follow(made[HERE], desk.FollowOrder(name=typed))
            assert caught.value.message_key == "tags.form", typed
        for number in range(FOLLOWED_MAX):
            await desk.follow(made[HERE], desk.FollowOrder(name=f"tag{number}"))
        again = await desk.follow(made[HERE], desk.FollowOrder(name="Tag1", on_agenda=True))
        assert (again.name, again.on_agenda, again.changed) == ("tag1", True, False)
        with pytest.raises(Conflict):
            await desk.follow(made[HERE], desk.FollowOrder(name="one_more"))
        with pytest.raises(NotFound):
            await desk.unfollow(made[HERE], desk.TagOrder(name="one_more"))
        listed = await desk.list_all(made[HERE], desk.ListOrder())
        assert len(listed.tags) == FOLLOWED_MAX


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_members_follow_from_the_page_of_a_hashtag_and_in_the_house(language: str) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        other = await made.collective(HERE, "other")
        ana = await a_member(made, agora, language=language)
        await made.publish(other, an_event("Assembly"))
        page = await ana.get("/tag/assembly")
        [href] = re.findall(r'href="(/me/tag/[^"]+)"', page.text)
        page = await ana.get(href)
        assert (page.status, page.path.partition("?")[0]) == (200, "/house/agora/tags")
        form = page.form("/house/agora/tags/follow")
        assert ("name", "assembly") in form.fields
        page = await ana.send(form, agenda="yes")
        assert "<bdi>#assembly</bdi>" in page.text
        assert not re.search(r">\s*(tags|house|journal)\.[a-z_.]+", page.text), "a text is missing"
        assert "Assembly" in (await ana.get("/house/agora/timeline")).text
        assert "Assembly" in (await ana.get("/house/agora/search?q=%23assembly")).text
        page = await ana.get("/house/agora/tags")
        page = await ana.send(page.form("/house/agora/tags/follow", "assembly"), name="a b")
        assert page.status == 400
        page = await ana.get("/house/agora/tags")
        page = await ana.send(page.form("/house/agora/tags/unfollow"))
        assert "<bdi>#assembly</bdi>" not in page.text
        assert "Assembly" not in (await ana.get("/house/agora/timeline")).text


async def test_who_only_reads_follows_nothing_and_strangers_see_no_list() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        reader = await a_member(made, agora, "Rim", role="reader")
        page = await reader.get("/house/agora/tags")
        assert page.status == 200
        assert "/tags/follow" not in page.text
        token = page.form("/sign-out").fields[0]
        refused = await reader.post("/house/agora/tags/follow", [token, ("name", "assembly")])
        assert refused.status == 403
        nobody = await Browser(made, HERE).get("/house/agora/tags")
        assert nobody.path.startswith("/sign-in")
        assert (await desk.list_all(made[HERE], desk.ListOrder())).tags == []


@pytest.mark.both_engines
async def test_following_reads_along_indexes_and_costs_nothing_where_nobody_does() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        other = await made.collective(HERE, "other")
        await desk.follow(made[HERE], desk.FollowOrder(name="assembly", actor="agora"))
        event = await made.publish(other, an_event())
        row_id = await made[HERE].look(lambda rx: store.find_row_id(rx, event.uri))
        assert row_id is not None

        class Noting(Listening):
            """Also notes what is changed, without changing it."""

            def run(self, sql: str, *values: object) -> int:
                self.asked.append((sql, values))
                return 0

            def run_many(self, sql: str, rows: Any) -> None:
                self.asked += [(sql, row) for row in rows]

        def work(unit: Unit) -> list[tuple[str, Plan]]:
            noting = Noting(unit.tx)
            seen = replace(unit, tx=noting)  # type: ignore[arg-type]
            tagged.bring_again(seen, row_id, event)
            tagged.bring_stored(seen, agora, "assembly")
            timeline.forget_tag(seen, agora.uri, "assembly")
            return noting.plans()

        plans = await made[HERE].change(work)
        assert len(plans) > 5
        assert [(sql, plan.text) for sql, plan in plans if plan.whole] == []


def test_a_hashtag_is_followed_from_the_keyboard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def told(*words: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert run([*words, "--json"]) == status, words
        return json.loads(capsys.readouterr().out)

    assert run(["init", "--base-url", "https://agora.example", "--username", "agora"]) == 0
    assert told("tags", "follow", "#مُجاورة", "--agenda")["changed"] is True
    assert told("tags", "follow", "مجاوره")["changed"] is False
    assert told("tags", "list")["tags"] == [
        {"name": "مُجاورة", "on_agenda": False, "changed": False}
    ]
    assert told("tags", "follow", "a b", status=1)["error"]["key"] == "tags.form"
    assert told("tags", "unfollow", "مجاورة")["changed"] is True
    assert told("tags", "unfollow", "مجاورة", status=1)["error"]["key"] == "tags.not_followed"
    assert run(["--language", "ar", "tags", "list"]) == 0
