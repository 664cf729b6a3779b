"""`fedi search`: the index by which members find words."""

from fedi.cli.output import give
from fedi.cli.session import session
from fedi.cli.speech import command, group, t
from fedi.desk.collectives import NoOrder
from fedi.desk.search import Rebuilt


@group("search")
def search() -> None:
    """The index of words."""


@command("rebuild", "search.rebuild")
def rebuild() -> None:
    """Make it anew from what is stored."""
    here = session()
    done = here.ask("search.rebuild", NoOrder(), Rebuilt)
    give(
        done,
        [t("cli.search_rebuilt", seen=done.seen, n=done.findable)],
        as_json=here.as_json,
    )


search.add_command(rebuild)
