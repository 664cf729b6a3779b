"""Coming to events of others as a collective of ours: answering, taking it back, how it stands."""

from datetime import datetime
from typing import Final

from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.order import Done, Order, Result, choice
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.publications import store as publication_store
from fedi.publications.event import participation
from fedi.publications.model import Publication
from fedi.publications.visibility import may_read_here
from fedi.text.direction import clean_text
from fedi.unit import Unit
from outbox.actions.attend import attend as send_answer
from outbox.actions.attend import take_back

WISHES: Final = ("coming", "maybe", "not_coming")
MESSAGE_MAX: Final = 1_000
LIST_MAX: Final = 200


class AttendOrder(Order, frozen=True, kw_only=True):
    """An event (`which`), the collective that answers, what it wishes, and words for the organisers."""

    which: str
    actor: str = ""
    wish: str = "coming"
    message: str = ""


class LeaveOrder(Order, frozen=True, kw_only=True):
    """An event, and the collective that takes its answer back."""

    which: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """A collective."""

    actor: str = ""


class Answered(Result, frozen=True, kw_only=True):
    """How it stands: asked, accepted, refused, elsewhere, said."""

    uri: str
    state: str


class Going(Result, frozen=True, kw_only=True):
    """One event that was answered."""

    uri: str
    title: str
    organiser: str
    wish: str
    state: str
    starts_at: datetime


class AllGoing(Result, frozen=True, kw_only=True):
    """What was answered to events that are not over, the next first."""

    events: list[Going]


async def attend(instance: Instance, order: AttendOrder) -> Answered:
    """Answer an event. Raises Invalid, NotFound, Forbidden, RemoteError."""
    wish = choice(order.wish, WISHES, "wish")
    if len(order.message) > MESSAGE_MAX:
        raise Invalid("desk.line_too_long", field="message", limit=MESSAGE_MAX)
    publication = await lookup.find_or_fetch(instance, order.which)
    message = clean_text(order.message, MESSAGE_MAX)

    def work(unit: Unit) -> Answered:
        ours = load_speaker(unit.tx, order.actor)
        event = _event(unit.tx, publication.uri)
        if not may_read_here(unit.tx, ours, event):
            raise Invalid("attend.not_for_us", field="which")
        state = send_answer(unit, ours, event, wish, message)  # type: ignore[arg-type]
        return Answered(uri=event.uri, state=state)

    return await instance.change(work)


async def leave(instance: Instance, order: LeaveOrder) -> Done:
    """Take the answer back. Raises NotFound."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        event = _event(unit.tx, lookup.load(unit.tx, unit.urls, order.which).uri)
        take_back(unit, ours, event)
        return Done()

    return await instance.change(work)


async def list_going(instance: Instance, order: ListOrder) -> AllGoing:
    """What a collective answered. Raises NotFound."""
    now = instance.clock.now()

    def look(rx: Reader) -> AllGoing:
        ours = load_speaker(rx, order.actor)
        found = participation.list_of(rx, ours.uri, now, LIST_MAX)
        return AllGoing(events=[going for each in found if (going := _going(rx, each)) is not None])

    return await instance.look(look)


def _going(rx: Reader, found: participation.Participation) -> Going | None:
    publication = publication_store.find(rx, found.event_uri)
    if publication is None or publication.kind != "event":
        return None
    author = actor_store.find(rx, publication.author)
    return Going(
        uri=publication.uri,
        title=publication.original.name or publication.uri,
        organiser=author.handle if author is not None else publication.author,
        wish=found.wish,
        state=found.state,
        starts_at=publication.event.starts_at,
    )


def _event(rx: Reader, uri: str) -> Publication:
    publication = publication_store.load(rx, uri)
    if publication.kind != "event":
        raise Invalid("attendance.no_event", field="which")
    return publication
