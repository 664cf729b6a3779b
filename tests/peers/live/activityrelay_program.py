"""ActivityRelay, a relay that others wrote; runs in an environment of its own, never imported.

It listens with TLS on loopback. A JSON line comes out when it does; each line that goes in is answered with the
inboxes that are subscribed. Names lead to the addresses given at the start, and nowhere else.
"""

import asyncio
import json
import logging
import socket
import ssl
import sys
from typing import Any

import aiohttp
import relay.http_client  # type: ignore[import-not-found]
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aputils import Signer  # type: ignore[import-not-found]
from blib import File  # type: ignore[import-not-found]
from relay.state import State  # type: ignore[import-not-found]


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


class InThisProcess:
    """In the place of the processes that post its letters: they would not know the way."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()

    def push_message(self, inbox: str, message: Any, instance: Any) -> None:
        task = asyncio.create_task(self._post(inbox, message, instance))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, inbox: str, message: Any, instance: Any) -> None:
        try:
            await self._state.client.post(inbox, message, instance)
        except Exception as problem:  # noqa: BLE001 - what it could not send is told, not mended
            sys.stderr.write(f"{inbox}: {problem!r}\n")

    def set_log_level(self, _level: object) -> None:
        pass


async def main() -> None:
    options = json.loads(sys.argv[1])
    ports: dict[str, int] = options["ports"]

    def connector(**settings: Any) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(resolver=Map(ports), **settings)

    relay.http_client.TCPConnector = connector
    settings = File(f"{options['folder']}/relay.yaml")
    with open(settings, "w", encoding="utf-8") as file:  # noqa: PTH123 - once, at the start
        file.write(json.dumps({"domain": options["host"], "workers": 1, "sq_path": "relay.db"}))
    state = State(settings, register_global=True)
    state.workers = InThisProcess(state)
    with state.database.session(True) as connection:
        connection.put_config("private-key", Signer.new("n/a").export())
    state.signer = Signer(_key(state), state.config.keyid)
    state.client.open()
    from relay.views import (
        ROUTES,  # type: ignore[import-not-found]
        middleware,
    )

    app = web.Application(
        middlewares=[middleware.handle_response_headers, middleware.handle_frontend_path]
    )
    for method, path, handler in ROUTES:
        app.router.add_route(str(getattr(method, "value", method)), path, handler)
    logging.disable(logging.CRITICAL)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"])
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    _say({"port": runner.addresses[0][1]})
    while await asyncio.to_thread(sys.stdin.readline):
        with state.database.session(False) as connection:
            _say({"inboxes": [each.inbox for each in connection.get_inboxes()]})
    await runner.cleanup()


def _key(state: Any) -> str:
    with state.database.session(False) as connection:
        return str(connection.get_config("private-key"))


def _say(document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
