"""Shutting out hosts and actors, and letting them in again. Nobody is told."""

from actors import blocks, follows, notifications
from actors import store as actor_store
from actors.model import Actor
from fedi.canonical import canonical, host_of
from fedi.desk.order import Done, Order, Result
from fedi.desk.speaker import find_or_fetch, load_known, load_speaker
from fedi.errors import Invalid, NotFound
from fedi.instance import Instance
from fedi.media import cache
from fedi.unit import Unit
from outbox import store as outbox_store
from outbox.actions.block import block as send_block
from outbox.actions.reject import reject_follow


class HostOrder(Order, frozen=True, kw_only=True):
    """A host, such as bad.example; domains below it are meant too."""

    host: str


class ActorOrder(Order, frozen=True, kw_only=True):
    """Somebody; with `actor`, only that collective shuts them out, else the whole instance."""

    who: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """Whose blocks: those of a collective, else those of the instance."""

    actor: str = ""


class Blocked(Result, frozen=True, kw_only=True):
    """What is shut out; `kind` is host or actor."""

    target: str
    kind: str


class Blocks(Result, frozen=True, kw_only=True):
    """Everything that is shut out."""

    blocks: list[Blocked]


async def block_host(instance: Instance, order: HostOrder) -> Done:
    """Shut out a host: nothing comes from there, nothing more goes there. Raises Invalid."""
    host = _host(instance, order.host)

    def work(unit: Unit) -> Done:
        changed = blocks.add(unit, blocks.INSTANCE, host, blocks.HOST)
        outbox_store.cancel_for_host(unit, host)
        cache.forget_host(unit, host)
        return Done(changed=changed)

    return await instance.change(work)


async def unblock_host(instance: Instance, order: HostOrder) -> Done:
    """Let a host in again. Raises NotFound when it was not shut out."""
    host = _host(instance, order.host)
    return await instance.change(lambda unit: _let_in(unit, blocks.INSTANCE, host))


async def block_actor(instance: Instance, order: ActorOrder) -> Done:
    """Shut somebody out and end what was between us. Raises NotFound, Invalid, RemoteError."""
    target = await find_or_fetch(instance, order.who)
    if target.is_local:
        raise Invalid("desk.block_ours", field="who")

    def work(unit: Unit) -> Done:
        if order.actor:
            return Done(changed=send_block(unit, load_speaker(unit.tx, order.actor), target.uri))
        changed = blocks.add(unit, blocks.INSTANCE, target.uri, blocks.ACTOR)
        for ours in actor_store.list_collectives(unit.tx):
            _part(unit, ours, target)
        notifications.forget_from(unit, target.uri)
        return Done(changed=changed)

    return await instance.change(work)


async def unblock_actor(instance: Instance, order: ActorOrder) -> Done:
    """Let somebody in again. Raises NotFound when they were not shut out."""

    def work(unit: Unit) -> Done:
        blocker = load_speaker(unit.tx, order.actor).uri if order.actor else blocks.INSTANCE
        return _let_in(unit, blocker, load_known(unit.tx, unit.urls, order.who).uri)

    return await instance.change(work)


async def list_blocks(instance: Instance, order: ListOrder) -> Blocks:
    """What is shut out. Raises NotFound for an unknown collective."""
    found = await instance.look(
        lambda rx: blocks.list_targets(
            rx, load_speaker(rx, order.actor).uri if order.actor else blocks.INSTANCE
        )
    )
    return Blocks(blocks=[Blocked(target=target, kind=kind) for target, kind in found])


def _let_in(unit: Unit, blocker: str, target: str) -> Done:
    if not blocks.remove(unit, blocker, target):
        raise NotFound("desk.not_blocked", target=target)
    return Done()


def _part(unit: Unit, ours: Actor, target: Actor) -> None:
    """Neither follows the other any more."""
    following = follows.find(unit.tx, target.uri, ours.uri)
    if following is not None:
        follows.remove(unit, target.uri, ours.uri)
        reject_follow(unit, ours, target.uri, following.activity_uri)
    follows.remove(unit, ours.uri, target.uri)


def _host(instance: Instance, text: str) -> str:
    """The host as it is compared; an address is taken for its host."""
    text = text.strip()
    try:
        host = host_of(canonical(text if "://" in text else f"https://{text}/"))
    except Invalid as problem:
        raise Invalid("desk.host_form", field="host") from problem
    if host == instance.urls.host:
        raise Invalid("desk.block_ours", field="host")
    return host
