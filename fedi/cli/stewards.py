"""`fedi flag`, `hide`, `hidden`, `note`, `history`: what stewards decide, and what they wrote about it."""

import click

from fedi.cli.notifications import number
from fedi.cli.output import give, handle, moment, table
from fedi.cli.relations import send
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.collectives import NoOrder
from fedi.desk.reports import SentReports, SettleOrder
from fedi.desk.sight import Entry, Hidden, HideOrder, History, HistoryOrder, NoteOrder

_WHY = option("--why", default="", metavar="TEXT", help="cli.opt.why")


@group("flag")
def flag() -> None:
    """Reports of conduct, one by one."""


@command("settle", "flag.settle")
@click.argument("number_", metavar="NUMBER")
@option("--undo", "again", is_flag=True, help="cli.opt.undo")
@_WHY
def settle(number_: str, again: bool, why: str) -> None:
    """Note that a report is dealt with."""
    order = SettleOrder(id=number_, again=again, why=why)
    done, nothing = ("flag.reopened", "flag.open") if again else ("flag.settled", "flag.settled")
    send("flag.settle", order, deliver=False, done=done, nothing=nothing)


@command("sent", "flag.sent")
def sent() -> None:
    """What was reported to others."""
    here = session()
    found = here.ask("flag.sent", NoOrder(), SentReports)
    lines = [
        line
        for each in found.reports
        for line in (f"{moment(each.at)}  {handle(each.target)}", f"  {each.words}")
    ]
    give(found, lines or [t("cli.nothing_yet")], as_json=here.as_json)


for _each in (settle, sent):
    flag.add_command(_each)


@command("hide")
@click.argument("which", metavar="URI")
@option("--undo", is_flag=True, help="cli.opt.undo")
@_WHY
def hide(which: str, undo: bool, why: str) -> None:
    """Take a publication of others out of sight."""
    order = HideOrder(which=which, why=why)
    if undo:
        send("unhide", order, deliver=False, done="sight.shown")
    else:
        send("hide", order, deliver=False, done="sight.hidden", nothing="sight.hidden_already")


@command("hidden")
def hidden() -> None:
    """What is out of sight."""
    here = session()
    found = here.ask("hidden", NoOrder(), Hidden)
    rows = [
        (moment(each.at), handle(each.author), each.title, handle(each.uri))
        for each in found.entries
    ]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@command("note")
@click.argument("target", metavar="HOST|HANDLE")
@click.argument("words", metavar="TEXT")
def note(target: str, words: str) -> None:
    """Write something down for the other stewards."""
    send("decision.note", NoteOrder(target=target, why=words), deliver=False, done="sight.noted")


@command("history")
@click.argument("about", metavar="[HOST|URI]", default="")
@option("--most", default="50", metavar="N", help="cli.opt.most")
@option("--before", default="", metavar="NUMBER", help="cli.opt.before_row")
@option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.block_as")
def history(about: str, most: str, before: str, actor: str) -> None:
    """What was decided."""
    here = session()
    order = HistoryOrder(about=about, most=number(most, "--most"), before=before, actor=actor)
    found = here.ask("decision.list", order, History)
    lines = [line for each in found.entries for line in _lines(each)]
    give(found, lines or [t("cli.nothing_yet")], as_json=here.as_json)


def _lines(entry: Entry) -> list[str]:
    who = entry.person or t("decision.by_command")
    head = f"{moment(entry.at)}  {t(f'decision.{entry.done}')}  {handle(entry.handle or entry.target)}  {who}"
    return [head, *([f"  {entry.why}"] if entry.why else [])]
