"""`fedi move`, `alias`, `pin`, `vote`, `report`, `keys`: what a steward does with a collective's own house."""

import click

from fedi.cli.relations import send
from fedi.cli.speech import command, group, option
from fedi.desk.house import ReportOrder
from fedi.desk.keys import RotateOrder
from fedi.desk.polls import VoteOrder
from fedi.desk.relations import ReactionOrder, RelationOrder

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")
_WHO = click.argument("who", metavar="HANDLE")
_WHICH = click.argument("which", metavar="URI")


@command("move")
@_WHO
@_AS
@_DELIVER
def move(who: str, actor: str, deliver: bool) -> None:
    """Lead the followers to a new address."""
    send("actor.move", RelationOrder(who=who, actor=actor), deliver, done="house.moved")


@group("alias")
def alias() -> None:
    """Earlier addresses of a collective."""


@command("add", "alias.add")
@_WHO
@_AS
@_DELIVER
def add_alias(who: str, actor: str, deliver: bool) -> None:
    """Say that an address elsewhere is ours too."""
    order = RelationOrder(who=who, actor=actor)
    send("actor.alias.add", order, deliver, done="house.alias_added", nothing="house.alias_known")


@command("remove", "alias.remove")
@_WHO
@_AS
@_DELIVER
def remove_alias(who: str, actor: str, deliver: bool) -> None:
    """No longer say so."""
    order = RelationOrder(who=who, actor=actor)
    send(
        "actor.alias.remove",
        order,
        deliver,
        done="house.alias_removed",
        nothing="house.alias_unknown",
    )


for _each in (add_alias, remove_alias):
    alias.add_command(_each)


@command("pin")
@_WHICH
@option("--undo", is_flag=True, help="cli.opt.undo")
@option("--first", is_flag=True, help="cli.opt.pin_first")
@_AS
@_DELIVER
def pin(which: str, undo: bool, first: bool, actor: str, deliver: bool) -> None:
    """Pin a publication to the collective's page."""
    order = ReactionOrder(which=which, actor=actor)
    if first:
        send("pin.first", order, deliver, done="house.pinned")
    elif undo:
        send("unpin", order, deliver, done="house.unpinned", nothing="house.not_pinned")
    else:
        send("pin", order, deliver, done="house.pinned", nothing="house.pinned_already")


@command("vote")
@_WHICH
@option(
    "--option", "options", multiple=True, required=True, metavar="TEXT", help="cli.opt.vote_option"
)
@_AS
@_DELIVER
def vote(which: str, options: tuple[str, ...], actor: str, deliver: bool) -> None:
    """Vote in somebody's poll."""
    send("vote", VoteOrder(which=which, options=options, actor=actor), deliver, done="house.voted")


@command("report")
@_WHO
@option("--words", required=True, metavar="TEXT", help="cli.opt.report_words")
@option("--about", multiple=True, metavar="URI", help="cli.opt.report_about")
@_DELIVER
def report(who: str, words: str, about: tuple[str, ...], deliver: bool) -> None:
    """Report somebody to the stewards of their server."""
    send("report", ReportOrder(who=who, words=words, about=about), deliver, done="house.reported")


@group("keys")
def keys() -> None:
    """The keys with which a collective signs."""


@command("rotate", "keys.rotate")
@option("--server", is_flag=True, help="cli.opt.keys_server")
@_AS
@_DELIVER
def rotate(server: bool, actor: str, deliver: bool) -> None:
    """Make new keys."""
    send("keys.rotate", RotateOrder(actor=actor, server=server), deliver, done="house.keys_rotated")


keys.add_command(rotate)
