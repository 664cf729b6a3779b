"""Named lists of a collective: who is on them, as people decide it. Nobody else is told."""

from actors import circles
from actors import store as actor_store
from fedi.db.engine import Reader
from fedi.desk.order import Order, Result
from fedi.desk.speaker import find_or_fetch, load_known, load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.unit import Unit

AT_ONCE_MAX = 50


class MembersOrder(Order, frozen=True, kw_only=True):
    """A list and actors, by handle or address; to remove without naming any takes `everything`."""

    name: str
    who: tuple[str, ...] = ()
    everything: bool = False
    actor: str = ""


class NameOrder(Order, frozen=True, kw_only=True):
    """A list of a collective."""

    name: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """The lists of this collective."""

    actor: str = ""


class Changed(Result, frozen=True, kw_only=True):
    """How many were put on a list or taken off, and how many are on it now."""

    name: str
    changed: int
    members: int


class Member(Result, frozen=True, kw_only=True):
    """Somebody on a list."""

    uri: str
    handle: str
    name: str


class Circle(Result, frozen=True, kw_only=True):
    """A list and who is on it."""

    name: str
    members: list[Member]


class Size(Result, frozen=True, kw_only=True):
    """A list and how many are on it."""

    name: str
    members: int


class Circles(Result, frozen=True, kw_only=True):
    """The lists of a collective."""

    circles: list[Size]


async def add(instance: Instance, order: MembersOrder) -> Changed:
    """Put actors on a list, making it when there is none. Raises Invalid, NotFound, Conflict, RemoteError."""
    name = circles.name_of(order.name)
    owner = await instance.look(lambda rx: load_speaker(rx, order.actor))
    if len(order.who) > AT_ONCE_MAX:
        raise Invalid("circle.many", field="who", limit=AT_ONCE_MAX)
    found = [await find_or_fetch(instance, each) for each in order.who]
    if any(each.uri == owner.uri for each in found):
        raise Invalid("circle.oneself", field="who")

    def work(unit: Unit) -> Changed:
        added = circles.add(unit, owner.uri, name, [each.uri for each in found])
        return Changed(
            name=name,
            changed=added,
            members=circles.load(unit.tx, owner.uri, name).members,
        )

    return await instance.change(work)


async def remove(instance: Instance, order: MembersOrder) -> Changed:
    """Take actors off a list, or do away with it. Raises Invalid, NotFound for who is not on it."""
    if order.everything == bool(order.who):
        raise Invalid("circle.whom", field="who")
    name = circles.name_of(order.name)

    def work(unit: Unit) -> Changed:
        circle = circles.load(unit.tx, load_speaker(unit.tx, order.actor).uri, name)
        if order.everything:
            circles.remove(unit, circle.id)
            return Changed(name=name, changed=circle.members, members=0)
        for each in order.who:
            if not circles.take_off(unit, circle.id, load_known(unit.tx, unit.urls, each).uri):
                raise NotFound("circle.no_member", who=each[:100])
        return Changed(name=name, changed=len(order.who), members=circle.members - len(order.who))

    return await instance.change(work)


async def show(instance: Instance, order: NameOrder) -> Circle:
    """Who is on a list. Raises Invalid, NotFound."""
    name = circles.name_of(order.name)

    def look(rx: Reader) -> Circle:
        circle = circles.load(rx, load_speaker(rx, order.actor).uri, name)
        uris = circles.list_members(rx, circle.id)
        known = actor_store.list_by_uri(rx, list(uris))
        people = [(uri, known.get(uri)) for uri in uris]
        return Circle(
            name=name,
            members=[
                Member(
                    uri=uri,
                    handle=actor.handle if actor else uri,
                    name=actor.title if actor else "",
                )
                for uri, actor in people
            ],
        )

    return await instance.look(look)


async def list_all(instance: Instance, order: ListOrder) -> Circles:
    """The lists of a collective. Raises NotFound."""
    found = await instance.look(lambda rx: circles.list_of(rx, load_speaker(rx, order.actor).uri))
    return Circles(circles=[Size(name=each.name, members=each.members) for each in found])
