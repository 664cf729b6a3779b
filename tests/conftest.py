"""Two stages: what every run of the tests does, and what takes long and is done with `--thorough` (and by `.ci/run`)."""

import pytest

OPTION = "--thorough"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="also run what takes long: every look, every way, every crowd",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # what a module has prepared for all its tests is prepared once, by one process
        if {"browser", "peers"} & set(item.path.parts):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if config.getoption(OPTION):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason=f"takes long: run with {OPTION}"))
