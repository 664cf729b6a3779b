"""`fedi tags`: the hashtags that a collective follows."""

import click

from fedi.cli.output import give, table
from fedi.cli.session import session
from fedi.cli.speech import command, group, isolated, option, t
from fedi.desk.order import Done
from fedi.desk.tags import FollowOrder, ListOrder, Tag, TagOrder, Tags

_AS = option("--as", "actor", default="", metavar="USERNAME", help="cli.opt.as")
_NAME = click.argument("name", metavar="HASHTAG")


@group("tags")
def tags() -> None:
    """The hashtags that a collective follows."""


@command("follow", "tags.follow")
@_NAME
@option("--agenda", "on_agenda", is_flag=True, help="cli.opt.tag_on_agenda")
@_AS
def follow(name: str, on_agenda: bool, actor: str) -> None:
    """Follow a hashtag."""
    here = session()
    found = here.ask("tags.follow", FollowOrder(name=name, on_agenda=on_agenda, actor=actor), Tag)
    give(found, [" · ".join(_row(found))], as_json=here.as_json)


@command("unfollow", "tags.unfollow")
@_NAME
@_AS
def unfollow(name: str, actor: str) -> None:
    """No longer follow a hashtag."""
    here = session()
    done = here.ask("tags.unfollow", TagOrder(name=name, actor=actor), Done)
    give(done, [t("cli.tag_unfollowed")], as_json=here.as_json)


@command("list", "tags.list")
@_AS
def list_all(actor: str) -> None:
    """The hashtags that are followed."""
    here = session()
    found = here.ask("tags.list", ListOrder(actor=actor), Tags)
    lines = table([_row(each) for each in found.tags]) or [t("cli.nothing_yet")]
    give(found, lines, as_json=here.as_json)


for _each in (follow, unfollow, list_all):
    tags.add_command(_each)


def _row(each: Tag) -> tuple[str, ...]:
    shown = "cli.tag_on_agenda" if each.on_agenda else "cli.tag_in_house"
    return isolated(f"#{each.name}"), t(shown)
