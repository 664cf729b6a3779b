"""`fedi block`, `unblock`, `limit`, `unlimit`, `allow`, `flags`."""

from collections.abc import Sequence

import click

from fedi.cli.output import give, handle, moment, table, warn
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.blocking import ActorOrder, Allowed, Blocks, HostOrder, ListOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk
from fedi.desk.order import Done, Order
from fedi.desk.reports import Flags

_WHY = option("--why", default="", metavar="TEXT", help="cli.opt.why")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.block_as")


@group("block")
def block() -> None:
    """Shut out hosts and actors."""


@command("host", "block.host")
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@_WHY
def block_host(hosts: tuple[str, ...], why: str) -> None:
    """Shut out a host and the domains below it, or several at once."""
    first, *others = [HostOrder(host=host, why=why) for host in hosts]
    _do("block.host", first, "cli.blocked", "cli.blocked_already", others)


@command("actor", "block.actor")
@click.argument("who", metavar="HANDLE")
@_AS
@_WHY
def block_actor(who: str, actor: str, why: str) -> None:
    """Shut somebody out."""
    order = ActorOrder(who=who, actor=actor, why=why)
    _do("block.actor", order, "cli.blocked", "cli.blocked_already")


@command("list", "block.list")
@_AS
def list_blocks(actor: str) -> None:
    """What is shut out."""
    here = session()
    found = here.ask("block.list", ListOrder(actor=actor), Blocks)
    rows = [
        (t(f"cli.severity.{each.severity}"), t(f"cli.block.{each.kind}"), handle(each.target))
        for each in found.blocks
    ]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@group("unblock")
def unblock() -> None:
    """Let in again."""


@command("host", "unblock.host")
@click.argument("host")
@_WHY
def unblock_host(host: str, why: str) -> None:
    """Let a host in again."""
    _do("unblock.host", HostOrder(host=host, why=why), "cli.unblocked")


@command("actor", "unblock.actor")
@click.argument("who", metavar="HANDLE")
@_AS
@_WHY
def unblock_actor(who: str, actor: str, why: str) -> None:
    """Let somebody in again."""
    _do("unblock.actor", ActorOrder(who=who, actor=actor, why=why), "cli.unblocked")


@group("limit")
def limit() -> None:
    """Show the words of hosts and actors only to those who follow them."""


@command("host", "limit.host")
@click.argument("host")
@_WHY
def limit_host(host: str, why: str) -> None:
    """Limit a host and the domains below it."""
    _do("limit.host", HostOrder(host=host, why=why), "cli.limited", "cli.limited_already")


@command("actor", "limit.actor")
@click.argument("who", metavar="HANDLE")
@_WHY
def limit_actor(who: str, why: str) -> None:
    """Limit somebody."""
    _do("limit.actor", ActorOrder(who=who, why=why), "cli.limited", "cli.limited_already")


@group("unlimit")
def unlimit() -> None:
    """No longer limit."""


@command("host", "unlimit.host")
@click.argument("host")
@_WHY
def unlimit_host(host: str, why: str) -> None:
    """No longer limit a host."""
    _do("unlimit.host", HostOrder(host=host, why=why), "cli.unlimited")


@command("actor", "unlimit.actor")
@click.argument("who", metavar="HANDLE")
@_WHY
def unlimit_actor(who: str, why: str) -> None:
    """No longer limit somebody."""
    _do("unlimit.actor", ActorOrder(who=who, why=why), "cli.unlimited")


@group("allow")
def allow() -> None:
    """The hosts a closed instance speaks with."""


@command("add", "allow.add")
@click.argument("host")
@_WHY
def allow_host(host: str, why: str) -> None:
    """Speak with a host and the domains below it."""
    _do("allow.add", HostOrder(host=host, why=why), "cli.allowed", "cli.allowed_already")


@command("remove", "allow.remove")
@click.argument("host")
@_WHY
def disallow_host(host: str, why: str) -> None:
    """Speak with a host no more."""
    _do("allow.remove", HostOrder(host=host, why=why), "cli.disallowed")


@command("list", "allow.list")
def list_allowed() -> None:
    """The hosts that are listed."""
    here = session()
    found = here.ask("allow.list", NoOrder(), Allowed)
    lines = [handle(host) for host in found.hosts] or [t("cli.nothing_yet")]
    if not found.is_closed:
        lines.append(t("policy.allow_idle"))
    give(found, lines, as_json=here.as_json)


for _each in (block_host, block_actor, list_blocks):
    block.add_command(_each)
for _each in (unblock_host, unblock_actor):
    unblock.add_command(_each)
for _each in (limit_host, limit_actor):
    limit.add_command(_each)
for _each in (unlimit_host, unlimit_actor):
    unlimit.add_command(_each)
for _each in (allow_host, disallow_host, list_allowed):
    allow.add_command(_each)


@command("flags")
def flags() -> None:
    """Reports of conduct that nobody has dealt with."""
    here = session()
    found = here.ask("flags", NoOrder(), Flags)
    lines: list[str] = []
    for each in found.flags:
        lines += [f"{each.id}  {moment(each.received_at)}  {handle(each.by)}", f"  {each.content}"]
        lines += [f"  {handle(uri)}" for uri in each.objects]
    give(found, lines or [t("cli.no_flags")], as_json=here.as_json)


def _do(
    name: str, order: Order, done: str, nothing: str = "", others: Sequence[Order] = ()
) -> None:
    """Do it, for one order or for several as if they were one: the first mistake ends it."""
    here = session()

    async def work(desk: Desk) -> None:
        result = await desk.call(name, order)
        assert isinstance(result, Done)
        for each in others:
            further = await desk.call(name, each)
            assert isinstance(further, Done)
            notices = tuple(dict.fromkeys([*result.notices, *further.notices]))
            result = Done(changed=result.changed or further.changed, notices=notices)
        line = t(done) if result.changed or not nothing else t(nothing)
        warn(result.notices)
        give(result, [line], as_json=here.as_json)
        await say_waiting(desk, deliver=False, as_json=here.as_json)

    here.at_desk(work)
