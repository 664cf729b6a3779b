"""`fedi programme`: the sessions of an event."""

from pathlib import Path

import click

from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.cli.telling import kept_or_same, tell
from fedi.desk.order import Done
from fedi.desk.programme import TABLE_BYTES_MAX, Programme, TableOrder, WhichOrder, table_of
from fedi.errors import Invalid

_WHICH = click.argument("which", metavar="URI")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")


@group("programme")
def programme() -> None:
    """The sessions of an event."""


@command("show", "programme.show")
@_WHICH
@_AS
def show(which: str, actor: str) -> None:
    """What is written."""
    here = session()
    found = here.ask("programme.show", WhichOrder(which=which, actor=actor), Programme)
    rows = [
        (
            handle(short_moment(each.starts_at)),
            next(iter(each.names.values())),
            each.room,
            each.who,
            t("event.status.cancelled") if each.status == "cancelled" else "",
        )
        for each in found.lines
    ]
    give(found, table(rows), as_json=here.as_json)


@command("set", "programme.set")
@_WHICH
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@_AS
@option("--deliver", is_flag=True, help="cli.opt.deliver")
def put(which: str, file: Path, actor: str, deliver: bool) -> None:
    """Take it from a table."""
    order = TableOrder(which=which, table=_read(file), actor=actor)

    tell("programme.set", order, Done, kept_or_same, deliver=deliver)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as source:
            raw = source.read(TABLE_BYTES_MAX + 1)
    except OSError as problem:
        raise Invalid("cli.file_unreadable", field="file", file=str(file)) from problem
    return table_of(raw)


for _each in (show, put):
    programme.add_command(_each)
