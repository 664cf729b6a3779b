"""`fedi dates`: finding a date for an event together."""

from collections.abc import Sequence

import click

from fedi.cli.output import give, handle, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.cli.telling import kept_or_same, tell
from fedi.desk.dates import AnswerOrder, Asked, AskOrder, DecideOrder, Moment, Table, WhichOrder
from fedi.desk.order import Done
from fedi.desk.wishes import PlaceWish

_WHICH = click.argument("which", metavar="URI")
_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_DELIVER = option("--deliver", is_flag=True, help="cli.opt.deliver")


@group("dates")
def dates() -> None:
    """Finding a date."""


@command("ask", "dates.ask")
@option("--title", required=True, help="cli.opt.title")
@option("--words", default="", metavar="TEXT", help="cli.opt.dates_words")
@option("--at", "moments", multiple=True, metavar="WHEN[/WHEN]", help="cli.opt.dates_at")
@option("--until", default="", metavar="WHEN", help="cli.opt.dates_until")
@option("--zone", default="", metavar="ZONE", help="cli.opt.zone")
@option("--place", default="", help="cli.opt.place_name")
@option("--city", default="", help="cli.opt.city")
@_AS
@_DELIVER
def ask(
    title: str,
    words: str,
    moments: Sequence[str],
    until: str,
    zone: str,
    place: str,
    city: str,
    actor: str,
    deliver: bool,
) -> None:
    """Propose dates."""
    pairs = (each.partition("/") for each in moments)
    order = AskOrder(
        title=title,
        words=words,
        moments=tuple(Moment(starts=begins, ends=ends) for begins, _, ends in pairs),
        until=until,
        zone=zone,
        place=PlaceWish(name=place or None, city=city or None),
        actor=actor,
    )

    tell("dates.ask", order, Asked, lambda asked: [handle(asked.uri)], deliver=deliver)


@command("show", "dates.show")
@_WHICH
@_AS
def show(which: str, actor: str) -> None:
    """Who can when."""
    here = session()
    found = here.ask("dates.show", WhichOrder(which=which, actor=actor), Table)
    choices = [
        (
            handle(str(number)),
            each.name,
            speaker().plural("dates.can", each.coming),
            speaker().plural("dates.might", each.maybe),
            speaker().plural("dates.cannot", each.not_coming),
        )
        for number, each in enumerate(found.choices, 1)
    ]
    voters = [
        (each.name, handle(each.handle), *(t(f"dates.wish.{w}") if w else "–" for w in each.wishes))
        for each in found.voters
    ]
    give(found, [*table(choices), *table(voters)], as_json=here.as_json)


@command("decide", "dates.decide")
@_WHICH
@click.argument("number", type=int, metavar="NUMBER")
@_AS
@_DELIVER
def decide(which: str, number: int, actor: str, deliver: bool) -> None:
    """Take one of them."""
    order = DecideOrder(which=which, number=number, actor=actor)
    tell("dates.decide", order, Asked, lambda made: [handle(made.uri)], deliver=deliver)


@command("answer", "dates.answer")
@_WHICH
@click.argument("wishes", nargs=-1, required=True, metavar="ANSWER...")
@_AS
@_DELIVER
def answer(which: str, wishes: Sequence[str], actor: str, deliver: bool) -> None:
    """Say when we can."""
    order = AnswerOrder(which=which, wishes=tuple(wishes), actor=actor)
    tell("dates.answer", order, Done, kept_or_same, deliver=deliver)


for _each in (ask, show, decide, answer):
    dates.add_command(_each)
