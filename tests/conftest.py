"""Stages: what every run of the tests does, and what takes long and is done with `--thorough` (and by `.ci/thorough`).

And two engines: what is marked `both_engines` is done on PostgreSQL too with `--thorough`; `--engine postgres` does
everything there.
Spread over processes, the tests of a module that prepares something costly stay together; all others go wherever somebody
is free.
"""

import fcntl
import gc
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import objects, postgres
from tests.harness.chance import IS_THOROUGH, first_of
from tests.harness.world import ENGINE

OPTION = "--thorough"
ENGINES = ("sqlite", "postgres")
# Held by whoever needs the machine for itself, shared by all others.
QUIET = Path(__file__).parents[1] / ".cache" / "quiet"
# What a module here has prepared for all its tests is prepared once, by one process; the longest begin first.
TOGETHER = ("browser", "peers", "house", "unit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="also run what takes long: every look, every way, every crowd",
    )
    parser.addoption(
        "--engine",
        choices=ENGINES,
        help="the database of every instance; without it SQLite, and with --thorough both for the tests that say so",
    )


def pytest_configure(config: pytest.Config) -> None:
    IS_THOROUGH[0] = config.getoption(OPTION)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.config.getoption("--engine") is not None:
        return
    if next(metafunc.definition.iter_markers("both_engines"), None) is not None:
        metafunc.fixturenames.append("engine_of_worlds")
        metafunc.parametrize("engine_of_worlds", first_of(ENGINES), indirect=True)


@pytest.fixture
def engine_of_worlds(request: pytest.FixtureRequest) -> str:
    """What instances keep their tables in, unless they ask for something else."""
    return str(request.param)


def pytest_runtest_setup(item: pytest.Item) -> None:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    ENGINE[0] = (
        parameters.get("engine_of_worlds") or item.config.getoption("--engine") or ENGINES[0]
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Crowds, floods and kills have the machine for themselves: the other processes wait between two of their tests."""
    if not item.config.getoption(OPTION):
        return (yield)
    QUIET.parent.mkdir(exist_ok=True)
    with QUIET.open("a") as quiet:
        fcntl.flock(quiet, fcntl.LOCK_EX if room_of(item.nodeid) == "load" else fcntl.LOCK_SH)
        return (yield)


def pytest_sessionfinish() -> None:
    postgres.end()
    objects.end()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are found and none goes away again: nobody looks for what could be thrown away among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        room = room_of(item.nodeid)
        if room in ("browser", "peers") or "bucket" in item.nodeid:
            # the first of a module may have to fetch the program it talks to
            item.add_marker(pytest.mark.timeout(900))
        # crowds, floods and kills
        if room == "load":
            item.add_marker(pytest.mark.thorough)
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.timeout(1200))
        if config.getoption("--engine") == "postgres" and (reason := not_on_postgres(item)):
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: rank_of(item.nodeid))
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
            if is_on_postgres(nodeid) and config.getoption("--engine") is None:
                return "postgres"
            # one process is enough to have an object store, too
            if "bucket" in nodeid:
                return "bucket"
            # who looks at the whole source reads it once
            if room_of(nodeid) == "house" or "test_s124_source" in nodeid:
                return "house"
            return nodeid.partition("::")[0] if room_of(nodeid) in TOGETHER else nodeid

    config.option.loadscopereorder = False
    return ByModuleWhereItPays(config, log)


def room_of(nodeid: str) -> str:
    """The folder below tests/ that a test is in."""
    return nodeid.partition("::")[0].removeprefix("tests/").partition("/")[0]


def is_on_postgres(nodeid: str) -> bool:
    """Whether a test needs a PostgreSQL of its process: one process is enough to have one."""
    return "postgres" in nodeid or nodeid.startswith(
        ("tests/contract/test_moving", "tests/processes")
    )


def not_on_postgres(item: pytest.Item) -> str:
    """Why a test is left out where everything is done on PostgreSQL; empty for nearly all."""
    if item.get_closest_marker("embedded"):
        return "about the database in a file"
    # what a browser makes of a page does not depend on where the page keeps its tables
    return "about looks, not about tables" if room_of(item.nodeid) == "browser" else ""


def rank_of(nodeid: str) -> int:
    """What begins first: whole modules, the longest before the others; single tests fill the gaps at the end."""
    room = "house" if is_on_postgres(nodeid) else room_of(nodeid)
    return TOGETHER.index(room) if room in TOGETHER else len(TOGETHER)
