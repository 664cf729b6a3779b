"""A remote server made of Fedify, a library nobody here wrote: installed once, started per test.

`ensure_installed` fills a cache folder outside the source tree; `FedifyPeer` runs one server with TLS on
loopback and drives it through its control door. Names are mapped to addresses, so nothing leaves the machine.
"""

import asyncio
import contextlib
import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import trustme

from tests.harness import npm
from tests.harness.npm import NotInstallable

SOURCES = Path(__file__).parent / "fedify"
READY_TIMEOUT_S = 30
STOP_TIMEOUT_S = 5
Json = dict[str, Any]


class PeerRefused(Exception):
    """The control door could not do what was asked; the text is the peer's own error."""


def ensure_installed(cache_dir: Path) -> Path:
    """Install the peer below `cache_dir` unless it is there, and return its folder.

    Raises NotInstallable when npm is missing, the registry does not answer, or no Node 22 is to be had;
    RuntimeError when the installation fails otherwise.
    """
    home = npm.ensure_installed(SOURCES, "fedify", cache_dir)
    node_of(home)
    return home


def node_of(home: Path) -> Path:
    """The Node 22 binary that came with the installation, or a new enough one of the system."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    packed = home / "node_modules" / f"node-linux-{machine}" / "bin" / "node"
    if packed.exists():
        return packed
    found = shutil.which("node")
    if found is not None:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        if int(version.stdout.strip().removeprefix("v").split(".")[0] or 0) >= 22:
            return Path(found)
    raise NotInstallable("no Node 22 or newer for this machine")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request the peer sent: its signature scheme (rfc9421, cavage, none) and the status it got."""

    method: str
    url: str
    scheme: str
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Deed:
    """What came of a deed: its result, the error that ended it, every request on the way."""

    result: Any
    error: str | None
    attempts: tuple[Attempt, ...]

    @property
    def posts(self) -> tuple[Attempt, ...]:
        """Only the deliveries."""
        return tuple(attempt for attempt in self.attempts if attempt.method == "POST")


class FedifyPeer:
    """One running server: `async with FedifyPeer(...) as peer`.

    `host` is its public name; it is reached at 127.0.0.1:`port`. `hosts` maps the names it may call
    to (address, port); `route` adds more later. Its certificate is signed by `authority`, which is
    also the only authority it trusts. Further `options` are those of `server.mjs` (user, name,
    actorType, rsaBits, mode, port).
    """

    def __init__(
        self,
        host: str,
        *,
        home: Path,
        authority: trustme.CA,
        hosts: Mapping[str, tuple[str, int]] | None = None,
        **options: Any,
    ) -> None:
        self.host = host
        self.port = 0
        self.actor = ""
        self._home = home
        self._authority = authority
        self._options = {"user": "ada", **options}
        self._hosts = dict(hosts or {})
        self._closing = contextlib.AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._control = ""

    @property
    def handle(self) -> str:
        return f"@{self._options['user']}@{self.host}"

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opening:
            folder = Path(opening.enter_context(tempfile.TemporaryDirectory()))
            process = await self._start(folder, opening)
            ready = await self._read_ready_line(process, folder)
            self.port, self.actor = ready["port"], ready["actor"]
            self._control = f"http://127.0.0.1:{ready['controlPort']}"
            self._session = await opening.enter_async_context(aiohttp.ClientSession())
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._closing.aclose()

    async def _start(
        self, folder: Path, opening: contextlib.AsyncExitStack
    ) -> asyncio.subprocess.Process:
        certificate = self._authority.issue_cert(self.host)
        (folder / "cert.pem").write_bytes(b"".join(c.bytes() for c in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        self._authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        options = {
            **self._options,
            "host": self.host,
            "certificate": str(folder / "cert.pem"),
            "key": str(folder / "key.pem"),
            "authority": str(folder / "authority.pem"),
            "hosts": _as_routes(self._hosts),
        }
        errors = opening.enter_context((folder / "stderr").open("wb"))
        process = await asyncio.create_subprocess_exec(
            str(node_of(self._home)),
            "server.mjs",
            json.dumps(options),
            cwd=self._home,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        opening.push_async_callback(stop, process)
        return process

    async def _read_ready_line(self, process: asyncio.subprocess.Process, folder: Path) -> Json:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), READY_TIMEOUT_S)
        if not line:
            raise PeerRefused((folder / "stderr").read_text()[-2000:])
        ready: Json = json.loads(line)
        return ready

    async def ask(self, path: str, **given: Any) -> Any:
        """Call the control door: `path` without slash, arguments as JSON. Raises PeerRefused."""
        assert self._session is not None
        given = {name: value for name, value in given.items() if value is not None}
        async with self._session.post(f"{self._control}/{path}", json=given) as answer:
            document = await answer.json()
            if answer.status != 200:
                raise PeerRefused(document["error"])
            return document

    async def do(self, path: str, **given: Any) -> Deed:
        """A deed that sends or fetches; a failure is in `Deed.error`, not raised."""
        done = await self.ask(path, **given)
        attempts = tuple(Attempt(**attempt) for attempt in done["attempts"])
        return Deed(done["result"], done["error"], attempts)

    async def route(self, host: str, port: int, address: str = "127.0.0.1") -> None:
        """From now on `https://host` leads to address:port."""
        await self.ask("hosts", **_as_routes({host: (address, port)}))

    async def mode(
        self,
        *,
        signature: str | None = None,
        understands: str | None = None,
        authorized_fetch: bool | None = None,
        skip_verification: bool | None = None,
        follows: str | None = None,
    ) -> None:
        """Change how it behaves.

        `signature`: scheme of the first try towards every host: "rfc9421", "cavage", "default".
        `understands`: answer 401 to every other scheme: "rfc9421", "cavage", "both".
        `authorized_fetch`: answer 401 to unsigned GET. `follows`: "accept", "manual", "reject".
        """
        await self.ask(
            "mode",
            signature=signature,
            understands=understands,
            authorizedFetch=authorized_fetch,
            skipVerification=skip_verification,
            follows=follows,
        )

    async def forget(self) -> None:
        """Drop cached keys, cached documents and remembered signature schemes."""
        await self.ask("forget")

    async def clear(self) -> None:
        """Be as after the start, with the same keys: nobody known, nothing received, every mode as usual."""
        await self.ask("clear")

    async def lookup(self, handle_or_uri: str) -> Deed:
        return await self.do("lookup", uri=handle_or_uri)

    async def fetch(self, uri: str, *, signed: bool = True) -> Deed:
        """GET a document; the result has `document`, `documentUrl`, `contextUrl`."""
        return await self.do("fetch", uri=uri, signed=signed)

    async def read(self, handle_or_uri: str) -> Json:
        """The properties that a program made with Fedify finds in an object, whatever the document looks like."""
        done = await self.do("read", uri=handle_or_uri)
        assert done.error is None, done.error
        found: Json = done.result
        return found

    async def follow(self, uri: str) -> Deed:
        return await self.do("follow", uri=uri)

    async def unfollow(self, uri: str) -> Deed:
        return await self.do("unfollow", uri=uri)

    async def note(self, content: str, **given: Any) -> Deed:
        """Publish a Note: `mentions` (uris), `to` (public, unlisted, followers, direct), `language`."""
        return await self.do("note", content=content, **given)

    async def reply(self, in_reply_to: str, content: str, **given: Any) -> Deed:
        return await self.do("reply", inReplyTo=in_reply_to, content=content, **given)

    async def update(self, uri: str, content: str) -> Deed:
        return await self.do("update", uri=uri, content=content)

    async def delete(self, uri: str) -> Deed:
        return await self.do("delete", uri=uri)

    async def like(self, uri: str) -> Deed:
        return await self.do("like", uri=uri)

    async def unlike(self, uri: str) -> Deed:
        return await self.do("unlike", uri=uri)

    async def boost(self, uri: str) -> Deed:
        return await self.do("boost", uri=uri)

    async def unboost(self, uri: str) -> Deed:
        return await self.do("unboost", uri=uri)

    async def react(self, uri: str, emoji: str, kind: str = "EmojiReact") -> Deed:
        return await self.do("react", uri=uri, emoji=emoji, **{"as": kind})

    async def send(self, activity: Mapping[str, Any], to: str) -> Deed:
        """Send any activity, given as JSON-LD, to the inbox of the actor `to`."""
        return await self.do("send", activity=dict(activity), to=to)

    async def post(self, inbox: str, body: str, **given: Any) -> Deed:
        """POST exactly this text, signed by this actor (`scheme`: cavage, rfc9421, none)."""
        return await self.do("post", inbox=inbox, body=body, **given)

    async def examine(self, arrival: int) -> Json:
        """Hold an earlier arrival against each kind of proof on its own, see `application.mjs`."""
        done = await self.do("examine", number=arrival)
        assert done.error is None, done.error
        verdict: Json = done.result
        return verdict

    async def received(self) -> list[Json]:
        """Every activity that passed verification, oldest first."""
        entries: list[Json] = await self.ask("received")
        return entries

    async def arrivals(self) -> list[Json]:
        """Every POST that came, whatever the answer was."""
        entries: list[Json] = await self.ask("arrivals")
        return entries

    async def state(self) -> Json:
        """Followers, following (with `accepted`) and the uris of its notes."""
        found: Json = await self.ask("state")
        return found

    async def wait(
        self, type: str | None = None, *, count: int = 1, timeout: float = 10, **given: Any
    ) -> list[Json]:
        """Wait until `count` verified activities match (`objectType`, `object`, `actor`, `since`)."""
        found = await self.ask("wait", type=type, count=count, timeout=timeout, **given)
        if not found["met"]:
            seen = [(a.get("status"), a.get("problem")) for a in await self.arrivals()]
            kinds = [entry["type"] for entry in await self.received()]
            raise AssertionError(
                f"waited for {count} {type} {given}; read {kinds}; answered {seen}"
            )
        matching: list[Json] = found["activities"]
        return matching

    async def wait_arrivals(
        self, status: int | None = None, *, count: int = 1, since: int = 0, timeout: float = 10
    ) -> list[Json]:
        """Wait until `count` POSTs were answered with `status` (with any status when None)."""
        found = await self.ask(
            "wait-arrivals", status=status, count=count, since=since, timeout=timeout
        )
        assert found["met"], f"no {count} arrivals answered {status}: {found['arrivals']}"
        matching: list[Json] = found["arrivals"]
        return matching

    async def wait_sent(self, host: str, *, count: int = 1, timeout: float = 10) -> list[Attempt]:
        """Wait until `host` took `count` deliveries of this peer, queued answers included."""
        found = await self.ask("wait-sent", host=host, count=count, timeout=timeout)
        attempts = [Attempt(**attempt) for attempt in found["attempts"]]
        assert found["met"], f"{host} did not take {count} deliveries: {attempts}"
        return attempts


def _as_routes(hosts: Mapping[str, tuple[str, int]]) -> dict[str, Json]:
    return {name: {"address": address, "port": port} for name, (address, port) in hosts.items()}


async def stop(process: asyncio.subprocess.Process) -> None:
    """Let a program end that ends when its standard input does."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
