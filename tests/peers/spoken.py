"""Everything an instance says in a made-up life: what a follower gets and what is served, with names that do not change.

`python -m tests.peers.spoken` writes the golden documents anew.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from actors import refresh, relays
from actors.model import Actor, ActorImage, ProfileField
from fedi.desk import attendance as desk
from fedi.desk import attending, inviting, organising
from fedi.publications import reactions
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText
from fedi.publications.event.parts import Part
from fedi.publications.model import Attachment, Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from outbox.actions import relay as relay_letters
from outbox.actions.add import feature
from outbox.actions.announce import announce
from outbox.actions.flag import flag
from outbox.actions.follow import follow
from outbox.actions.like import like
from outbox.actions.move import move
from outbox.actions.quote import ask_quote, revoke_quote
from outbox.actions.reject import reject_follow
from outbox.actions.remove import unfeature
from outbox.actions.undo import undo_reaction, unfollow
from outbox.actions.update import update_actor
from tests.harness.clock import FakeClock
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import (
    AS2,
    Person,
    Stranger,
    a_note_of,
    deliver,
    say,
    send_raw,
    stranger,
)

GOLDEN: Final = Path(__file__).parent / "golden" / "sent"
HOST, THERE = "agora.test", "there.test"
START: Final = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

Document = dict[str, Any]

_PUBLIC_ID: Final = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b")
_TOKEN: Final = re.compile(r"/attendance/[\w-]{43}")
_UNSTEADY: Final = {
    "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n",
    "publicKeyMultibase": "z6Mk",
    "signatureValue": "MII=",
    "proofValue": "z2",
}


def steady(document: Document) -> Document:
    """The document with ids numbered as they appear, and one word for every key and every signature."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"{len(numbers) + 1:0>26}")

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: _UNSTEADY.get(name, inner) if isinstance(inner, str) else walk(inner)
                for name, inner in value.items()
            }
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    text = _TOKEN.sub("/attendance/token", json.dumps(walk(document)))
    found: Document = json.loads(_PUBLIC_ID.sub(number, text))
    return found


@dataclass(slots=True)
class Life:
    """A collective, a follower elsewhere, and every document that left, by name."""

    made: World
    agora: Actor
    there: Stranger
    reader: Person
    said: dict[str, Document]

    async def do(self, name: str, work: Callable[[Unit], Any]) -> Any:
        """Do something and keep what it sent under this name."""
        result = await self.made[HOST].change(work)
        await self.keep(name)
        return result

    async def keep(self, name: str) -> None:
        """What was sent since the last time, under this name; several get numbers."""
        self.made.clock.advance(minutes=1)
        await self.made.settle()
        for number, post in enumerate(self.there.posts, 1):
            self.said[name if number == 1 else f"{name}-{number}"] = post.document
        assert self.there.posts, name
        self.there.posts.clear()

    async def publish(self, name: str, draft: Draft, **around: Any) -> Publication:
        published = await self.made.publish(self.agora, draft, **around)
        await self.keep(f"create-{name}")
        return published

    async def hear(self, name: str, activity: Document) -> None:
        """The reader says something; our answer is kept."""
        assert (await deliver(self.made, HOST, self.reader.key, activity)).status == 202
        await self.keep(name)

    async def serve(self, name: str, uri: str, status: int = 200) -> None:
        """What is given to anybody who asks."""
        headers = [("host", HOST), ("accept", AS2)]
        heard = await send_raw(self.made, HOST, "/" + uri.split("/", 3)[3], headers, b"", "GET")
        assert heard.status == status, (name, heard.status)
        self.said[name] = json.loads(heard.body)


async def documents() -> dict[str, Document]:
    """Every document of this life, made steady."""
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(HOST, clock=FakeClock(START)))
        there = await stack.enter_async_context(stranger(made, THERE))
        reader = there.person("reader")
        there.show(
            there.url("/.well-known/webfinger"),
            {
                "subject": f"acct:reader@{THERE}",
                "links": [{"rel": "self", "type": AS2, "href": reader.uri}],
            },
            "application/jrd+json",
        )
        agora = await made.collective(
            HOST, "agora", "الجوار", language="ar", summary="<p>مكان يلتقي فيه الجيران.</p>"
        )
        life = Life(made, agora, there, reader, {})
        await _meet(life)
        note = await _publish(life)
        await _react(life, note)
        await _relay(life, note)
        await _leave(life, note)
        return {name: steady(document) for name, document in sorted(life.said.items())}


async def _meet(life: Life) -> None:
    await life.hear("accept-follow", say(life.reader, "Follow", life.agora.uri))
    known = await refresh.find_or_fetch_actor(life.made[HOST], life.reader.uri)
    await life.do("follow", lambda unit: follow(unit, life.agora, known))
    await life.do("undo-follow", lambda unit: unfollow(unit, life.agora, known.uri))
    other = life.there.person("other")
    await life.do(
        "reject-follow",
        lambda unit: reject_follow(unit, life.agora, life.reader.uri, f"{other.uri}#follows/1"),
    )
    whole = replace(
        life.agora,
        icon=ActorImage(f"https://{HOST}/media/icon.png", "image/png", "شعار"),
        image=ActorImage(f"https://{HOST}/media/header.jpg", "image/jpeg", None),
        fields=(ProfileField("Web", '<a href="https://agora.test" rel="me">agora.test</a>'),),
        aliases=(f"https://{THERE}/older",),
        discoverable=True,
    )
    life.agora = await life.do("update-actor", lambda unit: update_actor(unit, whole))
    await life.serve("actor", life.agora.uri)
    await life.serve("server-actor", f"https://{HOST}/actor")


async def _publish(life: Life) -> Publication:
    event = await life.publish(
        "event", _in_two_languages(an_event(starts_at=START + timedelta(days=7)))
    )
    await life.publish("statement", _in_two_languages(a_statement()))
    await life.publish("short-statement", a_statement(is_short=True))
    details = AidDetails(
        "request",
        what="food",
        quantity="40",
        unit="kilogram",
        minimum="2.5",
        available="40",
        until=START + timedelta(days=3),
    )
    await life.publish(
        "aid-request",
        Draft("aid_request", {"ar": DraftText("نحتاج خبزًا", "للمطبخ.")}, details=details),
    )
    await life.publish(
        "aid-offer",
        Draft(
            "aid_offer",
            {"fr": DraftText("Du pain", "À donner.")},
            details=replace(details, purpose="offer"),
        ),
    )
    picture = Attachment(
        f"https://{HOST}/media/garden.jpg",
        "image/jpeg",
        "حديقة",
        1200,
        630,
        "UBL_:rOpGG-;~qRjWBay",
        (0.0, 0.5),
    )
    note = await life.publish("note", a_note("Hello #garden", attachments=(picture,)))
    await life.publish("note-for-followers", a_note("For you", visibility=Visibility.FOLLOWERS))
    await _answer(life, note)
    words = replace(note.original, content="<p>Hello again</p>")
    changed = replace(note, texts={note.language: words})
    await life.made.edit(life.agora, changed)
    await life.keep("update-note")
    await life.serve("event", event.uri)
    await life.serve("note", note.uri)
    return note


def _in_two_languages(draft: Draft) -> Draft:
    """Arabic first, English after."""
    return replace(draft, texts={"ar": DraftText("اجتماع الحي", "**للجميع**. #حي"), **draft.texts})


async def _answer(life: Life, note: Publication) -> None:
    """The reader answers, and we answer the reader."""
    theirs = a_note_of(
        life.reader, 1, inReplyTo=note.uri, to=[life.agora.uri, *a_note_of(life.reader, 1)["to"]]
    )
    life.there.show(theirs["id"], theirs)
    heard = await deliver(life.made, HOST, life.reader.key, say(life.reader, "Create", theirs))
    assert heard.status == 202
    await life.made.settle()
    life.there.posts.clear()
    parent = await life.made.find(HOST, theirs["id"])
    assert parent is not None
    known = await refresh.find_or_fetch_actor(life.made[HOST], life.reader.uri)
    await life.publish(
        "reply", a_note("Welcome", in_reply_to=parent.uri), parent=parent, answered=known
    )


async def _react(life: Life, note: Publication) -> None:
    agora, theirs = life.agora, f"{life.reader.uri}/notes/1"
    await life.do("like", lambda unit: like(unit, agora, theirs))
    await life.do("undo-like", lambda unit: undo_reaction(unit, agora, reactions.LIKE, theirs))
    await life.do("announce", lambda unit: announce(unit, agora, theirs))
    await life.do(
        "undo-announce", lambda unit: undo_reaction(unit, agora, reactions.ANNOUNCE, theirs)
    )
    await life.do("add", lambda unit: feature(unit, agora, note.uri))
    for name in ("outbox", "followers", "following", "featured"):
        await life.serve(name, f"{agora.uri}/{name}")
    first = life.said["outbox"]["first"]
    await life.serve("outbox-page", first if isinstance(first, str) else first["id"])
    for name in ("replies", "context", "likes", "shares"):
        await life.serve(name, f"{note.uri}/{name}")
    await life.do("remove", lambda unit: unfeature(unit, agora, note.uri))
    known = await refresh.find_or_fetch_actor(life.made[HOST], life.reader.uri)
    await life.do("flag", lambda unit: flag(unit, known, [theirs], "Not kind."))
    quote = a_note_of(life.reader, 2, quote=note.uri)
    request = say(life.reader, "QuoteRequest", note.uri, instrument=quote)
    await life.hear("accept-quote", request)
    stamp = life.said["accept-quote"]["result"]
    await life.serve("quote-stamp", stamp)
    await life.do("delete-stamp", lambda unit: revoke_quote(unit, agora, stamp))


async def _relay(life: Life, note: Publication) -> None:
    """A relay of either style is asked, told of something new, and left."""
    inbox = life.there.url("/relay/inbox")
    place = relays.Place(inbox, relays.MASTODON, THERE, inbox, None)
    await life.do("relay-follow", lambda unit: relay_letters.subscribe(unit, place))
    await life.do("relay-undo", lambda unit: relay_letters.leave(unit, _known(unit, inbox)))
    actor = await refresh.fetch_actor(life.made[HOST], life.there.person("relay").uri)
    other = relays.Place(actor.uri, relays.LITEPUB, THERE, actor.inbox, actor.uri)
    await life.do("litepub-follow", lambda unit: relay_letters.subscribe(unit, other))

    def accept(unit: Unit) -> None:
        relays.decide(unit, _known(unit, actor.uri), relays.ACCEPTED, actor.uri)
        relays.note_their_follow(unit, _known(unit, actor.uri), f"{actor.uri}#follows/1")

    await life.made[HOST].change(accept)
    await life.do("litepub-announce", lambda unit: relay_letters.announce_to_relays(unit, note))
    await life.do("litepub-undo", lambda unit: relay_letters.leave(unit, _known(unit, actor.uri)))


def _known(unit: Unit, address: str) -> relays.Relay:
    found = relays.find_by_address(unit.tx, address)
    assert found is not None
    return found


async def _leave(life: Life, note: Publication) -> None:
    private = await life.made.publish(life.agora, a_note("x", visibility=Visibility.FOLLOWERS))
    await life.made.settle()
    life.there.posts.clear()
    await _attend(life)
    request = say(life.reader, "QuoteRequest", private.uri, 2, instrument=a_note_of(life.reader, 3))
    await life.hear("reject-quote", request)
    await life.made.delete(life.agora, note)
    await life.keep("delete-note")
    await life.serve("tombstone", note.uri, 410)
    home = life.there.person("home", type="Group", alsoKnownAs=[life.agora.uri])
    target = await refresh.fetch_actor(life.made[HOST], home.uri)
    await life.do("move", lambda unit: move(unit, life.agora, target))
    await life.serve("actor-moved", life.agora.uri)
    # A name of its own: changing one letter of the note's would, one time in thirty-two, change nothing.
    uri = f"{note.uri.rpartition('/')[0]}/{'q' * 26}"
    quoting = replace(note, uri=uri, quote=f"{life.reader.uri}/notes/1")
    await life.do(
        "quote-request", lambda unit: ask_quote(unit, life.agora, quoting, life.reader.uri)
    )


async def _attend(life: Life) -> None:
    """The reader comes to an event, is told more, is refused; another event takes answers elsewhere."""
    draft = an_event("Gathering", starts_at=START + timedelta(days=9))
    event = await life.publish("event-with-places", _with(draft, capacity=40))
    join = say(life.reader, "Join", event.uri, cc=[])
    await life.hear("accept-join", join)
    await desk.change(
        life.made[HOST], desk.SetOrder(which=event.uri, online_url="https://room.example/abc")
    )
    await life.keep("create-note-for-participant")
    await desk.change(life.made[HOST], desk.SetOrder(which=event.uri, counts=True))
    await life.keep("update-event-counts")
    [line] = (await desk.show(life.made[HOST], desk.ShowOrder(which=event.uri))).lines
    refusal = desk.DecideOrder(which=event.uri, does="refuse", entries=(line.number,))
    await desk.decide(life.made[HOST], refusal)
    await life.keep("reject-join")
    elsewhere = _with(draft, join_mode="external", external_url="https://tickets.example/1")
    event = await life.publish("event-elsewhere", elsewhere)
    await life.hear("ignore-join", say(life.reader, "Join", event.uri, 2, cc=[]))
    await _attend_there(life)
    await _organise(life, event)


async def _organise(life: Life, event: Publication) -> None:
    """The reader is asked to organise it with us, and agrees."""
    order = organising.InviteOrder(which=event.uri, who=life.reader.uri)
    await organising.invite(life.made[HOST], order)
    await life.keep("offer-organiser")
    offer = life.said["offer-organiser"]
    await life.hear("update-event-organisers", say(life.reader, "Accept", offer["id"], 20, cc=[]))
    await _programme(life)


async def _programme(life: Life) -> None:
    """A festival with sessions in two rooms, listed in the order that was chosen for these; a tour with two stops."""
    begins = START + timedelta(days=20)
    session = Part(
        key="opening",
        starts_at=begins + timedelta(hours=1),
        ends_at=begins + timedelta(hours=2),
        names={"en": "Opening", "ar": "الافتتاح"},
        texts={"en": "With <tea>\nand songs"},
        room="Hall",
        who="Amal",
        spoken=("ar", "fr"),
    )
    other = replace(session, key="seeds", room="Garden", texts={}, status="cancelled", ends_at=None)
    draft = an_event("Festival", starts_at=begins)
    await life.publish(
        "event-with-programme",
        _with(
            draft,
            ends_at=begins + timedelta(days=2),
            parts=(other, session),
            rooms=("Hall", "Garden"),
        ),
    )
    stops = tuple(
        Part(
            key="",
            starts_at=begins + timedelta(days=day),
            names={"en": f"Stop {day}"},
            room="Tunis",
            who="@reader@there.example",
            uri=f"{life.reader.uri}/events/{day}",
            host=life.reader.uri,
            is_agreed=day == 1,
        )
        for day in (1, 2)
    )
    await life.publish(
        "event-tour",
        _with(
            draft,
            parts=stops,
            is_tour=True,
            join_mode="none",
            place=None,
            ends_at=begins + timedelta(days=3),
        ),
    )


async def _attend_there(life: Life) -> None:
    """We come to events of the reader, in either way of saying so, and then do not."""
    later = (START + timedelta(days=9)).isoformat()
    for number, members in ((8, {"joinMode": "free"}), (9, {})):
        event = a_note_of(life.reader, number, type="Event", name="There", **members)
        life.there.show(event["id"], {**event, "startTime": later})
    here = life.made[HOST]
    join, invitation = f"{life.reader.uri}/notes/8", f"{life.reader.uri}/notes/9"
    for name, order in (
        ("join", attending.AttendOrder(which=join, message="We bring bread")),
        ("tentative-accept-event", attending.AttendOrder(which=invitation, wish="maybe")),
        ("reject-event", attending.AttendOrder(which=invitation, wish="not_coming")),
        ("accept-event", attending.AttendOrder(which=invitation)),
    ):
        await attending.attend(here, order)
        await life.keep(name)
    await attending.leave(here, attending.LeaveOrder(which=join))
    await life.keep("leave")
    await attending.leave(here, attending.LeaveOrder(which=invitation))
    await life.keep("undo-accept-event")
    await _invite(life)


async def _invite(life: Life) -> None:
    """The reader, on Mastodon, is invited with a poll, then no more; and invites us, who do not come."""
    here = life.made[HOST]
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    href = life.there.url("/nodeinfo")
    life.there.show(
        life.there.url("/.well-known/nodeinfo"), {"links": [{"rel": rel, "href": href}]}
    )
    life.there.show(href, {"software": {"name": "mastodon"}})
    draft = an_event("Feast", starts_at=START + timedelta(days=9))
    event = await life.publish("event-with-guests", draft)
    order = inviting.InviteOrder(which=event.uri, who=(life.reader.uri,), words="With songs")
    await inviting.invite(here, order)
    await life.keep("invite")
    withdrawn = inviting.WithdrawOrder(which=event.uri, who=life.reader.uri)
    await inviting.withdraw(here, withdrawn)
    await life.keep("undo-invite")
    there = f"{life.reader.uri}/notes/8"
    invited = say(life.reader, "Invite", there, 3, target=life.agora.uri, cc=[])
    assert (await deliver(life.made, HOST, life.reader.key, invited)).status == 202
    await life.made.settle()
    answer = inviting.AnswerOrder(which=there, answer="not_coming", actor=life.agora.username)
    await inviting.answer(here, answer)
    await life.keep("reject-invite")


def _with(draft: Draft, **details: Any) -> Draft:
    return replace(draft, details=replace(draft.details, **details))  # type: ignore[type-var]


def golden() -> Iterator[tuple[str, Document]]:
    """The documents as they are kept."""
    for file in sorted(GOLDEN.glob("*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def write() -> None:
    """Keep what is said today."""
    GOLDEN.mkdir(exist_ok=True)
    for file in GOLDEN.glob("*.json"):
        file.unlink()
    for name, document in asyncio.run(documents()).items():
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (GOLDEN / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
