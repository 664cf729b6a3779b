"""`fedi world`: the demonstration, told as it happens."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from fedi.demonstration import Demonstration, demonstrate
from fedi.http.server import new_event_loop
from fedi.i18n.catalog import Translator, translator

# Texts that may lie beside a checkout; the built-in ones are used where there are none.
BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"


def run(language: str, *, texts: Path | None, once: bool, with_tls: bool) -> None:
    """Tell the story; then stay until interrupted, unless `once`. Raises SetupError."""
    t = translator(language)
    folder = texts or BESIDE
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    with (
        asyncio.Runner(loop_factory=new_event_loop) as runner,
        TemporaryDirectory(prefix="fedi-world-") as place,
    ):
        runner.run(_tell(t, Path(place), files, once=once, with_tls=with_tls))


async def _tell(
    t: Translator, folder: Path, files: Sequence[Path], *, once: bool, with_tls: bool
) -> None:
    def say(key: str, values: Mapping[str, object]) -> None:
        shown = dict(values)
        if "kind" in shown:
            shown["kind"] = t(f"kind.{shown['kind']}")
        click.echo(t(key, **shown))

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    click.echo(t("world.progress"))
    async with demonstrate(folder, with_tls=with_tls, texts=files, say=say) as made:
        await _table(t, made)
        if not once:
            click.echo(t("world.open"))
            sys.stdout.flush()
            await stop.wait()


async def _table(t: Translator, made: Demonstration) -> None:
    click.echo(t("world.arrived"))
    for publication, holders in await made.arrivals():
        title = publication.original.name or t(f"kind.{publication.kind}")
        where = (
            t("world.everywhere") if len(holders) == len(made.neighbours) else ", ".join(holders)
        )
        click.echo(f"  {title} → {where}")
