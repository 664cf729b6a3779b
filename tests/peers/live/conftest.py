"""What the conversations with live peers share: where they are installed, whom they trust."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.peers.live.fedify_peer import NotInstallable, ensure_installed
from tests.peers.live.oracles import Judge, Oracle, open_bovine_oracle, open_node_oracle

CACHE = Path(__file__).parents[3] / ".cache" / "peers"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A throw-away certificate authority for one run."""
    return trustme.CA()


@pytest.fixture(scope="session")
def fedify_home() -> Path:
    """The folder of the installed Fedify peer; skips, saying why, when it cannot be installed."""
    try:
        return ensure_installed(CACHE)
    except NotInstallable as problem:
        pytest.skip(f"the Fedify peer is not available: {problem}")


@pytest.fixture(scope="session")
def node_oracle(fedify_home: Path) -> Iterator[Oracle]:
    with open_node_oracle(fedify_home) as oracle:
        yield oracle


@pytest.fixture(scope="session")
def bovine_oracle() -> Iterator[Oracle]:
    try:
        oracle = open_bovine_oracle(CACHE)
    except NotInstallable as problem:
        pytest.skip(f"bovine is not available: {problem}")
    with oracle:
        yield oracle


@pytest.fixture
def oracle_of(request: pytest.FixtureRequest) -> Callable[[Judge], Oracle]:
    """The running oracle that speaks for a judge; skips, saying why, when it cannot be installed."""

    def find(judge: Judge) -> Oracle:
        is_bovine = judge.name.startswith("bovine")
        oracle: Oracle = request.getfixturevalue("bovine_oracle" if is_bovine else "node_oracle")
        return oracle

    return find
