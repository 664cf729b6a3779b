"""What the conversations with live peers share: where they are installed, whom they trust."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme

from tests.harness.npm import NotInstallable
from tests.peers.live.fedify_peer import FedifyPeer, ensure_installed
from tests.peers.live.oracles import (
    Judge,
    Oracle,
    ensure_python_installed,
    open_bovine_oracle,
    open_node_oracle,
)
from tests.peers.live.our_server import Collective, OurServer, open_our_server

OUR_HOST = "agora.test"
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
def python_home() -> Path:
    """The environment of the peers written in Python; skips, saying why, when it cannot be installed."""
    try:
        return ensure_python_installed(CACHE)
    except NotInstallable as problem:
        pytest.skip(f"the peers written in Python are not available: {problem}")


@pytest.fixture(scope="session")
def bovine_oracle(python_home: Path) -> Iterator[Oracle]:
    with open_bovine_oracle(python_home) as oracle:
        yield oracle


@pytest.fixture
def oracle_of(request: pytest.FixtureRequest) -> Callable[[Judge], Oracle]:
    """The running oracle that speaks for a judge; skips, saying why, when it cannot be installed."""

    def find(judge: Judge) -> Oracle:
        is_bovine = judge.name.startswith("bovine")
        oracle: Oracle = request.getfixturevalue("bovine_oracle" if is_bovine else "node_oracle")
        return oracle

    return find


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def our_server(authority: trustme.CA) -> AsyncIterator[OurServer]:
    """One instance of ours for all tests of a module; each test takes a collective of its own."""
    async with open_our_server(OUR_HOST, authority) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def agora(our_server: OurServer) -> Collective:
    """A collective of ours that nobody has talked with yet."""
    return await our_server.collective()


@asynccontextmanager
async def open_fedify(
    host: str, our_server: OurServer, home: Path, authority: trustme.CA, **options: Any
) -> AsyncIterator[FedifyPeer]:
    """A peer that knows the way to us, and we to it."""
    hosts = {our_server.host: ("127.0.0.1", our_server.port)}
    async with FedifyPeer(host, home=home, authority=authority, hosts=hosts, **options) as peer:
        our_server.route(peer.host, peer.port)
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fedify(
    our_server: OurServer, fedify_home: Path, authority: trustme.CA
) -> AsyncIterator[FedifyPeer]:
    """A peer as it is out of the box."""
    async with open_fedify("fedify.test", our_server, fedify_home, authority) as peer:
        yield peer
