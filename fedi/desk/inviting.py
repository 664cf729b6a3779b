"""Invitations to events: by a collective of ours, with what came of them, and those that its collectives got."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from actors import blocks
from actors import store as actor_store
from actors.model import Actor
from actors.software import software_of
from fedi.db.engine import Reader
from fedi.desk import attending, speaker
from fedi.desk.attendance import load_event
from fedi.desk.order import Done, Order, Result, choice
from fedi.desk.speaker import load_known, load_speaker
from fedi.errors import FediError, Forbidden, Invalid, NotFound
from fedi.instance import Instance
from fedi.publications import reactions
from fedi.publications import store as publication_store
from fedi.publications.event import attendance, invitations, invited, participation
from fedi.publications.event.invitations import Invitation
from fedi.publications.event.invited import Invited, State
from fedi.publications.visibility import may_read_here
from fedi.text.direction import clean_text
from fedi.unit import Unit
from outbox import inviting
from outbox.actions.attend import take_back
from outbox.actions.invite import refuse_invite

AT_ONCE: Final = 20
LIST_MAX: Final = 500
ANSWERS: Final = ("coming", "maybe", "not_coming")
_BOOSTS_MAX: Final = 1_000


class InviteOrder(Order, frozen=True, kw_only=True):
    """An event of ours, whom to invite by handle or address, and words for them."""

    which: str
    who: tuple[str, ...]
    words: str = ""
    actor: str = ""


class AskOrder(Order, frozen=True, kw_only=True):
    """An answer to an event of ours, whose author is asked by a poll whether they come."""

    which: str
    actor: str = ""


class GuestsOrder(Order, frozen=True, kw_only=True):
    """An event of ours."""

    which: str
    actor: str = ""


class WithdrawOrder(Order, frozen=True, kw_only=True):
    """An event of ours, and who is invited no more."""

    which: str
    who: str
    actor: str = ""


class ReceivedOrder(Order, frozen=True, kw_only=True):
    """A collective of ours."""

    actor: str = ""


class AnswerOrder(Order, frozen=True, kw_only=True):
    """An event to which a collective is invited, and what it answers: coming, maybe, not_coming."""

    which: str
    answer: str
    actor: str = ""
    message: str = ""


class One(Result, frozen=True, kw_only=True):
    """One of those who were to be invited: `problem` is the key of why not, with its values, or empty."""

    who: str
    problem: str = ""
    values: tuple[tuple[str, str], ...] = ()


class Sent(Result, frozen=True, kw_only=True):
    """What came of each."""

    entries: list[One]


class Guest(Result, frozen=True, kw_only=True):
    """Somebody who is invited. `state`: open, refused, or that of their entry on the list; `has_boosted`: passed the event on."""

    uri: str
    name: str
    handle: str
    state: str
    has_boosted: bool
    since: datetime


class Guests(Result, frozen=True, kw_only=True):
    """An event and who is invited."""

    uri: str
    title: str
    guests: list[Guest]


class Received(Result, frozen=True, kw_only=True):
    """An invitation. `state`: open, accepted, refused; `takes`: how the event takes answers (join, accept, elsewhere)."""

    uri: str
    title: str
    by: str
    by_uri: str
    message: str
    state: str
    takes: str
    starts_at: datetime


class AllReceived(Result, frozen=True, kw_only=True):
    """Invitations to what is not over, the next first."""

    invitations: list[Received]


async def invite(instance: Instance, order: InviteOrder) -> Sent:
    """Invite; one who cannot be invited keeps nobody else from it. Raises Invalid, NotFound, Forbidden."""
    wanted = list(dict.fromkeys(each.strip() for each in order.who if each.strip()))
    if not wanted:
        raise Invalid("invite.nobody_named", field="who")
    if len(wanted) > AT_ONCE:
        raise Invalid("invite.many_at_once", field="who", most=AT_ONCE)
    if len(order.words) > inviting.WORDS_MAX:
        raise Invalid("desk.line_too_long", field="words", limit=inviting.WORDS_MAX)
    await instance.look(lambda rx: load_event(rx, instance, order.which, order.actor))
    entries = []
    for each in wanted:
        try:
            await _invite_one(instance, order, each)
            entries.append(One(who=each))
        except FediError as problem:
            values = tuple((name, str(value)) for name, value in problem.values.items())
            entries.append(One(who=each, problem=problem.message_key, values=values))
    return Sent(entries=entries)


async def ask(instance: Instance, order: AskOrder) -> Done:
    """Ask whoever answered an event of ours whether they come. Raises Invalid, NotFound, Forbidden, Conflict."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        said = publication_store.load(unit.tx, order.which)
        if not may_read_here(unit.tx, ours, said):
            raise NotFound("error.publication_not_found", detail="desk")
        event = publication_store.find(unit.tx, said.in_reply_to) if said.in_reply_to else None
        if event is None or event.kind != "event" or event.author != ours.uri:
            raise Invalid("invite.no_answer_to_event", field="which")
        who = actor_store.load(unit.tx, said.author)
        inviting.ask(unit, ours, event, who, answering=said.uri, language=said.language)
        return Done()

    return await instance.change(work)


async def list_guests(instance: Instance, order: GuestsOrder) -> Guests:
    """Who is invited, and how it stands. Raises NotFound, Forbidden, Invalid."""

    def look(rx: Reader) -> Guests:
        publication, _ = load_event(rx, instance, order.which, order.actor)
        found = invitations.list_of(rx, publication.uri, LIST_MAX)
        known = actor_store.list_by_uri(rx, [each.who for each in found])
        boosted = set(reactions.list_actors(rx, reactions.ANNOUNCE, publication.uri, _BOOSTS_MAX))
        return Guests(
            uri=publication.uri,
            title=publication.original.name or publication.uri,
            guests=[_guest(rx, each, known, boosted) for each in found],
        )

    return await instance.look(look)


async def withdraw(instance: Instance, order: WithdrawOrder) -> Done:
    """Take an invitation back. Raises NotFound, Forbidden, Invalid."""

    def work(unit: Unit) -> Done:
        publication, organiser = load_event(unit.tx, instance, order.which, order.actor)
        who = load_known(unit.tx, instance.urls, order.who)
        found = invitations.find(unit.tx, publication.uri, who.uri)
        if found is None or not found.is_guest:
            raise NotFound("invite.not_invited", detail="guest")
        inviting.withdraw(unit, organiser, found)
        return Done()

    return await instance.change(work)


async def list_received(instance: Instance, order: ReceivedOrder) -> AllReceived:
    """To what a collective is invited. Raises NotFound, Invalid."""
    now = instance.clock.now()

    def look(rx: Reader) -> AllReceived:
        ours = load_speaker(rx, order.actor)
        found = invited.list_of(rx, ours.uri, now, LIST_MAX)
        shown = (_received(rx, ours, each) for each in found)
        return AllReceived(invitations=[each for each in shown if each is not None])

    return await instance.look(look)


async def answer(instance: Instance, order: AnswerOrder) -> Done:
    """Answer an invitation. Raises Invalid, NotFound, Forbidden."""
    wish = choice(order.answer, ANSWERS, "answer")

    def look(rx: Reader) -> tuple[Actor, Invited]:
        ours = load_speaker(rx, order.actor)
        found = invited.find(rx, ours.uri, order.which)
        if found is None or _received(rx, ours, found) is None:
            raise NotFound("invite.not_invited", detail="invited")
        return ours, found

    ours, found = await instance.look(look)
    if wish != "not_coming":
        wished = attending.AttendOrder(
            which=found.event_uri, actor=ours.username, wish=wish, message=order.message
        )
        await attending.attend(instance, wished)

    def note(unit: Unit) -> Done:
        before = invited.find(unit.tx, ours.uri, found.event_uri)
        if before is None:
            raise NotFound("invite.not_invited", detail="invited")
        if wish == "not_coming":
            if before.state == "refused":
                return Done(changed=False)
            _leave(unit, ours, before)
            refuse_invite(unit, ours, before.from_uri, before.event_uri, before.activity_uri)
        state: State = "refused" if wish == "not_coming" else "accepted"
        invited.set_state(unit, ours.uri, found.event_uri, state)
        return Done()

    return await instance.change(note)


def _leave(unit: Unit, ours: Actor, found: Invited) -> None:
    """Whoever said that they come takes that back with the refusal."""
    publication = publication_store.find(unit.tx, found.event_uri)
    if publication is not None:
        try:
            take_back(unit, ours, publication)
        except NotFound:
            return


async def _invite_one(instance: Instance, order: InviteOrder, name: str) -> None:
    who = await speaker.find_or_fetch(instance, name)
    if await instance.look(lambda rx: blocks.is_actor_blocked(rx, who.uri, who.host)):
        # a host that is shut out is asked nothing, not even what it is
        raise Forbidden("invite.shut_out", detail="blocked")
    software = "mujawara" if who.is_local else await software_of(instance, who.host)
    words = clean_text(order.words, inviting.WORDS_MAX)

    def work(unit: Unit) -> Invitation:
        publication, organiser = load_event(unit.tx, instance, order.which, order.actor)
        guest = actor_store.load(unit.tx, who.uri)
        return inviting.invite(
            unit, organiser, publication, guest, inviting.aside_for(software), words
        )

    await instance.change(work)


def _guest(rx: Reader, found: Invitation, known: Mapping[str, Actor], boosted: set[str]) -> Guest:
    actor = known.get(found.who)
    entry = attendance.find(rx, found.event_uri, found.who)
    state = entry.state if entry is not None else found.state
    return Guest(
        uri=found.who,
        name=actor.title if actor is not None else "",
        handle=actor.handle if actor is not None else found.who,
        # who said something and stands nowhere any more is as good as not heard
        state="open" if state == "said" else state,
        has_boosted=found.who in boosted,
        since=found.sent_at,
    )


def _received(rx: Reader, ours: Actor, found: Invited) -> Received | None:
    publication = publication_store.find(rx, found.event_uri)
    if publication is None or publication.kind != "event":
        return None
    if not may_read_here(rx, ours, publication):
        return None
    by = actor_store.find(rx, found.from_uri)
    details = publication.event
    going = participation.find(rx, ours.uri, found.event_uri)
    has_come = going is not None and going.wish != "not_coming"
    takes = "accept"
    if details.takes_join:
        takes = "join" if details.join_mode in ("free", "restricted") else "elsewhere"
    return Received(
        uri=publication.uri,
        title=publication.original.name or publication.uri,
        by=by.handle if by is not None else found.from_uri,
        by_uri=found.from_uri,
        message=found.message,
        state="accepted" if has_come else "open" if found.state == "accepted" else found.state,
        takes=takes,
        starts_at=details.starts_at,
    )
