"""`fedi invitation`: inviting to events of ours, and answering invitations of others."""

from collections.abc import Sequence

import click

from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.cli.telling import kept_or_same, tell
from fedi.desk.control import Desk
from fedi.desk.inviting import (
    AllReceived,
    AnswerOrder,
    AskOrder,
    Guests,
    GuestsOrder,
    InviteOrder,
    ReceivedOrder,
    Sent,
    WithdrawOrder,
)
from fedi.desk.order import Done, Order

_WHICH = click.argument("which", metavar="URI")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")


@group("invitation")
def invitation() -> None:
    """Invitations."""


@command("send", "invitation.send")
@_WHICH
@click.argument("who", nargs=-1, required=True, metavar="HANDLE...")
@option("--words", default="", metavar="TEXT", help="cli.opt.invite_words")
@_AS
@_DELIVER
def send(which: str, who: Sequence[str], words: str, actor: str, deliver: bool) -> None:
    """Invite."""
    here = session()
    order = InviteOrder(which=which, who=tuple(who), words=words, actor=actor)

    async def work(desk: Desk) -> None:
        sent = await desk.call("invitation.send", order)
        assert isinstance(sent, Sent)
        lines = [
            t("invite.failed", who=each.who, why=t(each.problem, **dict(each.values)))
            if each.problem
            else t("cli.invited", who=handle(each.who))
            for each in sent.entries
        ]
        give(sent, lines, as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


@command("guests", "invitation.guests")
@_WHICH
@_AS
def guests(which: str, actor: str) -> None:
    """Who is invited."""
    here = session()
    found = here.ask("invitation.guests", GuestsOrder(which=which, actor=actor), Guests)
    rows = [
        (
            handle(each.handle),
            each.name,
            t(f"invite.state.{each.state}")
            if each.state in ("open", "refused")
            else t(f"attendance.state.{each.state}"),
            t("invite.guests.boosted") if each.has_boosted else "",
        )
        for each in found.guests
    ]
    give(found, table(rows), as_json=here.as_json)


@command("withdraw", "invitation.withdraw")
@_WHICH
@click.argument("who", metavar="HANDLE")
@_AS
@_DELIVER
def withdraw(which: str, who: str, actor: str, deliver: bool) -> None:
    """Take it back."""
    _do("invitation.withdraw", WithdrawOrder(which=which, who=who, actor=actor), deliver)


@command("ask", "invitation.ask")
@_WHICH
@_AS
@_DELIVER
def ask(which: str, actor: str, deliver: bool) -> None:
    """Ask whether they come."""
    _do("invitation.ask", AskOrder(which=which, actor=actor), deliver)


@command("list", "invitation.list")
@_AS
def list_received(actor: str) -> None:
    """To what we are invited."""
    here = session()
    found = here.ask("invitation.list", ReceivedOrder(actor=actor), AllReceived)
    rows = [
        (
            handle(short_moment(each.starts_at)),
            each.title,
            handle(each.by),
            t("invite.state.open") if each.state == "open" else t(f"invite.answered.{each.state}"),
            handle(each.uri),
        )
        for each in found.invitations
    ]
    give(found, table(rows), as_json=here.as_json)


@command("answer", "invitation.answer")
@_WHICH
@click.argument("answer", metavar="ANSWER")
@option("--message", default="", metavar="TEXT", help="cli.opt.attend_message")
@_AS
@_DELIVER
def answer(which: str, answer: str, message: str, actor: str, deliver: bool) -> None:
    """Answer one."""
    order = AnswerOrder(which=which, answer=answer, message=message, actor=actor)
    _do("invitation.answer", order, deliver)


for _each in (send, guests, withdraw, ask, list_received, answer):
    invitation.add_command(_each)


def _do(name: str, order: Order, deliver: bool) -> None:
    tell(name, order, Done, kept_or_same, deliver=deliver)
