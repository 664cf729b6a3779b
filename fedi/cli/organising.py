"""`fedi organise`: organising an event together with others."""

import click

from fedi.cli.output import give, handle, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.cli.telling import tell
from fedi.desk.order import Done
from fedi.desk.organising import (
    AllShared,
    AnswerOrder,
    EventOrder,
    InviteOrder,
    ListOrder,
    Organisers,
)

_WHICH = click.argument("which", metavar="URI")
_WHO = click.argument("who", metavar="@NAME@HOST")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")


@group("organise")
def organise() -> None:
    """Organising an event together."""


@command("ask", "organise.ask")
@_WHICH
@_WHO
@_AS
@_DELIVER
def ask(which: str, who: str, actor: str, deliver: bool) -> None:
    """Ask somebody."""
    _change("organise.ask", InviteOrder(which=which, who=who, actor=actor), deliver=deliver)


@command("withdraw", "organise.withdraw")
@_WHICH
@_WHO
@_AS
@_DELIVER
def withdraw(which: str, who: str, actor: str, deliver: bool) -> None:
    """Ask no more."""
    _change("organise.withdraw", InviteOrder(which=which, who=who, actor=actor), deliver=deliver)


@command("show", "organise.show")
@_WHICH
@_AS
def show(which: str, actor: str) -> None:
    """Who was asked."""
    here = session()
    found = here.ask("organise.show", EventOrder(which=which, actor=actor), Organisers)
    give(found, _lines(found), as_json=here.as_json)


@command("accept", "organise.accept")
@_WHICH
@_AS
@_DELIVER
def accept(which: str, actor: str, deliver: bool) -> None:
    """Say yes."""
    _answer(AnswerOrder(which=which, agrees=True, actor=actor), deliver=deliver)


@command("refuse", "organise.refuse")
@_WHICH
@_AS
@_DELIVER
def refuse(which: str, actor: str, deliver: bool) -> None:
    """Say no, or no longer."""
    _answer(AnswerOrder(which=which, agrees=False, actor=actor), deliver=deliver)


@command("list", "organise.list")
@_AS
def list_shared(actor: str) -> None:
    """What we are asked."""
    here = session()
    found = here.ask("organise.list", ListOrder(actor=actor), AllShared)
    rows = [
        (each.title, each.summary, handle(each.author), t(f"organise.state.{each.state}"), handle(each.event))
        for each in found.events
    ]  # fmt: skip
    give(found, table(rows), as_json=here.as_json)


def _change(name: str, order: InviteOrder, *, deliver: bool) -> None:
    tell(name, order, Organisers, _lines, deliver=deliver)


def _answer(order: AnswerOrder, *, deliver: bool) -> None:
    tell("organise.answer", order, Done, lambda _: [t("cli.attendance_set")], deliver=deliver)


def _lines(found: Organisers) -> list[str]:
    return table(
        [
            (each.name, handle(each.handle or each.uri), t(f"organise.state.{each.state}"))
            for each in found.organisers
        ]
    )


for _each in (ask, withdraw, show, accept, refuse, list_shared):
    organise.add_command(_each)
