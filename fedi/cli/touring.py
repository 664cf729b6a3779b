"""`fedi tour`: the stops of a tour, and being one."""

import click

from fedi.cli.output import give, handle, short_moment, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.cli.telling import tell
from fedi.desk.order import Done, Order
from fedi.desk.touring import AnswerOrder, AskOrder, Questions, StopOrder, Tour, WhichOrder

_WHICH = click.argument("which", metavar="URI")
_STOP = click.argument("stop", metavar="STOP")
_TOUR = click.argument("tour_uri", metavar="TOUR")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")


@group("tour")
def tour() -> None:
    """One page with many stops."""


@command("show", "tour.show")
@_WHICH
@_AS
def show(which: str, actor: str) -> None:
    """Its stops, or the tours it is a stop of."""
    here = session()
    found = here.ask("tour.show", WhichOrder(which=which, actor=actor), Tour)
    give(found, _lines(found), as_json=here.as_json)


@command("add", "tour.add")
@_WHICH
@_STOP
@option("--instead", default="", metavar="STOP", help="cli.opt.tour_instead")
@_AS
@_DELIVER
def add(which: str, stop: str, instead: str, actor: str, deliver: bool) -> None:
    """Name a stop."""
    order = StopOrder(which=which, stop=stop, instead=instead, actor=actor)
    _change("tour.add", order, deliver=deliver)


@command("remove", "tour.remove")
@_WHICH
@_STOP
@_AS
@_DELIVER
def remove(which: str, stop: str, actor: str, deliver: bool) -> None:
    """Leave one out."""
    _change("tour.remove", StopOrder(which=which, stop=stop, actor=actor), deliver=deliver)


@command("ask", "tour.ask")
@_WHICH
@_TOUR
@_AS
@_DELIVER
def ask(which: str, tour_uri: str, actor: str, deliver: bool) -> None:
    """Ask to be a stop."""
    _change("tour.ask", AskOrder(which=which, tour=tour_uri, actor=actor), deliver=deliver)


@command("questions", "tour.questions")
@_AS
def questions(actor: str) -> None:
    """What we are asked."""
    here = session()
    found = here.ask("tour.questions", WhichOrder(which="", actor=actor), Questions)
    rows = [
        (each.tour_title, handle(each.tour), each.stop_title, handle(each.stop))
        for each in found.questions
    ]
    give(found, table(rows), as_json=here.as_json)


@command("accept", "tour.accept")
@_TOUR
@_STOP
@_AS
@_DELIVER
def accept(tour_uri: str, stop: str, actor: str, deliver: bool) -> None:
    """Say yes."""
    _answer(AnswerOrder(tour=tour_uri, stop=stop, agrees=True, actor=actor), deliver=deliver)


@command("refuse", "tour.refuse")
@_TOUR
@_STOP
@_AS
@_DELIVER
def refuse(tour_uri: str, stop: str, actor: str, deliver: bool) -> None:
    """Say no, or no longer."""
    _answer(AnswerOrder(tour=tour_uri, stop=stop, agrees=False, actor=actor), deliver=deliver)


def _change(name: str, order: Order, *, deliver: bool) -> None:
    tell(name, order, Tour, _lines, deliver=deliver)


def _answer(order: AnswerOrder, *, deliver: bool) -> None:
    tell("tour.answer", order, Done, lambda _: [t("cli.attendance_set")], deliver=deliver)


def _lines(found: Tour) -> list[str]:
    if not found.is_tour:
        rows = [(title, t(f"tour.state.{state}"), handle(uri)) for uri, title, state in found.tours]
        return table(rows)
    return table(
        [
            (
                handle(short_moment(each.starts_at)),
                each.title,
                each.place,
                handle(each.host),
                t(f"tour.state.{each.state}"),
                handle(each.uri),
            )
            for each in found.stops
        ]
    )


for _each in (show, add, remove, ask, questions, accept, refuse):
    tour.add_command(_each)
