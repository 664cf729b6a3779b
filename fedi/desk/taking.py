"""Everything a collective takes along: one zip, made while it is sent, of which only a portion is in memory at any moment.

The layout is that of Mastodon's archive (`actor.json`, `outbox.json`, `likes.json`, `bookmarks.json`, media) with the lists that Mastodon
gives as separate CSV files beside it. No private key, no session, no password and nothing of any person is in it.
"""

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from actors import blocks, circles, followed_tags, follows, keys
from actors import store as actor_store
from actors.documents import build_actor
from actors.model import Actor
from fedi.clock import iso
from fedi.db.engine import Reader
from fedi.desk.order import Order, Result
from fedi.desk.speaker import load_speaker
from fedi.errors import Conflict, Invalid, NotFound
from fedi.i18n.catalog import LANGUAGES, translator
from fedi.instance import Instance
from fedi.media import store as media_store
from fedi.media.places import aside
from fedi.moderation import blocklists
from fedi.publications import featured, store
from fedi.publications.activitystreams import build_object
from fedi.publications.model import Publication
from fedi.vocab.terms import CONTEXT

PORTION: Final = 100
CHUNK_BYTES: Final = 256 * 1024
_ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
# Spreadsheets take what begins like this for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class WriteOrder(Order, frozen=True, kw_only=True):
    """Everything of a collective into a new file. `with_hosts`: also the hosts that the whole instance shuts out."""

    path: str
    actor: str = ""
    with_hosts: bool = True


class Written(Result, frozen=True, kw_only=True):
    """Where it is, and how large."""

    path: str
    size_bytes: int


class _Sink(io.RawIOBase):
    """Where the archive is written to and taken from in pieces; it cannot go back, so the archive does not try."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since it was asked last."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def write_file(instance: Instance, order: WriteOrder) -> Written:
    """The archive as a file that only this user reads. Raises NotFound, Conflict when the file is there, Invalid."""
    path = Path(order.path)
    if not path.is_absolute() or "\x00" in order.path:
        raise Invalid("taking.path", field="path")
    actor = await instance.look(lambda rx: load_speaker(rx, order.actor))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = await asyncio.to_thread(os.open, path, flags, 0o600)
    except FileExistsError as problem:
        raise Conflict("taking.exists", path=str(path)) from problem
    except OSError as problem:
        raise Invalid("taking.path", detail=problem.strerror or "", field="path") from problem
    size = 0
    with os.fdopen(descriptor, "wb") as file:
        async for piece in archive_of(instance, actor, with_hosts=order.with_hosts):
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
    return Written(path=str(path), size_bytes=size)


async def archive_of(instance: Instance, actor: Actor, *, with_hosts: bool) -> AsyncIterator[bytes]:
    """The pieces of the archive in their order."""
    sink = _Sink()
    now = instance.clock.now()
    stamp = now.timetuple()[:6]
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        named = _named(stamp)
        archive.writestr(named("README.txt"), _readme(instance, actor))
        listed = await instance.look(lambda rx: keys.list_keys(rx, actor.uri))
        document = build_actor(actor, listed, instance.urls.server_actor())
        archive.writestr(named("actor.json"), msgspec.json.format(msgspec.json.encode(document)))
        yield sink.take()
        with archive.open(named("outbox.json"), "w", force_zip64=True) as file:
            async for piece in _outbox(instance, actor):
                await asyncio.to_thread(file.write, piece)
                yield sink.take()
        for name, make in _lists(actor, with_hosts=with_hosts):
            with archive.open(named(name), "w", force_zip64=True) as file:
                async for piece in make(instance):
                    await asyncio.to_thread(file.write, piece)
                    yield sink.take()
        async for key in _media_keys(instance, actor):
            info = named(f"media_attachments/files/{key}")
            # pictures do not become smaller
            info.compress_type = ZIP_STORED
            try:
                picture = await aside(instance.media.open, key)
            except NotFound:
                continue
            with picture, archive.open(info, "w", force_zip64=True) as file:
                while piece := await aside(picture.read, CHUNK_BYTES):
                    file.write(piece)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def activity_of(publication: Publication) -> dict[str, Any]:
    """What was said, as the activity that said it."""
    return {
        "id": f"{publication.uri}#create",
        "type": "Create",
        "actor": publication.author,
        "published": iso(publication.published_at),
        "to": list(publication.to),
        "cc": list(publication.cc),
        "object": build_object(publication),
    }


def _named(stamp: tuple[int, ...]) -> Callable[[str], ZipInfo]:
    def info(name: str) -> ZipInfo:
        made = ZipInfo(name, stamp)  # type: ignore[arg-type]
        made.compress_type = ZIP_DEFLATED
        made.external_attr = 0o600 << 16
        return made

    return info


def _readme(instance: Instance, actor: Actor) -> bytes:
    parts = []
    for language in LANGUAGES:
        t = translator(language)
        parts.append(t("taking.readme", handle=actor.handle, day=iso(instance.clock.now())[:10]))
    return ("\n\n".join(parts) + "\n").encode()


async def _outbox(instance: Instance, actor: Actor) -> AsyncIterator[bytes]:
    """Everything the collective published, also what was for few, the oldest first."""
    head = msgspec.json.encode(
        {"@context": CONTEXT, "id": "outbox.json", "type": "OrderedCollection"}
    )
    yield head[:-1] + b',"orderedItems":['
    after, count = (-(2**62), 0), 0
    while True:
        found = await instance.look(
            partial(store.list_by_author, author_uri=actor.uri, after=after, most=PORTION)
        )
        if not found:
            break
        items = [msgspec.json.encode(activity_of(each)) for _, each in found]
        yield (b"," if count else b"") + b",\n".join(items)
        after, count = found[-1][0], count + len(found)
    yield b'],"totalItems":%d}' % count


Make = Callable[[Instance], AsyncIterator[bytes]]
Page = Callable[[Reader, str], Sequence[str]]


def _lists(actor: Actor, *, with_hosts: bool) -> Iterator[tuple[str, Make]]:
    """Every list: as a collection of ids, and as the CSV that Mastodon reads."""
    followers = _paged(lambda rx, at: follows.list_followers_after(rx, actor.uri, at, PORTION))
    following = _paged(lambda rx, at: follows.list_following_after(rx, actor.uri, at, PORTION))
    shut_out = _once(lambda rx: [uri for uri, _ in blocks.list_targets(rx, actor.uri)])
    liked = _paged(lambda rx, at: _reacted(rx, actor.uri, at))
    saved = _paged(lambda rx, at: _saved(rx, actor.uri, at))
    pinned = _once(lambda rx: featured.list_uris(rx, actor.uri))
    for name, uris in (
        ("followers", followers),
        ("following", following),
        ("blocked", shut_out),
        ("likes", liked),
        ("bookmarks", saved),
        ("featured", pinned),
    ):
        yield f"{name}.json", _collection(f"{name}.json", uris)
    follow_row = ("true", "false", "")
    yield (
        "following_accounts.csv",
        _accounts(
            following, "Account address,Show boosts,Notify on new posts,Languages", follow_row
        ),
    )
    yield "followers.csv", _accounts(followers, "Account address", ())
    yield "blocked_accounts.csv", _accounts(shut_out, "", ())
    yield "bookmarks.csv", _plain(saved)
    yield "lists.csv", _circles(actor)
    yield "followed_tags.csv", _plain(_once(lambda rx: _tags(rx, actor.uri)))
    if with_hosts:
        yield "blocked_domains.csv", _hosts


Uris = Callable[[Instance], AsyncIterator[Sequence[str]]]


def _tags(rx: Reader, actor_uri: str) -> list[str]:
    return [each.label for each in followed_tags.list_of(rx, actor_uri)]


def _paged(page: Page) -> Uris:
    async def portions(instance: Instance) -> AsyncIterator[Sequence[str]]:
        after = ""
        while found := await instance.look(_from(page, after)):
            yield found
            after = found[-1]

    return portions


def _from(page: Page, after: str) -> Callable[[Reader], Sequence[str]]:
    """One portion of a list."""
    return lambda rx: page(rx, after)


def _once(read: Callable[[Reader], Sequence[str]]) -> Uris:
    async def portions(instance: Instance) -> AsyncIterator[Sequence[str]]:
        found = await instance.look(read)
        for start in range(0, len(found), PORTION):
            yield found[start : start + PORTION]

    return portions


def _collection(name: str, uris: Uris) -> Make:
    async def make(instance: Instance) -> AsyncIterator[bytes]:
        head = {"@context": _ACTIVITYSTREAMS, "id": name, "type": "OrderedCollection"}
        yield msgspec.json.encode(head)[:-1] + b',"orderedItems":['
        count = 0
        async for found in uris(instance):
            items = b",\n".join(msgspec.json.encode(each) for each in found)
            yield (b"," if count else b"") + items
            count += len(found)
        yield b'],"totalItems":%d}' % count

    return make


def _accounts(uris: Uris, head: str, more: tuple[str, ...]) -> Make:
    async def make(instance: Instance) -> AsyncIterator[bytes]:
        yield f"{head}\n".encode() if head else b""
        async for found in uris(instance):
            known = await instance.look(partial(actor_store.list_by_uri, uris=found))
            handles = [known[uri].handle.removeprefix("@") for uri in found if uri in known]
            yield _csv((each, *more) for each in handles)

    return make


def _plain(uris: Uris) -> Make:
    async def make(instance: Instance) -> AsyncIterator[bytes]:
        async for found in uris(instance):
            yield _csv((each,) for each in found)

    return make


def _circles(actor: Actor) -> Make:
    async def make(instance: Instance) -> AsyncIterator[bytes]:
        for circle in await instance.look(lambda rx: circles.list_of(rx, actor.uri)):

            def look(rx: Reader, circle_id: int = circle.id) -> list[str]:
                members = circles.list_members(rx, circle_id)
                known = actor_store.list_by_uri(rx, members)
                return [known[uri].handle.removeprefix("@") for uri in members if uri in known]

            handles = await instance.look(look)
            name = circle.name
            yield _csv([(name, handle) for handle in handles])

    return make


async def _hosts(instance: Instance) -> AsyncIterator[bytes]:
    """The instance's own list in the form in which a person gives theirs: one host on each line."""
    found = await instance.look(blocklists.list_in_force)
    yield _csv((each.host,) for each in found if each.wish == "block")


async def _media_keys(instance: Instance, actor: Actor) -> AsyncIterator[str]:
    after = ""
    while found := await instance.look(
        partial(media_store.list_keys_after, owner_uri=actor.uri, after=after, most=PORTION)
    ):
        for key in found:
            yield key
        after = found[-1]


def _reacted(rx: Reader, actor_uri: str, after: str) -> Sequence[str]:
    rows = rx.all(
        "SELECT object_uri FROM reaction WHERE actor_uri = ? AND kind = 'like' AND object_uri > ? "
        "ORDER BY object_uri LIMIT ?",
        actor_uri,
        after,
        PORTION,
    )
    return [str(row[0]) for row in rows]


def _saved(rx: Reader, actor_uri: str, after: str) -> Sequence[str]:
    rows = rx.all(
        "SELECT p.uri FROM saved s JOIN publication p ON p.id = s.publication_id WHERE s.actor_uri = ? AND p.uri > ? "
        "ORDER BY p.uri LIMIT ?",
        actor_uri,
        after,
        PORTION,
    )
    return [str(row[0]) for row in rows]


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([cell(each) for each in row] for row in rows)
    return written.getvalue().encode()
