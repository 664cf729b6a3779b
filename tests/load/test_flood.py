"""A server under a flood: nonsense from two hundred connections, and a thousand strangers from two hundred hosts.

Both times it stays small, refuses shortly, and goes on answering whoever comes honestly.
"""

import asyncio
import gzip
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fedi.desk.blocking import HostOrder, block_host
from tests.harness.world import World, world
from tests.hostile.stranger import Person, a_note_of, deliver, in_one_place, say, stranger
from tests.security.asking import PAGE, ask

ROOT = Path(__file__).parents[2]
CONNECTIONS = 200
SOURCES = 8
FLOOD_S = 5.0
MIB_MAX = 200
# Attackers answered while one honest visitor waits: each of the two hundred, a few times.
AHEAD_MAX = 4 * CONNECTIONS

Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


@asynccontextmanager
async def a_server(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """A real server with the settings everybody starts with; its process and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        **os.environ,
        "FEDI_INSTANCE_BASE_URL": f"http://localhost:{port}",
        "FEDI_SERVER_BIND": f"127.0.0.1:{port}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedi", "serve", "--data", str(folder / "data"), "--json",
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            await process.stdout.readline()
        yield process.pid, port
    finally:
        process.terminate()
        await process.wait()


def peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def head(host: bytes, *more: bytes, path: bytes = b"/inbox", method: bytes = b"POST") -> bytes:
    lines = [method + b" " + path + b" HTTP/1.1", b"host: " + host, *more]
    return b"\r\n".join([*lines, b"", b""])


JSON = b"content-type: application/activity+json"


def whole(body: bytes, *more: bytes) -> Attack:
    """A complete request with this body."""

    async def attack(_reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: bytes) -> None:
        length = b"content-length: %d" % len(body)
        out.write(head(host, JSON, length, *more) + body)
        await out.drain()

    return attack


async def slowly(_reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: bytes) -> None:
    """A head that comes a byte at a time."""
    for byte in head(host, JSON):
        out.write(bytes([byte]))
        await out.drain()
        await asyncio.sleep(0.1)


async def without_end(
    _reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: bytes
) -> None:
    """A body in pieces that never ends."""
    out.write(head(host, JSON, b"transfer-encoding: chunked"))
    for _ in range(64):
        out.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await out.drain()


async def with_many_lines(
    _reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: bytes
) -> None:
    out.write(head(host, *[b"x-%d: y" % number for number in range(5_000)]))
    await out.drain()


async def without_sense(
    _reader: asyncio.StreamReader, out: asyncio.StreamWriter, _host: bytes
) -> None:
    out.write(os.urandom(20_000))
    await out.drain()


async def for_nothing(
    _reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: bytes
) -> None:
    out.write(head(host, path=b"/statement/" + os.urandom(8).hex().encode(), method=b"GET"))
    await out.drain()


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
ATTACKS: tuple[Attack, ...] = (
    whole(b" " * 1_000_000),
    whole(b"x" * 3_000_000),
    whole(DEEP),
    whole(b'{"a":' + b"[" * 400_000),
    whole(gzip.compress(b"0" * 50_000_000), b"content-encoding: gzip"),
    whole(b"[" + b"1," * 400_000 + b"1]"),
    slowly,
    without_end,
    with_many_lines,
    without_sense,
    for_nothing,
)


async def attack_until(end: float, number: int, port: int, heard: Counter[int]) -> None:
    """One connection after the other, each with nonsense of its own kind."""
    host = b"localhost:%d" % port
    source = (f"127.0.1.{1 + number % SOURCES}", 0)
    while time.monotonic() < end:
        try:
            async with asyncio.timeout(max(0.1, end - time.monotonic())):
                reader, out = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
                try:
                    await ATTACKS[number % len(ATTACKS)](reader, out, host)
                    line = await reader.readline()
                    if line:
                        heard[int(line.split(b" ")[1])] += 1
                finally:
                    out.transport.abort()
        except (OSError, TimeoutError):
            heard[0] += 1
        await asyncio.sleep(0.02)


async def honest_visits(end: float, port: int, heard: Counter[int]) -> list[tuple[int, int]]:
    """One visit after the other: its status, and how many of the others were answered before it."""
    visits = []
    while time.monotonic() < end:
        before = sum(heard.values())
        reader, out = await asyncio.open_connection("127.0.0.1", port)
        out.write(head(b"localhost:%d" % port, b"accept: text/html", path=b"/", method=b"GET"))
        line = await reader.readline()
        visits.append((int(line.split(b" ")[1]), sum(heard.values()) - before))
        out.transport.abort()
        await asyncio.sleep(0.3)
    return visits


async def test_a_flood_of_nonsense_is_refused_and_an_honest_visitor_is_served(
    tmp_path: Path,
) -> None:
    heard: Counter[int] = Counter()
    async with a_server(tmp_path) as (pid, port):
        end = time.monotonic() + FLOOD_S
        attackers = [
            asyncio.create_task(attack_until(end, n, port, heard)) for n in range(CONNECTIONS)
        ]
        visits = await honest_visits(end, port, heard)
        await asyncio.gather(*attackers)
        peak = peak_mib(pid)
    assert sum(many for status, many in heard.items() if status) > 100
    assert {status for status in heard if not (status == 0 or 400 <= status < 500)} == set()
    assert {status for status, _ in visits} == {200}
    assert max(ahead for _, ahead in visits) < AHEAD_MAX
    assert peak < MIB_MAX


# --- a wave of strangers ---------------------------------------------------------------------

HOSTS = 200
EACH = 5


@asynccontextmanager
async def many_hosts(made: World) -> AsyncIterator[list[Person]]:
    """Two hundred hosts in one place, and five people on each, all with the same key."""
    names = [f"spam{number}.test" for number in range(HOSTS)]
    async with in_one_place(made, names) as hosts:
        yield [hosts[name].person(f"p{n}", 0) for n in range(EACH) for name in names]


@pytest.mark.parametrize("posture", ["open", "guarded"])
async def test_a_thousand_strangers_leave_little_and_hold_up_nobody(posture: str) -> None:
    host = "agora.test"
    settings = f'[instance]\nposture = "{posture}"\n'
    async with world(host, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(host, "agora")
        friend = mars.person("friend", 1)
        await deliver(made, host, friend.key, say(friend, "Follow", us.uri))
        await made.settle()
        async with many_hosts(made) as people:
            answers: Counter[int] = Counter()
            for number, person in enumerate(people):
                answers[await _mentions(made, us.uri, person)] += 1
                if number % 250 == 249:
                    # nothing of the wave was worked yet, and who comes honestly does not wait for it
                    assert (await ask(made, f"https://{host}/", PAGE)).status == 200
                    assert await _mentions(made, us.uri, friend, number) == 202
            await made.settle()
            assert set(answers) == {202, 429}
            # a burst of a hundred, and what the time of the test itself lets in
            assert answers[202] <= 110
            stored = await _rows(made, "publication WHERE author_uri LIKE '%spam%'")
            assert stored == answers[202]
            assert await _rows(made, "actor WHERE host LIKE 'spam%'") <= stored + 1
            held = await _rows(made, "publication WHERE author_uri LIKE '%spam%' AND is_held")
            assert held == (stored if posture != "open" else 0)
            for number in range(HOSTS):
                await block_host(made[host], HostOrder(host=f"spam{number}.test"))
            heard = await deliver(
                made, host, people[0].key, say(people[0], "Like", us.uri, "again", to=[us.uri])
            )
            assert heard.status == 403
            page = (await ask(made, f"https://{host}/@agora", PAGE)).body
            assert b"spam" not in page


async def test_one_command_shuts_out_as_many_hosts_as_it_names(tmp_path: Path) -> None:
    hosts = [f"spam{number}.test" for number in range(HOSTS)]

    async def fedi(*words: str) -> tuple[int | None, str]:
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fedi", *words, "--data", str(tmp_path / "data"), "--json",
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await done.communicate()
        return done.returncode, said.decode()

    assert (await fedi("init"))[0] == 0
    assert (await fedi("block", "host", *hosts))[0] == 0
    _, listed = await fedi("block", "list")
    assert [host for host in hosts if f'"{host}"' not in listed] == []


async def _mentions(made: World, us_uri: str, person: Person, number: int = 1) -> int:
    note = a_note_of(person, number, "<p>buy this spam</p>", cc=[us_uri])
    create = say(person, "Create", note, number, cc=[us_uri])
    return (await deliver(made, "agora.test", person.key, create)).status


async def _rows(made: World, what: str) -> int:
    row = await made["agora.test"].look(lambda rx: rx.one(f"SELECT COUNT(*) FROM {what}"))
    assert row is not None
    return int(row[0])
