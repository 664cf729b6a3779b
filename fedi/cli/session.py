"""From the options of a command to the desk: configuration, event loop, one order or several."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from fedi.cli.speech import Wishes, live_in
from fedi.config import Config, load_config
from fedi.desk.control import Desk, open_desk
from fedi.desk.order import Order
from fedi.errors import SetupError
from fedi.http.server import new_event_loop
from fedi.logs import set_up_logs

T = TypeVar("T")
USUAL_CONFIG = "config.toml"


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a command."""

    wishes: Wishes

    @property
    def as_json(self) -> bool:
        return self.wishes.json

    def config_path(self) -> Path:
        """The file that was named, or `config.toml` in this folder."""
        named = self.wishes.config or self.wishes.environment.get("FEDI_CONFIG")
        return Path(named or USUAL_CONFIG)

    def load(self, *, must_exist: bool = True) -> Config:
        """The settings. Raises SetupError; a file that was named must be there."""
        path = self.config_path()
        if must_exist and self.wishes.config and not path.is_file():
            raise SetupError("cli.no_config", path=str(path))
        return load_config(path, self.environment())

    def environment(self) -> dict[str, str]:
        """The environment, with what options override."""
        environment = dict(self.wishes.environment)
        if self.wishes.data is not None:
            environment["FEDI_STORAGE_FOLDER"] = str(Path(self.wishes.data).absolute())
        return environment

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` on the loop that the server uses."""
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_started(work))

    def at_desk(self, work: Callable[[Desk], Awaitable[T]]) -> T:
        """Open the desk, do `work`, leave."""
        config = self.load()
        live_in(config.instance.timezone)
        set_up_logs("debug" if self.wishes.debug else "error", "text")

        async def visit() -> T:
            async with open_desk(config) as desk:
                return await work(desk)

        return self.run(visit)

    def ask(self, command: str, order: Order, form: type[T]) -> T:
        """One order; its result."""

        async def work(desk: Desk) -> T:
            result = await desk.call(command, order)
            assert isinstance(result, form)
            return result

        return self.at_desk(work)


def session() -> Session:
    """The session of the command that runs."""
    return Session(click.get_current_context().ensure_object(Wishes))


async def _started(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
