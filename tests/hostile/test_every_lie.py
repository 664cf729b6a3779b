"""Every verb that we act on, told by liars: the right refusal, and not one row changed.

The truths come first: were they refused too, the lies would prove nothing.
"""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from actors import blocks, refresh
from actors.model import Actor
from fedi.desk.attending import AttendOrder, attend
from fedi.publications.model import Publication
from fedi.signatures.keys import SigningKey, public_pem
from inbox.handlers import HANDLERS
from tests.harness.world import World, a_note, an_event, world
from tests.hostile.stranger import (
    AS2,
    CONTEXT,
    Document,
    Heard,
    Person,
    Stranger,
    a_note_of,
    changed,
    deliver,
    everything,
    headers_for,
    rsa,
    say,
    send_raw,
    stranger,
)

HERE = "agora.test"
VERBS = sorted(name for handler in HANDLERS for name in handler.activities)
SHARED = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Scene:
    """One instance with two collectives, and two hosts of others that it knows."""

    made: World
    mars: Stranger
    venus: Stranger
    shut: Stranger
    agora: Actor
    banat: Actor
    ali: Person
    omar: Person
    eve: Person
    spoken: Publication
    event: Publication
    asked_uri: str
    join: Document

    async def told(self, key: SigningKey, activity: object, path: str = "/inbox") -> Heard:
        heard = await deliver(self.made, HERE, key, activity, path)
        await self.made.settle()
        return heard

    async def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        return await everything(self.made, HERE)

    async def state(self, activity: Document) -> list[str]:
        """What became of an activity, once per inbox it came by."""
        rows = await self.made[HERE].look(
            lambda rx: rx.all("SELECT state FROM inbox_activity WHERE uri = ?", activity["id"])
        )
        return [row[0] for row in rows]


async def set_the_scene(stack: AsyncExitStack) -> Scene:
    made = await stack.enter_async_context(world(HERE))
    mars = await stack.enter_async_context(stranger(made, "mars.test"))
    venus = await stack.enter_async_context(stranger(made, "venus.test"))
    shut = await stack.enter_async_context(stranger(made, "shut.test"))
    agora = await made.collective(HERE, "agora")
    banat = await made.collective(HERE, "banat")
    ali, omar, eve = mars.person("ali", 0), mars.person("omar", 1), venus.person("eve", 2)
    scene = Scene(made, mars, venus, shut, agora, banat, ali, omar, eve, None, None, "", {})  # type: ignore[arg-type]
    for person in (ali, omar, eve):
        await made.follow(agora, await refresh.fetch_actor(made[HERE], person.uri))
        followed = say(person, "Follow", agora.uri, "first")
        assert (await scene.told(person.key, followed)).status == 202
        accepted = say(person, "Accept", await sent_follow(made, agora, person), "first")
        assert (await scene.told(person.key, accepted)).status == 202
        for number in (1, 2):
            note = a_note_of(person, number)
            there = mars if person is not eve else venus
            there.show(note["id"], {"@context": CONTEXT, **note})
            created = say(person, "Create", note, f"old-{number}")
            assert (await scene.told(person.key, created)).status == 202
        pinned = say(person, "Add", f"{person.uri}/notes/1", "first", target=person.featured)
        assert (await scene.told(person.key, pinned)).status == 202
    venus.person("ali_anew", 3, alsoKnownAs=[ali.uri])
    scene.spoken = await made.publish(agora, a_note("our words"))
    scene.event = await made.publish(agora, an_event())
    await made.follow(banat, await refresh.find_or_fetch_actor(made[HERE], ali.uri))
    scene.asked_uri = (await sent_follow(made, banat, ali))["id"]
    scene.join = await sent_join(made, mars, banat, ali)
    return scene


async def sent_join(made: World, mars: Stranger, actor: Actor, ali: Person) -> Document:
    """We want to come to an event of ali, who has not answered."""
    event = a_note_of(ali, "event", type="Event", name="x", joinMode="free") | {
        "startTime": (made.clock.now() + timedelta(days=7)).isoformat()
    }
    mars.show(event["id"], {"@context": CONTEXT, **event})
    await attend(made[HERE], AttendOrder(which=event["id"], actor=actor.username))
    await made.settle()
    row = await made[HERE].look(lambda rx: rx.one("SELECT activity_uri FROM participation"))
    return {"id": row[0], "type": "Join", "actor": actor.uri, "object": event["id"]}


async def sent_follow(made: World, follower: Actor, followed: Person) -> Document:
    row = await made[HERE].look(
        lambda rx: rx.one(
            "SELECT activity_uri FROM follow WHERE follower_uri = ? AND followed_uri = ?",
            follower.uri,
            followed.uri,
        )
    )
    return {"id": row[0], "type": "Follow", "actor": follower.uri, "object": followed.uri}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    """Shared by all lies, because none of them may leave a trace."""
    async with AsyncExitStack() as stack:
        yield await set_the_scene(stack)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def honest() -> AsyncIterator[Scene]:
    """The same again for the truths, which do leave traces."""
    async with AsyncExitStack() as stack:
        yield await set_the_scene(stack)


def truth(scene: Scene, verb: str, number: object = "now") -> Document:
    """What ali may say."""
    ali, note = scene.ali, a_note_of(scene.ali, 1)
    asked = {"id": scene.asked_uri, "type": "Follow", "actor": scene.banat.uri, "object": ali.uri}
    own_follow = {"id": f"{ali.uri}/activities/follow-first", "type": "Follow", "actor": ali.uri}
    subjects: dict[str, object] = {
        "Follow": scene.banat.uri,
        "Accept": asked,
        "Reject": asked,
        "Undo": own_follow | {"object": scene.agora.uri},
        "Create": a_note_of(ali, number),
        "Update": note | {"content": "<p>newer</p>", "updated": "2026-02-01T00:00:00Z"},
        "Delete": {"id": note["id"], "type": "Tombstone"},
        "Announce": scene.spoken.uri,
        "Like": scene.spoken.uri,
        "EmojiReact": scene.spoken.uri,
        "Block": scene.banat.uri,
        "Add": f"{ali.uri}/notes/2",
        "Remove": note["id"],
        "Flag": [scene.spoken.uri],
        "Move": ali.uri,
        "QuoteRequest": scene.spoken.uri,
        "Join": scene.event.uri,
        "Leave": scene.event.uri,
        "Ignore": scene.join,
        "Offer": {
            "type": "Relationship",
            "subject": scene.agora.uri,
            "relationship": "http://schema.org/organizer",
            "object": scene.join["object"],
        },
        "Invite": scene.join["object"],
        "TentativeAccept": scene.event.uri,
        "TentativeReject": scene.event.uri,
    }
    more: dict[str, Any] = {"target": ali.featured} if verb in ("Add", "Remove") else {}
    if verb == "Move":
        more["target"] = "https://venus.test/ali_anew"
    if verb == "Invite":
        more["target"] = scene.agora.uri
    if verb == "QuoteRequest":
        more["instrument"] = a_note_of(ali, "quoting")
    if verb in ("EmojiReact", "Flag"):
        more["content"] = "✊"
    return say(ali, verb, subjects[verb], number, **more)


# In this order each leaves to the next what it needs.
ORDER = [
    "Follow", "Accept", "Reject", "Create", "Update", "Add", "Remove", "Like", "EmojiReact",
    "Announce", "Flag", "QuoteRequest", "Ignore", "Invite", "Offer", "Join", "Leave", "TentativeAccept", "TentativeReject", "Move", "Undo", "Block",
    "Delete",
]  # fmt: skip


@SHARED
async def test_every_truth_has_one_effect_however_often_and_by_whichever_inbox_it_comes(
    honest: Scene,
) -> None:
    assert sorted(ORDER) == VERBS
    personal = honest.agora.inbox.removeprefix(f"https://{HERE}")
    for verb in ORDER:
        activity = truth(honest, verb)
        before = await honest.rows()
        heard = await honest.told(honest.ali.key, activity)
        assert (heard.status, await honest.state(activity)) == (202, ["done"]), verb
        after = await honest.rows()
        assert set(changed(before, after)) > {"inbox_activity"}, verb

        again = await honest.told(honest.ali.key, activity)
        assert (again.status, changed(after, await honest.rows())) == (202, {}), verb

        elsewhere = await honest.told(honest.ali.key, activity, personal)
        rows = changed(after, await honest.rows())
        assert (elsewhere.status, set(rows)) == (202, {"inbox_activity"}), verb


# --- lies that the door refuses -------------------------------------------------------------


@dataclass(slots=True)
class Letter:
    """A POST before it is sent, for spoiling."""

    activity: Document
    key: SigningKey
    path: str = "/inbox"
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def closed(self, scene: Scene, **late: float) -> "Letter":
        body = self.body or json.dumps(self.activity, ensure_ascii=False).encode()
        now = scene.made.clock.now() + timedelta(**late)
        headers = headers_for(self.key, f"https://{HERE}{self.path}", body, now)
        return replace(self, body=body, headers=headers)

    def without(self, name: str) -> "Letter":
        return replace(self, headers=[pair for pair in self.headers if pair[0] != name])

    def also(self, name: str, value: str) -> "Letter":
        return replace(self, headers=[*self.headers, (name, value)])

    def header(self, name: str) -> str:
        return next(value for known, value in self.headers if known == name)

    def instead(self, name: str, value: str) -> "Letter":
        return self.without(name).also(name, value)


Spoil = Callable[[Scene, Letter], Letter]


def by(person: str) -> Spoil:
    def spoil(scene: Scene, letter: Letter) -> Letter:
        return replace(letter, key=getattr(scene, person).key).closed(scene)

    return spoil


def spoken_as(**members: Any) -> Spoil:
    def spoil(scene: Scene, letter: Letter) -> Letter:
        return replace(letter, activity=letter.activity | members).closed(scene)

    return spoil


def written(make: Callable[[bytes], bytes]) -> Spoil:
    """Signed as it is, but what is signed is not what it should be."""

    def spoil(scene: Scene, letter: Letter) -> Letter:
        body = make(json.dumps(letter.activity).encode())
        return replace(letter, body=body).closed(scene)

    return spoil


def closed_then(change: Callable[[Letter], Letter]) -> Spoil:
    return lambda scene, letter: change(letter.closed(scene))


def other_digest(letter: Letter) -> Letter:
    digest = headers_for(letter.key, f"https://{HERE}/inbox", b"{}", _SOME_DAY)
    return letter.instead("digest", dict(digest)["digest"])


def as_ours(scene: Scene, letter: Letter) -> Letter:
    return replace(letter, activity=letter.activity | {"actor": scene.agora.uri}).closed(scene)


def with_id_of_ours(scene: Scene, letter: Letter) -> Letter:
    return replace(letter, activity=letter.activity | {"id": f"{scene.agora.uri}/x"}).closed(scene)


def signed_for_elsewhere(scene: Scene, letter: Letter) -> Letter:
    closed = letter.closed(scene)
    headers = headers_for(
        letter.key, "https://venus.test/inbox", closed.body, scene.made.clock.now()
    )
    return replace(closed, headers=headers).instead("host", HERE)


def signed_for_another_path(scene: Scene, letter: Letter) -> Letter:
    path = scene.agora.inbox.removeprefix(f"https://{HERE}")
    return replace(letter.closed(scene), path=path)


def claiming_key_of(person: str) -> Spoil:
    """The signature of eve under the key id of somebody else."""

    def spoil(scene: Scene, letter: Letter) -> Letter:
        key = SigningKey(getattr(scene, person).key.key_id, scene.eve.key.private)
        return replace(letter, key=key).closed(scene)

    return spoil


def deep(body: bytes) -> bytes:
    return body[:-1] + b',"deep":' + b"[" * 40 + b"]" * 40 + b"}"


_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)

DOOR: dict[str, tuple[Spoil, set[int]]] = {
    "unsigned": (closed_then(lambda it: it.without("signature")), {401}),
    "signed by another actor of the same host": (by("omar"), {401}),
    # passing on what another said is a hint to look there, where nothing of it is true
    "signed by another host": (by("eve"), {202, 401}),
    "another's key id over one's own signature": (claiming_key_of("ali"), {401}),
    "altered body": (closed_then(lambda it: replace(it, body=it.body[:-1] + b" }")), {400, 401}),
    "two hours old": (lambda scene, it: it.closed(scene, hours=-2), {401}),
    "from the future": (lambda scene, it: it.closed(scene, hours=2), {401}),
    "id on another host": (spoken_as(id="https://venus.test/a/1"), {400}),
    "id on our host": (with_id_of_ours, {400}),
    "actor on another host than the key": (spoken_as(actor="https://venus.test/eve"), {400, 401}),
    "actor ours": (as_ours, {400, 403}),
    "no digest": (closed_then(lambda it: it.without("digest")), {400, 401}),
    "digest of another body": (closed_then(other_digest), {400, 401}),
    "two digests": (closed_then(lambda it: it.also("digest", it.header("digest"))), {400, 401}),
    "two signatures": (closed_then(lambda it: it.also("signature", it.header("signature"))), {400}),
    "two hosts": (closed_then(lambda it: it.also("host", HERE)), {400, 421}),
    "host of another": (closed_then(lambda it: it.instead("host", "venus.test")), {400, 421}),
    "two dates": (closed_then(lambda it: it.also("date", it.header("date"))), {400, 401}),
    "no date": (closed_then(lambda it: it.without("date")), {400, 401}),
    "signed for another server": (signed_for_elsewhere, {401}),
    "signed for another inbox": (signed_for_another_path, {401}),
}

# What is no activity at all is refused before anybody asks which verb it would have been.
SHAPES: dict[str, tuple[Spoil, set[int]]] = {
    "content type of plain JSON": (
        closed_then(lambda it: it.instead("content-type", "application/json")),
        {415},
    ),
    "no content type": (closed_then(lambda it: it.without("content-type")), {415}),
    "two content types": (closed_then(lambda it: it.also("content-type", AS2)), {415}),
    "compressed": (
        lambda scene, it: written(gzip.compress)(scene, it).also("content-encoding", "gzip"),
        {415},
    ),
    "compressed without saying so": (written(gzip.compress), {400}),
    "oversize": (written(lambda body: body[:-1] + b" " * 1_048_577 + b"}"), {413}),
    "key twice": (written(lambda body: body[:-1] + b',"actor":"https://mars.test/ali"}'), {400}),
    "not a number": (written(lambda body: body[:-1] + b',"x":NaN}'), {400}),
    "too deep": (written(deep), {400}),
    "not UTF-8": (written(lambda body: body[:-1] + b',"x":"\xff"}'), {400}),
    "UTF-16": (written(lambda body: body.decode().encode("utf-16")), {400}),
    "lone surrogate": (written(lambda body: body[:-1] + b',"x":"\\ud800"}'), {400}),
    "NUL": (written(lambda body: body[:-1] + b',"x":"\\u0000"}'), {400}),
    "a list": (written(lambda body: b"[" + body + b"]"), {400}),
    "nothing": (written(lambda body: b" "), {400}),
    "two documents": (written(lambda body: body + body), {400}),
    "moved meaning": (spoken_as(**{"@graph": []}), {400}),
}
SHAPES |= {
    f"{member} is {json.dumps(value)[:12]}": (spoken_as(**{member: value}), {400})
    for member in ("id", "type", "actor")
    for value in (7, None, True, [], {}, ["https://mars.test/ali"] * 2, {"a": {"b": {}}}, "", " ")
    if not (member == "type" and value in (" ", ["https://mars.test/ali"] * 2))
}


@SHARED
@pytest.mark.parametrize("lie", DOOR)
@pytest.mark.parametrize("verb", VERBS)
async def test_the_door_refuses_and_nothing_changes(scene: Scene, verb: str, lie: str) -> None:
    await refuses(scene, verb, *DOOR[lie])


@SHARED
@pytest.mark.parametrize("shape", SHAPES)
async def test_what_is_no_activity_is_refused_and_nothing_changes(scene: Scene, shape: str) -> None:
    await refuses(scene, "Create", *SHAPES[shape])


async def refuses(scene: Scene, verb: str, spoil: Spoil, expected: set[int]) -> None:
    letter = spoil(scene, Letter(truth(scene, verb), scene.ali.key))
    before = await scene.rows()
    heard = await send_raw(scene.made, HERE, letter.path, letter.headers, letter.body)
    await scene.made.settle()
    assert heard.status in expected
    assert b"ali" not in heard.body
    assert changed(before, await scene.rows()) == {}


@SHARED
@pytest.mark.parametrize("verb", VERBS)
async def test_who_is_shut_out_is_refused_whatever_is_said(scene: Scene, verb: str) -> None:
    banned = scene.mars.person("banned", 3)
    outcast = scene.shut.person("outcast", 3)

    def shut_out(unit: Any) -> None:
        blocks.add(unit, blocks.INSTANCE, banned.uri, blocks.ACTOR)
        blocks.add(unit, blocks.INSTANCE, "shut.test", blocks.HOST)

    await scene.made[HERE].change(shut_out)
    await scene.told(
        banned.key, say(banned, "Like", scene.spoken.uri)
    )  # its key is known from here on
    for person in (banned, outcast):
        activity = json.loads(json.dumps(truth(scene, verb)).replace(scene.ali.uri, person.uri))
        before = await scene.rows()
        assert (await scene.told(person.key, activity)).status == 403
        assert changed(before, await scene.rows()) == {}
    assert scene.shut.asked == []


# --- lies that are well signed: kept as what they are, without any effect ------------------


def signed_lies(scene: Scene) -> dict[str, Document]:
    """Things that ali may not say, though it is ali who says them."""
    ali, omar, eve = scene.ali, scene.omar, scene.eve
    ours, newer = scene.spoken.uri, {"content": "<p>lie</p>", "updated": "2026-02-02T00:00:00Z"}
    note = a_note_of(ali, "lie")
    ours_as_object = note | {"id": ours, "attributedTo": scene.agora.uri}
    follow_of = {
        person.uri: {
            "id": f"{person.uri}/activities/follow-first",
            "type": "Follow",
            "actor": person.uri,
            "object": scene.agora.uri,
        }
        for person in (omar, eve)
    }
    lies: dict[str, Document] = {}
    for who, other in (("a neighbour", omar), ("a third host", eve)):
        theirs = a_note_of(other, 1)
        fresh = a_note_of(other, "fresh")
        lies |= {
            f"Create: object of {who}": say(ali, "Create", fresh),
            f"Create: own object attributed to {who}": say(
                ali, "Create", note | {"attributedTo": other.uri}
            ),
            f"Create: object of {who} attributed to oneself": say(
                ali, "Create", fresh | {"attributedTo": ali.uri, "id": f"{eve.uri}/notes/9"}
            ),
            f"Update: object of {who}": say(ali, "Update", theirs | newer),
            f"Update: object of {who} as one's own": say(
                ali, "Update", theirs | newer | {"attributedTo": ali.uri}
            ),
            f"Update: unseen object attributed to {who}": say(
                ali, "Update", note | newer | {"attributedTo": other.uri}
            ),
            f"Update: own object handed to {who}": say(
                ali, "Update", a_note_of(ali, 1) | newer | {"attributedTo": other.uri}
            ),
            f"Delete: object of {who}": say(ali, "Delete", theirs["id"]),
            f"Delete: embedded object of {who}": say(ali, "Delete", theirs),
            f"Delete: {who}": say(ali, "Delete", other.uri),
            f"Undo: follow of {who}": say(ali, "Undo", follow_of[other.uri]),
            f"Undo: follow of {who} by id": say(ali, "Undo", follow_of[other.uri]["id"]),
            f"Undo: follow of {who} as one's own": say(
                ali, "Undo", follow_of[other.uri] | {"actor": ali.uri, "object": scene.banat.uri}
            ),
            f"Accept: follow of {who}": say(ali, "Accept", follow_of[other.uri]),
            f"Reject: follow of {who}": say(ali, "Reject", follow_of[other.uri]),
            f"Add: to the pins of {who}": say(ali, "Add", note["id"], target=other.featured),
            f"Remove: from the pins of {who}": say(
                ali, "Remove", theirs["id"], target=other.featured
            ),
        }
    answered_to_eve = {"id": f"{scene.agora.uri}/none", "type": "Follow", "object": eve.uri}
    lies |= {
        "Create: object of ours": say(ali, "Create", ours_as_object),
        "Create: object of ours as one's own": say(
            ali, "Create", ours_as_object | {"attributedTo": ali.uri}
        ),
        "Create: object of ours by id": say(ali, "Create", ours),
        "Create: object without id": say(ali, "Create", {"type": "Note", "attributedTo": ali.uri}),
        "Create: one's own actor": say(ali, "Create", ali.document()),
        "Create: of a note that says nothing": say(ali, "Create", None),
        "Update: object of ours": say(ali, "Update", ours_as_object | newer),
        "Update: object of ours as one's own": say(
            ali, "Update", ours_as_object | newer | {"attributedTo": ali.uri}
        ),
        "Update: actor of ours": say(
            ali, "Update", {"id": scene.agora.uri, "type": "Note"} | newer
        ),
        "Update: older than what is known": say(
            ali, "Update", a_note_of(ali, 1) | newer | {"updated": "2025-01-01T00:00:00Z"}
        ),
        "Update: without a moment": say(ali, "Update", a_note_of(ali, 1, "<p>lie</p>")),
        "Delete: object of ours": say(ali, "Delete", ours),
        "Delete: actor of ours": say(ali, "Delete", scene.agora.uri),
        "Delete: nothing": say(ali, "Delete", None),
        "Delete: two things": say(ali, "Delete", [f"{ali.uri}/notes/1", f"{ali.uri}/notes/2"]),
        "Undo: follow of ours": say(
            ali,
            "Undo",
            {"id": scene.asked_uri, "type": "Follow", "actor": scene.banat.uri, "object": ali.uri},
        ),
        "Undo: follow of ours by id": say(ali, "Undo", scene.asked_uri),
        "Undo: nothing": say(ali, "Undo", None),
        "Accept: a follow of another": say(
            ali, "Accept", answered_to_eve | {"actor": scene.agora.uri}
        ),
        "Accept: nothing asked": say(
            ali, "Accept", {"type": "Follow", "actor": "https://agora.test/actor"}
        ),
        "Accept: by a bare id that is not ours": say(ali, "Accept", f"{ali.uri}/f"),
        "Reject: what another was asked": say(
            ali, "Reject", answered_to_eve | {"actor": scene.agora.uri}
        ),
        "Add: to our pins": say(ali, "Add", ours, target=f"{scene.agora.uri}/featured"),
        "Remove: from our pins": say(ali, "Remove", ours, target=f"{scene.agora.uri}/featured"),
        "Add: without target": say(ali, "Add", ours),
        "Follow: nobody": say(ali, "Follow", f"https://{HERE}/actor/nobody"),
        "Follow: somebody elsewhere": say(ali, "Follow", eve.uri),
        "Follow: itself": say(ali, "Follow", ali.uri),
        "Like: what is not there": say(ali, "Like", f"https://{HERE}/note/nothing"),
        "EmojiReact: what is not there": say(ali, "EmojiReact", f"https://{HERE}/note/nothing"),
        "Announce: what is not there": say(ali, "Announce", f"https://{HERE}/note/nothing"),
        "Announce: an address that gives nothing": say(ali, "Announce", "https://venus.test/gone"),
        "Block: somebody elsewhere": say(ali, "Block", eve.uri),
        "Flag: nothing of ours": say(ali, "Flag", [eve.uri]),
        "Move: to somebody who says nothing of it": say(ali, "Move", ali.uri, target=eve.uri),
        "Move: a neighbour": say(ali, "Move", omar.uri, target="https://venus.test/ali_anew"),
        "Move: to one of ours": say(ali, "Move", ali.uri, target=scene.banat.uri),
        "Move: nowhere": say(ali, "Move", ali.uri),
        "QuoteRequest: for a quote of another": say(
            ali, "QuoteRequest", ours, instrument=f"{eve.uri}/notes/quoting"
        ),
        "QuoteRequest: for no quote": say(ali, "QuoteRequest", ours),
        "QuoteRequest: of what is not ours": say(
            ali, "QuoteRequest", f"{ali.uri}/notes/1", instrument=f"{ali.uri}/notes/2"
        ),
        "Join: a verb we do not act on": say(ali, "Join", ours),
    }
    lies |= {
        f"{verb}: object is {json.dumps(value)[:12]}": say(ali, verb, value, target=ali.featured)
        for verb in VERBS
        for value in (7, None, True, [], {}, [[]], "", "x", {"id": 7}, {"id": ["a"]}, {"type": {}})
    }
    for number, activity in enumerate(lies.values()):
        activity["id"] = f"{ali.uri}/lies/{number}"
        activity["to"] = [activity["to"][0], scene.agora.uri]
    return lies


@SHARED
async def test_a_well_signed_lie_is_kept_with_its_reason_and_has_no_effect(scene: Scene) -> None:
    believed = {}
    before = await scene.rows()
    for name, activity in signed_lies(scene).items():
        heard = await scene.told(scene.ali.key, activity)
        after = await scene.rows()
        effect = sorted(set(changed(before, after)) - {"inbox_activity"})
        state = await scene.state(activity)
        if heard.status != 202 or effect or state not in (["refused"], ["ignored"]):
            believed[name] = (heard.status, state, effect)
        before = after
    assert believed == {}


# --- lies about keys ----------------------------------------------------------------------


def key_document(key_id: str, owner: str, key: int = 4) -> Document:
    return {
        "@context": CONTEXT,
        "id": key_id,
        "type": "Key",
        "owner": owner,
        "publicKeyPem": public_pem(rsa(key)),
    }


def key_lies(scene: Scene) -> dict[str, tuple[str, str, set[str]]]:
    """Name → key id used, actor claimed, and the actors that may be known afresh, from their own documents."""
    mars, venus, ali, eve = scene.mars, scene.venus, scene.ali, scene.eve
    venus.show("https://venus.test/keys/1", key_document("https://venus.test/keys/1", ali.uri))
    mars.show("https://mars.test/keys/1", key_document("https://mars.test/keys/1", ali.uri))
    mars.show("https://mars.test/keys/2", key_document("https://venus.test/keys/2", ali.uri))
    unlisted = mars.person("unlisted", 4).document()
    mars.show(f"{ali.uri}-double", ali.document() | {"publicKey": unlisted["publicKey"]})
    elsewhere = venus.person("moved", 4).document()
    mars.show("https://mars.test/moved", elsewhere)
    mars.redirect("https://mars.test/away", "https://venus.test/eve")
    mars.redirect("https://mars.test/inside", "https://10.0.0.1/ali")
    mars.redirect("https://mars.test/plain", "http://mars.test/ali")
    mars.redirect("https://mars.test/round", "https://mars.test/round")
    mars.show("https://mars.test/page", ali.document(), media_type="text/html")
    mars.show("https://mars.test/json", ali.document(), media_type="application/json")
    stolen = mars.person("thief", 4).document()
    stolen["publicKey"]["id"] = ali.key.key_id
    mars.show("https://mars.test/thief", stolen)
    weak = mars.person("weak", 4).document()
    weak["publicKey"]["publicKeyPem"] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    mars.show("https://mars.test/weak", weak)
    impostor = mars.person("impostor", 4).document(id=f"https://{HERE}/actor/impostor")
    mars.show("https://mars.test/impostor", impostor)
    known = {ali.uri}
    return {
        "a key of another host that names ali": ("https://venus.test/keys/1", ali.uri, set()),
        "a key beside ali that ali does not list": ("https://mars.test/keys/1", ali.uri, known),
        "a key document with the id of another host": ("https://mars.test/keys/2", ali.uri, known),
        "an actor document with the key of another": (f"{ali.uri}-double#main-key", ali.uri, {unlisted["id"]}),
        "an actor with its id on another host": ("https://mars.test/moved#main-key", "https://mars.test/moved", set()),
        "a redirect to another origin": ("https://mars.test/away#main-key", "https://mars.test/away", set()),
        "a redirect to a private address": ("https://mars.test/inside#main-key", "https://mars.test/inside", set()),
        "a redirect to http": ("https://mars.test/plain#main-key", "https://mars.test/plain", set()),
        "a redirect to itself": ("https://mars.test/round#main-key", "https://mars.test/round", set()),
        "a page": ("https://mars.test/page#main-key", "https://mars.test/page", set()),
        "plain JSON": ("https://mars.test/json#main-key", "https://mars.test/json", set()),
        "nothing there": ("https://mars.test/nobody#main-key", "https://mars.test/nobody", set()),
        "a private address": ("https://10.0.0.1/x#main-key", "https://10.0.0.1/x", set()),
        "an address with a password": ("https://a:b@mars.test/x#main-key", ali.uri, set()),
        "not an address": ("acct:ali@mars.test", ali.uri, set()),
        "our own host": (f"https://{HERE}/actor#main-key", ali.uri, set()),
        "a local id": ("https://mars.test/impostor#main-key", "https://mars.test/impostor", set()),
        "another's key for ali": (eve.key.key_id, ali.uri, {eve.uri}),
    }  # fmt: skip


@SHARED
async def test_no_lie_about_a_key_makes_anybody_speak_as_another(scene: Scene) -> None:
    for number, (name, (key_id, actor, freshened)) in enumerate(key_lies(scene).items()):
        liar = Person(actor, SigningKey(key_id, rsa(4)))
        activity = say(liar, "Like", scene.spoken.uri, f"key-{number}")
        scene.made.clock.advance(seconds=1)  # so that a document fetched again is seen to be
        before = await scene.rows()
        heard = await scene.told(liar.key, activity)
        assert heard.status in {400, 401}, name
        rows = changed(before, await scene.rows())
        assert set(rows) <= {"actor", "actor_key"}, name
        assert {row[1] for row in rows.get("actor", [])} == freshened, name
        assert {row[0] for row in rows.get("actor_key", [])} <= freshened, name


@SHARED
async def test_nobody_buries_beforehand_what_a_neighbour_will_say(scene: Scene) -> None:
    coming = a_note_of(scene.omar, "coming")
    await scene.told(scene.ali.key, say(scene.ali, "Delete", coming["id"], "too-early"))
    created = say(scene.omar, "Create", coming, "coming")
    await scene.told(scene.omar.key, created)
    assert await scene.state(created) == ["done"]


@SHARED
async def test_an_actor_that_lists_anothers_key_id_cannot_silence_the_other(scene: Scene) -> None:
    key_lies(scene)
    thief = Person("https://mars.test/thief", SigningKey("https://mars.test/thief#own", rsa(4)))
    await scene.told(thief.key, say(thief, "Like", scene.spoken.uri, "thief"))
    as_ali = SigningKey(scene.ali.key.key_id, rsa(4))
    assert (
        await scene.told(as_ali, say(scene.ali, "Like", scene.spoken.uri, "thief"))
    ).status == 401
    # what the process remembers is forgotten, as after a restart
    scene.made[HERE].keyring.forget_owners([scene.ali.uri])
    await refresh.fetch_actor(scene.made[HERE], thief.uri)
    like = say(scene.ali, "Like", scene.spoken.uri, "after-the-thief")
    assert (await scene.told(scene.ali.key, like)).status == 202
