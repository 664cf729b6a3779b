"""`fedi quarantine`: what came and broke us, set aside with its reason."""

from collections.abc import Sequence

import click

from fedi.cli.notifications import number
from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.quarantine import DropOrder, Dropped, Lines, ListOrder, RowOrder, Whole

_FROM = option("--from-host", "host", default="", metavar="HOST", help="cli.opt.quarantine_from")


@group("quarantine")
def quarantine() -> None:
    """What was set aside."""


@command("list", "quarantine.list")
@_FROM
@option("--most", default="50", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="NUMBER", help="cli.opt.before_row")
def list_all(host: str, most: str, before: str) -> None:
    """What was set aside, and where most of it comes from."""
    here = session()
    order = ListOrder(host=host, most=number(most, "--most"), before=before)
    found = here.ask("quarantine.list", order, Lines)
    rows = [
        (
            each.row,
            handle(short_moment(each.came_at)),
            handle(each.type),
            handle(each.actor),
            reason_in_words(each.reason),
        )
        for each in found.entries
    ]
    lines = [*table(rows), speaker().plural("quarantine.total", found.total)]
    if len(found.hosts) > 1:
        lines += ["", *table([(handle(each.host), str(each.count)) for each in found.hosts])]
    give(found, lines, as_json=here.as_json)


@command("show", "quarantine.show")
@click.argument("row", metavar="NUMBER")
def show(row: str) -> None:
    """One of them, with what came."""
    here = session()
    found = here.ask("quarantine.show", RowOrder(row=row), Whole)
    line = found.line
    text = "".join(each if each.isprintable() else " " for each in found.text)
    lines = [
        *table([(handle(line.type), handle(line.actor), handle(line.uri))]),
        reason_in_words(line.reason),
        "",
        text or t("quarantine.forgotten"),
    ]
    if found.is_cut:
        lines.append(t("quarantine.cut"))
    give(found, lines, as_json=here.as_json)


@command("drop", "quarantine.drop")
@click.argument("rows", nargs=-1, metavar="[NUMBER]...")
@_FROM
@option("--why", default="", metavar="TEXT", help="cli.opt.why")
def drop(rows: Sequence[str], host: str, why: str) -> None:
    """Let go of it."""
    here = session()
    order = DropOrder(rows=tuple(rows), from_host=host, why=why)
    found = here.ask("quarantine.drop", order, Dropped)
    give(found, [speaker().plural("quarantine.dropped", found.dropped)], as_json=here.as_json)


def reason_in_words(reason: str) -> str:
    """Why it was set aside; a reason without words as it is."""
    key = f"quarantine.reason.{reason}"
    return t(key) if speaker().has(key) else reason


for _each in (list_all, show, drop):
    quarantine.add_command(_each)
