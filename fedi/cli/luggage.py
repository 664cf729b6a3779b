"""`fedi export`, `fedi import`: everything a collective takes along, and what it brings from elsewhere."""

from pathlib import Path

import click

from fedi.cli.output import give
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.bringing import (
    ActorOrder,
    Brought,
    ReadOrder,
    Started,
    StartOrder,
    Stopped,
)
from fedi.desk.control import Desk
from fedi.desk.taking import WriteOrder, Written
from fedi.errors import Invalid

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
# What one order may carry through the socket, in the form in which it travels.
_CLI_BYTES_MAX = 20 * 1024 * 1024


@command("export")
@click.argument("file", metavar="FILE")
@_AS
def export(file: str, actor: str) -> None:
    """Everything of a collective in one new file."""
    here = session()
    order = WriteOrder(path=str(Path(file).absolute()), actor=actor)
    found = here.ask("export", order, Written)
    size = f"{found.size_bytes / 1_000_000:.1f}"
    give(found, [t("taking.written", path=found.path, size=size)], as_json=here.as_json)


@group("import")
def import_group() -> None:
    """Follows and blocks from elsewhere."""


@command("start", "import.start")
@click.argument("file", metavar="FILE")
@option("--kind", default="", metavar="follows|blocks|hosts", help="cli.opt.import_kind")
@option("--yes", is_flag=True, help="cli.opt.import_yes")
@_AS
def start(file: str, kind: str, yes: bool, actor: str) -> None:
    """Say what a file holds; with --yes, do it little by little."""
    here = session()
    order = ReadOrder(content=_read(file), name=Path(file).name, kind=kind)

    async def work(desk: Desk) -> None:
        found = await desk.call("import.read", order)
        assert isinstance(found, Brought)
        if not yes:
            give(found, _lines(found), as_json=here.as_json)
            return
        wanted = StartOrder(
            actor=actor,
            follows=tuple(found.follows),
            blocks=tuple(found.blocks),
            hosts=tuple(found.hosts),
        )
        begun = await desk.call("import.start", wanted)
        assert isinstance(begun, Started)
        line = t(
            "bringing.started",
            follows=begun.follows,
            blocks=begun.blocks,
            drafts=begun.drafts,
            left=begun.left,
        )
        give(begun, [line], as_json=here.as_json)

    here.at_desk(work)


@command("stop", "import.stop")
@_AS
def stop(actor: str) -> None:
    """What was not done yet is not done."""
    here = session()
    found = here.ask("import.stop", ActorOrder(actor=actor), Stopped)
    give(found, [speaker().plural("bringing.stopped", found.count)], as_json=here.as_json)


for _each in (start, stop):
    import_group.add_command(_each)


def _lines(found: Brought) -> list[str]:
    return [
        f"{t(f'settings.import.{kind}')}: {len(names)}"
        for kind, names in (
            ("follows", found.follows),
            ("blocks", found.blocks),
            ("hosts", found.hosts),
        )
    ]


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(_CLI_BYTES_MAX + 1)
    except OSError as problem:
        raise Invalid("cli.file_unreadable", file=file, detail=problem.strerror or "") from problem
    if len(content) > _CLI_BYTES_MAX:
        raise Invalid("bringing.too_large", field="file")
    return content
