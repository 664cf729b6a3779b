"""Shutting out hosts and actors, limiting them, and letting them in again; whom a closed instance speaks with.

Nobody is told.
"""

from collections.abc import Sequence
from typing import Final

from actors import blocks, follows, notifications, relays
from actors import store as actor_store
from actors.model import Actor
from fedi.canonical import host_of
from fedi.db.engine import Reader
from fedi.desk.collectives import NoOrder
from fedi.desk.deciding import ByOrder, check_why, decided
from fedi.desk.order import Done, Notice, Order, Result
from fedi.desk.speaker import find_or_fetch, load_known, load_speaker
from fedi.errors import Conflict, Invalid, NotFound
from fedi.instance import Instance
from fedi.media import cache
from fedi.moderation.listed_hosts import host_name
from fedi.publications import store as publication_store
from fedi.publications.dates import answers as date_answers
from fedi.publications.event import invited
from fedi.unit import Unit
from inbox import held
from outbox import organising
from outbox import store as outbox_store
from outbox.actions.block import block as send_block
from outbox.actions.reject import reject_follow
from outbox.attending import part_with, part_with_host

BLOCK: Final = "block"
LIMIT: Final = "limit"
RELEASE_MAX: Final = 1000


class HostOrder(ByOrder, frozen=True, kw_only=True):
    """A host, such as bad.example; domains below it are meant too."""

    host: str


class ActorOrder(ByOrder, frozen=True, kw_only=True):
    """Somebody; with `actor`, only that collective shuts them out, else the whole instance."""

    who: str
    actor: str = ""


class ListOrder(Order, frozen=True, kw_only=True):
    """Whose blocks: those of a collective, else those of the instance."""

    actor: str = ""


class Blocked(Result, frozen=True, kw_only=True):
    """What is shut out or limited; `kind` is host or actor, `severity` block or limit."""

    target: str
    kind: str
    severity: str = BLOCK


class Blocks(Result, frozen=True, kw_only=True):
    """Everything that is shut out or limited."""

    blocks: list[Blocked]


class Allowed(Result, frozen=True, kw_only=True):
    """The hosts that a closed instance speaks with, and whether this one is closed."""

    hosts: list[str]
    is_closed: bool


async def block_host(instance: Instance, order: HostOrder) -> Done:
    """Shut out a host: nothing comes from there, nothing more goes there, nobody follows across. Raises Invalid."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        changed = shut_out(unit, host)
        if changed:
            decided(unit, order, "host", host, "block")
        return Done(changed=changed)

    return await instance.change(work)


async def unblock_host(instance: Instance, order: HostOrder) -> Done:
    """Let a host in again. Raises NotFound when it was not shut out."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        done = _let_in(unit, blocks.INSTANCE, host)
        decided(unit, order, "host", host, "unblock")
        return done

    return await instance.change(work)


async def block_actor(instance: Instance, order: ActorOrder) -> Done:
    """Shut somebody out and end what was between us. Raises NotFound, Invalid, RemoteError."""
    check_why(order)
    target = await _somebody_else(instance, order)

    def work(unit: Unit) -> Done:
        blocker = load_speaker(unit.tx, order.actor) if order.actor else None
        changed = (
            send_block(unit, blocker, target.uri) if blocker else shut_out_actor(unit, target.uri)
        )
        if changed:
            whose = blocker.uri if blocker else blocks.INSTANCE
            decided(unit, order, "actor", target.uri, "block", actor_uri=whose)
        return Done(changed=changed)

    return await instance.change(work)


async def unblock_actor(instance: Instance, order: ActorOrder) -> Done:
    """Let somebody in again. Raises NotFound when they were not shut out."""
    check_why(order)

    def work(unit: Unit) -> Done:
        blocker = load_speaker(unit.tx, order.actor).uri if order.actor else blocks.INSTANCE
        target = load_known(unit.tx, unit.urls, order.who).uri
        done = _let_in(unit, blocker, target)
        decided(unit, order, "actor", target, "unblock", actor_uri=blocker)
        return done

    return await instance.change(work)


async def limit_host(instance: Instance, order: HostOrder) -> Done:
    """Show what comes from a host only to those who follow its authors. Raises Invalid."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        changed = blocks.limit(unit, host, blocks.HOST)
        if changed:
            decided(unit, order, "host", host, "limit")
        return Done(changed=changed)

    return await instance.change(work)


async def limit_actor(instance: Instance, order: ActorOrder) -> Done:
    """Show what somebody says only to those who follow them. Raises NotFound, Invalid, RemoteError."""
    check_why(order)
    target = await _somebody_else(instance, order)

    def work(unit: Unit) -> Done:
        changed = hush(unit, target.uri)
        if changed:
            decided(unit, order, "actor", target.uri, "limit")
        return Done(changed=changed)

    return await instance.change(work)


async def unlimit_host(instance: Instance, order: HostOrder) -> Done:
    """No longer limit a host. Raises NotFound when it was not limited."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        done = _unlimit(unit, host)
        decided(unit, order, "host", host, "unlimit")
        return done

    return await instance.change(work)


async def unlimit_actor(instance: Instance, order: ActorOrder) -> Done:
    """No longer limit somebody. Raises NotFound when they were not limited."""
    check_why(order)

    def work(unit: Unit) -> Done:
        target = load_known(unit.tx, unit.urls, order.who).uri
        done = _unlimit(unit, target)
        decided(unit, order, "actor", target, "unlimit")
        return done

    return await instance.change(work)


async def list_blocks(instance: Instance, order: ListOrder) -> Blocks:
    """What is shut out or limited. Raises NotFound for an unknown collective."""

    def look(rx: Reader) -> Blocks:
        whose = load_speaker(rx, order.actor).uri if order.actor else blocks.INSTANCE
        limited: Sequence[tuple[str, str]] = () if order.actor else blocks.list_limited(rx)
        found = [
            *(Blocked(target=target, kind=kind) for target, kind in blocks.list_targets(rx, whose)),
            *(Blocked(target=target, kind=kind, severity=LIMIT) for target, kind in limited),
        ]
        return Blocks(blocks=sorted(found, key=lambda each: (each.severity, each.target)))

    return await instance.look(look)


async def allow(instance: Instance, order: HostOrder) -> Done:
    """Put a host on the list of those a closed instance speaks with. Raises Invalid, Conflict when it is shut out."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        if (host, blocks.HOST) in blocks.list_targets(unit.tx, blocks.INSTANCE):
            raise Conflict("policy.allow_blocked", host=host)
        changed = blocks.add(unit, blocks.INSTANCE, host, blocks.ALLOWED)
        if changed:
            decided(unit, order, "host", host, "allow")
        return Done(changed=changed, notices=_idle(unit.tx))

    return await instance.change(work)


async def disallow(instance: Instance, order: HostOrder) -> Done:
    """Take a host off that list; what waits for it is not sent. Raises NotFound when it is not on it."""
    host = host_elsewhere(instance, order.host)
    check_why(order)

    def work(unit: Unit) -> Done:
        if not blocks.disallow(unit, host):
            raise NotFound("policy.not_allowed", host=host)
        relays.leave_shut_out(unit)
        _cancel_what_waits(unit, host)
        decided(unit, order, "host", host, "disallow")
        return Done(notices=_idle(unit.tx))

    return await instance.change(work)


async def list_allowed(instance: Instance, _order: NoOrder) -> Allowed:
    """Whom a closed instance speaks with."""
    own = instance.urls.host
    return await instance.look(
        lambda rx: Allowed(
            hosts=[host for host in blocks.list_allowed(rx) if host != own],
            is_closed=blocks.is_closed(rx),
        )
    )


def shut_out(unit: Unit, host: str, *, is_known: bool = True) -> bool:
    """Shut out a host and what is below it, and end what was between us; False when it was so already.

    `is_known`: whether we may hold anything of it, so that there is something to end.
    """
    changed = blocks.add(unit, blocks.INSTANCE, host, blocks.HOST)
    blocks.unlimit(unit, host)
    relays.leave_shut_out(unit)
    if not is_known:
        return changed
    _cancel_what_waits(unit, host)
    cache.forget_host(unit, host)
    for follower, followed in blocks.list_ties(unit.tx, host):
        follows.remove(unit, follower, followed)
    part_with_host(unit, host)
    organising.part_with_host(unit, host)
    return changed


def shut_out_actor(unit: Unit, uri: str) -> bool:
    """Shut out an actor and end what was between us; False when it was so already."""
    changed = blocks.add(unit, blocks.INSTANCE, uri, blocks.ACTOR)
    relays.leave_shut_out(unit)
    for ours in actor_store.list_collectives(unit.tx):
        _part(unit, ours, uri)
    notifications.forget_from(unit, uri)
    invited.forget_from(unit, uri)
    date_answers.forget_actor(unit, uri)
    part_with(unit, uri)
    organising.part_with(unit, uri)
    return changed


def hush(unit: Unit, uri: str) -> bool:
    """Limit an actor, and forget what those were told who do not follow it; False when it was limited already."""
    changed = blocks.limit(unit, uri, blocks.ACTOR)
    for ours in actor_store.list_collectives(unit.tx):
        if not follows.is_follower(unit.tx, ours.uri, uri):
            notifications.forget_between(unit, ours.uri, uri)
    return changed


def lift_limit(unit: Unit, target: str) -> bool:
    """No longer limit a host or an actor, and show what was held only because of that; False when it was not limited."""
    if not blocks.unlimit(unit, target):
        return False
    if unit.posture == "open":
        for each in publication_store.list_held(unit.tx, RELEASE_MAX):
            if not blocks.is_hidden(unit.tx, each.author_uri):
                held.release(unit, each.uri)
    return True


def host_elsewhere(instance: Instance, text: str) -> str:
    """The host as it is compared; an address is taken for its host. Raises Invalid, also for our own and those above it."""
    host = host_name(text)
    if host is None:
        raise Invalid("desk.host_form", field="host")
    if blocks.covers(host, instance.urls.host):
        raise Invalid("desk.block_ours", field="host")
    return host


def bare_host(uri: str) -> str:
    """The host of an id as it is shut out by name."""
    return host_name(uri) or host_of(uri)


def _unlimit(unit: Unit, target: str) -> Done:
    if not lift_limit(unit, target):
        raise NotFound("policy.not_limited", target=target)
    return Done()


async def _somebody_else(instance: Instance, order: ActorOrder) -> Actor:
    target = await find_or_fetch(instance, order.who)
    if target.is_local:
        raise Invalid("desk.block_ours", field="who")
    return target


def _idle(rx: Reader) -> tuple[Notice, ...]:
    """The list means something only while the instance is closed."""
    return () if blocks.is_closed(rx) else (Notice("policy.allow_idle"),)


def _cancel_what_waits(unit: Unit, host: str) -> None:
    """Nothing more goes to hosts that are shut out now."""
    for known in {host, *blocks.list_known_hosts(unit.tx)}:
        if blocks.covers(host, known) and blocks.is_host_blocked(unit.tx, known):
            outbox_store.cancel_for_host(unit, known)


def _let_in(unit: Unit, blocker: str, target: str) -> Done:
    is_instance = blocker == blocks.INSTANCE
    found = blocks.let_in(unit, target) if is_instance else blocks.remove(unit, blocker, target)
    if not found:
        raise NotFound("desk.not_blocked", target=target)
    return Done()


def _part(unit: Unit, ours: Actor, target_uri: str) -> None:
    """Neither follows the other any more."""
    following = follows.find(unit.tx, target_uri, ours.uri)
    if following is not None:
        follows.remove(unit, target_uri, ours.uri)
        reject_follow(unit, ours, target_uri, following.activity_uri)
    follows.remove(unit, ours.uri, target_uri)
