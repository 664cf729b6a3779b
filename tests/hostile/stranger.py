"""A remote server of which a test decides everything: its documents, its keys, its answers, the bytes it sends."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from aiohttp import web

from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import SigningKey, new_rsa_private_pem, public_pem, read_private_pem
from fedi.signatures.rfc9421 import sign_rfc9421
from fedi.vocab.terms import PUBLIC
from tests.harness.world import TABLES, World

AS2 = "application/activity+json"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]

Document = dict[str, Any]


@cache
def rsa(number: int) -> Any:
    """A few private keys, made once for the whole run."""
    return read_private_pem(new_rsa_private_pem())


@dataclass(slots=True)
class Post:
    """A request with a body that the stranger received."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Document:
        found: Document = json.loads(self.body)
        return found


@dataclass(slots=True)
class Heard:
    """What the server under test answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Person:
    """An actor of the stranger, with the key it signs with."""

    uri: str
    key: SigningKey

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    @property
    def featured(self) -> str:
        return f"{self.uri}/featured"

    def document(self, **members: Any) -> Document:
        origin, _, name = self.uri.rpartition("/")
        return {
            "@context": CONTEXT,
            "id": self.uri,
            "type": "Person",
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "featured": self.featured,
            "endpoints": {"sharedInbox": f"{origin}/inbox"},
            "publicKey": {
                "id": self.key.key_id,
                "owner": self.uri,
                "publicKeyPem": public_pem(self.key.private),
            },
            **members,
        }


@dataclass(slots=True)
class Stranger:
    """Listens on loopback under `host`. `pages`: path → what a GET gives; `answer`: what a POST is answered."""

    host: str
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answer: Callable[[Post], tuple[int, dict[str, str]]] = lambda _post: (202, {})
    hold: asyncio.Event | None = None
    hold_pages: asyncio.Event | None = None

    def url(self, path: str) -> str:
        return f"https://{self.host}{path}"

    def show(self, uri: str, document: object, media_type: str = AS2) -> None:
        """Serve a document at its address."""
        body = json.dumps(document, ensure_ascii=False).encode()
        self.pages[_path(uri)] = (200, {"content-type": media_type}, body)

    def redirect(self, uri: str, target: str) -> None:
        self.pages[_path(uri)] = (302, {"location": target}, b"")

    def person(self, name: str, key: int = 0, **members: Any) -> Person:
        """An actor with its document in place."""
        uri = self.url(f"/{name}")
        person = Person(uri, SigningKey(f"{uri}#main-key", rsa(key)))
        self.show(uri, person.document(**members))
        return person

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            post = Post(request.path, dict(request.headers), await request.read())
            self.posts.append(post)
            if self.hold is not None:
                await self.hold.wait()
            status, headers = self.answer(post)
            return web.Response(status=status, headers=headers)
        self.asked.append(request.path)
        if self.hold_pages is not None:
            await self.hold_pages.wait()
        status, headers, body = self.pages.get(request.path, (404, {}, b""))
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def stranger(made: World, host: str) -> AsyncIterator[Stranger]:
    """A stranger that the instances of the world can reach under this name."""
    there = Stranger(host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.authority.issue_cert(host).configure_cert(context)
    runner = web.ServerRunner(web.Server(there.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.wire.ports[host] = runner.addresses[0][1]
    try:
        yield there
    finally:
        await runner.cleanup()


@asynccontextmanager
async def in_one_place(made: World, names: Sequence[str]) -> AsyncIterator[dict[str, Stranger]]:
    """Many hosts behind one listener, as with a hoster of many small servers."""
    hosts = {name: Stranger(name) for name in names}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.authority.issue_cert(*names).configure_cert(context)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await hosts[request.host].handle(request)

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    made.wire.ports.update(dict.fromkeys(names, runner.addresses[0][1]))
    try:
        yield hosts
    finally:
        await runner.cleanup()


def say(
    speaker: Person, kind: str, subject: object, number: object = 1, **members: Any
) -> Document:
    """An activity as an honest server would send it."""
    return {
        "@context": CONTEXT,
        "id": f"{speaker.uri}/activities/{kind.lower()}-{number}",
        "type": kind,
        "actor": speaker.uri,
        "object": subject,
        "to": [PUBLIC],
        "cc": [speaker.followers],
        **members,
    }


def a_note_of(
    speaker: Person, number: object, content: str = "<p>words</p>", **members: Any
) -> Document:
    """An object as an honest server would send it."""
    return {
        "id": f"{speaker.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": speaker.uri,
        "content": content,
        "published": "2026-01-01T00:00:00Z",
        "to": [PUBLIC],
        "cc": [speaker.followers],
        **members,
    }


def headers_for(
    key: SigningKey, url: str, body: bytes, now: datetime, *, scheme: str = "cavage"
) -> list[tuple[str, str]]:
    """The headers of an honest POST, in the order they are written."""
    sign = sign_cavage if scheme == "cavage" else sign_rfc9421
    made = sign("POST", url, body, key, now, content_type=AS2)
    found = {name.lower(): value for name, value in made.items()}
    host = url.split("/")[2]
    found |= {"host": host, "content-type": AS2}
    return list(found.items())


async def send_raw(
    made: World,
    host: str,
    path: str,
    headers: list[tuple[str, str]],
    body: bytes,
    method: str = "POST",
) -> Heard:
    """Exactly these header lines and bytes, over TLS, to an instance of the world."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if method == "POST" and not any(name == "content-length" for name, _ in headers):
        lines.append(f"content-length: {len(body)}")
    raw = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    return await exchange(made, host, raw, has_body=method != "HEAD")


async def exchange(made: World, host: str, raw: bytes, *, has_body: bool = True) -> Heard:
    """Bytes out, one answer in. The connection is kept for the next while the server keeps it."""
    way = (id(made), made.wire.ports[host])
    answer = b""
    for is_fresh in (False, True):
        if is_fresh or way not in _open:
            _open[way] = await _connect(made, host)
        reader, writer = _open[way]
        try:
            writer.write(raw)
            await writer.drain()
            answer = await _whole_answer(reader, has_body)
        except (ConnectionError, ssl.SSLError):
            answer = b""
        if answer:
            break
    heard = _heard(answer)
    if heard.headers.get("connection") == "close" or not answer:
        _open.pop(way)[1].transport.abort()
    return heard


async def exchange_alone(made: World, host: str, raw: bytes, source: str) -> Heard:
    """The same over a connection of its own, from this address of the loopback, as one of many."""
    reader, writer = await _connect(made, host, source)
    try:
        writer.write(raw)
        await writer.drain()
        return _heard(await _whole_answer(reader, has_body=True))
    finally:
        writer.transport.abort()


def _heard(answer: bytes) -> Heard:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    heard = Heard(int(first.split(" ")[1]) if first else 0, {}, body)
    for name, _, value in fields:
        earlier = heard.headers.get("set-cookie") if name.lower() == "set-cookie" else None
        heard.headers[name.lower()] = f"{earlier}\n{value.strip()}" if earlier else value.strip()
    return heard


async def _connect(
    made: World, host: str, source: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1",
        made.wire.ports[host],
        ssl=_trusting(made),
        server_hostname=host,
        local_addr=(source, 0) if source else None,
    )
    made._stack.callback(writer.transport.abort)
    return reader, writer


async def _whole_answer(reader: asyncio.StreamReader, has_body: bool) -> bytes:
    """One answer; of one without a length, whatever comes until the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as problem:
        return problem.partial
    if not has_body or b" 304 " in head[:20]:
        return head
    length = re.search(rb"content-length: *(\d+)", head.lower())
    if length:
        return head + await reader.readexactly(int(length[1]))
    return head + await reader.read()


_open: dict[tuple[int, int], tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
_contexts: dict[int, ssl.SSLContext] = {}


def _trusting(made: World) -> ssl.SSLContext:
    context = _contexts.get(id(made.authority))
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.authority.configure_trust(context)
        _contexts[id(made.authority)] = context
    return context


async def deliver(
    made: World,
    host: str,
    key: SigningKey,
    activity: object,
    path: str = "/inbox",
    *,
    scheme: str = "cavage",
) -> Heard:
    """Post an activity to an instance as an honest server would."""
    body = json.dumps(activity, ensure_ascii=False).encode()
    headers = headers_for(key, f"https://{host}{path}", body, made.clock.now(), scheme=scheme)
    return await send_raw(made, host, path, headers, body)


async def everything(made: World, host: str) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table of an instance, for asserting exactly what changed."""

    def look(rx: Any) -> dict[str, set[tuple[Any, ...]]]:
        tables = rx.all(TABLES[made[host].db.dialect])
        return {name: set(rx.all(f"SELECT * FROM {name}")) for (name,) in tables}

    return await made[host].look(look)


def changed(before: dict[str, set[Any]], after: dict[str, set[Any]]) -> dict[str, list[Any]]:
    """The rows that are new or different, by table; rows that went away are listed too."""
    return {
        name: sorted(after[name] ^ before[name], key=repr)
        for name in before
        if after[name] != before[name]
    }


def _path(uri: str) -> str:
    return "/" + uri.split("/", 3)[3]
