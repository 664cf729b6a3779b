"""Relays: asking one to pass our public words on and to bring those of others, leaving it, seeing what came.

None is there unless a steward adds it: a relay sees and spreads everything that is public.
"""

from datetime import datetime
from typing import Final

from actors import blocks, refresh, relays
from actors.relays import Place
from fedi.canonical import canonical, host_of
from fedi.db.engine import Reader
from fedi.desk.blocking import host_elsewhere
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Done, Notice, Order, Result, choice
from fedi.desk.shown import TIMELINE_MAX, Line, line_of
from fedi.errors import Conflict, FediError, Forbidden, Invalid, NotFound, RemoteUnreachable
from fedi.instance import Instance
from fedi.publications.kinds import KIND_NAMES
from fedi.unit import Unit
from fedi.views.relayed import list_relayed
from outbox.actions import relay as letters

INBOX: Final = "/inbox"


class AddOrder(Order, frozen=True, kw_only=True):
    """The address of a relay: its inbox in Mastodon's style, its actor in LitePub's. `style`: found out when not said."""

    address: str
    style: str = ""


class AddressOrder(Order, frozen=True, kw_only=True):
    """The address under which a relay was added."""

    address: str


class NewsOrder(Order, frozen=True, kw_only=True):
    """The newest of what relays brought, of one kind or of all."""

    kind: str = ""
    most: int = 20


class Relay(Result, frozen=True, kw_only=True):
    """A relay. `state`: asked, accepted, refused, left; `takes`: whether our public words go there; `brought`: how many
    publications are here because of it."""

    address: str
    style: str
    state: str
    takes: bool
    brought: int
    asked_at: datetime
    heard_at: datetime | None
    notices: tuple[Notice, ...] = ()


class Relays(Result, frozen=True, kw_only=True):
    """Every relay that was ever added, the oldest first."""

    relays: list[Relay]


class News(Result, frozen=True, kw_only=True):
    """What relays brought."""

    entries: list[Line]


async def add(instance: Instance, order: AddOrder) -> Relay:
    """Subscribe to a relay. Raises Invalid, Forbidden for a host that is shut out, Conflict, RemoteError."""
    place = await _place(instance, order)

    def work(unit: Unit) -> Relay:
        known = relays.find_by_address(unit.tx, place.address)
        if known is not None and known.state == relays.ACCEPTED:
            return _shown(known, {}, Notice("relay.accepted_already"))
        there = relays.find_at_inbox(unit.tx, place.inbox)
        if there is not None and there.address != place.address:
            raise Conflict("relay.other_style", address=there.address)
        letters.subscribe(unit, place)
        asked = relays.find_by_address(unit.tx, place.address)
        assert asked is not None
        return _shown(asked, {}, Notice("relay.spreads"))

    return await instance.change(work)


async def remove(instance: Instance, order: AddressOrder) -> Done:
    """Leave a relay. Raises NotFound when it was never added."""

    def work(unit: Unit) -> Done:
        known = relays.find_by_address(unit.tx, order.address.strip())
        if known is None:
            raise NotFound("relay.unknown")
        if known.state == relays.LEFT:
            return Done(changed=False)
        letters.leave(unit, known)
        return Done()

    return await instance.change(work)


async def list_all(instance: Instance, _order: NoOrder) -> Relays:
    """Every relay and how it stands."""

    def look(rx: Reader) -> Relays:
        brought = relays.count_brought(rx)
        return Relays(relays=[_shown(each, brought) for each in relays.list_all(rx)])

    return await instance.look(look)


async def news(instance: Instance, order: NewsOrder) -> News:
    """What relays brought, which stands in no timeline. Raises Invalid."""
    if order.kind:
        choice(order.kind, tuple(KIND_NAMES), "kind")
    if not 1 <= order.most <= TIMELINE_MAX:
        raise Invalid("desk.number_range", field="most", least=1, most=TIMELINE_MAX)

    def look(rx: Reader) -> News:
        found = list_relayed(rx, order.most, order.kind)
        people = {each.author.uri: each.author for each in found if each.author is not None}
        return News(entries=[line_of(each.publication, people) for each in found])

    return await instance.look(look)


async def _place(instance: Instance, order: AddOrder) -> Place:
    """Where the relay is and how it wants to be spoken to."""
    address = canonical(order.address.strip())
    if not address.startswith(("https://", f"{instance.urls.scheme}://")):
        raise Invalid("relay.address", field="address")
    host_elsewhere(instance, host_of(address))
    style = order.style and choice(order.style, relays.STYLES, "style")
    host = host_of(address)
    if await instance.look(lambda rx: blocks.is_host_blocked(rx, host)):
        raise Forbidden("error.host_blocked", detail=host)
    if style == relays.MASTODON or (not style and address.endswith(INBOX)):
        return Place(address, relays.MASTODON, host, address, None)
    try:
        actor = await refresh.fetch_actor(instance, address)
    except RemoteUnreachable as problem:
        raise RemoteUnreachable("desk.unreachable", problem.detail, host=host) from problem
    except FediError as problem:
        raise Invalid("relay.no_actor", detail=problem.message_key, field="address") from problem
    return Place(actor.uri, relays.LITEPUB, actor.host, actor.inbox, actor.uri)


def _shown(relay: relays.Relay, brought: dict[int, int], *notices: Notice) -> Relay:
    return Relay(
        address=relay.address,
        style=relay.style,
        state=relay.state,
        takes=relay.takes,
        brought=brought.get(relay.id, 0),
        asked_at=relay.asked_at,
        heard_at=relay.heard_at,
        notices=notices,
    )
