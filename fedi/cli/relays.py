"""`fedi relay`: servers that pass public words on to everybody who subscribed. None, unless one is added."""

import click

from fedi.cli.look import row_of
from fedi.cli.output import give, handle, moment, table, warn
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk
from fedi.desk.order import Done
from fedi.desk.relays import AddOrder, AddressOrder, News, NewsOrder, Relay, Relays


@group("relay")
def relay() -> None:
    """Servers that pass public words on."""


@command("add", "relay.add")
@click.argument("address", metavar="URL")
@option("--style", default="", metavar="mastodon|litepub", help="cli.opt.relay_style")
def add(address: str, style: str) -> None:
    """Subscribe to a relay."""
    here = session()

    async def work(desk: Desk) -> None:
        found = await desk.call("relay.add", AddOrder(address=address, style=style))
        assert isinstance(found, Relay)
        warn(found.notices)
        give(found, [" · ".join(_row(found)[:3])], as_json=here.as_json)
        await say_waiting(desk, deliver=False, as_json=here.as_json)

    here.at_desk(work)


@command("remove", "relay.remove")
@click.argument("address", metavar="URL")
def remove(address: str) -> None:
    """Leave a relay."""
    here = session()

    async def work(desk: Desk) -> None:
        done = await desk.call("relay.remove", AddressOrder(address=address))
        assert isinstance(done, Done)
        line = t("cli.relay_left") if done.changed else t("cli.relay_left_already")
        give(done, [line], as_json=here.as_json)
        await say_waiting(desk, deliver=False, as_json=here.as_json)

    here.at_desk(work)


@command("list", "relay.list")
def list_all() -> None:
    """The relays and how they stand."""
    here = session()
    found = here.ask("relay.list", NoOrder(), Relays)
    lines = table([_row(each) for each in found.relays]) or [t("cli.nothing_yet")]
    give(found, lines, as_json=here.as_json)


@command("news", "relay.news")
@option(
    "--kind", default="", metavar="event|statement|aid_request|aid_offer|note", help="cli.opt.kind"
)
@option("--most", default="20", metavar="N", help="cli.opt.most")
def news(kind: str, most: str) -> None:
    """What relays brought."""
    here = session()
    if not (most.isascii() and most.isdecimal() and len(most) < 10):
        raise click.BadParameter(t("cli.usage.number"), param_hint="--most")
    order = NewsOrder(kind=kind.replace("-", "_"), most=int(most))
    found = here.ask("relay.news", order, News)
    lines = table([row_of(each) for each in found.entries]) or [t("cli.nothing_yet")]
    give(found, lines, as_json=here.as_json)


for _each in (add, remove, list_all, news):
    relay.add_command(_each)


def _row(each: Relay) -> tuple[str, ...]:
    """Address, style, state; then whether our words go there, when it was heard, how much it brought."""
    takes = t("cli.relay_takes") if each.takes else t("cli.relay_takes_not")
    heard = t("cli.relay_heard", when=moment(each.heard_at)) if each.heard_at else ""
    return (
        handle(each.address),
        each.style,
        t(f"cli.relay_state.{each.state}"),
        takes,
        speaker().plural("cli.relay_brought", each.brought),
        heard,
    )
