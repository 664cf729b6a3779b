"""What waits for a collective, asked for with commands while its server runs: notifications, what is held, permissions."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from actors import notifications
from actors.model import Actor
from fedi.cli.main import run
from fedi.desk.control import serve_control
from fedi.opening import CONTROL
from fedi.publications import shelf, timeline
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import (
    AS2,
    Document,
    Person,
    Stranger,
    a_note_of,
    changed,
    deliver,
    everything,
    say,
    stranger,
)
from tests.security.asking import PAGE, ask

HERE = "agora.test"
WAVE = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True)
class Place:
    """A running server where strangers' words wait, somebody elsewhere, and the commands of who looks after it."""

    made: World
    us: Actor
    there: Stranger
    eve: Person
    asked: Publication
    capsys: pytest.CaptureFixture[str]

    async def fedi(self, *words: str, language: str = "en") -> Answer:
        """A command as typed on this machine, answered by the running server."""
        folder = self.made.sites[HERE].folder
        config = folder / "here.toml"
        config.write_text(f'[database]\nurl = "{self.made.database(HERE)}"\n')
        self.capsys.readouterr()
        around = ["--config", str(config), "--data", str(folder), "--language", language]
        status = await asyncio.to_thread(run, [*words, *around])
        said = self.capsys.readouterr()
        return Answer(status, said.out, said.err)

    async def ask(self, *words: str) -> Any:
        """The same for a program."""
        answer = await self.fedi(*words, "--json")
        assert answer.status == 0, answer.err
        return answer.document

    async def hear(
        self, speaker: Person, kind: str, subject: Any, number: object, **more: Any
    ) -> None:
        heard = await deliver(
            self.made, HERE, speaker.key, say(speaker, kind, subject, number, **more)
        )
        assert heard.status == 202
        await self.made.settle()

    async def answers(self, number: int, words: str = "spam", speaker: Person | None = None) -> str:
        """Somebody nobody knows answers us; the address of the answer."""
        who = speaker or self.eve
        note = a_note_of(
            who, number, f"<p>{words} {number}</p>", inReplyTo=self.asked.uri, cc=[self.us.uri]
        )
        self.there.show(note["id"], note)
        await self.hear(who, "Create", note, number, cc=[self.us.uri])
        return str(note["id"])

    async def wave(self, hosts: int) -> None:
        """Hundreds of answers, from that many hosts, that came already."""
        pattern = await self.made.find(HERE, await self.answers(0))
        assert pattern is not None

        def store_all(unit: Unit) -> None:
            for number in range(WAVE):
                author = f"https://spam{number % hosts}.test/u{number}"
                publication = replace(pattern, uri=f"{author}/notes/{number}", author=author)
                shelf.put(unit, publication, is_local=False, held_why=("stranger",))

        await self.made[HERE].change(store_all)

    async def page(self) -> str:
        return (await ask(self.made, self.asked.uri, PAGE)).body.decode()

    async def timeline(self) -> list[str]:
        entries = await self.made[HERE].look(lambda rx: timeline.list_entries(rx, self.us.uri, 500))
        return [each.publication_uri for each in entries]

    async def told(self) -> list[tuple[str, str]]:
        listed = await self.made[HERE].look(lambda rx: notifications.list_newest(rx, self.us.uri))
        return [(each.kind, each.about_uri) for each in listed]

    async def count(self, what: str) -> int:
        row = await self.made[HERE].look(lambda rx: rx.one(f"SELECT COUNT(*) FROM {what}"))
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def a_place(capsys: pytest.CaptureFixture[str], posture: str) -> AsyncIterator[Place]:
    settings = f'[instance]\nposture = "{posture}"\n'
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as there:
        us = await made.collective(HERE, "agora")
        asked = await made.publish(us, a_note("Who comes?"))
        stop = asyncio.Event()
        path = made.sites[HERE].folder / CONTROL
        serving = asyncio.create_task(serve_control(made[HERE], path, stop))
        while not path.exists():
            await asyncio.sleep(0)
        try:
            yield Place(made, us, there, there.person("eve"), asked, capsys)
        finally:
            stop.set()
            await serving


@pytest.fixture
async def guarded(capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Place]:
    """Strangers' answers wait."""
    async with a_place(capsys, "guarded") as place:
        yield place


@pytest.fixture
async def place(capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Place]:
    """An open instance."""
    async with a_place(capsys, "open") as place:
        yield place


# ——— what is held ———


async def test_what_waits_is_listed_shown_released_and_then_everybody_reads_it(
    guarded: Place,
) -> None:
    uri = await guarded.answers(1, "a ramp is there")
    listed = await guarded.ask("held", "list")
    assert [(each["uri"], each["author"]) for each in listed["entries"]] == [
        (uri, "https://mars.test/eve")
    ]
    assert "a ramp is there" in (await guarded.fedi("held", "show", uri)).out
    assert "a ramp is there" not in await guarded.page()
    assert (await guarded.ask("held", "release", uri))["decided"] == 1
    assert "a ramp is there" in await guarded.page()
    assert (await guarded.ask("held", "list"))["total"] == 0


async def test_servers_that_asked_before_are_told_of_what_was_released(guarded: Place) -> None:
    """Nothing that lies in memory since before is told on."""
    uri = await guarded.answers(1)
    friend = guarded.there.person("friend", 1)
    addresses = (guarded.asked.uri, f"{guarded.asked.uri}/replies")
    before = [(await ask(guarded.made, each, AS2, friend)).body for each in addresses]
    assert not any(uri.encode() in each for each in before)
    await guarded.ask("held", "release", uri)
    _, replies = [(await ask(guarded.made, each, AS2, friend)).body for each in addresses]
    assert uri.encode() in replies


async def test_looking_at_what_is_held_asks_its_author_nothing(guarded: Place) -> None:
    uri = await guarded.answers(1)
    guarded.there.asked.clear()
    await guarded.fedi("held", "show", uri)
    await guarded.made.settle()
    assert guarded.there.asked == []


async def test_released_words_of_a_limited_author_reach_whom_they_would_have(place: Place) -> None:
    assert (await place.fedi("limit", "host", "mars.test")).status == 0
    uri = await place.answers(1)
    assert uri not in await place.timeline()
    assert await place.told() == []
    await place.ask("held", "release", uri)
    assert uri in await place.timeline()
    assert ("mention", uri) in await place.told()


async def test_releasing_twice_changes_nothing_the_second_time(guarded: Place) -> None:
    uri = await guarded.answers(1)
    await guarded.ask("held", "release", uri)
    before = await everything(guarded.made, HERE)
    again = await guarded.ask("held", "release", uri)
    assert (again["decided"], again["not_held"]) == (0, [uri])
    assert changed(before, await everything(guarded.made, HERE)) == {}


@pytest.mark.parametrize("verb", ["release", "refuse"])
async def test_what_was_withdrawn_meanwhile_stays_away(guarded: Place, verb: str) -> None:
    uri = await guarded.answers(1)
    other = await guarded.answers(2)
    await guarded.hear(guarded.eve, "Delete", uri, 3)
    decided = await guarded.ask("held", verb, uri, other)
    assert (decided["decided"], decided["gone"]) == (1, [uri])
    assert await guarded.made.find(HERE, uri) is None


async def test_nothing_of_whoever_was_shut_out_meanwhile_is_released(guarded: Place) -> None:
    uri = await guarded.answers(1)
    await guarded.fedi("block", "host", "mars.test")
    assert (await guarded.ask("held", "release", "--all"))["shut_out"] == [uri]
    assert "spam" not in await guarded.page()


async def test_what_is_refused_is_gone_and_does_not_come_back(guarded: Place) -> None:
    uri = await guarded.answers(1)
    assert (await guarded.ask("held", "refuse", uri))["decided"] == 1
    assert await guarded.made.find(HERE, uri) is None
    assert [about for _, about in await guarded.told()] == []
    await guarded.hear(guarded.eve, "Create", a_note_of(guarded.eve, 1, cc=[guarded.us.uri]), 9)
    assert await guarded.made.find(HERE, uri) is None


async def test_refusing_touches_nothing_that_does_not_wait(guarded: Place) -> None:
    before = await everything(guarded.made, HERE)
    assert (await guarded.ask("held", "refuse", guarded.asked.uri))["not_held"] == [
        guarded.asked.uri
    ]
    assert changed(before, await everything(guarded.made, HERE)) == {}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--all", "--from-host", "mars.test"],
        ["https://mars.test/eve/notes/1", "--all"],
        ["https://mars.test/eve/notes/1", "https://nowhere.test/1"],
        ["--from-host", "not a host"],
        ["--from-host", "agora.test"],
    ],
)
@pytest.mark.parametrize("verb", ["release", "refuse"])
async def test_a_mistake_is_said_and_changes_nothing(
    guarded: Place, verb: str, words: list[str]
) -> None:
    await guarded.answers(1)
    before = await everything(guarded.made, HERE)
    answer = await guarded.fedi("held", verb, *words)
    assert (answer.status, bool(answer.err)) == (1, True)
    assert changed(before, await everything(guarded.made, HERE)) == {}


@pytest.mark.parametrize("verb", ["release", "refuse"])
async def test_one_command_decides_about_a_whole_wave(guarded: Place, verb: str) -> None:
    await guarded.wave(hosts=20)
    assert (await guarded.ask("held", "list", "--from-host", "spam3.test"))["total"] == WAVE / 20
    one_host = await guarded.ask("held", verb, "--from-host", "spam3.test")
    assert one_host["decided"] == WAVE / 20
    assert (await guarded.ask("held", verb, "--all"))["decided"] == WAVE - WAVE / 20 + 1
    assert await guarded.count("publication WHERE is_held") == 0
    assert await guarded.count("publication WHERE NOT is_local") == (
        WAVE + 1 if verb == "release" else 0
    )


async def test_one_command_shuts_out_every_host_of_a_wave(guarded: Place) -> None:
    await guarded.wave(hosts=20)
    decided = await guarded.ask("held", "refuse", "--all", "--block-host")
    assert decided["decided"] == WAVE + 1
    assert sorted(decided["targets"]) == sorted(
        ["mars.test", *(f"spam{n}.test" for n in range(20))]
    )
    create = say(guarded.eve, "Create", a_note_of(guarded.eve, 7, cc=[guarded.us.uri]), 7)
    assert (await deliver(guarded.made, HERE, guarded.eve.key, create)).status == 403


async def test_a_host_with_friends_of_ours_is_left_unless_it_is_named(guarded: Place) -> None:
    friend = guarded.there.person("friend", 1)
    await guarded.hear(friend, "Follow", guarded.us.uri, 1)
    await guarded.answers(1)
    decided = await guarded.ask("held", "refuse", "--all", "--block-host")
    assert (decided["decided"], decided["targets"], decided["left"]) == (1, [], ["mars.test"])
    await guarded.answers(2)
    decided = await guarded.ask("held", "refuse", "--from-host", "mars.test", "--block-host")
    assert decided["targets"] == ["mars.test"]


@pytest.mark.parametrize(
    ("flag", "severity", "kind"),
    [("--limit-author", "limit", "actor"), ("--block-author", "block", "actor"),
     ("--limit-host", "limit", "host"), ("--block-host", "block", "host")],
)  # fmt: skip
async def test_whoever_sent_it_is_dealt_with_as_was_asked(
    guarded: Place, flag: str, severity: str, kind: str
) -> None:
    uri = await guarded.answers(1)
    await guarded.ask("held", "refuse", uri, flag)
    [block] = (await guarded.ask("block", "list"))["blocks"]
    target = guarded.eve.uri if kind == "actor" else "mars.test"
    assert (block["target"], block["kind"], block["severity"]) == (target, kind, severity)


async def test_two_wishes_at_once_are_refused(guarded: Place) -> None:
    uri = await guarded.answers(1)
    answer = await guarded.fedi("held", "refuse", uri, "--block-host", "--limit-author")
    assert (answer.status, await guarded.count("publication WHERE is_held")) == (2, 1)


async def test_what_waits_is_read_page_by_page(guarded: Place) -> None:
    uris = [await guarded.answers(number) for number in range(5)]
    seen: list[str] = []
    before: list[str] = []
    for _ in range(3):
        entries = (await guarded.ask("held", "list", "--most", "2", *before))["entries"]
        seen += [each["uri"] for each in entries]
        before = ["--before", entries[-1]["row"]]
    assert seen == uris[::-1]


# ——— notifications ———


async def _happen(place: Place) -> None:
    """One of each thing that anybody may do to a collective."""
    note: Document = a_note_of(place.eve, 1, "<p>look at this</p>", cc=[place.us.uri])
    await place.hear(place.eve, "Create", note, 1, cc=[place.us.uri])
    answer = a_note_of(place.eve, 2, "<p>I come</p>", inReplyTo=place.asked.uri, to=[PUBLIC], cc=[])
    await place.hear(place.eve, "Create", answer, 2, cc=[])
    await place.hear(place.eve, "Like", place.asked.uri, 3)
    await place.hear(place.eve, "Announce", place.asked.uri, 4)
    await place.hear(place.eve, "Follow", place.us.uri, 5)
    instrument = a_note_of(place.eve, 3, quote=place.asked.uri)
    await place.hear(place.eve, "QuoteRequest", place.asked.uri, 6, instrument=instrument)


async def test_everything_that_is_done_to_a_collective_is_told_newest_first(place: Place) -> None:
    await _happen(place)
    told = (await place.ask("notifications"))["entries"]
    kinds = [each["kind"] for each in told]
    assert kinds == ["quote", "follow", "announce", "like", "reply", "mention"]
    assert [each["title"] for each in told[-2:]] == ["I come", "look at this"]
    assert {each["who"] for each in told} == {"https://mars.test/eve"}


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_it_is_told_in_words(place: Place, language: str) -> None:
    await _happen(place)
    said = await place.fedi("notifications", language=language)
    assert said.status == 0
    assert len(re.findall(r"https://mars.test/eve(?![/\w])", said.out)) == 6
    assert "notification." not in said.out


async def test_what_was_read_is_not_told_again_unless_it_is_asked_for(place: Place) -> None:
    await _happen(place)
    assert len((await place.ask("notifications"))["entries"]) == 6
    await place.ask("notifications", "--mark-read", "--most", "4")
    assert [each["kind"] for each in (await place.ask("notifications"))["entries"]] == [
        "reply",
        "mention",
    ]
    everything_told = (await place.ask("notifications", "--all"))["entries"]
    assert [each["is_read"] for each in everything_told] == [True] * 4 + [False] * 2


async def test_what_was_read_stays_read_since_then(place: Place) -> None:
    await _happen(place)
    await place.ask("notifications", "--mark-read")
    before = await everything(place.made, HERE)
    place.made.clock.advance(hours=1)
    listed = await place.ask("notifications", "--all", "--mark-read")
    assert len(listed["entries"]) == 6
    assert changed(before, await everything(place.made, HERE)) == {}


async def test_notifications_are_read_page_by_page(place: Place) -> None:
    await _happen(place)
    first = await place.ask("notifications", "--most", "4")
    rest = await place.ask("notifications", "--most", "4", "--before", first["entries"][-1]["id"])
    assert (len(first["entries"]), first["has_more"]) == (4, True)
    assert ([each["kind"] for each in rest["entries"]], rest["has_more"]) == (
        ["reply", "mention"],
        False,
    )


async def test_what_those_did_who_were_shut_out_is_not_told(place: Place) -> None:
    await _happen(place)
    await place.fedi("block", "host", "mars.test")
    assert (await place.ask("notifications", "--all"))["entries"] == []


async def test_each_collective_is_told_its_own(place: Place) -> None:
    await place.made.collective(HERE, "fans")
    await _happen(place)
    assert (await place.fedi("notifications")).status == 1
    assert (await place.ask("notifications", "--as", "fans"))["entries"] == []
    [newest, *_] = (await place.ask("notifications", "--as", "agora"))["entries"]
    # nobody marks as read what another was told
    await place.ask("notifications", "--as", "fans", "--mark-read", "--all")
    [still, *_] = (await place.ask("notifications", "--as", "agora"))["entries"]
    assert still == newest


async def test_what_waits_is_told_with_a_remark(guarded: Place) -> None:
    await guarded.answers(1)
    [told] = (await guarded.ask("notifications"))["entries"]
    assert told["is_held"]
    assert "fedi held" in (await guarded.fedi("notifications")).out


@pytest.mark.parametrize("words", [["--most", "0"], ["--most", "201"], ["--before", "x"], ["--before", "-1"], ["--as", "nobody"]])  # fmt: skip
async def test_a_mistake_about_notifications_is_said(place: Place, words: list[str]) -> None:
    answer = await place.fedi("notifications", *words)
    assert (answer.status in (1, 2), bool(answer.err)) == (True, True)


# ——— permissions to quote ———


async def _quote(place: Place, number: int = 1) -> Document:
    """Eve asks whether she may; what she is answered."""
    place.there.posts.clear()
    quote = a_note_of(place.eve, 1)
    request = say(place.eve, "QuoteRequest", place.asked.uri, number, instrument=quote)
    assert (await deliver(place.made, HERE, place.eve.key, request)).status == 202
    await place.made.settle()
    [post] = place.there.posts
    return post.document


@pytest.mark.parametrize("by", ["stamp", "quote"])
async def test_a_permission_is_listed_and_taken_back(place: Place, by: str) -> None:
    stamp = (await _quote(place))["result"]
    [listed] = (await place.ask("quote", "list"))["permissions"]
    assert (listed["uri"], listed["who"], listed["quoted"]) == (
        stamp,
        "https://mars.test/eve",
        place.asked.uri,
    )
    assert (await ask(place.made, stamp)).status == 200
    place.there.posts.clear()
    assert (
        await place.fedi("quote", "revoke", listed["uri" if by == "stamp" else "quote"])
    ).status == 0
    await place.made.settle()
    assert [(post.document["type"], post.document["object"]) for post in place.there.posts] == [
        ("Delete", stamp)
    ]
    assert (await ask(place.made, stamp)).status == 404
    assert (await place.ask("quote", "list"))["permissions"] == []


async def test_asking_again_does_not_bring_a_permission_back(place: Place) -> None:
    stamp = (await _quote(place))["result"]
    await place.fedi("quote", "revoke", stamp)
    await place.made.settle()
    assert (await _quote(place, 2))["type"] == "Reject"
    assert (await ask(place.made, stamp)).status == 404


async def test_nobody_takes_back_the_permission_of_another_or_one_there_never_was(
    place: Place,
) -> None:
    stamp = (await _quote(place))["result"]
    await place.made.collective(HERE, "fans")
    before = await everything(place.made, HERE)
    for words in (
        ["--as", "fans", stamp],
        ["--as", "agora", f"{stamp}x"],
        ["--as", "fans", place.there.url("/eve/notes/1")],
    ):
        assert (await place.fedi("quote", "revoke", *words)).status == 1
    assert changed(before, await everything(place.made, HERE)) == {}
