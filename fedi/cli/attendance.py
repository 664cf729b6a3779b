"""`fedi attendance`: who comes to an event of ours, and how it takes answers."""

from collections.abc import Sequence
from typing import Any

import click

from fedi.cli.output import give, handle, table
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.cli.telling import kept_or_same, tell
from fedi.desk.attendance import (
    Decided,
    DecideOrder,
    SetOrder,
    Sheet,
    ShowOrder,
    Table,
    WriteOrder,
    Written,
)
from fedi.desk.control import Desk
from fedi.desk.order import Done
from fedi.desk.wishes import PlaceWish

_WHICH = click.argument("which", metavar="URI")
_ENTRIES = click.argument("entries", nargs=-1, metavar="[NUMBER]...")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")
_ALL = option("--all", "everybody", is_flag=True, help="cli.opt.attendance_all")
_STATE = option("--state", default="", metavar="STATE", help="cli.opt.attendance_state")


@group("attendance")
def attendance() -> None:
    """Who comes."""


@command("list", "attendance.list")
@_WHICH
@_STATE
@option("--after", default="", metavar="PLACE", help="cli.opt.attendance_after")
@_AS
def list_entries(which: str, state: str, after: str, actor: str) -> None:
    """Who comes, waits, asks."""
    here = session()
    order = ShowOrder(which=which, actor=actor, state=state, after=after)
    found = here.ask("attendance.show", order, Sheet)
    rows = [
        (
            handle(each.number),
            t(f"attendance.state.{each.state}"),
            each.name,
            handle(each.handle),
            str(each.people),
            each.message,
        )
        for each in found.lines
    ]
    sums = [
        f"{t(f'attendance.state.{name}')}: {speaker().number(n)}"
        for name, n in found.people.items()
    ]
    give(found, [*table(rows), *sums], as_json=here.as_json)


@command("approve", "attendance.approve")
@_WHICH
@_ENTRIES
@_ALL
@_AS
@_DELIVER
def approve(which: str, entries: Sequence[str], everybody: bool, actor: str, deliver: bool) -> None:
    """Let them come."""
    _decide("approve", which, entries, everybody, actor, deliver)


@command("refuse", "attendance.refuse")
@_WHICH
@_ENTRIES
@_ALL
@_AS
@_DELIVER
def refuse(which: str, entries: Sequence[str], everybody: bool, actor: str, deliver: bool) -> None:
    """Do not let them come."""
    _decide("refuse", which, entries, everybody, actor, deliver)


@command("set", "attendance.set")
@_WHICH
@option("--waiting/--no-waiting", default=None, help="cli.opt.attendance_waiting")
@option("--form", default=None, metavar="open|asked|off", help="cli.opt.attendance_form")
@option("--counts/--no-counts", default=None, help="cli.opt.attendance_counts")
@option("--again/--no-again", default=None, help="cli.opt.attendance_again")
@option("--closed/--open", default=None, help="cli.opt.attendance_closed")
@option("--room", "online_url", default=None, metavar="URL", help="cli.opt.attendance_room")
@option("--place", "place__name", default=None, help="cli.opt.attendance_place")
@option("--street", "place__street", default=None, help="cli.opt.attendance_street")
@option("--city", "place__city", default=None, help="cli.opt.attendance_city")
@option("--no-place", is_flag=True, help="cli.opt.attendance_no_place")
@_AS
@_DELIVER
def change(which: str, actor: str, deliver: bool, **given: Any) -> None:
    """How the event takes answers."""
    place = {
        name.removeprefix("place__"): value
        for name, value in given.items()
        if name.startswith("place__") and value is not None
    }
    manner = {name: value for name, value in given.items() if not name.startswith("place__")}
    order = SetOrder(which=which, actor=actor, place=PlaceWish(**place), **manner)

    tell("attendance.set", order, Done, kept_or_same, deliver=deliver)


@command("write", "attendance.write")
@_WHICH
@click.argument("words", metavar="TEXT")
@option("--to", "states", multiple=True, metavar="STATE", help="cli.opt.attendance_to")
@_AS
@_DELIVER
def write(which: str, words: str, states: Sequence[str], actor: str, deliver: bool) -> None:
    """Write to participants."""
    here = session()
    order = WriteOrder(which=which, words=words, states=tuple(states) or ("coming",), actor=actor)

    async def work(desk: Desk) -> None:
        done = await desk.call("attendance.write", order)
        assert isinstance(done, Written)
        lines = [speaker().plural("attendance.told", done.told)]
        if done.silent:
            lines.append(speaker().plural("attendance.silent", done.silent))
        give(done, lines, as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


@command("export", "attendance.export")
@_WHICH
@_STATE
@_AS
def export(which: str, state: str, actor: str) -> None:
    """Everybody as a table."""
    here = session()
    order = ShowOrder(which=which, state=state, actor=actor)
    found = here.ask("attendance.export", order, Table)
    give(found, found.csv.splitlines(), as_json=here.as_json)


for _each in (list_entries, approve, refuse, change, write, export):
    attendance.add_command(_each)


def _decide(
    does: str, which: str, entries: Sequence[str], everybody: bool, actor: str, deliver: bool
) -> None:
    here = session()
    order = DecideOrder(
        which=which, does=does, entries=tuple(entries), everybody=everybody, actor=actor
    )

    async def work(desk: Desk) -> None:
        done = await desk.call("attendance.decide", order)
        assert isinstance(done, Decided)
        lines = [
            f"{t(f'attendance.state.{state}')}: {speaker().number(n)}"
            for state, n in done.states.items()
        ] or [t("cli.attendance_same")]
        give(done, lines, as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)
