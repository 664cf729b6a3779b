"""A server that may open only a few files: it makes others wait, loses nothing, and serves again when there is room."""

import asyncio
import os
import resource
import socket
import sys
from pathlib import Path

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
