"""The actor verifier of fediverse-pasture; runs in an environment of its own, never imported.

Its test actors listen with TLS on loopback. One JSON line with an actor's uri in, one with the verdict out; names
lead to the addresses given at the start, and nowhere else.
"""

import asyncio
import json
import logging
import socket
import sys
from typing import Any

import aiohttp
import uvicorn
from aiohttp.abc import AbstractResolver
from fediverse_pasture.verify_actor import build_app  # type: ignore[import-not-found]

TIMEOUT_S = 5

_session = aiohttp.ClientSession


class Map(AbstractResolver):
    """Every name this process may call, and the port on loopback where it is."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._ports = ports

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[Any]:
        if host not in self._ports:
            raise OSError(f"no route to {host}")
        found = {"host": "127.0.0.1", "port": self._ports[host], "family": socket.AF_INET}
        return [{"hostname": host, "proto": 0, "flags": socket.AI_NUMERICHOST, **found}]

    async def close(self) -> None:
        pass


async def main() -> None:
    options = json.loads(sys.argv[1])
    ports: dict[str, int] = options["ports"]

    def open_session(*_: Any, **__: Any) -> aiohttp.ClientSession:
        return _session(connector=aiohttp.TCPConnector(resolver=Map(ports)))

    aiohttp.ClientSession = open_session  # type: ignore[assignment, misc]
    app = build_app(False, options["host"], True, TIMEOUT_S)
    logging.disable(logging.CRITICAL)
    listening = socket.create_server(("127.0.0.1", 0))
    ports[options["host"]] = listening.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            ssl_certfile=options["certificate"],
            ssl_keyfile=options["key"],
            log_config=None,
            lifespan="off",
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    sys.stdout.write(json.dumps({"port": ports[options["host"]]}) + "\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        form = {"actor_uri": json.loads(line)}
        headers = {"accept": "application/json"}
        answer = await app.test_client().post("/", form=form, headers=headers)
        sys.stdout.write(json.dumps(await answer.get_json()) + "\n")
        sys.stdout.flush()
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main())
