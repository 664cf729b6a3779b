"""`fedi media`: the room pictures take, and letting go of those from elsewhere."""

from fedi.cli.output import give, pairs
from fedi.cli.session import session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.desk.collectives import NoOrder
from fedi.desk.media import Pruned, PruneOrder, Usage

_MEGA = 1024 * 1024


@group("media")
def media() -> None:
    """Pictures and the room they take."""


@command("usage", "media.usage")
def usage() -> None:
    """How much room pictures take."""
    here = session()
    found = here.ask("media.usage", NoOrder(), Usage)
    lines = pairs(
        [
            (t("media.label.own"), _counted(found.own_pictures, found.own_bytes)),
            (t("media.label.remote"), _counted(found.remote_pictures, found.remote_bytes)),
            (t("media.label.limit"), _limit(found.remote_bytes_max)),
            (t("media.label.failed"), speaker().number(found.remote_failed)),
        ]
    )
    give(found, lines, as_json=here.as_json)


@command("prune", "media.prune")
@option("--host", default="", metavar="HOST", help="cli.opt.prune_host")
@option("--all", "everything", is_flag=True, help="cli.opt.prune_all")
def prune(host: str, everything: bool) -> None:
    """Let go of pictures from elsewhere."""
    here = session()
    found = here.ask("media.prune", PruneOrder(host=host, everything=everything), Pruned)
    line = speaker().plural("media.pruned", found.pictures, size=_megabytes(found.size_bytes))
    give(found, [line], as_json=here.as_json)


for _each in (usage, prune):
    media.add_command(_each)


def _counted(pictures: int, size_bytes: int) -> str:
    return speaker().plural("media.counted", pictures, size=_megabytes(size_bytes))


def _limit(size_bytes: int) -> str:
    return t("media.size", size=_megabytes(size_bytes)) if size_bytes else t("media.off")


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MEGA:.1f}"
