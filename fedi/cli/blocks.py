"""`fedi block`, `unblock`, `flags`."""

import click

from fedi.cli.output import give, handle, moment, table
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.blocking import ActorOrder, Blocks, HostOrder, ListOrder
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk
from fedi.desk.order import Done, Order
from fedi.desk.reports import Flags

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.block_as")


@group("block")
def block() -> None:
    """Shut out hosts and actors."""


@command("host", "block.host")
@click.argument("host")
def block_host(host: str) -> None:
    """Shut out a host and the domains below it."""
    _do("block.host", HostOrder(host=host), "cli.blocked", "cli.blocked_already")


@command("actor", "block.actor")
@click.argument("who", metavar="HANDLE")
@_AS
def block_actor(who: str, actor: str) -> None:
    """Shut somebody out."""
    _do("block.actor", ActorOrder(who=who, actor=actor), "cli.blocked", "cli.blocked_already")


@command("list", "block.list")
@_AS
def list_blocks(actor: str) -> None:
    """What is shut out."""
    here = session()
    found = here.ask("block.list", ListOrder(actor=actor), Blocks)
    rows = [(t(f"cli.block.{each.kind}"), handle(each.target)) for each in found.blocks]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@group("unblock")
def unblock() -> None:
    """Let in again."""


@command("host", "unblock.host")
@click.argument("host")
def unblock_host(host: str) -> None:
    """Let a host in again."""
    _do("unblock.host", HostOrder(host=host), "cli.unblocked")


@command("actor", "unblock.actor")
@click.argument("who", metavar="HANDLE")
@_AS
def unblock_actor(who: str, actor: str) -> None:
    """Let somebody in again."""
    _do("unblock.actor", ActorOrder(who=who, actor=actor), "cli.unblocked")


for _each in (block_host, block_actor, list_blocks):
    block.add_command(_each)
for _each in (unblock_host, unblock_actor):
    unblock.add_command(_each)


@command("flags")
def flags() -> None:
    """Reports of conduct that nobody has dealt with."""
    here = session()
    found = here.ask("flags", NoOrder(), Flags)
    lines: list[str] = []
    for each in found.flags:
        lines += [f"{moment(each.received_at)}  {handle(each.by)}", f"  {each.content}"]
        lines += [f"  {handle(uri)}" for uri in each.objects]
    give(found, lines or [t("cli.no_flags")], as_json=here.as_json)


def _do(name: str, order: Order, done: str, nothing: str = "") -> None:
    here = session()

    async def work(desk: Desk) -> None:
        result = await desk.call(name, order)
        assert isinstance(result, Done)
        line = t(done) if result.changed or not nothing else t(nothing)
        give(result, [line], as_json=here.as_json)
        await say_waiting(desk, deliver=False, as_json=here.as_json)

    here.at_desk(work)
