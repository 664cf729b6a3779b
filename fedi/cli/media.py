"""`fedi media`: the room pictures take, letting go of those from elsewhere, and where those of members are kept."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from fedi import settings
from fedi.cli.output import give, pairs
from fedi.cli.session import Session, session
from fedi.cli.speech import command, group, option, speaker, t
from fedi.config import Config
from fedi.desk.collectives import NoOrder
from fedi.desk.media import Pruned, PruneOrder, Usage
from fedi.desk.order import Result
from fedi.doctor.beside import look_beside
from fedi.errors import Conflict, Invalid, SetupError
from fedi.media.places import MEDIA, check_place, is_first, open_bucket, open_folder
from fedi.media.transfer import Progress, carry, clear
from fedi.opening import FolderInUse, has_instance, lock_folder

_MEGA = 1024 * 1024
BUCKET: Final = "bucket"
FOLDER: Final = "folder"


class Moved(Result, frozen=True, kw_only=True):
    """`is_whole`: no server ran meanwhile, so nothing can have been added. `removed`: files gone from the old place."""

    to: str
    copied: int
    already: int
    size_bytes: int
    is_whole: bool
    removed: int = 0


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


@command("move", "media.move")
@option("--to", required=True, metavar="bucket|folder", help="cli.opt.media_to")
@option("--remove", is_flag=True, help="cli.opt.media_remove")
def move(to: str, remove: bool) -> None:
    """Carry the pictures of members to where they are to be kept from now on."""
    here = session()
    config = here.load()
    if to not in (BUCKET, FOLDER):
        raise Invalid("media.move_where", field="to")
    if not config.bucket.name:
        raise SetupError("media.move_no_bucket")
    if not has_instance(config):
        raise SetupError("desk.no_instance", folder=str(config.data_folder))
    check_place(config)
    with _alone(here) as is_alone:
        if remove and not is_alone:
            raise Conflict("media.move_running")
        if remove and to == FOLDER and not _is_first(config):
            raise Conflict("media.move_copy", bucket=config.bucket.name)
        folder, bucket = open_folder(config, MEDIA), open_bucket(config, MEDIA)
        with _bar(here) as progress:
            carried = carry(folder, bucket, to_bucket=to == BUCKET, progress=progress)
        sides = (folder, bucket) if to == BUCKET else (bucket, folder)
        removed = clear(*sides) if remove else 0
    found = Moved(
        to=to,
        copied=carried.copied,
        already=carried.already,
        size_bytes=carried.size_bytes,
        is_whole=is_alone,
        removed=removed,
    )
    size = _megabytes(found.size_bytes)
    lines = [speaker().plural("media.moved", found.copied + found.already, size=size)]
    lines.append(t(f"media.next_{to}") if is_alone else t("media.next_again"))
    give(found, lines, as_json=here.as_json)


def _is_first(config: Config) -> bool:
    known = look_beside(config, lambda rx: settings.find(rx, settings.IDENTITY))
    return known is None or is_first(config, known)


@contextmanager
def _alone(here: Session) -> Iterator[bool]:
    """Whether no server runs, which then cannot start either."""
    try:
        lock = lock_folder(here.load().data_folder)
    except FolderInUse:
        yield False
        return
    try:
        yield True
    finally:
        os.close(lock)


@contextmanager
def _bar(here: Session) -> Iterator[Progress]:
    """A bar for whoever watches."""
    if here.as_json or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    with click.progressbar(length=1, label=t("media.bar"), file=sys.stderr) as bar:

        def show(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(done - bar.pos)

        yield show


for _each in (usage, prune, move):
    media.add_command(_each)


def _counted(pictures: int, size_bytes: int) -> str:
    return speaker().plural("media.counted", pictures, size=_megabytes(size_bytes))


def _limit(size_bytes: int) -> str:
    return t("media.size", size=_megabytes(size_bytes)) if size_bytes else t("media.off")


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MEGA:.1f}"
