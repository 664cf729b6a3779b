"""Two stages: what every run of the tests does, and what takes long and is done with `--thorough` (and by `.ci/thorough`)."""

import pytest

OPTION = "--thorough"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="also run what takes long: every look, every way, every crowd",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # what a module has prepared for all its tests is prepared once, by one process
        rooms = item.path.relative_to(config.rootpath).parts
        if {"browser", "peers"} & set(rooms):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        # crowds, floods and kills
        if "load" in rooms:
            item.add_marker(pytest.mark.thorough)
    if config.getoption(OPTION):
        return
    for item in items:
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip(reason=f"takes long: run with {OPTION}"))
