"""`fedi queue`: what waits, what became of it, trying again."""

import asyncio
import sys

import click

from fedi.cli.deliveries import retry, show
from fedi.cli.output import give, handle, moment, pairs, states, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk
from fedi.desk.queue import Drained, DrainOrder, DropOrder, Dropped, Status

STEP_S = 0.3
SETTLE_S = 20


@group("queue")
def queue() -> None:
    """What waits to be sent."""


@command("status", "queue.status")
def status() -> None:
    """How the queues stand."""
    here = session()
    found = here.ask("queue.status", NoOrder(), Status)
    lines = pairs(
        [
            (t("cli.label.deliveries"), states(found.deliveries) or t("cli.none")),
            (t("cli.label.oldest"), moment(found.oldest_delivery_at)),
            (t("cli.label.arrivals"), states(found.arrivals) or t("cli.none")),
        ]
    )
    if found.troubled:
        lines += ["", t("cli.troubled")]
        lines += table(
            [
                (
                    f"  {handle(each.host)}",
                    each.reason,
                    t("cli.tries", n=each.failures),
                    moment(each.next_try_at),
                )
                for each in found.troubled
            ]
        )
    give(found, lines, as_json=here.as_json)


@command("drain", "queue.drain")
@option("--seconds", default="60", metavar="N", help="cli.opt.seconds")
def drain(seconds: str) -> None:
    """Send and process now until nothing is due."""
    here = session()
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 10):
        raise click.BadParameter(t("cli.usage.number"), param_hint="--seconds")

    async def work(desk: Desk) -> Drained:
        return await _drained(desk, int(seconds), is_quiet=here.as_json)

    found = here.at_desk(work)
    give(found, [speaker().plural("cli.still_waiting", found.waiting)], as_json=here.as_json)


@command("drop", "queue.drop")
@click.argument("host")
@option("--why", default="", metavar="TEXT", help="cli.opt.why")
def drop(host: str, why: str) -> None:
    """Give up what waits for a host."""
    here = session()
    found = here.ask("queue.drop", DropOrder(host=host, why=why), Dropped)
    give(found, [speaker().plural("queue.dropped", found.deliveries)], as_json=here.as_json)


for _each in (status, show, retry, drain, drop):
    queue.add_command(_each)


async def say_waiting(desk: Desk, *, deliver: bool, as_json: bool) -> None:
    """After something was said: send it now if asked to, else tell what waits while no server runs. On standard error."""
    if desk.is_served:
        return
    if deliver:
        await _drained(desk, SETTLE_S, is_quiet=as_json)
    found = await desk.call("queue.status", NoOrder())
    assert isinstance(found, Status)
    if found.waiting:
        click.echo(speaker().plural("cli.waiting_for_server", found.waiting), err=True)


async def _drained(desk: Desk, seconds: int, *, is_quiet: bool) -> Drained:
    """Drain, with a bar on a terminal."""
    working = asyncio.create_task(_drain(desk, seconds))
    if is_quiet or not sys.stderr.isatty():
        return await working
    before = await desk.call("queue.status", NoOrder())
    assert isinstance(before, Status)
    with click.progressbar(
        length=max(1, before.waiting), label=t("cli.draining"), file=sys.stderr
    ) as bar:
        left = before.waiting
        while not working.done():
            await asyncio.wait({working}, timeout=STEP_S)
            now = await desk.call("queue.status", NoOrder())
            assert isinstance(now, Status)
            bar.update(max(0, left - now.waiting))
            left = min(left, now.waiting)
    return await working


async def _drain(desk: Desk, seconds: int) -> Drained:
    done = await desk.call("queue.drain", DrainOrder(seconds=seconds))
    assert isinstance(done, Drained)
    return done
