"""An object store that nobody here wrote (s3rver), on loopback: installed once, started by the first who asks in this
process, ended with it. Who asks gets a prefix of their own, and a door in front of the store that can be shut.

It knows which keys there are, but takes any signature with a key that it knows.
"""

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

import pytest

from tests.harness import npm
from tests.harness.npm import NotInstallable

SOURCES = Path(__file__).parent
CACHE = npm.CACHE / "peers"
BUCKET = "pictures"
KEY = "S3RVER"
PIECE = 65536


@dataclass(slots=True)
class Store:
    """A running store."""

    port: int
    folder: Path
    server: "subprocess.Popen[str]"
    numbers: Iterator[int] = field(default_factory=count)

    def end(self) -> None:
        self.server.kill()
        self.server.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@lru_cache(maxsize=1)
def _store() -> Store | str:
    node = shutil.which("node")
    try:
        home = npm.ensure_installed(SOURCES, "objects", CACHE)
    except NotInstallable as problem:
        return f"no object store is to be had: {problem}"
    if node is None:
        return "no object store is to be had: node is not installed"
    folder = Path(tempfile.mkdtemp(prefix="mujawara-s3-"))
    server = subprocess.Popen(
        [node, "--openssl-legacy-provider", str(home / "serve.mjs"), str(folder), BUCKET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    line = server.stdout.readline().strip()
    if not line.isdecimal():
        raise RuntimeError(f"the object store did not start: {line!r}")
    return Store(int(line), folder, server)


def end() -> None:
    """The run is over."""
    if _store.cache_info().currsize and isinstance(made := _store(), Store):
        made.end()


class Door:
    """Passes connections on to the store. Shut, it refuses them; hanging, it takes them and says nothing."""

    def __init__(self, port_behind: int) -> None:
        self._behind = port_behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.is_shut = self.hangs = False
        self.passed = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def shut(self, *, hangs: bool = False) -> None:
        """From now on nobody comes through, nor does what is under way."""
        self.is_shut, self.hangs = True, hangs
        self._drop()

    def open(self) -> None:
        self.is_shut = self.hangs = False
        self._drop()

    def close(self) -> None:
        self.is_shut = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop()
        self._thread.join(10)

    def _drop(self) -> None:
        while self._open:
            each = self._open.pop()
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _take(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            if self.is_shut and not self.hangs:
                visitor.close()
                continue
            self._open.append(visitor)
            if self.hangs:
                continue
            self.passed += 1
            behind = socket.create_connection(("127.0.0.1", self._behind))
            self._open.append(behind)
            for one, other in ((visitor, behind), (behind, visitor)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(PIECE):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the bucket that belongs to one test, and the settings that name it."""

    door: Door
    prefix: str
    key_file: Path

    def settings(self, **other: object) -> str:
        """As TOML. `other`: what is to be different."""
        values = {
            "name": BUCKET,
            "endpoint": f"http://127.0.0.1:{self.door.port}",
            "prefix": self.prefix,
            "key_id": KEY,
            "key_file": str(self.key_file),
            "timeout_s": 5.0,
            **other,
        }
        lines = [
            f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
            for name, value in values.items()
        ]
        return "\n".join(["[bucket]", *lines]) + "\n"


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """A place in the store; skips, saying why, when there is no store. `folder`: for the file with the key."""
    store = _store()
    if isinstance(store, str):
        pytest.skip(store)
    key_file = folder / "bucket-key"
    key_file.write_text(f"{KEY}\n")
    key_file.chmod(0o600)
    door = Door(store.port)
    try:
        yield Place(door, f"test-{next(store.numbers)}", key_file)
    finally:
        door.close()
