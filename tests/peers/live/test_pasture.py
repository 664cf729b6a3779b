"""The actor verifier of fediverse-pasture calls on us: who may read our actor, and whose letters are taken."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme

from tests.peers.live.fedify_peer import stop
from tests.peers.live.oracles import python_of
from tests.peers.live.our_server import OurServer

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]

HOST = "pasture.test"
TIMEOUT_S = 30
# Whether an actor signs. Claire and Frank show their keys only to those who sign their question; Dean, Emily and Frank
# have no user name.
ACTORS = {
    "alice": False,
    "bob": True,
    "claire": True,
    "dean": False,
    "emily": True,
    "frank": True,
}
VERIFIER = Path(__file__).with_name("pasture_verifier.py")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verifier(
    our_server: OurServer, python_home: Path, authority: trustme.CA, tmp_path_factory: Any
) -> AsyncIterator[Process]:
    """The running verifier, which keeps the keys of its actors beside its environment."""
    folder = tmp_path_factory.mktemp("pasture")
    certificate = authority.issue_cert(HOST)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "whole.pem"))
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    options = {
        "host": HOST,
        "certificate": str(folder / "whole.pem"),
        "key": str(folder / "whole.pem"),
        "ports": {our_server.host: our_server.port},
    }
    process = await asyncio.create_subprocess_exec(
        str(python_of(python_home)),
        str(VERIFIER),
        json.dumps(options),
        cwd=python_home,
        env={**os.environ, "SSL_CERT_FILE": str(folder / "authority.pem")},
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        our_server.route(HOST, (await read_line(process))["port"])
        yield process
    finally:
        await stop(process)


async def read_line(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), TIMEOUT_S)
    found: dict[str, Any] = json.loads(line)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verdict(our_server: OurServer, verifier: Process) -> dict[str, Any]:
    """What each of its actors could do with a collective of ours, found by its handle."""
    assert verifier.stdin is not None
    agora = await our_server.collective()
    verifier.stdin.write(json.dumps(agora.handle).encode() + b"\n")
    return await read_line(verifier)


async def test_our_actor_is_found_by_its_handle_and_names_it(verdict: dict[str, Any]) -> None:
    assert verdict["result"]["webfinger"] is True


async def test_everybody_may_read_our_actor(verdict: dict[str, Any]) -> None:
    assert {name for name in ACTORS if not verdict["result"][name]["get_actor"]} == set()


@pytest.mark.parametrize("name", ACTORS)
async def test_letters_are_taken_from_those_only_who_sign_them(
    verdict: dict[str, Any], name: str
) -> None:
    assert verdict["result"][name]["post_inbox"] is ACTORS[name]


async def test_a_signed_letter_is_answered_with_accepted(verdict: dict[str, Any]) -> None:
    steps = json.loads(verdict["messages"])["steps"]
    assert [step for step in steps if isinstance(step, int)] == [202] * 4
