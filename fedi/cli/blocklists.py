"""`fedi blocklist`: lists of others as drafts, decided by a person."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from fedi.cli.output import give, handle, moment, table, warn
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.blocklists import (
    AddressOrder,
    Decided,
    DecideOrder,
    Drafts,
    Exported,
    Imported,
    ImportOrder,
    Proposed,
    SourceOrder,
    Sources,
)
from fedi.desk.collectives import NoOrder
from fedi.desk.order import Done
from fedi.errors import Invalid
from fedi.moderation.listed_hosts import BYTES_MAX

_SOURCE = option("--source", default="", metavar="SOURCE", help="cli.opt.source")


@group("blocklist")
def blocklist() -> None:
    """Block lists of others."""


@command("import", "blocklist.import")
@click.argument("place", metavar="FILE|URL")
def import_list(place: str) -> None:
    """Make drafts of a list."""
    here = session()
    order = (
        ImportOrder(url=place)
        if "://" in place
        else ImportOrder(content=_read(place), source=Path(place).name if place != "-" else place)
    )
    found = here.ask("blocklist.import", order, Imported)
    give(found, _imported(found), as_json=here.as_json)


@command("drafts", "blocklist.drafts")
@_SOURCE
def drafts(source: str) -> None:
    """What waits for a decision."""
    here = session()
    found = here.ask("blocklist.drafts", SourceOrder(source=source), Drafts)
    rows = [
        (t(f"cli.wish.{each.wish}"), handle(each.host), handle(each.source), _remark(each))
        for each in found.drafts
    ]
    total = speaker().plural("cli.drafts", found.total)
    give(found, [*table(rows), total], as_json=here.as_json)


@command("confirm", "blocklist.confirm")
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@option("--all", "everything", is_flag=True, help="cli.opt.all_drafts")
@option("--ends-follows", "ends_follows", is_flag=True, help="cli.opt.ends_follows")
@_SOURCE
def confirm(hosts: Sequence[str], everything: bool, ends_follows: bool, source: str) -> None:
    """Do what drafts propose."""
    order = DecideOrder(
        hosts=tuple(hosts), source=source, everything=everything, ends_follows=ends_follows
    )
    _decide("blocklist.confirm", order)


@command("dismiss", "blocklist.dismiss")
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@option("--all", "everything", is_flag=True, help="cli.opt.all_drafts")
@_SOURCE
def dismiss(hosts: Sequence[str], everything: bool, source: str) -> None:
    """Decide against drafts."""
    order = DecideOrder(hosts=tuple(hosts), source=source, everything=everything)
    _decide("blocklist.dismiss", order)


@command("export", "blocklist.export")
def export() -> None:
    """What is shut out or limited here, for others."""
    here = session()
    found = here.ask("blocklist.export", NoOrder(), Exported)
    give(found, found.csv.splitlines(), as_json=here.as_json)


@command("subscribe", "blocklist.subscribe")
@click.argument("url")
def subscribe(url: str) -> None:
    """Fetch a list now and every day."""
    here = session()
    found = here.ask("blocklist.subscribe", AddressOrder(url=url), Imported)
    give(found, [t("cli.subscribed"), *_imported(found)], as_json=here.as_json)


@command("unsubscribe", "blocklist.unsubscribe")
@click.argument("url")
def unsubscribe(url: str) -> None:
    """Fetch a list no more."""
    here = session()
    done = here.ask("blocklist.unsubscribe", AddressOrder(url=url), Done)
    give(done, [t("cli.unsubscribed")], as_json=here.as_json)


@command("sources", "blocklist.sources")
def sources() -> None:
    """The lists that are fetched every day."""
    here = session()
    found = here.ask("blocklist.sources", NoOrder(), Sources)
    rows = [
        (handle(each.url), moment(each.fetched_at), t(each.problem) if each.problem else "")
        for each in found.sources
    ]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


for _each in (
    import_list, drafts, confirm, dismiss, export, subscribe, unsubscribe, sources
):  # fmt: skip
    blocklist.add_command(_each)


def _decide(name: str, order: DecideOrder) -> None:
    here = session()
    found = here.ask(name, order, Decided)
    warn(found.notices)
    give(found, [speaker().plural("cli.decided", found.decided)], as_json=here.as_json)


def _read(place: str) -> bytes:
    """The bytes of a file or of standard input, one more than a list may have at most."""
    try:
        if place == "-":
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        with Path(place).open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except FileNotFoundError as problem:
        raise Invalid("cli.file_missing", file=place) from problem
    except IsADirectoryError as problem:
        raise Invalid("cli.file_folder", file=place) from problem
    except (OSError, ValueError) as problem:
        raise Invalid("cli.file_unreadable", file=os.fsdecode(place)) from problem


def _imported(found: Imported) -> list[str]:
    """What became of the rows; what did not happen is not told."""
    counted = {
        "cli.drafts": found.drafts,
        "cli.lifted": found.lifted,
        "cli.in_force": found.in_force,
        "cli.rows_ours": found.ours,
        "cli.rows_obfuscated": found.obfuscated,
        "cli.rows_unreadable": found.unreadable,
    }
    return [
        speaker().plural(key, count)
        for key, count in counted.items()
        if count or key == "cli.drafts"
    ]


def _remark(draft: Proposed) -> str:
    """The follows that would end, then the words of the list."""
    ends = ""
    if draft.following or draft.followers:
        ends = t("cli.would_end", following=draft.following, followers=draft.followers)
    return " · ".join(each for each in (ends, draft.comment) if each)
