"""ActivityRelay carries our public words from one instance of ours to another, in both styles of subscription."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from fedi.desk import relays as desk
from fedi.desk.collectives import NoOrder
from fedi.desk.relays import AddOrder, AddressOrder, NewsOrder
from tests.harness.npm import NotInstallable
from tests.harness.world import World, a_note, an_event, world
from tests.peers.live.conftest import CACHE
from tests.peers.live.fedify_peer import stop
from tests.peers.live.oracles import RELAY_PEER, ensure_python_installed, python_of
from tests.peers.live.test_pasture import read_line

pytestmark = [pytest.mark.peer, pytest.mark.thorough]

HERE, THERE, RELAY = "agora.test", "beirut.test", "relay.test"
ADDRESSES = {"mastodon": f"https://{RELAY}/inbox", "litepub": f"https://{RELAY}/actor"}
PROGRAM = Path(__file__).with_name("activityrelay_program.py")
TRIES = 100


@pytest.fixture(scope="session")
def relay_home() -> Path:
    """The environment of ActivityRelay; skips, saying why, when it cannot be installed."""
    try:
        return ensure_python_installed(CACHE, RELAY_PEER)
    except NotInstallable as problem:
        pytest.skip(f"ActivityRelay is not available: {problem}")


@dataclass(slots=True)
class Scene:
    """Two instances of ours and the relay between them."""

    made: World
    process: Process

    async def subscribers(self) -> list[str]:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        found: list[str] = (await read_line(self.process))["inboxes"]
        return sorted(found)

    async def states(self, host: str) -> list[tuple[str, bool]]:
        listed = await desk.list_all(self.made[host], NoOrder())
        return [(each.state, each.takes) for each in listed.relays]

    async def news(self, host: str) -> list[str]:
        found = await desk.news(self.made[host], NewsOrder())
        return sorted(each.title for each in found.entries)

    async def until(self, what: Callable[[], Awaitable[object]], wanted: object) -> None:
        """Work our inboxes and outboxes until it is so; the relay sends in its own time."""
        found: object = None
        for _ in range(TRIES):
            clock = self.made.clock
            clock.advance(seconds=max(0.0, (datetime.now(UTC) - clock.now()).total_seconds()))
            await self.made.settle()
            found = await what()
            if found == wanted:
                return
            await asyncio.sleep(0.1)
        assert found == wanted

    async def subscribe(self, host: str, style: str) -> None:
        await desk.add(self.made[host], AddOrder(address=ADDRESSES[style]))
        await self.until(lambda: self.states(host), [("accepted", True)])


@asynccontextmanager
async def scene(authority: trustme.CA, home: Path, folder: Path) -> AsyncIterator[Scene]:
    async with world(HERE, THERE, authority=authority) as made:
        certificate = authority.issue_cert(RELAY)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "whole.pem"))
        options = {
            "host": RELAY,
            "folder": str(folder),
            "certificate": str(folder / "whole.pem"),
            "ports": {host: made.wire.ports[host] for host in (HERE, THERE)},
        }
        process = await asyncio.create_subprocess_exec(
            str(python_of(home)),
            str(PROGRAM),
            json.dumps(options),
            cwd=folder,
            env={**os.environ, "SSL_CERT_FILE": str(made.authority_file)},
            stdin=PIPE,
            stdout=PIPE,
        )
        try:
            made.wire.ports[RELAY] = (await read_line(process))["port"]
            yield Scene(made, process)
        finally:
            await stop(process)


@pytest.mark.parametrize("reading", ADDRESSES)
@pytest.mark.parametrize("saying", ADDRESSES)
async def test_activityrelay_carries_our_words_to_a_stranger(
    saying: str, reading: str, authority: trustme.CA, relay_home: Path, tmp_path: Path
) -> None:
    async with scene(authority, relay_home, tmp_path) as at:
        agora = await at.made.collective(HERE, "agora")
        await at.subscribe(HERE, saying)
        await at.subscribe(THERE, reading)
        inboxes = [f"https://{host}/inbox" for host in (HERE, THERE)]
        await at.until(at.subscribers, inboxes)
        await at.made.publish(agora, an_event("Assembly"))
        note = await at.made.publish(agora, a_note("For everybody"))
        await at.until(lambda: at.news(THERE), ["Assembly", "For everybody"])
        await at.made.delete(agora, note)
        await at.until(lambda: at.news(THERE), ["Assembly"])
        assert await at.news(HERE) == []
        await desk.remove(at.made[HERE], AddressOrder(address=ADDRESSES[saying]))
        await at.until(at.subscribers, inboxes[1:])
