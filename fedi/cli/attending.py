"""`fedi attend`: coming to events of others."""

import click

from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.cli.telling import tell
from fedi.desk.attending import AllGoing, Answered, AttendOrder, LeaveOrder, ListOrder
from fedi.desk.order import Done

_WHICH = click.argument("which", metavar="URI")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")


@group("attend")
def attend() -> None:
    """Coming to events of others."""


@command("answer", "attend.answer")
@_WHICH
@option("--maybe", is_flag=True, help="cli.opt.attend_maybe")
@option("--no", "is_no", is_flag=True, help="cli.opt.attend_no")
@option("--message", default="", metavar="TEXT", help="cli.opt.attend_message")
@_AS
@_DELIVER
def answer(which: str, maybe: bool, is_no: bool, message: str, actor: str, deliver: bool) -> None:
    """Say that we come."""
    wish = "not_coming" if is_no else "maybe" if maybe else "coming"
    order = AttendOrder(which=which, actor=actor, wish=wish, message=message)

    tell("attend", order, Answered, lambda done: [t(f"attend.state.{done.state}")], deliver=deliver)


@command("leave", "attend.leave")
@_WHICH
@_AS
@_DELIVER
def leave(which: str, actor: str, deliver: bool) -> None:
    """Take it back."""
    tell(
        "attend.leave",
        LeaveOrder(which=which, actor=actor),
        Done,
        lambda done: [t("cli.undone")],
        deliver=deliver,
    )


@command("list", "attend.list")
@_AS
def list_going(actor: str) -> None:
    """What we answered."""
    here = session()
    found = here.ask("attend.list", ListOrder(actor=actor), AllGoing)
    rows = [
        (
            handle(short_moment(each.starts_at)),
            each.title,
            t(f"attendance.state.{each.wish}"),
            t(f"attend.state.{each.state}"),
            handle(each.uri),
        )
        for each in found.events
    ]
    give(found, table(rows), as_json=here.as_json)


for _each in (answer, leave, list_going):
    attend.add_command(_each)
