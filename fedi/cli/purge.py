"""`fedi purge`: what is kept too long, and letting go of it."""

from fedi.cli.output import give, table
from fedi.cli.session import session
from fedi.cli.speech import command, option, speaker, t
from fedi.desk.purge import Purge, PurgeOrder

_KILO = 1024


@command("purge")
@option("--yes", "is_meant", is_flag=True, help="cli.opt.purge_yes")
def purge(is_meant: bool) -> None:
    """Show what is kept too long; with --yes, let go of it."""
    here = session()
    found = here.ask("purge", PurgeOrder(apply=is_meant), Purge)
    rows = [
        (
            t(f"purge.rule.{each.rule}"),
            speaker().plural("purge.days", each.days),
            _counted(each.rows),
            _size(each.size_bytes),
        )
        for each in found.lines
    ]
    rows.append((t("purge.rule.files"), "", _counted(found.files), _size(found.files_bytes)))
    total = sum(each.rows for each in found.lines) + found.files
    closing = "purge.done" if found.applied else "purge.would"
    said = speaker().plural(closing, total) if total else t("purge.nothing")
    lines = [*table(rows), "", said]
    give(found, lines, as_json=here.as_json)


def _counted(rows: int) -> str:
    return speaker().plural("purge.rows", rows) if rows else t("cli.none")


def _size(size_bytes: int) -> str:
    return t("purge.size", size=f"{size_bytes / _KILO:.0f}") if size_bytes else ""
