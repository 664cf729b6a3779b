"""Three servers and three workers on one PostgreSQL, killed at random while the database goes away and comes back: nothing
is lost and nothing has its effect twice.

The short form belongs to the runs on PostgreSQL (`.ci/postgres`), the long one to `.ci/thorough`.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp import web

from actors import births, follows, refresh
from fedi.clock import to_ms
from fedi.config import Config, load_config
from fedi.ids import new_public_id, rise_above
from fedi.opening import open_instance
from fedi.publications.compose import Setting, compose
from fedi.signatures.keys import SigningKey
from fedi.unit import Unit
from outbox.actions.create import create
from tests.harness.clock import FakeClock
from tests.harness.postgres import Cluster, cluster
from tests.harness.world import ENGINE, a_note
from tests.hostile.stranger import Person, a_note_of, headers_for, rsa, say

PEOPLE = 8
MACHINES = 2
SETTLED_S = 500.0
# What is said by who had to leave because somebody was alone meanwhile, which nobody was.
TAKEN = "While this process was cut off"


@dataclass(frozen=True)
class Ordeal:
    """How much is said each way, how often somebody is killed, how often the database goes away."""

    each_way: int
    kills: int
    cuts: int


@dataclass
class Process:
    """A process of ours: how it is started, and where it listens if it serves."""

    words: Sequence[str]
    port: int = 0
    running: asyncio.subprocess.Process | None = None
    ending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        self.running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fedi", *self.words,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        )  # fmt: skip

    async def kill(self) -> str:
        """At once; what it said on standard error."""
        assert self.running is not None
        async with self.ending:
            with suppress(ProcessLookupError):
                self.running.send_signal(signal.SIGKILL)
            _, said = await self.running.communicate()
            return said.decode()

    async def revive(self) -> str:
        """Start it again if it ended by itself; what it said when it did."""
        async with self.ending:
            if self.running is None or self.running.returncode in (None, -signal.SIGKILL):
                return ""
            _, said = await self.running.communicate()
            await self.start()
            return said.decode() or "nothing"


@dataclass
class Peer:
    """People elsewhere, each on a host of their own, and what reached them."""

    people: list[Person] = field(default_factory=list)
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    runners: list[web.ServerRunner] = field(default_factory=list)

    async def open(self) -> None:
        for number in range(PEOPLE):
            runner = web.ServerRunner(web.Server(self._answering(number)), shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.runners.append(runner)
            uri = f"http://localhost:{runner.addresses[0][1]}/p{number}"
            self.people.append(Person(uri, SigningKey(f"{uri}#main-key", rsa(number))))

    def _answering(self, number: int) -> Any:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            person = self.people[number]
            if request.method == "POST":
                said = json.loads(await request.read())["id"]
                self.received[person.uri, said] += 1
                return web.Response(status=202)
            if request.path != f"/p{number}":
                return web.Response(status=404)
            return web.json_response(person.document(), content_type="application/activity+json")

        return answer

    async def close(self) -> None:
        for runner in self.runners:
            await runner.cleanup()


@pytest.fixture
def database() -> Iterator[tuple[Cluster, str]]:
    made = cluster()
    with made.database() as url:
        yield made, url


async def test_six_processes_and_a_few_kills(tmp_path: Path, database: tuple[Cluster, str]) -> None:
    if ENGINE[0] != "postgres":
        pytest.skip("belongs to the runs with --engine postgres")
    await _endure(tmp_path, database, Ordeal(each_way=80, kills=4, cuts=1))


@pytest.mark.thorough
@pytest.mark.timeout(1200)
async def test_six_processes_and_many_kills(tmp_path: Path, database: tuple[Cluster, str]) -> None:
    await _endure(tmp_path, database, Ordeal(each_way=400, kills=25, cuts=4))


async def _endure(folder: Path, database: tuple[Cluster, str], ordeal: Ordeal) -> None:
    seed = int(os.environ.get("FEDI_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FEDI_KILL_SEED={seed}")  # noqa: T201 - to play a failure again
    made, url = database
    peer = Peer()
    await peer.open()
    processes: list[Process] = []
    logs: list[str] = []
    ended: list[str] = []
    keeping: asyncio.Task[None] | None = None
    try:
        config = _configured(folder, url)
        to_arrive = await _prepare(config, peer.people, ordeal.each_way)
        processes = _processes(folder)
        keeping = asyncio.create_task(_keep_running(processes, ended))
        accepted = await _ordeal(config, made, processes, peer, ordeal, random.Random(seed), logs)
        await _quiet(url, to_arrive, peer)
    finally:
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait({keeping})
        for process in processes:
            if process.running is not None:
                logs.append(await process.kill())
        await peer.close()
        # shown when something went wrong: which of them said what
        print("\n".join(["", *logs, *ended]))  # noqa: T201
    with psycopg.connect(url) as line:
        stored = [row[0] for row in line.execute("SELECT uri FROM publication WHERE NOT is_local")]
        states = dict(
            line.execute("SELECT state, COUNT(*) FROM inbox_activity GROUP BY state").fetchall()
        )
        unsent = line.execute("SELECT COUNT(*) FROM delivery WHERE state <> 'sent'").fetchall()
        forms = line.execute(
            "SELECT DISTINCT version, texts LIKE '%better words%' FROM publication WHERE NOT is_local"
        ).fetchall()
    # who just began does not begin without the database; nobody else leaves because it went away
    assert [said for said in ended if "Error: " not in said or TAKEN in said] == []
    assert sorted(stored) == sorted(accepted)
    assert set(states) == {"done"}
    # what came first was worked first, whoever took it in and whoever worked it
    # and nothing was worked twice
    assert forms == [(2, True)]
    assert unsent == [(0,)]
    assert set(peer.received) >= to_arrive
    assert [line for log in logs for line in log.splitlines() if "Traceback" in line] == []


def _configured(folder: Path, url: str) -> Config:
    """The same settings for each machine, and the port in the address of the instance, where nobody listens."""
    for number in range(MACHINES):
        (folder / f"machine{number}").mkdir()
        (folder / f"machine{number}" / "config.toml").write_text(
            '[instance]\nbase_url = "http://localhost:4"\n'
            f'[database]\nurl = "{url}"\n'
            "[server]\nrequests_per_source = 0\n"
            "[inbox]\nhost_per_minute = 1000000\nhold_accounts_younger_days = 0\n"
            '[network]\nunsafe_allow_http = true\nallowed_networks = ["127.0.0.0/8", "::1/128"]\n'
        )
    return load_config(folder / "machine0" / "config.toml", {})


def _processes(folder: Path) -> list[Process]:
    """Three servers and three workers on two machines, with one secret."""
    shutil.copytree(folder / "machine0" / "data", folder / "machine1" / "data")
    found = []
    for number in range(3):
        config = ["--config", str(folder / f"machine{number % MACHINES}" / "config.toml")]
        port = _free_port()
        found.append(Process([*config, "serve", "--no-jobs", "--bind", f"127.0.0.1:{port}"], port))
        found.append(Process([*config, "work"]))
    return found


async def _keep_running(processes: Sequence[Process], ended: list[str]) -> None:
    """As the system's own keeper of services does: who ended by themselves are started again."""
    while True:
        await asyncio.sleep(0.2)
        for process in processes:
            if said := await process.revive():
                ended.append(said)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def _prepare(config: Config, people: Sequence[Person], each_way: int) -> set[tuple[str, str]]:
    """A collective that everybody follows and that follows everybody, with something to say to all of them waiting.

    All of it was written while the clock was an hour ahead: every process that begins draws its rows above that.
    """
    rise_above(to_ms(FakeClock().now() + timedelta(hours=1)) << 20)
    async with open_instance(config) as here:
        agora = await births.add_collective(here, births.NewCollective("agora", "Agora"))
        for person in people:
            known = await refresh.fetch_actor(here, person.uri)

            def friends(unit: Unit, uri: str = known.uri) -> None:
                for follower, followed in ((agora.uri, uri), (uri, agora.uri)):
                    follows.ask(unit, follower, followed, f"{follower}/follow")
                    follows.decide(unit, follower, followed, follows.ACCEPTED)

            await here.change(friends)

        def work(unit: Unit) -> None:
            for number in range(each_way // PEOPLE):
                uri = unit.urls.publication("note", new_public_id(unit.now))
                around = Setting(agora, uri, unit.now, unit.urls.hashtag, {})
                create(unit, agora, compose(a_note(f"{number}"), around))

        await here.change(work)
        said = await here.look(lambda rx: rx.all("SELECT uri FROM outbox_activity"))
        return {(person.uri, row[0]) for person in people for row in said}


async def _ordeal(
    config: Config,
    made: Cluster,
    processes: Sequence[Process],
    peer: Peer,
    ordeal: Ordeal,
    chance: random.Random,
    logs: list[str],
) -> list[str]:
    """Everything is sent in while processes die and the database goes away; what was accepted."""
    for process in processes:
        await process.start()
    ports = [process.port for process in processes if process.port]
    accepted: list[str] = []
    sending = [
        asyncio.create_task(
            _send_in(config, person, ordeal.each_way // PEOPLE, ports, chance, accepted)
        )
        for person in peer.people
    ]
    try:
        cuts = set(chance.sample(range(ordeal.kills), ordeal.cuts))
        for number in range(ordeal.kills):
            await asyncio.sleep(chance.uniform(0.5, 3.0))
            victim = chance.choice(processes)
            logs.append(await victim.kill())
            if number in cuts:
                await asyncio.to_thread(made.crash)
                await asyncio.sleep(chance.uniform(1.0, 4.0))
                # the server ends with the thread that started it
                made.start()
            await victim.start()
        async with asyncio.timeout(SETTLED_S):
            await asyncio.gather(*sending)
    finally:
        for task in sending:
            task.cancel()
    return accepted


async def _send_in(
    config: Config,
    person: Person,
    count: int,
    ports: Sequence[int],
    chance: random.Random,
    accepted: list[str],
) -> None:
    """As an honest server does: the same activity again until it is accepted, by whichever server."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        for number in range(count):
            note = a_note_of(person, number)
            better = a_note_of(
                person, number, "<p>better words</p>", updated="2026-01-02T00:00:00Z"
            )
            for kind, said in (("Create", note), ("Update", better)):
                await _send(session, config, person, say(person, kind, said, number), ports, chance)
            accepted.append(note["id"])


async def _send(
    session: aiohttp.ClientSession,
    config: Config,
    person: Person,
    document: dict[str, Any],
    ports: Sequence[int],
    chance: random.Random,
) -> None:
    url = f"{config.instance.base_url}/inbox"
    body = json.dumps(document).encode()
    while True:
        headers = dict(headers_for(person.key, url, body, FakeClock().now()))
        door = f"http://127.0.0.1:{chance.choice(ports)}/inbox"
        try:
            async with session.post(door, data=body, headers=headers) as answer:
                if answer.status == 202:
                    return
                assert answer.status in (429, 503), await answer.text()
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            pass
        await asyncio.sleep(0.05)


async def _quiet(url: str, to_arrive: set[tuple[str, str]], peer: Peer) -> None:
    """Until nothing waits any more, seen from outside."""
    async with asyncio.timeout(SETTLED_S):
        while True:
            with psycopg.connect(url) as line:
                waiting = line.execute(
                    "SELECT (SELECT COUNT(*) FROM inbox_activity WHERE state = 'waiting'), "
                    "(SELECT COUNT(*) FROM delivery WHERE state = 'waiting')"
                ).fetchall()
            if waiting == [(0, 0)] and set(peer.received) >= to_arrive:
                return
            await asyncio.sleep(0.5)
