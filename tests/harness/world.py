"""A world of instances that talk to one another over TLS on loopback, in one process.

    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "agora")
        ...
        await made.settle()        # every worker until nothing is due

Workers do not run by themselves: `settle` runs them, so a test never waits for anything.
"""

import asyncio
import ipaddress
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest
import trustme
from starlette import routing

from actors import births, follows, refresh
from actors.model import Actor
from fedi.app import assemble, known_answers
from fedi.config import Config, parse_config
from fedi.db.engine import Reader
from fedi.db.migrate import migrate
from fedi.db.sqlite import open_sqlite
from fedi.http.guard import Policy
from fedi.http.pool import PooledTransport
from fedi.http.server import serve
from fedi.http.way_out import open_way_out
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.jobs.run import settle
from fedi.opening import DATABASE, Outside, open_instance
from fedi.publications import store as publication_store
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.secret import load
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from inbox.limits import HostLimits
from outbox.actions.create import create
from outbox.actions.delete import delete
from outbox.actions.follow import follow
from outbox.actions.update import update
from tests.harness.clock import FakeClock
from tests.harness.pairs import next_pair
from tests.harness.postgres import cluster
from tests.harness.wire import Wire, WireTransport

# The engine of instances that do not ask for one, and what lists the tables of each.
ENGINE = ["sqlite"]
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
}
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
# A file system in memory, where there is one with room: what is synced there does not wait for a disk that others use.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 1 << 30
# The paths of every instance are the same, and it takes a while to read a hundred of them.
routing.compile_path = cache(routing.compile_path)


@dataclass(slots=True)
class Site:
    """One instance of the world and what runs it."""

    instance: Instance
    limits: HostLimits
    folder: Path
    stack: AsyncExitStack


@dataclass(slots=True)
class World:
    """The instances by host, their clock, their network, and what chance gives (0: nothing is put off)."""

    clock: FakeClock
    wire: Wire
    authority: trustme.CA
    folder: Path
    chance: float = 0.0
    sites: dict[str, Site] = field(default_factory=dict)
    free_ports: dict[str, int] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    configs: dict[str, Config] = field(default_factory=dict)
    # the open connections of browsers, and the instance that answers them
    lines: dict[str, tuple[Instance, aiohttp.ClientSession]] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __getitem__(self, host: str) -> Instance:
        return self.sites[host].instance

    @property
    def authority_file(self) -> Path:
        """The test authority's certificate as PEM, for programs of others."""
        file = self.folder / "authority.pem"
        if not file.exists():
            self.authority.cert_pem.write_to_path(str(file))
        return file

    def database(self, host: str, engine: str | None = None, *, has_tables: bool = True) -> str:
        """The url of this instance's database, as long as the world lives; empty for a file in its folder."""
        if host not in self.databases:
            is_file = (engine or ENGINE[0]) == "sqlite"
            made = nullcontext("") if is_file else cluster().database(has_tables=has_tables)
            self.databases[host] = self._stack.enter_context(made)
        return self.databases[host]

    async def start(
        self,
        host: str,
        settings: str = "",
        environment: Mapping[str, str] | None = None,
        engine: str | None = None,
    ) -> Instance:
        """Open an instance under this name and let it listen. `settings`: more TOML. `engine`: sqlite or postgres."""
        folder = self.folder / host
        config = parse_config(
            f'[storage]\nfolder = "{folder}"\n{settings}',
            {
                "FEDI_INSTANCE_BASE_URL": f"https://{host}",
                "FEDI_INBOX_HOST_PER_MINUTE": "1000000",
                "FEDI_SERVER_REQUESTS_PER_SOURCE": "0",
                "FEDI_DATABASE_URL": self.database(host, engine),
                # everybody in a world was born a moment ago
                "FEDI_INBOX_HOLD_ACCOUNTS_YOUNGER_DAYS": "0",
                **(environment or {}),
            },
        )
        return await self.open(host, config, folder)

    async def open(self, host: str, config: Config, folder: Path) -> Instance:
        """The same with a whole configuration."""
        stack = AsyncExitStack()
        outside = self.outside(host, config)
        if not config.database.url and not config.data_folder.exists():
            await _begin(config.data_folder)
        instance = await stack.enter_async_context(open_instance(config, outside))
        limits = HostLimits.of(config.inbox)
        await stack.enter_async_context(_listening(self, host, instance, limits))
        self.sites[host] = Site(instance, limits, folder, stack)
        self._stack.push_async_exit(stack)
        return instance

    async def share(self, host: str, *, wants_duty: bool = False) -> Site:
        """One more process on the database of an instance that was started and stopped; it does not listen."""
        config = self.configs[host]
        stack = AsyncExitStack()
        instance = await stack.enter_async_context(
            open_instance(config, self.outside(host, config), is_shared=True, wants_duty=wants_duty)
        )
        self._stack.push_async_exit(stack)
        return Site(instance, HostLimits.of(config.inbox), config.data_folder, stack)

    def outside(self, host: str, config: Config) -> Outside:
        """What the instance of this name has in the place of the world."""
        self.configs[host] = config
        policy = Policy(allow_http=False, allowed_networks=LOOPBACK, own_hosts=frozenset({host}))
        if config.network.proxy is None:
            with _no_other_authorities(self.authority_file):
                real = PooledTransport(
                    policy, extra_ca_file=str(self.authority_file), resolver=self.wire.resolve
                )
        else:
            # as in earnest: whoever asks a resolver is found out
            real = open_way_out(config, _nobody_resolves)
        return Outside(
            clock=self.clock,
            chance=lambda: self.chance,
            transport=WireTransport(self.wire, real),
            new_keys=next_pair,
        )

    def at_the_end(self, call: Callable[[], Awaitable[None]]) -> None:
        """Called while all instances of this moment still answer."""
        self._stack.push_async_callback(call)

    async def stop(self, host: str) -> None:
        """Let an instance end: nobody answers under its name any more, and its folder is free."""
        await self.sites.pop(host).stack.aclose()
        # who has resolved the name keeps the address for a while, as in earnest
        self.free_ports[host] = self.wire.ports[host]

    async def settle(self) -> None:
        """Run every worker of every instance until nothing is due."""
        while True:
            worked = [await settle(site.instance, site.limits) for site in self.sites.values()]
            if not any(worked):
                return

    async def collective(self, host: str, username: str, name: str = "", **wishes: object) -> Actor:
        """A collective on an instance."""
        wanted = births.NewCollective(username, name or username.title(), **wishes)  # type: ignore[arg-type]
        return await births.add_collective(self[host], wanted)

    async def follow(self, follower: Actor, followed: Actor) -> None:
        """One collective follows another, answers included."""
        here = self[follower.host]
        known = await refresh.find_or_fetch_actor(here, followed.uri)
        await here.change(lambda unit: follow(unit, follower, known))
        await self.settle()

    async def publish(self, author: Actor, draft: Draft, **around: object) -> Publication:
        """Publish as a collective; not yet sent before `settle`. `around`: more of `Setting`."""
        here = self[author.host]

        def work(unit: Unit) -> Publication:
            setting = Setting(
                author=author,
                uri=unit.urls.publication(draft.kind, new_public_id(unit.told)),
                published_at=unit.told,
                hashtag_url=unit.urls.hashtag,
                **{"mentioned": {}, **around},  # type: ignore[arg-type]
            )
            publication = compose(draft, setting)
            create(unit, author, publication)
            return publication

        return await here.change(work)

    async def edit(self, author: Actor, publication: Publication) -> Publication:
        """Change what was published."""
        return await self[author.host].change(lambda unit: update(unit, author, publication))

    async def delete(self, author: Actor, publication: Publication) -> None:
        """Withdraw what was published."""
        await self[author.host].change(lambda unit: delete(unit, author, publication.uri))

    async def find(self, host: str, uri: str) -> Publication | None:
        """A publication as an instance has it."""
        return await self[host].look(lambda rx: publication_store.find(rx, uri))

    async def titles(self, host: str) -> list[str]:
        """The titles or first words of everything an instance holds from elsewhere, oldest first."""
        rows = await self[host].look(
            lambda rx: rx.all(
                "SELECT uri FROM publication WHERE NOT is_local ORDER BY published_at, id"
            )
        )
        found = [await self.find(host, row[0]) for row in rows]
        return [each.original.name or each.original.content for each in found if each is not None]

    async def followers(self, actor: Actor) -> list[str]:
        """Who follows, as the actor's own instance knows."""
        listed = await self[actor.host].look(lambda rx: follows.list_followers(rx, actor.uri))
        return [each.follower_uri for each in listed]

    async def rows(self, host: str) -> dict[str, int]:
        """How many rows each table of an instance has, for asserting that nothing changed."""

        return await count_rows(self[host])


async def count_rows(instance: Instance) -> dict[str, int]:
    """How many rows each table has."""

    def count(rx: Reader) -> dict[str, int]:
        counted = {}
        for (name,) in rx.all(TABLES[instance.db.dialect]):
            row = rx.one(f"SELECT COUNT(*) FROM {name}")
            counted[name] = int(row[0]) if row else 0
        return counted

    return await instance.look(count)


def _nobody_resolves(host: str, port: int) -> list[tuple[str, int]]:
    raise AssertionError(f"{host}:{port} was looked up here, beside the proxy")


@asynccontextmanager
async def world(
    *hosts: str,
    settings: str = "",
    clock: FakeClock | None = None,
    authority: trustme.CA | None = None,
) -> AsyncIterator[World]:
    """A world with instances under these names. `settings`: TOML for all of them.

    `authority`: whom everybody trusts, where programs of others take part; else one of its own.
    """
    with TemporaryDirectory(prefix="fedi-world-", dir=_where()) as folder:
        made = World(clock or FakeClock(), Wire(), authority or _authority(), Path(folder))
        async with made._stack:
            for host in hosts:
                await made.start(host, settings)
            yield made


def an_event(title: str = "Assembly", *, starts_at: object = None, **wishes: object) -> Draft:
    """An event next week in Tunis."""
    starts = starts_at or (FakeClock().now() + timedelta(days=7)).replace(
        minute=0, second=0, microsecond=0
    )
    details = EventDetails(
        starts_at=starts,  # type: ignore[arg-type]
        ends_at=starts + timedelta(hours=3),  # type: ignore[operator]
        timezone="Africa/Tunis",
        place=Place(
            name="Dar Al-Jiran",
            street="12 rue de Marseille",
            locality="Tunis",
            country="TN",
            latitude=36.8,
            longitude=10.18,
        ),
    )
    return Draft(
        "event",
        {"en": DraftText(title, f"**{title}** for everybody. #assembly")},
        details=details,
        **wishes,
    )  # type: ignore[arg-type]


def a_statement(
    title: str = "We speak",
    source: str = "Words that matter.",
    language: str = "en",
    **wishes: object,
) -> Draft:
    """A statement."""
    return Draft("statement", {language: DraftText(title, source)}, **wishes)  # type: ignore[arg-type]


def a_note(source: str = "Hello", language: str = "en", **wishes: object) -> Draft:
    """A short message."""
    return Draft("note", {language: DraftText("", source)}, **wishes)  # type: ignore[arg-type]


FOLLOWERS = Visibility.FOLLOWERS


@asynccontextmanager
async def _listening(
    made: World, host: str, instance: Instance, limits: HostLimits
) -> AsyncIterator[None]:
    context = _identity(made.authority, host)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(
            assemble(instance, limits),
            bind=f"127.0.0.1:{made.free_ports.pop(host, 0)}",
            on_ready=ready.set_result,
            stop=stop,
            grace_s=0.2,
            tls=context if instance.urls.scheme == "https" else None,
            shortcut=known_answers(instance),
            metrics=instance.metrics,
        )
    )
    await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    made.wire.ports[host] = int(ready.result().rpartition(":")[2])
    try:
        yield
    finally:
        stop.set()
        await serving


@cache
def _identity(authority: trustme.CA, host: str) -> ssl.SSLContext:
    """What proves a name: the same in every world that trusts this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@contextmanager
def _no_other_authorities(file: Path) -> Iterator[None]:
    """OpenSSL takes this file for the system's authorities: reading some hundred of them takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", str(file))
        patched.setenv("SSL_CERT_DIR", str(file.parent / "none"))
        yield


def _where() -> Path | None:
    """The folder for folders of worlds; None for the usual one."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ROOM_BYTES else None
    except OSError:
        return None


_with_tables: list[bytes] = []


async def _begin(folder: Path) -> None:
    """The secret of an instance and its tables, of this version and empty: making them for each takes longer than most tests."""
    folder.mkdir(mode=0o700, parents=True)
    if not _with_tables:
        with TemporaryDirectory(prefix="fedi-tables-") as elsewhere:
            file = Path(elsewhere) / DATABASE
            database = await open_sqlite(file)
            try:
                await migrate(database, now_ms=0)
            finally:
                await database.close()
            _with_tables.append(file.read_bytes())
    load(folder, has_database=False)
    (folder / DATABASE).write_bytes(_with_tables[0])


_made: list[trustme.CA] = []


def _authority() -> trustme.CA:
    """One throw-away authority for the whole run: making one takes a while."""
    if not _made:
        _made.append(trustme.CA())
    return _made[0]
