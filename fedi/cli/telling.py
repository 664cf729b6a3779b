"""Commands of which others are told: do it, show what came of it, and say what waits to be sent."""

from collections.abc import Callable
from typing import TypeVar

from fedi.cli.output import give
from fedi.cli.queue import say_waiting
from fedi.cli.session import session
from fedi.cli.speech import t
from fedi.desk.control import Desk
from fedi.desk.order import Done, Order, Result

R = TypeVar("R", bound=Result)


def tell(
    name: str, order: Order, kind: type[R], lines: Callable[[R], list[str]], *, deliver: bool
) -> None:
    """Have the desk do what `name` says. `kind`: what comes back, which `lines` puts into words."""
    here = session()

    async def work(desk: Desk) -> None:
        done = await desk.call(name, order)
        assert isinstance(done, kind)
        give(done, lines(done), as_json=here.as_json)
        await say_waiting(desk, deliver=deliver, as_json=here.as_json)

    here.at_desk(work)


def kept_or_same(done: Done) -> list[str]:
    """Whether it changed anything."""
    return [t("cli.attendance_set" if done.changed else "cli.attendance_same")]
