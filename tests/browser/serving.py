"""The sample served on loopback, on any free port, for a browser to open."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn

from tests.browser.sample import Sample, application, fill, open_pages

BROWSER = Path(shutil.which("chromium") or shutil.which("chromium-browser") or "/nowhere")


@contextlib.asynccontextmanager
async def serving(folder: Path, name: str | None = None) -> AsyncIterator[tuple[str, Sample]]:
    """`name`: the address the instance believes to have, for pictures; else the one it is served at."""
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    instance = await open_pages(folder, name or base)
    try:
        sample = await fill(instance)
        config = uvicorn.Config(application(instance), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield base, sample
        finally:
            server.should_exit = True
            await task
    finally:
        listener.close()
        await instance.db.close()
