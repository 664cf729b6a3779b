"""Organising an event together: asking somebody, answering who asked us, taking either back, and how it stands."""

from typing import Final

from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk import attendance, lookup, speaker
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import Forbidden, NotFound
from fedi.instance import Instance
from fedi.publications import shelf
from fedi.publications import store as publication_store
from fedi.publications.event import bonds
from fedi.publications.event.bonds import Bond
from fedi.publications.model import Publication
from fedi.unit import Unit
from outbox import organising
from outbox.actions.announce import announce

KIND: Final = "organiser"


class InviteOrder(Order, frozen=True, kw_only=True):
    """An event of ours, and who is to organise it with us: `@name@host`, an address, or a collective of ours."""

    which: str
    who: str
    actor: str = ""


class EventOrder(Order, frozen=True, kw_only=True):
    """An event."""

    which: str
    actor: str = ""


class AnswerOrder(Order, frozen=True, kw_only=True):
    """An event that one of ours is asked to organise, or organises with others; `agrees`: yes, or no."""

    which: str
    agrees: bool
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """A collective."""

    actor: str = ""


class Organiser(Result, frozen=True, kw_only=True):
    """Somebody who is asked, organises with us, or did not want to. `state`: asked, accepted, refused, ended."""

    uri: str
    handle: str
    name: str
    state: str


class Organisers(Result, frozen=True, kw_only=True):
    """Everybody who was asked about an event."""

    event: str
    title: str
    organisers: list[Organiser]


class Shared(Result, frozen=True, kw_only=True):
    """An event of somebody else that we are asked to organise, or organise. `author`: whose it is."""

    event: str
    title: str
    summary: str
    author: str
    state: str


class AllShared(Result, frozen=True, kw_only=True):
    """What we are asked first, then what we agreed to."""

    events: list[Shared]


async def invite(instance: Instance, order: InviteOrder) -> Organisers:
    """Ask. Raises NotFound, Invalid, Forbidden, Conflict, RemoteError."""
    await instance.look(lambda rx: attendance.load_event(rx, instance, order.which, order.actor))
    invited = await speaker.find_or_fetch(instance, order.who)

    def work(unit: Unit) -> Organisers:
        event, author = attendance.load_event(unit.tx, instance, order.which, order.actor)
        known = actor_store.load(unit.tx, invited.uri)
        organising.ask(unit, author, event, known)
        return _organisers(unit.tx, event)

    return await instance.change(work)


async def withdraw(instance: Instance, order: InviteOrder) -> Organisers:
    """Ask no more, or organise it without them again. Raises NotFound, Invalid, Forbidden."""

    def work(unit: Unit) -> Organisers:
        event, author = attendance.load_event(unit.tx, instance, order.which, order.actor)
        who = speaker.load_known(unit.tx, instance.urls, order.who)
        bond = bonds.find(unit.tx, KIND, event.uri, who.uri)
        if bond is None:
            raise NotFound("organise.none", detail=event.uri)
        organising.withdraw(unit, author, bond)
        return _organisers(unit.tx, event)

    return await instance.change(work)


async def show(instance: Instance, order: EventOrder) -> Organisers:
    """Who was asked. Raises NotFound, Invalid, Forbidden."""

    def look(rx: Reader) -> Organisers:
        event, _ = attendance.load_event(rx, instance, order.which, order.actor)
        return _organisers(rx, event)

    return await instance.look(look)


async def answer(instance: Instance, order: AnswerOrder) -> Done:
    """Say yes or no, or no after yes. What we agreed to is passed on to our followers. Raises NotFound."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        event = lookup.load(unit.tx, unit.urls, order.which)
        bond = bonds.find(unit.tx, KIND, event.uri, ours.uri)
        if bond is None:
            raise NotFound("organise.none", detail=event.uri)
        organising.answer(unit, ours, bond, agrees=order.agrees)
        _stand_or_not(unit, event)
        if order.agrees:
            _pass_on(unit, ours, event)
        return Done()

    return await instance.change(work)


async def list_shared(instance: Instance, order: ListOrder) -> AllShared:
    """What this collective is asked, and what it agreed to. Raises NotFound."""

    def look(rx: Reader) -> AllShared:
        ours = load_speaker(rx, order.actor)
        found = [*bonds.list_to(rx, ours.uri, "asked"), *bonds.list_to(rx, ours.uri, "accepted")]
        return AllShared(
            events=[
                shared
                for each in found
                if each.kind == KIND and (shared := _shared(rx, each)) is not None
            ]
        )

    return await instance.look(look)


def _pass_on(unit: Unit, ours: Actor, event: Publication) -> None:
    try:
        announce(unit, ours, event.uri)
    except Forbidden:
        # not public any more: there is nothing to pass on
        return


def _stand_or_not(unit: Unit, event: Publication) -> None:
    """In our own agenda from now on, or no longer."""
    row_id = publication_store.find_row_id(unit.tx, event.uri)
    if row_id is not None:
        shelf.find_by_date(unit, row_id, event)
        unit.touched.add(event.uri)


def _organisers(rx: Reader, event: Publication) -> Organisers:
    found = bonds.list_of_event(rx, KIND, event.uri)
    known = actor_store.list_by_uri(rx, [each.part_uri for each in found])
    return Organisers(
        event=event.uri,
        title=event.original.name or event.uri,
        organisers=[_organiser(each, known.get(each.part_uri)) for each in found],
    )


def _organiser(bond: Bond, actor: Actor | None) -> Organiser:
    return Organiser(
        uri=bond.part_uri,
        handle=actor.handle if actor is not None else "",
        name=actor.title if actor is not None else bond.part_uri,
        state=bond.state,
    )


def _shared(rx: Reader, bond: Bond) -> Shared | None:
    event = publication_store.find(rx, bond.event_uri)
    if event is None or event.kind != "event":
        return None
    author = actor_store.find(rx, event.author)
    return Shared(
        event=event.uri,
        title=event.original.name or event.uri,
        summary=event.original.summary or "",
        author=author.handle if author is not None else event.author,
        state=bond.state,
    )
