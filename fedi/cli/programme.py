"""`fedi programme`: the sessions of an event."""

from pathlib import Path

import click

from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.control import Desk
from fedi.desk.order import Done
from fedi.desk.programme import TABLE_BYTES_MAX, Programme, TableOrder, WhichOrder
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
    here = session()
    order = TableOrder(which=which, table=_read(file), actor=actor)

    async def work(desk: Desk) -> None:
        done = await desk.call("programme.set", order)
        assert isinstance(done, Done)
        said = "cli.attendance_set" if done.changed else "cli.attendance_same"
        give(done, [t(said)], as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as source:
            raw = source.read(TABLE_BYTES_MAX + 1)
    except OSError as problem:
        raise Invalid("cli.file_unreadable", field="file", file=str(file)) from problem
    if len(raw) > TABLE_BYTES_MAX:
        raise Invalid("programme.table_large", field="file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("desk.not_text", field="file") from problem


for _each in (show, put):
    programme.add_command(_each)
