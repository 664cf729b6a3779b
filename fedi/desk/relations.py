"""Who follows whom, as a person decides it; and thanks and passing on."""

from datetime import datetime

from actors import follows
from actors import store as actor_store
from actors.model import Actor
from fedi.db.engine import Reader
from fedi.desk import lookup
from fedi.desk.order import Done, Order, Result, choice
from fedi.desk.speaker import find_or_fetch, load_known, load_speaker
from fedi.errors import NotFound
from fedi.instance import Instance
from fedi.publications import reactions
from fedi.unit import Unit
from outbox.actions.accept import accept_follow
from outbox.actions.announce import announce
from outbox.actions.follow import follow as send_follow
from outbox.actions.like import like as send_like
from outbox.actions.reject import reject_follow
from outbox.actions.undo import undo_reaction
from outbox.actions.undo import unfollow as send_unfollow

LIST_MAX = 1000
LISTS = ("followers", "requests", "following")


class RelationOrder(Order, frozen=True, kw_only=True):
    """Somebody (`who`: handle or address), and the collective of ours concerned."""

    who: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """`what`: followers, requests or following."""

    what: str = "followers"
    actor: str = ""


class ReactionOrder(Order, frozen=True, kw_only=True):
    """Something published (`which`), and the collective that reacts."""

    which: str
    actor: str = ""


class Followed(Result, frozen=True, kw_only=True):
    """Whom, and how it stands: asked, accepted."""

    uri: str
    handle: str
    state: str


class Person(Result, frozen=True, kw_only=True):
    """Somebody in a list."""

    uri: str
    handle: str
    name: str
    state: str
    since: datetime


class People(Result, frozen=True, kw_only=True):
    """The list, and how many there are in all."""

    people: list[Person]
    total: int


async def follow(instance: Instance, order: RelationOrder) -> Followed:
    """Ask to follow somebody. Raises NotFound, Invalid, Forbidden, RemoteError."""
    ours = await instance.look(lambda rx: load_speaker(rx, order.actor))
    wanted = await find_or_fetch(instance, order.who)
    state = await instance.change(lambda unit: send_follow(unit, ours, wanted))
    return Followed(uri=wanted.uri, handle=wanted.handle, state=state)


async def unfollow(instance: Instance, order: RelationOrder) -> Done:
    """Stop following. Raises NotFound when there was nothing to stop."""

    def work(unit: Unit) -> Done:
        ours = load_speaker(unit.tx, order.actor)
        send_unfollow(unit, ours, load_known(unit.tx, unit.urls, order.who).uri)
        return Done()

    return await instance.change(work)


async def approve(instance: Instance, order: RelationOrder) -> Done:
    """Let somebody who asked follow. Raises NotFound when nobody asked."""

    def work(unit: Unit) -> Done:
        ours, asker, asked = _asked(unit, order)
        changed = follows.decide(unit, asker.uri, ours.uri, follows.ACCEPTED)
        accept_follow(unit, ours, asker.uri, asked.activity_uri)
        return Done(changed=changed)

    return await instance.change(work)


async def reject(instance: Instance, order: RelationOrder) -> Done:
    """Refuse somebody who asked, or end what was granted. Raises NotFound when nobody asked."""

    def work(unit: Unit) -> Done:
        ours, asker, asked = _asked(unit, order)
        changed = follows.decide(unit, asker.uri, ours.uri, follows.REFUSED)
        reject_follow(unit, ours, asker.uri, asked.activity_uri)
        return Done(changed=changed)

    return await instance.change(work)


async def list_people(instance: Instance, order: ListOrder) -> People:
    """Followers, those who ask to be, or those followed; newest first, at most a thousand."""
    choice(order.what, LISTS, "what")

    def look(rx: Reader) -> People:
        ours = load_speaker(rx, order.actor)
        if order.what == "following":
            found = list(reversed(follows.list_following(rx, ours.uri)))
            total = len(found)
        else:
            state = follows.ACCEPTED if order.what == "followers" else follows.ASKED
            found = list(follows.list_followers(rx, ours.uri, state, LIST_MAX))
            total = (
                follows.count_followers(rx, ours.uri) if state == follows.ACCEPTED else len(found)
            )
        uris = [
            each.followed_uri if order.what == "following" else each.follower_uri
            for each in found[:LIST_MAX]
        ]
        known = actor_store.list_by_uri(rx, uris)
        return People(
            people=[
                _person(uri, known.get(uri), each.state, each.asked_at)
                for uri, each in zip(uris, found, strict=False)
            ],
            total=total,
        )

    return await instance.look(look)


async def like(instance: Instance, order: ReactionOrder) -> Done:
    """Thank the author of something. Raises NotFound, RemoteError."""
    publication = await lookup.find_or_fetch(instance, order.which)
    return await instance.change(
        lambda unit: Done(
            changed=send_like(unit, load_speaker(unit.tx, order.actor), publication.uri)
        )
    )


async def boost(instance: Instance, order: ReactionOrder) -> Done:
    """Pass something public on to our followers. Raises NotFound, Forbidden, RemoteError."""
    publication = await lookup.find_or_fetch(instance, order.which)
    return await instance.change(
        lambda unit: Done(
            changed=announce(unit, load_speaker(unit.tx, order.actor), publication.uri)
        )
    )


async def unlike(instance: Instance, order: ReactionOrder) -> Done:
    """Take thanks back. Raises NotFound."""
    return await _take_back(instance, order, reactions.LIKE)


async def unboost(instance: Instance, order: ReactionOrder) -> Done:
    """No longer pass on. Raises NotFound."""
    return await _take_back(instance, order, reactions.ANNOUNCE)


async def _take_back(instance: Instance, order: ReactionOrder, kind: str) -> Done:
    def work(unit: Unit) -> Done:
        publication = lookup.load(unit.tx, unit.urls, order.which)
        undo_reaction(unit, load_speaker(unit.tx, order.actor), kind, publication.uri)
        return Done()

    return await instance.change(work)


def _asked(unit: Unit, order: RelationOrder) -> tuple[Actor, Actor, follows.Follow]:
    ours = load_speaker(unit.tx, order.actor)
    asker = load_known(unit.tx, unit.urls, order.who)
    found = follows.find(unit.tx, asker.uri, ours.uri)
    if found is None:
        raise NotFound("desk.not_asked", who=asker.handle)
    return ours, asker, found


def _person(uri: str, actor: Actor | None, state: str, since: datetime) -> Person:
    return Person(
        uri=uri,
        handle=actor.handle if actor else uri,
        name=actor.title if actor else "",
        state=state,
        since=since,
    )
