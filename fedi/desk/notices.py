"""What a collective should know of: mentions, answers, follows and what else was done to it."""

from datetime import datetime
from typing import Final

from actors import notifications
from actors import store as actor_store
from actors.notifications import Notification
from fedi.db.engine import Reader
from fedi.desk.held import row_of
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import Invalid
from fedi.instance import Instance
from fedi.publications import store
from fedi.text.excerpt import excerpt
from fedi.unit import Unit

LIST_MAX: Final = 200
LINE_LENGTH: Final = 140


class ListOrder(Order, frozen=True, kw_only=True):
    """The newest that was not read, or also what was (`everything`); `before`: the `id` of the last one already seen."""

    actor: str = ""
    everything: bool = False
    most: int = 50
    before: str = ""


class ReadOrder(Order, frozen=True, kw_only=True):
    """What was seen, by `id`."""

    actor: str = ""
    ids: tuple[str, ...] = ()


class Told(Result, frozen=True, kw_only=True):
    """One thing that happened. `kind`: mention, reply, like, announce, quote, follow, follow_request, follow_accepted,
    follow_refused, moved. `title`: of the publication it is about; `is_held`: that waits to be shown."""

    id: str
    kind: str
    who: str
    who_uri: str
    about: str
    title: str
    is_held: bool
    is_read: bool
    happened_at: datetime


class AllTold(Result, frozen=True, kw_only=True):
    """The newest first. `has_more`: whether there is something older."""

    entries: list[Told]
    has_more: bool


async def list_told(instance: Instance, order: ListOrder) -> AllTold:
    """What happened to a collective. Raises Invalid, NotFound."""
    if not 1 <= order.most <= LIST_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=LIST_MAX)
    before = row_of(order.before)

    def look(rx: Reader) -> AllTold:
        ours = load_speaker(rx, order.actor)
        found = notifications.list_newest(
            rx, ours.uri, order.most + 1, before=before, unread_only=not order.everything
        )
        return AllTold(
            entries=[_told(rx, each) for each in found[: order.most]],
            has_more=len(found) > order.most,
        )

    return await instance.look(look)


async def mark_read(instance: Instance, order: ReadOrder) -> Done:
    """These were seen. Raises Invalid, NotFound."""
    ids = [row for row in map(row_of, order.ids) if row is not None]
    if len(ids) > LIST_MAX:
        raise Invalid("desk.number_range", field="ids", least=0, most=LIST_MAX)

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        return Done(changed=notifications.mark_read(unit, ours.uri, ids) > 0)

    return await instance.change(work)


def _told(rx: Reader, told: Notification) -> Told:
    who = actor_store.find(rx, told.from_uri)
    about = store.find(rx, told.about_uri)
    title = about.original.name or excerpt(about.original.content, LINE_LENGTH) if about else ""
    return Told(
        id=str(told.id),
        kind=told.kind,
        who=who.handle if who else told.from_uri,
        who_uri=told.from_uri,
        about=told.about_uri,
        title=title,
        is_held=about is not None and store.is_held(rx, told.about_uri),
        is_read=told.is_read,
        happened_at=told.created_at,
    )
