"""Two stages: what every run of the tests does, and what takes long and is done with `--thorough` (and by `.ci/thorough`).

Spread over processes, the tests of a module that prepares something costly stay together; all others go wherever somebody
is free.
"""

from collections.abc import Callable
from typing import Any

import pytest

OPTION = "--thorough"
# What a module here has prepared for all its tests is prepared once, by one process; the longest begin first.
TOGETHER = ("browser", "peers", "house", "unit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="also run what takes long: every look, every way, every crowd",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        room = room_of(item.nodeid)
        if room in ("browser", "peers"):
            # the first of a module may have to fetch the program it talks to
            item.add_marker(pytest.mark.timeout(900))
        # crowds, floods and kills
        if room == "load":
            item.add_marker(pytest.mark.thorough)
            item.add_marker(pytest.mark.timeout(1200))
    items.sort(key=lambda item: rank_of(room_of(item.nodeid)))
    if config.getoption(OPTION):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason=f"takes long: run with {OPTION}"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Callable[..., None]) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByModuleWhereItPays(LoadScopeScheduling):
        # The way xdist has for this, `loadgroup`, marks names of tests in a place that this pytest no longer reads.
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("::")[0] if room_of(nodeid) in TOGETHER else nodeid

    config.option.loadscopereorder = False
    return ByModuleWhereItPays(config, log)


def room_of(nodeid: str) -> str:
    """The folder below tests/ that a test is in."""
    return nodeid.partition("::")[0].removeprefix("tests/").partition("/")[0]


def rank_of(room: str) -> int:
    """What begins first: whole modules, the longest before the others; single tests fill the gaps at the end."""
    return TOGETHER.index(room) if room in TOGETHER else len(TOGETHER)
