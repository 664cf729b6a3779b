"""What we send before another JSON-LD processor: jsonld.js, in its safe mode, with contexts that are given to it.

It is installed, pinned by the lock file, with the peer made of Fedify, which uses it too.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyld.documentloader.frozen import FrozenDocumentLoader

from tests.harness.npm import NotInstallable
from tests.peers.live.fedify_peer import ensure_installed, node_of
from tests.peers.spoken import golden
from tests.peers.test_golden import strays_of

pytestmark = pytest.mark.peer

CACHE = Path(__file__).parents[3] / ".cache" / "peers"
PROGRAM = Path(__file__).parent / "canonical.mjs"
CONTEXTS = ("https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1")
DOCUMENTS = dict(golden())
ODD = {
    "a term nobody defined": {"neverDefined": "x"},
    "an address without a host": {"inReplyTo": "7"},
    "a type nobody defined": {"type": "NeverDefined"},
}

Read = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What jsonld.js says of each document; skips, saying why, when it cannot be installed."""
    try:
        home = ensure_installed(CACHE)
    except NotInstallable as problem:
        pytest.skip(f"jsonld.js is not available: {problem}")
    load = FrozenDocumentLoader()
    contexts = {url: load(url, {})["document"] for url in CONTEXTS}
    odd = {name: DOCUMENTS["note"] | more for name, more in ODD.items()}
    asked = DOCUMENTS | odd
    lines = "\n".join(json.dumps(each) for each in [contexts, *asked.values()]) + "\n"
    done = subprocess.run(
        [str(node_of(home)), str(PROGRAM), str(home)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(zip(asked, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_another_processor_finds_nothing_undefined_and_nothing_relative(
    answers: dict[str, dict[str, Any]], name: str
) -> None:
    answer = answers[name]
    assert answer["error"] is None
    assert list(strays_of(answer["expanded"])) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_two_processors_make_the_same_canonical_form(
    answers: dict[str, dict[str, Any]], name: str
) -> None:
    ours = jsonld.normalize(
        DOCUMENTS[name],
        {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": FrozenDocumentLoader(),
        },
    )
    assert answers[name]["quads"] == ours
    assert ours


@pytest.mark.parametrize("name", ODD)
def test_what_is_undefined_or_relative_would_be_noticed(
    answers: dict[str, dict[str, Any]], name: str
) -> None:
    answer = answers[name]
    assert answer["error"] or list(strays_of(answer["expanded"]))
