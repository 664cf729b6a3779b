"""The setting of every measurement: our instance at `https://bench.test` and a hundred neighbours, all on loopback.

A folder holds certificates, keys and our data; `Town` starts the programs as separate processes and stops them.
Our server stands as behind a proxy that ends TLS; the neighbours speak TLS themselves.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from actors import births, follows
from actors import store as actor_store
from actors.model import ROLE_REMOTE, Actor
from fedi.config import Config, load_config
from fedi.ids import new_public_id
from fedi.localhost_tls import Certificates
from fedi.opening import open_instance
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.signatures.keys import new_rsa_private_pem
from fedi.unit import Unit
from outbox.actions.create import create

OWN_HOST = "bench.test"
BASE = f"https://{OWN_HOST}"
NEIGHBOURS = "neighbour.test"
HOSTS = 100
ACTORS_PER_HOST = 10
KEYS = 10
PATIENCE_S = 120.0

_CONFIG = """
[instance]
base_url = "{base}"
posture = "{posture}"
[server]
bind = "127.0.0.1:{port}"
trusted_proxies = ["127.0.0.1"]
requests_per_source = 0
[storage]
folder = "{folder}/data"
[network]
extra_ca_file = "{authority}"
allowed_networks = ["127.0.0.0/8"]
[inbox]
host_per_minute = 1000000
follows_per_host = 1000000
strangers_per_hour = 1000000
new_actors_per_host = 1000000
new_hosts_per_domain = 1000000
[log]
level = "warning"
"""


def neighbour(number: int, hosts: int = HOSTS) -> str:
    """The id of a neighbour: host `number % hosts`, actor `number // hosts` there."""
    return f"https://h{number % hosts}.{NEIGHBOURS}/u/{number // hosts}"


def key_file(folder: Path, number: int) -> Path:
    """Where the private key of a neighbour lies; several share one, which nobody can notice."""
    return folder / f"neighbour-{number % KEYS}.key"


@dataclass(slots=True)
class Town:
    """What a measurement needs to know and the processes it may measure."""

    folder: Path
    port: int
    actor: str = ""
    inbox: str = ""
    publication: str = ""
    remote_port: int = 0
    control_port: int = 0
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def config_file(self) -> Path:
        return self.folder / "config.toml"

    @property
    def address(self) -> str:
        """Where our server really listens."""
        return f"http://127.0.0.1:{self.port}"

    def start_remote(self, *words: str) -> subprocess.Popen[str]:
        """The neighbours, one process."""
        process = self._start("benchmarks.remote", str(self.folder), *words)
        said = json.loads(_line(process))
        self.remote_port, self.control_port = said["tls"], said["control"]
        return process

    def start_server(self, *words: str) -> subprocess.Popen[str]:
        """Our server; returns once it listens."""
        process = self._start(
            "benchmarks.instance", str(self.config_file), str(self.remote_port), *words
        )
        assert _line(process).startswith("ready")
        return process

    def start_sender(self, *words: str) -> subprocess.Popen[str]:
        """The one who sends activities; returns once everything is signed."""
        process = self._start("benchmarks.sender", str(self.folder), str(self.port), *words)
        assert _line(process) == "signed"
        return process

    def get(self, path: str) -> bytes:
        """One request to our server."""
        request = urllib.request.Request(self.address + path, headers={"Host": OWN_HOST})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def ready(self) -> dict[str, int]:
        """What our server says still waits."""
        found: dict[str, int] = json.loads(self.get("/readyz"))
        return found

    def wait_until_nothing_waits(self, name: str, poll_s: float = 0.1) -> float:
        """The moment (monotonic) at which nothing waits any more."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.ready()[name] == 0:
                return time.monotonic()
            time.sleep(poll_s)
        raise TimeoutError(f"{name} did not come to an end")

    def arrived(self, *, forget: bool = False) -> dict[str, float]:
        """What the neighbours have received."""
        path = "/forget" if forget else "/count"
        address = f"http://127.0.0.1:{self.control_port}{path}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            found: dict[str, float] = json.loads(answer.read())
        return found

    def stop(self, process: subprocess.Popen[str]) -> None:
        """Ask a process to end and wait for it."""
        self.processes.remove(process)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def _start(self, module: str, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
        self.processes.append(process)
        return process


def say(process: subprocess.Popen[str], word: str = "go") -> None:
    """One line to a process."""
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> dict[str, float]:
    """One JSON line from a process."""
    found: dict[str, float] = json.loads(_line(process))
    return found


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()}")
    return line.strip()


@contextmanager
def town(*, followers: int = 0, hosts: int = HOSTS, posture: str = "open") -> Iterator[Town]:
    """A town in a folder that is removed afterwards. `followers`: neighbours on so many hosts that follow our collective
    already.
    """
    with TemporaryDirectory(prefix="bench-") as name:
        made = Town(Path(name), _free_port())
        authority = _write_secrets(made.folder)
        made.config_file.write_text(
            _CONFIG.format(
                base=BASE, posture=posture, port=made.port, folder=name, authority=authority
            )
        )
        asyncio.run(_settle_in(made, followers, hosts))
        try:
            yield made
        finally:
            for process in list(made.processes):
                made.stop(process)


def _write_secrets(folder: Path) -> Path:
    certificates = Certificates(folder / "tls")
    certificates.issue(f"*.{NEIGHBOURS}")
    for number in range(KEYS):
        key_file(folder, number).write_bytes(new_rsa_private_pem())
    return certificates.authority_file


async def _settle_in(made: Town, followers: int, hosts: int) -> None:
    config: Config = load_config(made.config_file, os.environ)
    async with open_instance(config) as instance:
        collective = await births.add_collective(
            instance, births.NewCollective("bench", "The measured collective")
        )

        def work(unit: Unit) -> str:
            publication = compose(
                Draft("statement", {"en": DraftText("We measure", WORDS)}),
                Setting(
                    author=collective,
                    uri=unit.urls.publication("statement", new_public_id(unit.now)),
                    published_at=unit.now,
                    hashtag_url=unit.urls.hashtag,
                    mentioned={},
                ),
            )
            create(unit, collective, publication)
            for number in range(followers):
                _add_follower(unit, collective, neighbour(number, hosts), number)
            return publication.uri

        made.publication = await instance.change(work)
        made.actor, made.inbox = collective.uri, collective.inbox


def _add_follower(unit: Unit, collective: Actor, uri: str, number: int) -> None:
    actor = Actor(
        uri=uri,
        host=uri.split("/")[2],
        role=ROLE_REMOTE,
        type="Person",
        username=f"u{number}",
        name=f"Neighbour {number}",
        summary="",
        inbox=f"{uri}/inbox",
        fetched_at=unit.now,
    )
    actor_store.save(unit, actor)
    follows.ask(unit, uri, collective.uri, f"{uri}/follow")
    follows.decide(unit, uri, collective.uri, follows.ACCEPTED)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


WORDS = """What is counted here is time, so that nobody who answers a call has to wait for us.

* One paragraph in a few words.
* Another one with a [link](https://example.org/) and a #measure.

The rest is as long as statements are when a handful of people write them in an evening: it says who speaks, what was
seen, what is asked, of whom and until when, and where one can come to talk about it. It thanks those who helped. It
ends with a date and a place, and with the names of those who sign.
"""
