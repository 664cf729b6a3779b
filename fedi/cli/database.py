"""`fedi database move`: from the file to a PostgreSQL server, and back."""

import sys
from collections.abc import Callable
from typing import Final

import click

from fedi.backup.moving import move
from fedi.cli.output import give
from fedi.cli.session import Session, session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.clock import SystemClock
from fedi.config import DatabaseConfig, parse_config
from fedi.desk.order import Result
from fedi.errors import Conflict
from fedi.opening import FolderInUse

FILE: Final = "sqlite"


class Moved(Result, frozen=True, kw_only=True):
    """`to`: `sqlite` or `postgresql`."""

    to: str
    rows: int


@group("database")
def database() -> None:
    """Where the tables are kept."""


@command("move", "database.move")
@option("--to", required=True, metavar="URL|sqlite", help="cli.opt.database_to")
@option("--password-file", default="", metavar="FILE", help="cli.opt.database_password")
def move_command(to: str, password_file: str) -> None:
    """Copy all rows, prove that they arrived, say what to write into the settings."""
    here = session()
    config = here.load()
    target = _target(to, password_file)
    try:
        rows = here.run(lambda: move(config, target, SystemClock(), _progress(here)))
    except FolderInUse as problem:
        raise Conflict("database.running") from problem
    kind = "postgresql" if target.url else FILE
    lines = [speaker().plural("database.moved", rows), t(f"database.next_{kind}")]
    give(Moved(to=kind, rows=rows), lines, as_json=here.as_json)


def _target(to: str, password_file: str) -> DatabaseConfig:
    """Where to; raises SetupError like the settings themselves."""
    if to == FILE:
        return DatabaseConfig()
    names = {"FEDI_DATABASE_URL": to, "FEDI_DATABASE_PASSWORD_FILE": password_file}
    return parse_config("", names).database


def _progress(here: Session) -> Callable[[int], Callable[[int], None]]:
    def begin(total: int) -> Callable[[int], None]:
        if here.as_json or not sys.stderr.isatty() or not total:
            return lambda _n: None
        bar = click.progressbar(length=total, label=t("database.bar"), file=sys.stderr)
        done = 0

        def show(rows: int) -> None:
            nonlocal done
            done += rows
            bar.update(rows)
            if done >= total:
                bar.render_finish()

        return show

    return begin


database.add_command(move_command)
