"""Tours: the stops of one of ours, events of ours that are stops of others, asking and answering."""

from datetime import datetime
from typing import Final

from fedi.db.engine import Reader
from fedi.desk import attendance, lookup
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.publications import store as publication_store
from fedi.publications.event import bonds
from fedi.publications.event.bonds import Bond
from fedi.publications.model import Publication
from fedi.unit import Unit
from outbox import organising, touring

KIND: Final = "stop"


class WhichOrder(Order, frozen=True, kw_only=True):
    """An event of ours: a tour, or what is or may be a stop of one."""

    which: str
    actor: str = ""


class StopOrder(Order, frozen=True, kw_only=True):
    """A tour of ours and an event, by their addresses. `instead`: the stop whose place it takes."""

    which: str
    stop: str
    instead: str = ""
    actor: str = ""


class AskOrder(Order, frozen=True, kw_only=True):
    """An event of ours and somebody's tour."""

    which: str
    tour: str
    actor: str = ""


class AnswerOrder(Order, frozen=True, kw_only=True):
    """A tour and a stop about which we were asked, or agreed; `agrees`: yes, or no."""

    tour: str
    stop: str
    agrees: bool
    actor: str = ""


class Stop(Result, frozen=True, kw_only=True):
    """A stop as the tour tells it. `state`: own, asked, accepted or link."""

    uri: str
    title: str
    host: str
    place: str
    starts_at: datetime
    state: str


class Tour(Result, frozen=True, kw_only=True):
    """An event of ours. `is_tour`: it has stops; else `tours` are those of which it is one, with how that stands."""

    uri: str
    title: str
    is_tour: bool
    stops: list[Stop]
    tours: list[tuple[str, str, str]]


class Question(Result, frozen=True, kw_only=True):
    """A question that waits for us: about which stop of which tour. `is_our_stop`: the tour is somebody else's."""

    tour: str
    tour_title: str
    stop: str
    stop_title: str
    is_our_stop: bool


class Questions(Result, frozen=True, kw_only=True):
    """All of them, the newest first."""

    questions: list[Question]


async def show(instance: Instance, order: WhichOrder) -> Tour:
    """The stops of a tour, or the tours of a stop. Raises NotFound, Forbidden, Invalid."""

    def look(rx: Reader) -> Tour:
        event, _ = attendance.load_event(rx, instance, order.which, order.actor)
        return _tour(rx, event)

    return await instance.look(look)


async def add(instance: Instance, order: StopOrder) -> Tour:
    """Name a stop; its host is asked. Raises NotFound, Invalid, Forbidden, Conflict, RemoteError."""
    await instance.look(lambda rx: attendance.load_event(rx, instance, order.which, order.actor))
    if not order.stop.strip():
        raise Invalid("tour.no_stop", field="stop")
    found = await lookup.find_or_fetch(instance, order.stop.strip())

    def work(unit: Unit) -> Tour:
        tour, owner = attendance.load_event(unit.tx, instance, order.which, order.actor)
        stop = publication_store.load(unit.tx, found.uri)
        touring.add(unit, owner, tour, stop, order.instead)
        return _tour(unit.tx, publication_store.load(unit.tx, tour.uri))

    return await instance.change(work)


async def remove(instance: Instance, order: StopOrder) -> Tour:
    """Do not stop there any more. Raises NotFound, Forbidden, Invalid."""

    def work(unit: Unit) -> Tour:
        tour, owner = attendance.load_event(unit.tx, instance, order.which, order.actor)
        if not any(each.uri == order.stop for each in tour.event.parts):
            raise NotFound("tour.unknown", detail=tour.uri)
        touring.remove(unit, owner, tour, order.stop)
        return _tour(unit.tx, publication_store.load(unit.tx, tour.uri))

    return await instance.change(work)


async def ask(instance: Instance, order: AskOrder) -> Tour:
    """Ask that an event of ours be a stop. Raises NotFound, Invalid, Forbidden, Conflict, RemoteError."""
    await instance.look(lambda rx: attendance.load_event(rx, instance, order.which, order.actor))
    if not order.tour.strip():
        raise Invalid("tour.none", field="tour")
    found = await lookup.find_or_fetch(instance, order.tour.strip())

    def work(unit: Unit) -> Tour:
        stop, host = attendance.load_event(unit.tx, instance, order.which, order.actor)
        tour = publication_store.load(unit.tx, found.uri)
        if tour.kind != "event":
            raise Invalid("tour.none", field="tour")
        touring.ask(unit, host, stop, tour)
        return _tour(unit.tx, publication_store.load(unit.tx, stop.uri))

    return await instance.change(work)


async def answer(instance: Instance, order: AnswerOrder) -> Done:
    """Say yes or no to a question, or end what was agreed. Raises NotFound."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        bond = bonds.find(unit.tx, KIND, order.tour, order.stop)
        if bond is None or ours.uri not in (bond.from_uri, bond.to_uri):
            raise NotFound("organise.none", detail=order.tour)
        if bond.from_uri == ours.uri:
            if order.agrees:
                raise NotFound("organise.none", detail=order.tour)
            organising.leave(unit, ours, bond)
        else:
            organising.answer(unit, ours, bond, agrees=order.agrees)
        touring.settle(unit, bond, is_with=order.agrees)
        return Done()

    return await instance.change(work)


async def list_questions(instance: Instance, order: WhichOrder) -> Questions:
    """What waits for this collective (`actor`); `which` is not asked for. Raises NotFound."""

    def look(rx: Reader) -> Questions:
        ours = load_speaker(rx, order.actor)
        asked = [each for each in bonds.list_to(rx, ours.uri, "asked") if each.kind == KIND]
        found = [_question(rx, each, ours.uri) for each in asked]
        return Questions(questions=[each for each in found if each is not None])

    return await instance.look(look)


def _question(rx: Reader, bond: Bond, ours: str) -> Question | None:
    tour = publication_store.find(rx, bond.event_uri)
    stop = publication_store.find(rx, bond.part_uri)
    if tour is None or stop is None:
        return None
    return Question(
        tour=tour.uri,
        tour_title=tour.original.name or tour.uri,
        stop=stop.uri,
        stop_title=stop.original.name or stop.uri,
        is_our_stop=stop.author == ours,
    )


def _tour(rx: Reader, event: Publication) -> Tour:
    known = {each.part_uri: each for each in bonds.list_of_event(rx, KIND, event.uri)}
    stops = [
        Stop(
            uri=each.uri or "",
            title=next(iter(each.names.values())),
            host=each.who,
            place=each.room,
            starts_at=each.starts_at,
            state=_state(known.get(each.uri or ""), event, is_agreed=each.is_agreed),
        )
        for each in event.event.parts
        if each.is_stop
    ]
    tours: list[tuple[str, str, str]] = []
    for state in ("accepted", "asked"):
        for bond in bonds.list_of_part(rx, KIND, event.uri, state):
            tour = publication_store.find(rx, bond.event_uri)
            title = tour.original.name if tour is not None else None
            tours.append((bond.event_uri, title or bond.event_uri, bond.state))
    return Tour(
        uri=event.uri,
        title=event.original.name or event.uri,
        is_tour=event.event.is_tour,
        stops=stops,
        tours=tours,
    )


def _state(bond: Bond | None, tour: Publication, *, is_agreed: bool) -> str:
    if bond is not None and bond.to_uri == bond.from_uri == tour.author:
        return "own"
    return "accepted" if is_agreed else "asked" if bond is not None else "link"
