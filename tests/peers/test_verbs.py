"""Activities of other servers, delivered by a scripted one to a whole instance: the documented effect, or the refusal."""

import copy
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from actors import blocks, follows, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.canonical import host_of
from fedi.publications import featured, reactions
from fedi.publications import store as publication_store
from fedi.publications.event import attendance
from fedi.publications.model import Publication
from fedi.vocab.read import id_of
from inbox.handlers import BY_ACTIVITY
from outbox.actions.follow import follow
from tests.harness.world import World, a_statement, an_event, world
from tests.hostile.stranger import Person, Stranger, deliver, everything, stranger
from tests.peers.shared import FIXTURES, fixture, need
from tests.peers.verbs import (
    CASES,
    COLLECTIVE,
    EFFECTS,
    EVENT,
    FEDERATION,
    FOLLOW,
    PUBLICATION,
    Case,
    written,
)

HOST = "agora.test"
# What changes whenever somebody speaks, whatever they say.
EVER = {"inbox_activity", "actor", "actor_key", "host"}


@dataclass(slots=True)
class Scene:
    """An instance with something published, the server that speaks to it, and who speaks there."""

    made: World
    agora: Actor
    words: Publication
    there: Stranger
    speaker: Person
    document: dict[str, Any]

    async def look(self, work: Callable[[Any], Any]) -> Any:
        return await self.made[HOST].look(work)

    async def sent(self) -> list[tuple[str, Any]]:
        """What went to the speaker's server, oldest first."""
        return [(post.document["type"], post.document) for post in self.there.posts]

    @property
    def object_uri(self) -> str:
        found = id_of(self.document["object"])
        assert found is not None
        return found


def secured(document: Any) -> Any:
    """Addresses of a time without TLS, as they would be today."""
    return json.loads(json.dumps(document).replace('"http://', '"https://'))


def turned(
    document: dict[str, Any], changes: dict[str, Any], ours: dict[str, str]
) -> dict[str, Any]:
    """The document with members by path put in, and what stands for something of ours replaced by it."""
    document = copy.deepcopy(document)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = document
        for name in parents:
            place = place[name]
        place[last] = value
    text = json.dumps(document)
    for theirs in sorted(ours, key=len, reverse=True):
        text = text.replace(json.dumps(theirs)[1:-1], ours[theirs])
    found: dict[str, Any] = json.loads(text)
    return found


def member(document: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


async def scene(stack: AsyncExitStack, case: Case) -> Scene:
    original = secured(fixture(f"{case.name}.json"))
    speaker_uri = id_of(turned(original, dict(case.turned), {})["actor"])
    assert speaker_uri is not None
    made = await stack.enter_async_context(world(HOST))
    agora = await made.collective(HOST, "agora")
    is_gathering = EVENT in case.ours.values()
    words = await made.publish(agora, an_event() if is_gathering else a_statement())
    await made.settle()
    there = await stack.enter_async_context(stranger(made, host_of(speaker_uri)))
    path = speaker_uri.split("/", 3)[3]
    speaker = there.person(path, preferredUsername=path.rpartition("/")[2].lstrip("@"))
    ours = {
        COLLECTIVE: agora.uri,
        PUBLICATION: words.uri,
        EVENT: words.uri,
        "{sender}": speaker.uri,
    }
    for uri, what in case.served.items():
        await serve(
            stack, made, there, uri, member(original, what) if isinstance(what, str) else what
        )
    if case.is_asked or case.is_followed:
        ours[FOLLOW] = await ask(made, agora, speaker, accepted=case.is_followed)
    there.posts.clear()
    names = {
        theirs: turned({"x": mine}, {}, ours)["x"] for theirs, mine in case.ours.items()
    } | ours
    for earlier in case.before:
        said = turned(secured(fixture(f"{earlier.name}.json")), dict(earlier.turned), names)
        heard = await deliver(made, HOST, speaker.key, said)
        assert heard.status == 202
        await made.settle()
    return Scene(made, agora, words, there, speaker, turned(original, dict(case.turned), names))


async def serve(
    stack: AsyncExitStack, made: World, there: Stranger, uri: str, document: dict[str, Any]
) -> None:
    """A document at its address; one without type is a person."""
    if host_of(uri) != there.host:
        there = await stack.enter_async_context(stranger(made, host_of(uri)))
    if "type" in document:
        there.show(uri, document)
    else:
        there.person(uri.split("/", 3)[3], **document)


async def ask(made: World, agora: Actor, speaker: Person, *, accepted: bool) -> str:
    """A collective of ours asks to follow; the id of what it sent."""
    known = await refresh.find_or_fetch_actor(made[HOST], speaker.uri)
    await made[HOST].change(lambda unit: follow(unit, agora, known))
    await made.settle()
    if accepted:
        await made[HOST].change(
            lambda unit: follows.decide(unit, agora.uri, speaker.uri, follows.ACCEPTED)
        )
    found = await made[HOST].look(lambda rx: follows.find(rx, agora.uri, speaker.uri))
    assert found is not None
    return str(found.activity_uri)


async def reason_of(at: Scene) -> str | None:
    """Why it ended as it did; None when it was not even kept."""
    row = await at.look(
        lambda rx: rx.one(
            "SELECT state, reason FROM inbox_activity WHERE uri = ?", at.document["id"]
        )
    )
    return None if row is None else row[1]


async def follower(at: Scene) -> bool:
    is_follower = await at.look(lambda rx: follows.is_follower(rx, at.speaker.uri, at.agora.uri))
    return is_follower and ("Accept", at.document["id"]) in [
        (kind, said["object"]["id"]) for kind, said in await at.sent()
    ]


async def no_follower(at: Scene) -> bool:
    return await at.look(lambda rx: follows.find(rx, at.speaker.uri, at.agora.uri)) is None


async def following(at: Scene) -> bool:
    found = await at.look(lambda rx: follows.find(rx, at.agora.uri, at.speaker.uri))
    return found is not None and found.state == follows.ACCEPTED


async def not_following(at: Scene) -> bool:
    return not await following(at)


async def kept(at: Scene) -> bool:
    found = await at.made.find(HOST, at.object_uri)
    return found is not None and found.author == at.speaker.uri


async def changed(at: Scene) -> bool:
    found = await at.made.find(HOST, at.object_uri)
    return found is not None and "old" not in found.original.content


async def renamed(at: Scene) -> bool:
    found = await at.look(lambda rx: actor_store.find(rx, at.speaker.uri))
    return found is not None and at.there.asked.count("/" + at.speaker.uri.split("/", 3)[3]) > 1


async def dead(at: Scene) -> bool:
    is_buried = await at.look(lambda rx: publication_store.find_tombstone(rx, at.object_uri))
    return is_buried is not None and await at.made.find(HOST, at.object_uri) is None


async def no_actor(at: Scene) -> bool:
    found = await at.look(lambda rx: actor_store.find(rx, at.speaker.uri))
    return found.deleted_at is not None and await not_following(at)


def reacted(kind: str, *, expected: bool) -> Callable[[Scene], Awaitable[bool]]:
    async def check(at: Scene) -> bool:
        actors = await at.look(lambda rx: reactions.list_actors(rx, kind, at.words.uri, 10))
        return (at.speaker.uri in actors) is expected

    return check


async def passed_on(at: Scene) -> bool:
    uri = at.object_uri.partition("#")[0]
    found = await at.made.find(HOST, uri)
    return found is not None and "/" + uri.split("/", 3)[3] in at.there.asked


def shut_out(*, expected: bool) -> Callable[[Scene], Awaitable[bool]]:
    async def check(at: Scene) -> bool:
        is_out = await at.look(lambda rx: blocks.is_blocked_by(rx, at.speaker.uri, at.agora.uri))
        return bool(is_out) is expected

    return check


def pinned(*, expected: bool) -> Callable[[Scene], Awaitable[bool]]:
    async def check(at: Scene) -> bool:
        uris = await at.look(lambda rx: featured.list_uris(rx, at.speaker.uri))
        return (at.object_uri in uris) is expected

    return check


async def flagged(at: Scene) -> bool:
    rows = await at.look(lambda rx: rx.all("SELECT actor_uri FROM flag"))
    return [row[0] for row in rows] == [at.speaker.uri]


async def moved(at: Scene) -> bool:
    found = await at.look(lambda rx: actor_store.find(rx, at.speaker.uri))
    return bool(found.moved_to == at.document["target"])


async def stamped(at: Scene) -> bool:
    return [kind for kind, said in await at.sent() if "result" in said] == ["Accept"]


def on_the_list(*, state: str, is_answered: bool) -> Callable[[Scene], Awaitable[bool]]:
    async def check(at: Scene) -> bool:
        found = await at.look(lambda rx: attendance.find(rx, at.words.uri, at.speaker.uri))
        asked = [said["object"]["id"] for kind, said in await at.sent() if kind == "Accept"]
        assert (at.document["id"] in asked) is is_answered
        return found is not None and found.state == state

    return check


CHECKS: dict[str, Callable[[Scene], Awaitable[bool]]] = {
    "follower": follower,
    "no follower": no_follower,
    "following": following,
    "not following": not_following,
    "kept": kept,
    "changed": changed,
    "renamed": renamed,
    "dead": dead,
    "no actor": no_actor,
    "comes": on_the_list(state="coming", is_answered=True),
    "listed": on_the_list(state="coming", is_answered=False),
    "perhaps": on_the_list(state="maybe", is_answered=False),
    "not there": on_the_list(state="not_coming", is_answered=False),
    "comes not": on_the_list(state="cancelled", is_answered=False),
    "liked": reacted(reactions.LIKE, expected=True),
    "not liked": reacted(reactions.LIKE, expected=False),
    "announced": reacted(reactions.ANNOUNCE, expected=True),
    "not announced": reacted(reactions.ANNOUNCE, expected=False),
    "passed on": passed_on,
    "blocked": shut_out(expected=True),
    "not blocked": shut_out(expected=False),
    "pinned": pinned(expected=True),
    "unpinned": pinned(expected=False),
    "flagged": flagged,
    "moved": moved,
    "stamped": stamped,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.tells}")
async def test_what_others_say_has_the_effect_that_is_written_down(case: Case) -> None:
    async with AsyncExitStack() as stack:
        at = await scene(stack, case)
        before = await everything(at.made, HOST)
        heard = await deliver(at.made, HOST, at.speaker.key, at.document)
        await at.made.settle()
        reason = await reason_of(at)
        assert (reason or f"answer {heard.status}") == case.outcome
        if case.effect == "nothing":
            after = await everything(at.made, HOST)
            assert [
                name for name in before if name not in EVER and before[name] != after[name]
            ] == []
        else:
            assert await CHECKS[case.effect](at)


def test_every_verb_that_we_act_on_is_tried() -> None:
    need(FIXTURES)
    verbs = {
        str(turned(fixture(f"{case.name}.json"), dict(case.turned), {})["type"]) for case in CASES
    }
    assert set(BY_ACTIVITY) - verbs == set()


def test_every_effect_is_told_and_checked() -> None:
    assert set(CHECKS) | {"nothing"} == set(EFFECTS) == {case.effect for case in CASES}


def test_the_page_for_other_programmers_shows_this_table() -> None:
    page = FEDERATION.read_text(encoding="utf-8")
    assert page == written(page), "python -m tests.peers.verbs"
