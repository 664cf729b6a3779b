"""`fedi world`: the demonstration as a command."""

from pathlib import Path

from fedi.cli.session import session
from fedi.cli.speech import command, option, speaker
from fedi.cli.world import run
from fedi.errors import SetupError
from fedi.logs import set_up_logs


@command("world")
@option("--texts", metavar="FOLDER", help="world.texts")
@option("--once", is_flag=True, help="world.only_once")
@option("--tls", "with_tls", is_flag=True, help="world.tls")
def world(texts: str | None, once: bool, with_tls: bool) -> None:
    """Several instances on this machine."""
    here = session()
    set_up_logs("debug" if here.wishes.debug else "error", "text")
    if texts is not None and not Path(texts).is_dir():
        raise SetupError("cli.no_folder", folder=texts)
    run(speaker().language, texts=Path(texts) if texts else None, once=once, with_tls=with_tls)
