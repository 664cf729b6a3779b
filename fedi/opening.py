"""Opening an instance: folder, lock, secret, database, tables, keys. Everything that can be wrong is said here, once."""

import fcntl
import logging
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from actors import births, blocks, webfinger
from fedi import chores, secret, settings
from fedi.cache import DocumentCache
from fedi.clock import CLOCKS_APART_S, Clock, SystemClock, to_ms
from fedi.company import Company
from fedi.config import Config
from fedi.db.engine import Database, Reader
from fedi.db.migrate import is_current, migrate
from fedi.db.sqlite import open_sqlite
from fedi.db.watch import Watch
from fedi.errors import Conflict, SetupError
from fedi.http.accounts import AccountedTransport, Accounts
from fedi.http.client import FederationClient
from fedi.http.schemes import CAVAGE, RFC9421, SchemeMemory
from fedi.http.transport import Resolve, Transport, TransportOnDemand
from fedi.ids import ahead_of, go_ahead, rise_above
from fedi.instance import Instance
from fedi.keyring import Keyring
from fedi.media.places import MEDIA, aside, check_place, open_members, open_place
from fedi.metrics import Metrics
from fedi.signatures.keys import new_pair
from fedi.unit import Unit
from fedi.urls import Urls
from fedi.wake import Wake
from inbox import store as inbox_store
from outbox import hosts
from outbox import store as outbox_store
from outbox.own_key import OwnKey

log = logging.getLogger("fedi.opening")

DATABASE = "fedi.sqlite3"
LOCK = "lock"
# Held while a backup is made: nobody exchanges the secret meanwhile.
BACKUP_LOCK = "backup.lock"
CONTROL = "control.sock"
# In a data folder while a backup is being restored into it.
RESTORING = "restoring"


class FolderInUse(SetupError):
    """Another process has this data folder open."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a test may put in the place of the world: the clock, chance, the way to others, names of hosts, new keys."""

    clock: Clock | None = None
    chance: Callable[[], float] | None = None
    transport: Transport | None = None
    resolver: Resolve | None = None
    new_keys: Callable[[], tuple[bytes, bytes]] | None = None


@asynccontextmanager
async def open_instance(
    config: Config,
    outside: Outside | None = None,
    *,
    is_shared: bool = False,
    wants_duty: bool = False,
) -> AsyncIterator[Instance]:
    """An open instance, alone in its data folder. Creates what is missing; closes everything at the end.

    `is_shared`: other processes have the same database open, here or on other machines; what is there has to be made by
    one that is alone. `wants_duty`: do what one of them does for all when nobody else does.

    Raises SetupError with what to do about it; FolderInUse when another process has the folder.
    """
    outside = outside or Outside()
    if is_shared and not config.database.url:
        raise SetupError("database.file_is_not_shared")
    folder = _prepare_folder(config.data_folder)
    lock = lock_folder(folder, is_shared=is_shared)
    try:
        if (folder / RESTORING).exists():
            raise SetupError("backup.unfinished", folder=str(folder))
        await aside(check_place, config)
        clock = outside.clock or SystemClock()
        metrics = Metrics()
        async with _database(config, clock, metrics, is_shared=is_shared) as (database, key):
            transport = outside.transport or _transport(config, outside.resolver)
            try:
                instance = await _assemble(
                    config, database, key, transport, clock, folder, outside, metrics
                )
                async with _heard(instance, wants_duty=wants_duty):
                    yield instance
            finally:
                await transport.close()
    finally:
        os.close(lock)


@asynccontextmanager
async def _heard(instance: Instance, *, wants_duty: bool) -> AsyncIterator[None]:
    """What others change meanwhile is heard, if there are any."""
    if instance.company is None:
        yield
        return
    async with instance.db.listening(instance.company, wants_duty=wants_duty):
        yield


def has_instance(config: Config) -> bool:
    """Whether an instance was made here: its file is there or, with a database elsewhere, its secret."""
    folder = config.data_folder
    return (folder / (secret.SECRET if config.database.url else DATABASE)).exists()


async def open_database(
    config: Config, metrics: Metrics | None = None, *, is_shared: bool = False
) -> Database:
    """The engine that the configuration names, as it is, alone or with others. Raises SetupError."""
    watch = Watch(metrics, config.log.slow_statement_ms / 1000)
    if not config.database.url:
        return await open_sqlite(
            config.data_folder / DATABASE, readers=config.storage.readers, watch=watch
        )
    from fedi.db.postgres import open_postgres  # noqa: PLC0415 - a library that most never need

    return await open_postgres(
        config.database.url,
        config.database.password,
        readers=config.storage.readers,
        writers=config.database.writers,
        watch=watch,
        is_shared=is_shared,
    )


@asynccontextmanager
async def _database(
    config: Config, clock: Clock, metrics: Metrics | None = None, *, is_shared: bool = False
) -> AsyncIterator[tuple[Database, bytes]]:
    """The tables of this version, and the secret that opens what is sealed in them."""
    folder = config.data_folder
    # on disk before anything that would be sealed with it; a file is there as soon as it is opened
    present = (
        b""
        if config.database.url
        else secret.load(folder, has_database=(folder / DATABASE).exists())
    )
    if is_shared:
        await _prepare_for_many(config, clock)
    database = await open_database(config, metrics, is_shared=is_shared)
    try:
        if not is_shared:
            await migrate(database, now_ms=to_ms(clock.now()))
        present = present or secret.load(folder, has_database=await database.read(_is_lived_in))
        true = await database.read(lambda rx: secret.true_one(folder, rx, present))
        if not is_shared:
            secret.tidy(folder, present, true)
        yield database, true
    finally:
        await database.close()


async def _prepare_for_many(config: Config, clock: Clock) -> None:
    """Tables of this version, made by whoever comes first and is alone in that moment. Raises SetupError when others have
    an older version open, or nobody has begun an instance here."""
    async with _closing(await open_database(config, is_shared=True)) as database:
        if await is_current(database):
            await _check_begun(database)
            return
    try:
        alone = await open_database(config)
    except SetupError as problem:
        if problem.message_key != "database.shared":
            raise
        # whoever came at the same moment may have done it
        async with _closing(await open_database(config, is_shared=True)) as database:
            if await is_current(database):
                return
        raise SetupError("database.upgrade_alone") from problem
    async with _closing(alone):
        await migrate(alone, now_ms=to_ms(clock.now()))
        await _check_begun(alone)


async def _check_begun(database: Database) -> None:
    if not await database.read(_is_lived_in):
        raise SetupError("database.not_begun")


@asynccontextmanager
async def _closing(database: Database) -> AsyncIterator[Database]:
    """Closed at the end."""
    try:
        yield database
    finally:
        await database.close()


def _is_lived_in(rx: Reader) -> bool:
    return settings.find(rx, settings.BASE_URL) is not None


async def exchange_secret(config: Config, at: Callable[[str], None] = lambda _step: None) -> int:
    """Seal everything with a new secret, on a server that does not run; how many people's codes on paper end with it.

    All or nothing, whatever moment it is cut off at. Raises SetupError, FolderInUse, Conflict during a backup. `at` hears
    of each step that is on disk.
    """
    folder = config.data_folder
    if not has_instance(config):
        raise SetupError("secret.no_instance", folder=str(folder))
    lock = lock_folder(folder)
    try:
        if (folder / RESTORING).exists():
            raise SetupError("backup.unfinished", folder=str(folder))
        with lock_backups(folder):
            clock = SystemClock()
            urls = Urls.of(config.instance.base_url, config.instance.onion_name)
            async with _database(config, clock) as (database, old):
                await database.write(
                    lambda tx: settings.check_base_url(Unit(tx, clock.now(), urls))
                )
                new = secret.write_next(folder)
                at("written")
                try:
                    ended = await database.write(
                        lambda tx: secret.exchange(Unit(tx, clock.now(), urls), old, new)
                    )
                except BaseException:
                    # it did not count: what lies there is the old one's again
                    true = await database.read(lambda rx: secret.true_one(folder, rx, old))
                    secret.tidy(folder, old, true)
                    raise
                at("counts")
                secret.tidy(folder, old, new)
                at("in place")
                return ended
    finally:
        os.close(lock)


@contextmanager
def lock_backups(folder: Path) -> Iterator[None]:
    """One backup at a time, and none while the secret is exchanged. Raises Conflict."""
    descriptor = os.open(folder / BACKUP_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Conflict("backup.running") from problem
        yield
    finally:
        os.close(descriptor)


async def _assemble(
    config: Config,
    database: Database,
    key: bytes,
    transport: Transport,
    clock: Clock,
    folder: Path,
    outside: Outside,
    metrics: Metrics,
) -> Instance:
    urls = Urls.of(config.instance.base_url, config.instance.onion_name)
    keyring = Keyring(key)
    server_uri = urls.server_actor()

    server_key = OwnKey(keyring, server_uri)
    changes: dict[str, str] = {}
    accounts = Accounts()
    schemes = SchemeMemory(changes.__setitem__)
    documents, wake = DocumentCache(), Wake()
    instance = Instance(
        config=config,
        urls=urls,
        db=database,
        http=FederationClient(
            AccountedTransport(transport, accounts, clock),
            clock,
            server_key=server_key,
            user_agent=user_agent(urls),
            schemes=schemes,
            metrics=metrics,
        ),
        media=open_place(config, MEDIA),
        clock=clock,
        keyring=keyring,
        wake=wake,
        metrics=metrics,
        documents=documents,
        company=Company(documents, keyring, wake, lambda: server_key.renew(instance))
        if database.is_shared
        else None,
        schemes_learned=changes,
        accounts=accounts,
        chance=outside.chance or secrets.SystemRandom().random,
        new_keys=outside.new_keys or new_pair,
    )
    await instance.change(_shared_looks if database.is_shared else _first_looks)
    identity = await instance.change(settings.identity)
    instance = replace(instance, media=await aside(open_members, config, identity))
    for host, scheme in await instance.look(hosts.list_schemes):
        origin = f"{webfinger.scheme_of(instance, host)}://{host}"
        schemes.remember(origin, RFC9421 if scheme == RFC9421 else CAVAGE)
    changes.clear()
    await births.ensure_server_actor(instance)
    await server_key.look_up(instance)
    return instance


def user_agent(urls: Urls) -> str:
    """Who asks, for the other side's logs: the product and where to reach us, without a version (S66)."""
    return f"Mujawara (+{urls.base}/about)"


def _every_look(unit: Unit) -> int:
    """What whoever opens the database does; the row of what was said or heard last."""
    settings.check_base_url(unit)
    blocks.close_or_open(unit, is_closed=unit.posture == "closed", own_host=unit.urls.host)
    # what is said and heard from now on comes after what was, whatever the clock says by now
    newest = max(outbox_store.last_row(unit.tx), inbox_store.last_row(unit.tx))
    rise_above(newest)
    return newest


def _shared_looks(unit: Unit) -> None:
    """Others number rows at the same time: where those lie ahead of the clock, all of them number from the same moment."""
    newest = _every_look(unit)
    known_ms, ahead_ms = settings.rows_ahead_ms(unit.tx), ahead_of(unit.now, newest)
    if ahead_ms > max(known_ms, CLOCKS_APART_S * 1000):
        settings.put(unit, settings.ROWS_AHEAD, str(ahead_ms))
        known_ms = ahead_ms
    go_ahead(known_ms)


def _first_looks(unit: Unit) -> None:
    """Nobody else has the database, so whatever a dead process had claimed is free again."""
    _every_look(unit)
    if deadly := inbox_store.hand_back_all(unit):
        log.warning("set aside: the process died of it", extra={"activities": deadly})
    hosts.hand_back_all(unit)
    chores.hand_back_all(unit)


def _transport(config: Config, resolver: Resolve | None) -> Transport:
    if config.network.extra_ca_file:
        _check_authorities(config.network.extra_ca_file)

    def open_transport() -> Transport:
        from fedi.http.way_out import open_way_out  # noqa: PLC0415 - slow

        # beside the places of delivery: those who do not answer yet, and what is fetched meanwhile
        connections = config.delivery.concurrency + 768
        return open_way_out(config, resolver, connections=connections)

    return TransportOnDemand(open_transport)


def _check_authorities(file: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except OSError as problem:
        raise SetupError(
            detail=f"extra_ca_file in [network] cannot be read ({problem}); give a PEM file of certificates, or leave it empty"
        ) from problem


def _prepare_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise SetupError(
            detail=f"{folder}: cannot be used as the data folder ({problem.strerror}); "
            "make it writable for this user, or set another folder in [storage]"
        ) from problem
    return folder


def lock_folder(folder: Path, *, is_shared: bool = False) -> int:
    """Keep the folder until the descriptor is closed: for this process, or for all that share it. Raises FolderInUse."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        os.close(descriptor)
        raise FolderInUse(
            detail=f"{folder}: another fedi process uses this data folder"
        ) from problem
    return descriptor
