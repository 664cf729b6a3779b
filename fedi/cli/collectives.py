"""`fedi actor`: the collectives of this instance."""

import click

from fedi.cli.files import read_pictures
from fedi.cli.output import give, handle, pairs, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, t
from fedi.desk.collectives import AddOrder, Collective, Collectives, NoOrder, SetOrder

_TYPE = "Group|Organization"


@group("actor")
def actor() -> None:
    """The collectives of this instance."""


@command("add", "actor.add")
@click.argument("username")
@option("--name", default="", help="cli.opt.name")
@option("--summary", default="", help="cli.opt.about")
@option("--lang", default="", metavar="LANG", help="cli.opt.actor_lang")
@option("--type", "kind", default="", metavar=_TYPE, help="cli.opt.actor_type")
@option("--approve-followers/--open", "approves", default=None, help="cli.opt.approve")
def add(
    username: str, name: str, summary: str, lang: str, kind: str, approves: bool | None
) -> None:
    """A new collective."""
    here = session()
    order = AddOrder(
        username=username,
        name=name,
        summary=summary,
        language=lang,
        type=kind,
        approves_followers=approves,
    )
    made = here.ask("actor.add", order, Collective)
    give(made, _lines(made), as_json=here.as_json)


@command("list", "actor.list")
def list_actors() -> None:
    """All collectives of ours."""
    here = session()
    found = here.ask("actor.list", NoOrder(), Collectives)
    rows = [
        (each.username, handle(each.handle), str(each.followers), each.name)
        for each in found.collectives
    ]
    give(found, table(rows) or [t("cli.nothing_yet")], as_json=here.as_json)


@command("set", "actor.set")
@click.argument("username", default="")
@option("--name", help="cli.opt.name")
@option("--summary", help="cli.opt.about")
@option("--lang", metavar="LANG", help="cli.opt.actor_lang")
@option("--type", "kind", metavar=_TYPE, help="cli.opt.actor_type")
@option("--approve-followers/--open", "approves", default=None, help="cli.opt.approve")
@option(
    "--discoverable/--undiscoverable", "discoverable", default=None, help="cli.opt.discoverable"
)
@option("--indexable/--unindexable", "indexable", default=None, help="cli.opt.indexable")
@option("--avatar", metavar="FILE", help="cli.opt.avatar")
@option("--avatar-alt", metavar="TEXT", help="cli.opt.avatar_alt")
@option("--header", metavar="FILE", help="cli.opt.header")
@option("--header-alt", metavar="TEXT", help="cli.opt.avatar_alt")
@option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="cli.opt.field")
def set_actor(
    username: str,
    *,
    avatar: str | None,
    avatar_alt: str | None,
    header: str | None,
    header_alt: str | None,
    fields: tuple[str, ...],
    name: str | None,
    summary: str | None,
    lang: str | None,
    kind: str | None,
    approves: bool | None,
    discoverable: bool | None,
    indexable: bool | None,
) -> None:
    """Change what a collective says of itself."""
    here = session()
    order = SetOrder(
        actor=username,
        name=name,
        summary=summary,
        language=lang,
        type=kind,
        approves_followers=approves,
        discoverable=discoverable,
        indexable=indexable,
        avatar=_picture(avatar),
        avatar_alt=avatar_alt,
        header=_picture(header),
        header_alt=header_alt,
        fields=tuple(_field(each) for each in fields if each) if fields else None,
    )
    changed = here.ask("actor.set", order, Collective)
    give(changed, _lines(changed), as_json=here.as_json)


def _picture(path: str | None) -> bytes | None:
    """The bytes of a file; empty for an empty name, which takes the picture away."""
    if not path:
        return None if path is None else b""
    [found] = read_pictures([path], [""])
    return found.content


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


for _each in (add, list_actors, set_actor):
    actor.add_command(_each)


def _lines(one: Collective) -> list[str]:
    followers = t("cli.approves") if one.approves_followers else t("cli.approves_not")
    return pairs(
        [
            (t("cli.label.collective"), one.name),
            (t("cli.label.handle"), handle(one.handle)),
            (t("cli.label.address"), handle(one.uri)),
            (t("cli.label.kind"), one.type),
            (t("cli.label.followers"), f"{one.followers} ({followers})"),
        ]
    )
