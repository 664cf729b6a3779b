"""What the conversations with live peers share: where they are installed, whom they trust."""

from pathlib import Path

import pytest
import trustme

from tests.peers.live.fedify_peer import NotInstallable, ensure_installed

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
