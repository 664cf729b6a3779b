"""A server that may open few files, or has little processor or memory: it makes others wait, loses nothing, and serves again."""

import asyncio
import json
import os
import resource
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from fedi.config import Config
from fedi.opening import DATABASE
from fedi.serving import NO_MEMORY
from fedi.signatures.keys import SigningKey
from tests.harness.clock import FakeClock
from tests.hostile.stranger import Person, a_note_of, headers_for, rsa, say
from tests.load.test_kill import configured, prepare, quiet

ROOT = Path(__file__).parents[2]
DESCRIPTORS = 64
VISITORS = 200


async def visit(port: int) -> int:
    reader, out = await asyncio.open_connection("127.0.0.1", port)
    try:
        out.write(b"GET /about HTTP/1.1\r\nhost: localhost:%d\r\nconnection: close\r\n\r\n" % port)
        line = await reader.readline()
        return int(line.split(b" ")[1]) if line else 0
    finally:
        out.transport.abort()


def few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


async def test_without_descriptors_it_waits_and_serves_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedi", "serve", "--data", str(tmp_path / "data"), "--json",
        cwd=ROOT,
        env={
            **os.environ,
            "FEDI_INSTANCE_BASE_URL": f"http://localhost:{port}",
            "FEDI_SERVER_BIND": f"127.0.0.1:{port}",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=few_descriptors,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(300):
            await process.stdout.readline()
            assert await visit(port) == 200
            # more than it may open: they come, say nothing, and stay
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(VISITORS)]
            for _, out in idle:
                out.transport.abort()
            while await visit(port) != 200:
                await asyncio.sleep(0.1)
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.terminate()
        assert await process.wait() == 0


# --- little memory ---------------------------------------------------------------------------

MIB = 1024 * 1024
LARGEST = 1_000_000
# Room for the stacks of a few threads, and by far not for all that comes.
ROOM_MIB = (32, 64)
SILENT_S = 20


def allowed_data(pid: int, more_mib: int) -> None:
    """A process that runs gets only so much more memory of its own than it has."""
    said = Path(f"/proc/{pid}/status").read_text()
    has = next(line for line in said.splitlines() if line.startswith("VmData"))
    most = int(has.split()[1]) * 1024 + more_mib * MIB
    resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


@pytest.mark.parametrize("room", ROOM_MIB)
async def test_with_little_memory_it_refuses_or_ends_and_loses_nothing_it_accepted(
    room: int,
) -> None:
    """What is largest and allowed, from a hundred connections at once, and among it what is small."""
    async with a_neighbour() as (ali, config):
        port = int(config.server.bind.rpartition(":")[2])

        async def one(number: int) -> tuple[int, str]:
            padding = {"pad": "x" * LARGEST} if number % 5 else {}
            note = a_note_of(ali, number, **padding)
            create = say(ali, "Create", note, number)
            return await tell(config, ali, create, SILENT_S), note["id"]

        async with serving(config) as process:
            assert await visit(port) == 200
            allowed_data(process.pid, room)
            heard = await asyncio.gather(*(one(number) for number in range(120)))
            with suppress(OSError, TimeoutError):
                # it lives and serves, or it has ended
                async with asyncio.timeout(SILENT_S):
                    while await visit(port) != 200:
                        await asyncio.sleep(0.1)
            # even where Python waits for ever for a thread that got no memory to begin with
            if process.returncode is None:
                process.kill()
        # nobody is told that something was wrong with what they sent
        assert {status for status, _ in heard} <= {0, 202, 429, 500, 503}
        assert any(status != 202 for status, _ in heard)
        accepted = [uri for status, uri in heard if status == 202]
        # what could not be sent is tried again, later than anybody wants to wait here
        await all_is_there(config, accepted, worked)
        database = sqlite3.connect(config.data_folder / DATABASE)
        states = {row[0] for row in database.execute("SELECT state FROM delivery")}
        database.close()
        assert states <= {"waiting", "sent"}


def worked(config: Config) -> bool:
    """Whether everything that was accepted was looked at."""
    database = sqlite3.connect(f"file:{config.data_folder / DATABASE}?mode=ro", uri=True)
    try:
        sql = "SELECT COUNT(*) FROM inbox_activity WHERE state = 'waiting'"
        return bool(database.execute(sql).fetchone()[0] == 0)
    finally:
        database.close()


async def test_when_nothing_can_go_on_for_want_of_memory_the_process_ends() -> None:
    begin = "import asyncio, logging, threading\nfrom fedi import serving\nloop = asyncio.new_event_loop()\n"
    ways = {
        "serving.end_without_memory(loop, {'message': 'x', 'exception': MemoryError(), 'handle': None})": NO_MEMORY,
        "serving.end_without_memory(loop, {'message': 'x', 'exception': MemoryError(), 'transport': None})": 0,
        "serving.end_without_memory(loop, {'message': 'x', 'exception': ValueError(), 'handle': None})": 0,
        "threading.excepthook = serving.end_with_a_thread\ndef f(): raise MemoryError\nthreading.Thread(target=f).start()": NO_MEMORY,
        "threading.excepthook = serving.end_with_a_thread\ndef f(): raise ValueError\nthreading.Thread(target=f).start()": 0,
        "log = logging.getLogger('x')\nlog.addFilter(serving.end_with_a_worker)\nlog.critical('x', exc_info=MemoryError())": NO_MEMORY,
        "log = logging.getLogger('x')\nlog.addFilter(serving.end_with_a_worker)\nlog.critical('x', exc_info=ValueError())": 0,
    }  # fmt: skip
    ended = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", begin + way, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
        )
        for way in ways
    ]
    assert [await each.wait() for each in ended] == list(ways.values())


# --- little processor ------------------------------------------------------------------------

BUSY = 2
PATIENCE_S = 300


@asynccontextmanager
async def serving(
    config: Config, prepare: Callable[[], None] = lambda: None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real server with these settings that listens; `prepare` is called in its process before it begins."""
    assert config.path is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedi", "--config", str(config.path), "serve", "--json",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=prepare,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_beside_a_busy_neighbour_on_one_processor_honest_requests_are_answered() -> None:
    async with a_neighbour() as (ali, config):
        port = int(config.server.bind.rpartition(":")[2])
        core = {min(os.sched_getaffinity(0))}

        def on_one_core() -> None:
            os.sched_setaffinity(0, core)

        busy = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", "while True: pass", preexec_fn=on_one_core
            )
            for _ in range(BUSY)
        ]
        try:
            async with serving(config, on_one_core):
                async with asyncio.timeout(PATIENCE_S):
                    answers = [await visit(port) for _ in range(10)]
                    accepted = []
                    for number in range(10):
                        note = a_note_of(ali, number)
                        assert await tell(config, ali, say(ali, "Create", note, number)) == 202
                        accepted.append(note["id"])
        finally:
            for each in busy:
                each.kill()
                await each.wait()
        assert answers == [200] * 10
        await all_is_there(config, accepted)


@asynccontextmanager
async def a_neighbour() -> AsyncIterator[tuple[Person, Config]]:
    """Somebody elsewhere whose documents can be had, and an instance that they follow each other with."""
    documents: dict[str, Any] = {}

    async def peer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            return web.Response(status=202)
        found = documents.get(request.path)
        if found is None:
            return web.Response(status=404)
        return web.json_response(found, content_type="application/activity+json")

    runner = web.ServerRunner(web.Server(peer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with TemporaryDirectory() as folder:
            uri = f"http://localhost:{runner.addresses[0][1]}/ali"
            ali = Person(uri, SigningKey(f"{uri}#main-key", rsa(0)))
            documents["/ali"] = ali.document()
            config = configured(Path(folder))
            await prepare(config, ali)
            yield ali, config
    finally:
        await runner.cleanup()


async def tell(
    config: Config, ali: Person, activity: dict[str, Any], patience_s: float = 60
) -> int:
    """One honest activity; 0 when nobody answered."""
    url = f"{config.instance.base_url}/inbox"
    body = json.dumps(activity).encode()
    headers = dict(headers_for(ali.key, url, body, FakeClock().now()))
    try:
        async with (
            asyncio.timeout(patience_s),
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        return 0


async def all_is_there(
    config: Config, accepted: list[str], is_done: Callable[[Config], bool] = quiet
) -> None:
    """After a start without any limit what was accepted is worked, each once."""
    async with serving(config), asyncio.timeout(PATIENCE_S):
        while not is_done(config):
            await asyncio.sleep(0.1)
    database = sqlite3.connect(config.data_folder / DATABASE)
    try:
        found = [
            row[0] for row in database.execute("SELECT uri FROM publication WHERE NOT is_local")
        ]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        database.close()
    assert sorted(found) == sorted(accepted)
