"""`fedi follow`, `unfollow`, `followers`, `following`, `like`, `boost`."""

import click

from fedi.cli.output import give, handle, table
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.control import Desk
from fedi.desk.order import Done, Order, Result
from fedi.desk.relations import Followed, ListOrder, People, ReactionOrder, RelationOrder

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")
_WHO = click.argument("who", metavar="HANDLE")


def send(name: str, order: Order, deliver: bool, *, done: str, nothing: str = "") -> None:
    """One order after which something may have to be sent."""
    here = session()

    def line(result: Result) -> str:
        if isinstance(result, Followed):
            return t(f"cli.follow.{result.state}", who=handle(result.handle))
        assert isinstance(result, Done)
        return t(done) if result.changed or not nothing else t(nothing)

    async def work(desk: Desk) -> None:
        result = await desk.call(name, order)
        give(result, [line(result)], as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


@command("follow")
@_WHO
@_AS
@_DELIVER
def follow(who: str, actor: str, deliver: bool) -> None:
    """Ask to follow somebody."""
    send("follow", RelationOrder(who=who, actor=actor), deliver, done="")


@command("unfollow")
@_WHO
@_AS
@_DELIVER
def unfollow(who: str, actor: str, deliver: bool) -> None:
    """Stop following."""
    send("unfollow", RelationOrder(who=who, actor=actor), deliver, done="cli.unfollowed")


@group("followers")
def followers() -> None:
    """Who follows us."""


@command("list", "followers.list")
@option("--waiting", is_flag=True, help="cli.opt.waiting")
@_AS
def list_followers(waiting: bool, actor: str) -> None:
    """The followers, or those who ask to be."""
    _list("requests" if waiting else "followers", actor)


@command("approve", "followers.approve")
@_WHO
@_AS
@_DELIVER
def approve(who: str, actor: str, deliver: bool) -> None:
    """Let somebody follow who asked."""
    send("followers.approve", RelationOrder(who=who, actor=actor), deliver,
          done="cli.approved", nothing="cli.approved_already")  # fmt: skip


@command("reject", "followers.reject")
@_WHO
@_AS
@_DELIVER
def reject(who: str, actor: str, deliver: bool) -> None:
    """Refuse somebody who asked, or end what was granted."""
    send("followers.reject", RelationOrder(who=who, actor=actor), deliver,
          done="cli.rejected", nothing="cli.rejected_already")  # fmt: skip


for _each in (list_followers, approve, reject):
    followers.add_command(_each)


@command("following")
@_AS
def following(actor: str) -> None:
    """Whom we follow."""
    _list("following", actor)


@command("like")
@click.argument("which", metavar="URI")
@option("--undo", is_flag=True, help="cli.opt.undo")
@_AS
@_DELIVER
def like(which: str, undo: bool, actor: str, deliver: bool) -> None:
    """Thank the author."""
    name = "unlike" if undo else "like"
    send(name, ReactionOrder(which=which, actor=actor), deliver,
          done="cli.undone" if undo else "cli.liked", nothing="cli.reacted_already")  # fmt: skip


@command("boost")
@click.argument("which", metavar="URI")
@option("--undo", is_flag=True, help="cli.opt.undo")
@_AS
@_DELIVER
def boost(which: str, undo: bool, actor: str, deliver: bool) -> None:
    """Pass on to our followers."""
    name = "unboost" if undo else "boost"
    send(name, ReactionOrder(which=which, actor=actor), deliver,
          done="cli.undone" if undo else "cli.boosted", nothing="cli.reacted_already")  # fmt: skip


def _list(what: str, actor: str) -> None:
    here = session()
    found = here.ask("followers.list", ListOrder(what=what, actor=actor), People)
    rows = [
        (handle(each.handle), t(f"cli.follow_state.{each.state}"), each.name)
        for each in found.people
    ]
    total = speaker().plural("cli.people", found.total)
    give(found, [*table(rows), total], as_json=here.as_json)
