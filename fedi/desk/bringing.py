"""What a collective brings from elsewhere: follows and blocks out of an archive or of Mastodon's CSV files.

Nothing happens while a file is read: it comes back as lists for a person to look at. What they start is done slowly, one account after
another, also over a restart. Hosts to shut out become drafts of a block list, which the stewards of the instance decide about.
"""

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - as the library spells it

from actors import blocks, follows, webfinger
from actors import store as actor_store
from actors.model import Actor
from fedi import chores
from fedi.canonical import canonical
from fedi.clock import iso
from fedi.desk import blocklists
from fedi.desk.blocklists import ImportOrder
from fedi.desk.order import Order, Result
from fedi.desk.speaker import find_or_fetch, load_speaker
from fedi.errors import Invalid, TooLarge
from fedi.instance import Instance
from fedi.moderation.listed_hosts import host_name
from fedi.unit import Unit
from outbox.actions.block import block as send_block
from outbox.actions.follow import follow as send_follow

FILE_BYTES_MAX: Final = 128 * 1024 * 1024
ENTRIES_MAX: Final = 200_000
LIST_BYTES_MAX: Final = 4 * 1024 * 1024
ROWS_MAX: Final = 20_000
AT_ONCE_MAX: Final = 2_000
# One account every so often: nobody is flooded, and other chores have their turn.
STEP: Final = timedelta(seconds=10)
_ZIP: Final = b"PK"
_FOLLOWS: Final = frozenset({"following_accounts.csv", "following.csv"})
_BLOCKS: Final = frozenset({"blocked_accounts.csv", "blocks.csv"})
_HOSTS: Final = frozenset({"blocked_domains.csv", "domain_blocks.csv"})
_HEADS: Final = frozenset({"account address", "account", "#domain", "domain"})


class ReadOrder(Order, frozen=True, kw_only=True):
    """A file: an archive, or a CSV of this kind (follows, blocks, hosts); without one its name or first line says it."""

    content: bytes
    name: str = ""
    kind: str = ""


class Brought(Result, frozen=True, kw_only=True):
    """What is in it: accounts to follow and to shut out, hosts to shut out; rows that make no sense."""

    follows: list[str]
    blocks: list[str]
    hosts: list[str]
    unreadable: int


class StartOrder(Order, frozen=True, kw_only=True):
    """What is really to be done, for this collective. `with_hosts`: whether hosts may be proposed."""

    actor: str = ""
    follows: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    with_hosts: bool = True


class Started(Result, frozen=True, kw_only=True):
    """How many follows and blocks will be done, how many were left for another time, how many hosts became drafts."""

    follows: int
    blocks: int
    left: int
    drafts: int


class ActorOrder(Order, frozen=True, kw_only=True):
    """A collective."""

    actor: str = ""


class Stopped(Result, frozen=True, kw_only=True):
    """How much will not be done."""

    count: int


@dataclass(slots=True)
class _Found:
    follows: dict[str, None] = field(default_factory=dict)
    blocks: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    unreadable: int = 0


async def read(_instance: Instance, order: ReadOrder) -> Brought:
    """What a file holds. Raises Invalid, TooLarge; changes nothing."""
    if len(order.content) > FILE_BYTES_MAX:
        raise TooLarge("bringing.too_large", field="file")
    found = await asyncio.to_thread(_read, order)
    return Brought(
        follows=list(found.follows),
        blocks=list(found.blocks),
        hosts=list(found.hosts),
        unreadable=found.unreadable,
    )


async def start(instance: Instance, order: StartOrder) -> Started:
    """Have it done, little by little. Raises NotFound for an unknown collective, Invalid."""
    wanted_follows = list(dict.fromkeys(_handle(each) for each in order.follows))
    wanted_blocks = list(dict.fromkeys(_handle(each) for each in order.blocks))
    drafts = 0
    if order.hosts and order.with_hosts:
        content = "\n".join(order.hosts).encode()
        name = f"import {iso(instance.clock.now())[:10]}"
        imported = await blocklists.import_list(instance, ImportOrder(content=content, source=name))
        drafts = imported.drafts

    def work(unit: Unit) -> Started:
        ours = load_speaker(unit.tx, order.actor)
        room = min(AT_ONCE_MAX, chores.room(unit.tx))
        listed = [
            *((chores.BLOCK, each) for each in wanted_blocks),
            *((chores.FOLLOW, each) for each in wanted_follows),
        ]
        wanted = [each for each in listed if not _is_done(unit, ours, *each)]
        for number, (kind, handle) in enumerate(wanted[:room]):
            chores.add(unit, kind, f"{ours.uri} {handle}", after=STEP * number)
        taken = [kind for kind, _ in wanted[:room]]
        return Started(
            follows=taken.count(chores.FOLLOW),
            blocks=taken.count(chores.BLOCK),
            left=len(wanted) - len(taken),
            drafts=drafts,
        )

    return await instance.change(work)


async def stop(instance: Instance, order: ActorOrder) -> Stopped:
    """What was not done yet is not done. Raises NotFound."""

    def work(unit: Unit) -> Stopped:
        ours = load_speaker(unit.tx, order.actor)
        kinds = (chores.FOLLOW, chores.BLOCK)
        return Stopped(count=sum(chores.forget_for(unit, kind, ours.uri) for kind in kinds))

    return await instance.change(work)


async def follow_later(instance: Instance, subject: str) -> int:
    """A chore: ask to follow somebody, unless that was done meanwhile. Raises FediError like `find_or_fetch`."""
    actor_uri, _, handle = subject.partition(" ")
    target = await find_or_fetch(instance, handle)

    def work(unit: Unit) -> int:
        ours = _still_here(unit, actor_uri)
        if ours is None or follows.find(unit.tx, ours.uri, target.uri) is not None:
            return 0
        send_follow(unit, ours, target)
        return 1

    return await instance.change(work)


async def block_later(instance: Instance, subject: str) -> int:
    """A chore: shut somebody out for one collective."""
    actor_uri, _, handle = subject.partition(" ")
    target = await find_or_fetch(instance, handle)

    def work(unit: Unit) -> int:
        ours = _still_here(unit, actor_uri)
        if ours is None or target.is_local:
            return 0
        return int(send_block(unit, ours, target.uri))

    return await instance.change(work)


def _still_here(unit: Unit, actor_uri: str) -> Actor | None:
    found = actor_store.find(unit.tx, actor_uri)
    return found if found is not None and found.deleted_at is None else None


def _handle(text: str) -> str:
    """The account of a line: a handle, or the address of somebody whose handle nobody confirmed."""
    if text.startswith(("https://", "http://")):
        return canonical(text)
    username, host = webfinger.split_handle(text)
    return f"@{username}@{host}"


def _read(order: ReadOrder) -> _Found:
    found = _Found()
    if order.content.startswith(_ZIP):
        _read_archive(order.content, found)
        return found
    kind = order.kind or _kind_of(order.name)
    if kind not in ("follows", "blocks", "hosts"):
        raise Invalid("bringing.which", field="kind")
    _read_list(order.content, kind, found)
    return found


def _is_done(unit: Unit, ours: Actor, kind: str, handle: str) -> bool:
    """Whether somebody known is followed, or shut out, already: then bringing a list again goes on where it was."""
    known = (
        actor_store.find(unit.tx, handle)
        if "://" in handle
        else actor_store.find_by_handle(unit.tx, *webfinger.split_handle(handle))
    )
    if known is None:
        return False
    if kind == chores.FOLLOW:
        return follows.find(unit.tx, ours.uri, known.uri) is not None
    return blocks.is_blocked_by(unit.tx, ours.uri, known.uri)


def _kind_of(name: str) -> str:
    bare = PurePosixPath(name.lower()).name
    for kind, names in (("follows", _FOLLOWS), ("blocks", _BLOCKS), ("hosts", _HOSTS)):
        if bare in names:
            return kind
    return ""


def _read_archive(content: bytes, found: _Found) -> None:
    """Only the lists in it are opened, each within bounds, and nothing is ever written to the disk."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > ENTRIES_MAX:
                raise TooLarge("bringing.too_many", field="file")
            for entry in entries:
                _check_name(entry)
            wanted = [(entry, kind) for entry in entries if (kind := _kind_of(entry.filename))]
            if not wanted:
                raise Invalid("bringing.no_lists", field="file")
            for entry, kind in wanted:
                _read_list(_bounded(archive, entry), kind, found)
    except (
        BadZipFile,
        ZlibError,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ) as problem:
        # an encrypted entry is a RuntimeError, an unknown compression a NotImplementedError
        raise Invalid("bringing.damaged", field="file") from problem


def _check_name(entry: ZipInfo) -> None:
    """A name that would lead out of the archive is an attack, not a mistake."""
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name.partition("/")[0]:
        raise Invalid("bringing.outside", field="file")


def _bounded(archive: ZipFile, entry: ZipInfo) -> bytes:
    with archive.open(entry) as file:
        content = file.read(LIST_BYTES_MAX + 1)
    if len(content) > LIST_BYTES_MAX:
        raise TooLarge("bringing.list_large", field="file")
    return content


def _read_list(content: bytes, kind: str, found: _Found) -> None:
    if len(content) > LIST_BYTES_MAX:
        raise TooLarge("bringing.list_large", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("bringing.not_text", field="file") from problem
    for number, first in enumerate(_first_cells(text)):
        if number >= ROWS_MAX:
            raise TooLarge("bringing.list_large", field="file")
        if not first or first.lower() in _HEADS:
            continue
        if kind == "hosts":
            host = host_name(first)
            found.unreadable += host is None
            if host is not None:
                found.hosts[host] = None
        else:
            _take_account(first, found.follows if kind == "follows" else found.blocks, found)


def _take_account(text: str, into: dict[str, None], found: _Found) -> None:
    try:
        into[_handle(text.removeprefix("'"))] = None
    except Invalid:
        found.unreadable += 1


def _first_cells(text: str) -> Iterator[str]:
    if "\x00" in text:
        raise Invalid("bringing.not_text", field="file")
    try:
        rows: Sequence[Sequence[str]] = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as problem:
        raise Invalid("bringing.not_csv", field="file") from problem
    for row in rows:
        yield row[0].strip() if row else ""
