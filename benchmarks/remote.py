"""The neighbours: `python -m benchmarks.remote FOLDER [SLOW LIVING]`. One process that answers for all hosts over TLS.

It shows any actor it is asked for and accepts what is delivered, counting. A second port, without TLS, tells the count.
The last SLOW of the hosts below number LIVING answer after three seconds; they are counted apart.
"""

import asyncio
import signal
import ssl
import sys
import time
from pathlib import Path

import httptools
import msgspec

from benchmarks.town import KEYS, NEIGHBOURS, key_file
from fedi.http.server import new_event_loop
from fedi.signatures.keys import public_pem, read_private_pem

_ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
_LOST = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


SLOW_S = 3.0


class Ledger:
    """What arrived. `first` and `last` are monotonic seconds."""

    def __init__(self, folder: Path, slow: range) -> None:
        self.folder = folder
        self.slow = slow
        self.pems = [
            public_pem(read_private_pem(key_file(folder, number).read_bytes()))
            for number in range(KEYS)
        ]
        self.forget()

    def forget(self) -> None:
        self.posts, self.unsigned, self.connections, self.fetches = 0, 0, 0, 0
        self.late = 0
        self.first = self.last = 0.0
        self.open: dict[str, set[Peer]] = {}
        self.connections_per_host = 0

    def told(self) -> bytes:
        names = (
            "posts",
            "late",
            "unsigned",
            "connections",
            "fetches",
            "first",
            "last",
            "connections_per_host",
        )
        return msgspec.json.encode({name: getattr(self, name) for name in names})

    def post(self, signed: bool) -> None:
        now = time.monotonic()
        self.first = self.first or now
        self.last = now
        self.posts += 1
        self.unsigned += not signed


class Peer(asyncio.Protocol):
    """One connection to a neighbour."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.parser = httptools.HttpRequestParser(self)
        self.url, self.host, self.signed = b"", "", False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.ledger.connections += 1

    def connection_lost(self, problem: Exception | None) -> None:
        self.ledger.open.get(self.host, set()).discard(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.url, self.signed = b"", False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self.host = value.decode()
        elif name == b"signature":
            self.signed = True

    def on_headers_complete(self) -> None:
        # At most one request is under way on a connection, so this bounds how many one host ever saw at once.
        peers = self.ledger.open.setdefault(self.host, set())
        peers.add(self)
        self.ledger.connections_per_host = max(self.ledger.connections_per_host, len(peers))

    def on_message_complete(self) -> None:
        if self.parser.get_method() == b"POST":
            if self._is_slow():
                asyncio.get_running_loop().call_later(SLOW_S, self._accept_late)
                return
            self.ledger.post(self.signed)
            self.transport.write(_ACCEPTED)
        else:
            self.ledger.fetches += 1
            self.transport.write(self._document())

    def _is_slow(self) -> bool:
        number = self.host[1:].partition(".")[0]
        return bool(self.ledger.slow) and number.isdecimal() and int(number) in self.ledger.slow

    def _accept_late(self) -> None:
        self.ledger.late += 1
        self.transport.write(_ACCEPTED)

    def _document(self) -> bytes:
        path = self.url.decode()
        try:
            number = int(path.removeprefix("/u/")) * 100 + int(self.host.split(".")[0][1:])
        except ValueError:
            return _LOST
        uri = f"https://{self.host}{path}"
        body = msgspec.json.encode(
            {
                "@context": [
                    "https://www.w3.org/ns/activitystreams",
                    "https://w3id.org/security/v1",
                ],
                "id": uri,
                "type": "Person",
                "preferredUsername": f"u{number}",
                "name": f"Neighbour {number}",
                "summary": "<p>Lives next door.</p>",
                "inbox": f"{uri}/inbox",
                "outbox": f"{uri}/outbox",
                "followers": f"{uri}/followers",
                "publicKey": {
                    "id": f"{uri}#main-key",
                    "owner": uri,
                    "publicKeyPem": self.ledger.pems[number % KEYS],
                },
            }
        )
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + body


class Teller(asyncio.Protocol):
    """One question about the count, without ceremony."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        body = self.ledger.told()
        if data.startswith(b"GET /forget"):
            self.ledger.forget()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        self.transport.close()


async def main(folder: Path, slow: int = 0, living: int = 0) -> None:
    """Answer until SIGTERM."""
    ledger = Ledger(folder, range(living - slow, living))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = f"*.{NEIGHBOURS}"
    tls.load_cert_chain(folder / "tls" / f"{name}.pem", folder / "tls" / f"{name}.key")
    server = await loop.create_server(lambda: Peer(ledger), "127.0.0.1", 0, ssl=tls, backlog=4096)
    control = await loop.create_server(lambda: Teller(ledger), "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (server, control)]
    print(msgspec.json.encode({"tls": ports[0], "control": ports[1]}).decode(), flush=True)
    await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:])))
