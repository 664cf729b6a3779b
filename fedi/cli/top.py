"""`fedi top`: how the running server is doing, on one screen that is drawn anew every two seconds."""

import asyncio
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import click

from fedi.cli.output import give
from fedi.cli.session import Session, session
from fedi.cli.speech import command, live_in, option, t
from fedi.cli.top_screen import Glance, cut, one_line, screen
from fedi.config import Config
from fedi.desk.collectives import NoOrder
from fedi.desk.control import Desk, served_desk
from fedi.desk.numbers import Numbers
from fedi.errors import Unavailable

PAUSE_S: Final = 2.0
_PLAIN: Final = ("", "dumb", "unknown")
# A page of its own without a cursor, and back; drawn over line by line, so that nothing flickers.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _END_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


@command("top")
@option("--once", is_flag=True, help="top.opt.once")
def top(once: bool) -> None:
    """How the running server is doing."""
    here = session()
    config = here.load()
    live_in(config.instance.timezone)
    if once or here.as_json:
        numbers = here.run(lambda: _once(config))
        give(numbers, screen(Glance(numbers)), as_json=here.as_json)
        return
    try:
        here.run(lambda: _watch(here, config))
    except KeyboardInterrupt:
        return  # that is how one leaves


async def _once(config: Config) -> Numbers:
    desk = await served_desk(config)
    if desk is None:
        raise Unavailable("top.no_server", folder=str(config.data_folder))
    return await _numbers(desk)


async def _numbers(desk: Desk) -> Numbers:
    found = await desk.call("numbers.now", NoOrder())
    assert isinstance(found, Numbers)
    return found


async def _watch(here: Session, config: Config) -> None:
    """Until interrupted. A server that leaves is waited for."""
    is_plain = not sys.stdout.isatty() or here.wishes.environment.get("TERM", "") in _PLAIN
    before: Numbers | None = None
    numbers = await _once(config)
    with _page(is_plain):
        while True:
            if is_plain:
                click.echo(one_line(Glance(numbers, before)))
            else:
                _draw(screen(Glance(numbers, before)))
            before = numbers
            await asyncio.sleep(PAUSE_S)
            numbers = await _after_return(config, is_plain)


async def _after_return(config: Config, is_plain: bool) -> Numbers:
    """The next numbers; while no server answers that is said, once."""
    is_said = False
    while True:
        try:
            return await _once(config)
        except Unavailable:
            if not is_said:
                lines = [t("top.server_left")]
                click.echo(lines[0]) if is_plain else _draw(lines)
            is_said = True
            await asyncio.sleep(PAUSE_S)


def _draw(lines: Sequence[str]) -> None:
    size = shutil.get_terminal_size()
    shown = [cut(line, size.columns) + _END_OF_LINE for line in lines[: size.lines]]
    sys.stdout.write(_HOME + "\r\n".join(shown) + _REST)
    sys.stdout.flush()


@contextmanager
def _page(is_plain: bool) -> Iterator[None]:
    """A page of the terminal for ourselves; what stood there comes back."""
    if is_plain:
        yield
        return
    sys.stdout.write(_ENTER)
    try:
        yield
    finally:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
