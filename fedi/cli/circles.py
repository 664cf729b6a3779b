"""`fedi circle`: named lists of a collective, to publish to."""

from collections.abc import Sequence

import click

from fedi.cli.output import give, handle, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.circles import Changed, Circle, Circles, ListOrder, MembersOrder, NameOrder

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")


@group("circle")
def circle() -> None:
    """Named lists."""


@command("add", "circle.add")
@click.argument("name", metavar="LIST")
@click.argument("who", nargs=-1, metavar="[HANDLE]...")
@_AS
def add(name: str, who: Sequence[str], actor: str) -> None:
    """Put actors on a list."""
    _change("circle.add", MembersOrder(name=name, who=tuple(who), actor=actor))


@command("remove", "circle.remove")
@click.argument("name", metavar="LIST")
@click.argument("who", nargs=-1, metavar="[HANDLE]...")
@option("--all", "everything", is_flag=True, help="cli.opt.whole_circle")
@_AS
def remove(name: str, who: Sequence[str], everything: bool, actor: str) -> None:
    """Take actors off a list, or do away with it."""
    order = MembersOrder(name=name, who=tuple(who), everything=everything, actor=actor)
    _change("circle.remove", order)


@command("show", "circle.show")
@click.argument("name", metavar="LIST")
@_AS
def show(name: str, actor: str) -> None:
    """Who is on a list."""
    here = session()
    found = here.ask("circle.show", NameOrder(name=name, actor=actor), Circle)
    rows = [(handle(each.handle), each.name) for each in found.members]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@command("list", "circle.list")
@_AS
def list_all(actor: str) -> None:
    """The lists of a collective."""
    here = session()
    found = here.ask("circle.list", ListOrder(actor=actor), Circles)
    rows = [(each.name, speaker().plural("cli.members", each.members)) for each in found.circles]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


for _each in (add, remove, show, list_all):
    circle.add_command(_each)


def _change(name: str, order: MembersOrder) -> None:
    here = session()
    found = here.ask(name, order, Changed)
    total = speaker().plural("cli.members", found.members)
    give(found, [f"{found.name}: {total}"], as_json=here.as_json)
