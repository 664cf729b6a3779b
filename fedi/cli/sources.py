"""`fedi source`: events taken from calendars, pages and files of other programs."""

from pathlib import Path

import click

from fedi.cli.output import give, handle, moment, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.order import Done
from fedi.desk.sources import (
    ActorOrder,
    AddOrder,
    DecideOrder,
    Line,
    Lines,
    Read,
    WhichOrder,
)
from fedi.errors import Invalid
from fedi.sources.model import BYTES_MAX

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_WHICH = click.argument("which", metavar="URL|ID")


@group("source")
def source() -> None:
    """Events from elsewhere."""


@command("add", "source.add")
@click.argument("origin", metavar="URL|FILE")
@option("--mirror", is_flag=True, help="cli.opt.source_mirror")
@option("--name", default="", metavar="NAME", help="cli.opt.source_name")
@option("--link", default="", metavar="URL", help="cli.opt.source_link")
@option("--lang", default="", metavar="TAG", help="cli.opt.source_lang")
@option("--zone", default="", metavar="ZONE", help="cli.opt.source_zone")
@_AS
def add(origin: str, mirror: bool, name: str, link: str, lang: str, zone: str, actor: str) -> None:
    """Take events from an address or a file."""
    here = session()
    is_address = "://" in origin
    order = AddOrder(
        actor=actor,
        address=origin if is_address else "",
        content=b"" if is_address else _content(origin),
        way="mirror" if mirror else "draft",
        name=name,
        link=link,
        language=lang,
        zone=zone,
    )
    found = here.ask("source.add", order, Read)
    give(found, _counts(found), as_json=here.as_json)


@command("list", "source.list")
@_AS
def list_all(actor: str) -> None:
    """The sources and how they stand."""
    here = session()
    found = here.ask("source.list", ActorOrder(actor=actor), Lines)
    lines = table([_row(each) for each in found.sources]) or [t("cli.nothing_yet")]
    for each in found.sources:
        lines += [
            f"{t(f'sources.state.{asks.state}')}  {asks.title}  {handle(each.id)}  {handle(asks.identity)}"
            for asks in each.asking
        ]
    give(found, lines, as_json=here.as_json)


@command("read", "source.read")
@_WHICH
@_AS
def read(which: str, actor: str) -> None:
    """Read a source now."""
    here = session()
    found = here.ask("source.read", WhichOrder(which=which, actor=actor), Read)
    give(found, _counts(found), as_json=here.as_json)


@command("remove", "source.remove")
@_WHICH
@_AS
def remove(which: str, actor: str) -> None:
    """Take nothing more from a source."""
    here = session()
    found = here.ask("source.remove", WhichOrder(which=which, actor=actor), Done)
    give(found, [t("house.told.source_removed")], as_json=here.as_json)


@command("decide", "source.decide")
@_WHICH
@click.argument("identity", metavar="EVENT")
@click.argument("what", metavar="adopt|keep")
@_AS
def decide(which: str, identity: str, what: str, actor: str) -> None:
    """Let a draft follow its source, or leave it."""
    here = session()
    order = DecideOrder(which=which, identity=identity, what=what, actor=actor)
    found = here.ask("source.decide", order, Done)
    give(found, [t("house.told.source_decided")], as_json=here.as_json)


for _each in (add, list_all, read, remove, decide):
    source.add_command(_each)


def _content(name: str) -> bytes:
    """What is in a file. Raises Invalid with the reason; of a file that is too large one byte more than may be."""
    try:
        with Path(name).open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as problem:
        raise Invalid("cli.file_unreadable", file=name) from problem
    if not content:
        raise Invalid("sources.unreadable", field="file")
    return content


def _counts(found: Read) -> list[str]:
    """What changed, without what is nought."""
    plural = speaker().plural
    counted = {
        f"sources.new_{found.way}": found.new,
        "sources.changed": found.changed,
        "sources.gone": found.gone,
        "sources.asks": found.asks,
        "sources.waiting": found.waiting,
        "sources.unreadable_events": found.unreadable,
        "sources.left": found.left,
    }
    lines = [plural(key, count) for key, count in counted.items() if count]
    return [f"{found.name}  {handle(found.id)}", *(lines or [t("sources.nothing_new")])]


def _row(each: Line) -> tuple[str, ...]:
    """Id, name, way, where it is, how much there is, how it stands."""
    stands = t(each.problem) if each.problem else moment(each.read_at)
    return (
        handle(each.id),
        each.name,
        t(f"sources.way.{each.way}"),
        handle(each.address or each.link or "–"),
        speaker().plural("sources.events", each.events),
        stands,
    )
