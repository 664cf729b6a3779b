"""A server that is killed at random moments loses nothing that it accepted and nothing that it was to send."""

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from actors import births, follows, refresh
from fedi.config import Config, load_config
from fedi.ids import new_public_id
from fedi.opening import DATABASE, open_instance
from fedi.publications.compose import Setting, compose
from fedi.signatures.keys import SigningKey
from fedi.unit import Unit
from outbox.actions.create import create
from tests.harness.clock import FakeClock
from tests.harness.world import a_note
from tests.hostile.stranger import Person, a_note_of, headers_for, rsa, say

ACTIVITIES = 500
KILLS = 20
SENDERS = 4


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_nothing_is_lost_or_done_twice_when_the_process_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("FEDI_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"FEDI_KILL_SEED={seed}")  # noqa: T201 - to play a failure again
    received: set[str] = set()
    documents: dict[str, Any] = {}

    async def peer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            received.add(json.loads(await request.read())["id"])
            return web.Response(status=202)
        document = documents.get(request.path)
        if document is None:
            return web.Response(status=404)
        return web.json_response(document, content_type="application/activity+json")

    runner = web.ServerRunner(web.Server(peer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        ali_uri = f"http://localhost:{runner.addresses[0][1]}/ali"
        ali = Person(ali_uri, SigningKey(f"{ali_uri}#main-key", rsa(0)))
        documents["/ali"] = ali.document()
        config = configured(tmp_path)
        sent = await prepare(config, ali)
        accepted = await ordeal(config, ali, random.Random(seed), received)
    finally:
        await runner.cleanup()
    database = sqlite3.connect(config.data_folder / DATABASE)
    stored = [row[0] for row in database.execute("SELECT uri FROM publication WHERE NOT is_local")]
    states = dict(database.execute("SELECT state, COUNT(*) FROM inbox_activity GROUP BY state"))
    waiting = database.execute("SELECT COUNT(*) FROM delivery WHERE state <> 'sent'").fetchone()
    integrity = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    assert integrity == ("ok",)
    assert sorted(stored) == sorted(accepted)
    assert states == {"done": ACTIVITIES}
    assert received >= sent
    assert waiting == (0,)


def configured(folder: Path) -> Config:
    port = free_port()
    file = folder / "config.toml"
    file.write_text(
        f'[instance]\nbase_url = "http://localhost:{port}"\n'
        f'[server]\nbind = "127.0.0.1:{port}"\nrequests_per_source = 0\n'
        "[inbox]\nhost_per_minute = 1000000\n"
        '[network]\nunsafe_allow_http = true\nallowed_networks = ["127.0.0.0/8", "::1/128"]\n'
    )
    return load_config(file, {})


async def prepare(config: Config, ali: Person) -> set[str]:
    """A collective that ali follows and that follows ali, with everything it has to say waiting to be sent."""
    async with open_instance(config) as here:
        agora = await births.add_collective(here, births.NewCollective("agora", "Agora"))
        known = await refresh.fetch_actor(here, ali.uri)

        def work(unit: Unit) -> None:
            for follower, followed in ((agora.uri, known.uri), (known.uri, agora.uri)):
                follows.ask(unit, follower, followed, f"{follower}/follow")
                follows.decide(unit, follower, followed, follows.ACCEPTED)
            for number in range(ACTIVITIES):
                uri = unit.urls.publication("note", new_public_id(unit.now))
                around = Setting(agora, uri, unit.now, unit.urls.hashtag, {})
                create(unit, agora, compose(a_note(f"{number}"), around))

        await here.change(work)
        rows = await here.look(lambda rx: rx.all("SELECT uri FROM outbox_activity"))
        assert len(rows) == ACTIVITIES
        return {row[0] for row in rows}


async def ordeal(
    config: Config, ali: Person, chance: random.Random, received: set[str]
) -> list[str]:
    """Everything is sent in while the server dies again and again; what it said it had accepted."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("zygote.py")),
        str(config.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    accepted: list[str] = []
    todo = list(range(ACTIVITIES))
    try:
        sending = [
            asyncio.create_task(send_in(config, ali, todo, accepted)) for _ in range(SENDERS)
        ]
        for round_ in range(KILLS):
            # else the kills would come when everything is over
            assert todo or round_ > 2
            pid = await start(process)
            await asyncio.sleep(chance.uniform(0.02, 0.5))
            os.kill(pid, signal.SIGKILL)
            assert await line(process) == "dead"
        pid = await start(process)
        async with asyncio.timeout(300):
            await asyncio.gather(*sending)
            while not quiet(config):
                await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
    finally:
        if process.returncode is None:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
    return accepted


async def start(process: asyncio.subprocess.Process) -> int:
    assert process.stdin is not None
    process.stdin.write(b"start\n")
    said = {await line(process), await line(process)}
    assert "ready" in said
    return int(next(each for each in said if each.startswith("pid ")).removeprefix("pid "))


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(120):
        return (await process.stdout.readline()).decode().strip()


async def send_in(config: Config, ali: Person, todo: list[int], accepted: list[str]) -> None:
    """As an honest server does: the same activity again until it is accepted."""
    url = f"{config.instance.base_url}/inbox"
    async with aiohttp.ClientSession() as session:
        while todo:
            number = todo.pop()
            note = a_note_of(ali, number)
            body = json.dumps(say(ali, "Create", note, number)).encode()
            while True:
                headers = dict(headers_for(ali.key, url, body, FakeClock().now()))
                try:
                    async with session.post(url, data=body, headers=headers) as answer:
                        if answer.status == 202:
                            break
                        assert answer.status in (429, 503)
                except (aiohttp.ClientError, ConnectionError):
                    pass
                await asyncio.sleep(0.02)
            accepted.append(note["id"])


def quiet(config: Config) -> bool:
    """Whether nothing waits any more, seen from outside."""
    database = sqlite3.connect(f"file:{config.data_folder / DATABASE}?mode=ro", uri=True)
    try:
        rows = [
            database.execute(f"SELECT COUNT(*) FROM {table} WHERE state = 'waiting'").fetchone()[0]
            for table in ("inbox_activity", "delivery")
        ]
    finally:
        database.close()
    return rows == [0, 0]
