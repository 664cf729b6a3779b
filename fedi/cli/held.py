"""`fedi held`: what strangers said and waits for a decision."""

from collections.abc import Sequence

import click

from fedi.cli.look import show as show_publication
from fedi.cli.notifications import number
from fedi.cli.output import give, handle, short_moment, table, warn
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.held import Decided, DecideOrder, ListOrder, Waitings

_WHICH = click.argument("which", nargs=-1, metavar="[URI]...")
_FROM = option("--from-host", default="", metavar="HOST", help="cli.opt.held_from")
_ALL = option("--all", "everything", is_flag=True, help="cli.opt.held_all")


@group("held")
def held() -> None:
    """What waits to be shown."""


@command("list", "held.list")
@option("--from-host", "host", default="", metavar="HOST", help="cli.opt.held_from")
@option("--most", default="50", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="NUMBER", help="cli.opt.before_row")
def list_waiting(host: str, most: str, before: str) -> None:
    """What waits, and where most of it comes from."""
    here = session()
    order = ListOrder(host=host, most=number(most, "--most"), before=before)
    found = here.ask("held.list", order, Waitings)
    lines: list[str] = []
    for each in found.entries:
        lines += table(
            [
                (
                    handle(short_moment(each.came_at)),
                    handle(each.author),
                    each.title,
                    handle(each.uri),
                )
            ]
        )
        lines += [f"  {t(f'held.why.{reason}')}" for reason in each.why]
    lines.append(speaker().plural("cli.held_total", found.total))
    lines += table([(t(f"held.why.{each.reason}"), str(each.count)) for each in found.reasons])
    if len(found.entries) < found.total and found.entries:
        lines += ["", *table([(handle(each.host), str(each.count)) for each in found.hosts])]
        lines.append(t("cli.held_more", row=found.entries[-1].row))
    give(found, lines, as_json=here.as_json)


@command("release", "held.release")
@_WHICH
@_FROM
@_ALL
def release(which: Sequence[str], from_host: str, everything: bool) -> None:
    """Let it be shown."""
    order = DecideOrder(which=tuple(which), from_host=from_host, everything=everything)
    _decide("held.release", order, "cli.held_released")


@command("refuse", "held.refuse")
@_WHICH
@_FROM
@_ALL
@option("--limit-author", is_flag=True, help="cli.opt.limit_author")
@option("--limit-host", is_flag=True, help="cli.opt.limit_host")
@option("--block-author", is_flag=True, help="cli.opt.block_author")
@option("--block-host", is_flag=True, help="cli.opt.block_host")
@option("--ends-follows", is_flag=True, help="cli.opt.ends_follows")
def refuse(
    which: Sequence[str], from_host: str, everything: bool, ends_follows: bool, **then: bool
) -> None:
    """Delete it here."""
    wanted = [name for name, is_wanted in then.items() if is_wanted]
    if len(wanted) > 1:
        raise click.UsageError(t("cli.held_one_then"))
    order = DecideOrder(
        which=tuple(which),
        from_host=from_host,
        everything=everything,
        then=wanted[0] if wanted else "",
        ends_follows=ends_follows,
    )
    _decide("held.refuse", order, "cli.held_refused")


@command("show", "held.show")
@click.argument("which", metavar="URI")
@click.pass_context
def show(ctx: click.Context, which: str) -> None:
    """One of them in full."""
    ctx.invoke(show_publication, which=which)


for _each in (list_waiting, show, release, refuse):
    held.add_command(_each)


def _decide(name: str, order: DecideOrder, done: str) -> None:
    here = session()
    found = here.ask(name, order, Decided)
    warn(found.notices)
    lines = [speaker().plural(done, found.decided)]
    if found.targets:
        key = "cli.held_limited" if order.then.startswith("limit") else "cli.held_blocked"
        lines.append(t(key, who=", ".join(handle(each) for each in found.targets)))
    give(found, lines, as_json=here.as_json)
