"""One world from one number: what people do in it, what befalls it, and what has to be true when it has come to rest."""

import asyncio
import gc
import logging
import math
import re
import shutil
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from actors import follows, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.clock import from_ms
from fedi.desk.keys import RotateOrder, rotate_keys
from fedi.errors import FediError
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.jobs.absence import LAST_SEEN
from fedi.publications import store as publication_store
from fedi.publications.compose import Setting, compose
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from outbox.actions.announce import announce
from outbox.actions.create import create
from outbox.actions.delete import delete
from outbox.actions.follow import follow
from outbox.actions.like import like
from outbox.actions.undo import undo_reaction, unfollow
from outbox.actions.update import update
from tests.harness.world import a_note
from tests.simulation.loop import Owner, Stuck, VirtualLoop
from tests.simulation.network import Network, Weather, context_of
from tests.simulation.site import (
    COLLECTIVES,
    SHM,
    START,
    SimClock,
    Site,
    close_all,
    inside,
    template,
)

HOSTS = ("amal.test", "beit.test", "casa.test")
DAY_S = 86_400.0
HOUR_S = 3600.0
# Longer than the whole ladder of attempts, and what comes after it.
REST_DAYS = 20
CANARY = re.compile(rb"canary-n(\d+)v(\d+)x")
LOGGED = ("fedi", "asyncio")


@dataclass(slots=True)
class Said:
    """Something that somebody published, as they know it.

    `versions`: how often it was changed as far as the author was told; `tried`: how often they wanted to.
    `reaches`: hosts to which its words may go. `readers`: who followed when it was said, by id; `told_gone`: who did when it
    was withdrawn.
    """

    number: int
    host: str
    author: str
    visibility: Visibility
    uri: str = ""
    versions: int = 0
    tried: int = 0
    is_accepted: bool = False
    is_withdrawn: bool = False
    wants_gone: bool = False
    reaches: set[str] = field(default_factory=set)
    readers: frozenset[str] = frozenset()
    told_gone: frozenset[str] = frozenset()
    named: str = ""
    at: float = 0.0


@dataclass(slots=True)
class Outcome:
    """What became of a world."""

    seed: int
    wrong: list[str]
    trace: list[str]
    days: float
    deaths: int
    steps: int
    letters: int


@dataclass(slots=True)
class Stage:
    """A world under way."""

    seed: int
    loop: VirtualLoop
    chance: Random
    folder: Path
    trace: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    parted: dict[tuple[str, str], float] = field(default_factory=dict)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    deaths: int = 0
    wakes_at: float = 0.0
    is_resting: bool = False
    _network: Network | None = None

    @property
    def network(self) -> Network:
        assert self._network is not None
        return self._network

    def note(self, line: str) -> None:
        seconds = self.loop.time()
        days, rest = divmod(seconds, DAY_S)
        hours, rest = divmod(rest, HOUR_S)
        self.trace.append(f"{int(days)}d {int(hours):02}:{rest / 60:09.6f} {line}")

    def name_of(self, uri: str) -> str:
        """An address in as few letters as can be told apart."""
        if uri in self.names:
            return self.names[uri]
        parts = urlsplit(uri)
        known = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/inbox')}"
        return self.names.get(known, f"{parts.netloc}{parts.path}")

    # --- the world ----------------------------------------------------------------------------

    async def build(self) -> None:
        self._network = Network(self.chance, self.note, self.name_of, self.watch, self.arrived)
        for host in HOSTS:
            folder = self.folder / host
            shutil.copytree(template(host), folder / "life-0")
            site = Site(host, folder, self.network, SimClock(self.loop), self.chance)
            self.sites[host] = site
            for uri, name in site.look("SELECT uri, username FROM actor WHERE role = 'collective'"):
                self.names[uri] = f"{name}@{host}"
        for host in HOSTS:
            await self.rise(host)

    async def rise(self, host: str) -> None:
        """Start the process of a host, and be there when it is up, or dead again."""
        site = self.sites[host]
        site.rise()
        self.note(f"{host} rises")
        while site.owner is not None and host not in self.network.doors:
            if site.life is not None and site.life.done():
                site.life.result()
            await self.pause(0.05)

    def kill(self, owner: Owner) -> None:
        site = next(each for each in self.sites.values() if each.owner is owner)
        self.note(f"{site.host} is killed at its step {owner.steps}")
        self.deaths += 1
        site.die()

    async def pause(self, seconds: float) -> None:
        self.wakes_at = self.loop.time() + seconds
        await asyncio.sleep(seconds)

    def leap(self, when: float) -> float:
        """How far time may go at once: to the next moment at which anything is due anywhere."""
        now = self.loop.time()
        owners = [site.owner for site in self.sites.values() if site.owner is not None]
        if self.network.in_flight or when < now + 0.01:
            return when
        if any(owner.aside_pending for owner in (*owners, self.loop.nobody)):
            return when
        later = self.network.later = [each for each in self.network.later if each > now]
        ups = [site for site in self.sites.values() if site.instance is not None]
        moments = [self.wakes_at, *later, *(self._due(site) for site in ups)]
        until = min(moments)
        if until > now + 60.0:
            # every quiet minute between is left out; nobody is to believe that they were away
            for site in ups:
                moment = START.timestamp() * 1000 + (until + site.clock.skew_s) * 1000
                site.look(
                    "UPDATE setting SET value = ? WHERE name = ?", str(int(moment)), LAST_SEEN
                )
        return until

    def _due(self, site: Site) -> float:
        """When a host has something to do, in the time of the world."""
        rows = site.look(
            "SELECT MIN(due) FROM (SELECT MAX(due_at, claimed_until) AS due FROM host WHERE due_at IS NOT NULL "
            "UNION ALL SELECT MAX(due_at, claimed_until) FROM inbox_activity WHERE state = 'waiting' "
            "UNION ALL SELECT MAX(due_at, claimed_until) FROM chore)"
        )
        if rows[0][0] is None:
            return math.inf
        return (from_ms(int(rows[0][0]) + 1) - START).total_seconds() - site.clock.skew_s

    def watch(self, to_host: str, from_host: str, body: bytes) -> None:
        """Words cross the network: may they be where they go?"""
        for found in CANARY.finditer(body):
            said = self.said[int(found[1])]
            if said.visibility.is_public or to_host in said.reaches or to_host == said.host:
                continue
            if said.visibility is Visibility.FOLLOWERS and self._follows_now(said, to_host):
                continue
            self.wrong.append(
                f"words of n{said.number} ({said.visibility.value} by {self.name_of(said.author)}) "
                f"went from {from_host} to {to_host}"
            )

    def _follows_now(self, said: Said, host: str) -> bool:
        rows = self.sites[said.host].look(
            "SELECT 1 FROM follow f JOIN actor a ON a.uri = f.follower_uri WHERE f.followed_uri = ? AND a.host = ? "
            "AND f.state = 'accepted'",
            said.author,
            host,
        )
        return bool(rows)

    def arrived(self, from_host: str, url: str, activity: dict[str, Any]) -> None:
        self.heard.append((url, str(activity.get("actor")), str(activity.get("id"))))

    # --- people -------------------------------------------------------------------------------

    def ask(self, site: Site, what: str, work: Callable[[Instance], Awaitable[None]]) -> None:
        """Somebody at this host does something; whether it was done they know only when the process tells them."""
        instance, owner = site.instance, site.owner
        if instance is None or owner is None:
            return

        async def do() -> None:
            self.note(f"{site.host}: {what}")
            try:
                await work(instance)
            except FediError as problem:
                self.note(f"{site.host}: {what}: no: {problem.message_key} {problem.detail}")
            else:
                self.note(f"{site.host}: {what}: done")

        site.grave.append(self.loop.create_task(do(), context=context_of(owner)))

    def someone(self, site: Site) -> tuple[str, str]:
        """A collective of this host: id and name."""
        name = self.chance.choice(COLLECTIVES)
        return next(
            (uri, named) for uri, named in self.names.items() if named == f"{name}@{site.host}"
        )

    def somebody_else(self, site: Site) -> tuple[str, str]:
        other = self.chance.choice([each for each in self.sites.values() if each is not site])
        return self.someone(other)

    def publish(self, site: Site) -> None:
        author, name = self.someone(site)
        visibility = self.chance.choice(
            (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.FOLLOWERS, Visibility.DIRECT)
        )
        said = Said(len(self.said), site.host, author, visibility)
        self.said.append(said)
        named, named_name = self.somebody_else(site)
        if visibility is Visibility.DIRECT:
            said.named = named
            said.reaches.add(urlsplit(named).netloc)
        answered = self.chance.choice([None, None, *self.said[-8:-1]])
        parent_uri = answered.uri if answered is not None and answered.is_accepted else ""

        async def work(instance: Instance) -> None:
            known = None
            if said.named:
                known = await refresh.find_or_fetch_actor(instance, said.named)

            def put(unit: Unit) -> None:
                actor = actor_store.load(unit.tx, author)
                parent = publication_store.find(unit.tx, parent_uri) if parent_uri else None
                text = f"{_words(said, 0)} @{named_name}" if known else _words(said, 0)
                draft = a_note(
                    text, visibility=visibility, in_reply_to=parent.uri if parent else None
                )
                mentioned = {f"@{named_name}": known} if known else {}
                parents = actor_store.find(unit.tx, parent.author) if parent else None
                around = Setting(
                    author=actor,
                    uri=unit.urls.publication("note", new_public_id(unit.told)),
                    published_at=unit.told,
                    hashtag_url=unit.urls.hashtag,
                    mentioned=mentioned,
                    parent=parent,
                    answered=parents,
                )
                said.uri = around.uri
                said.at = self.loop.time()
                if visibility is not Visibility.DIRECT:
                    self._let_reach(unit, said)
                    said.readers = frozenset(follows.list_follower_uris(unit.tx, author))
                if parent is not None:
                    said.reaches.add(urlsplit(parent.author).netloc)
                create(unit, actor, compose(draft, around))
                self.names[said.uri] = f"n{said.number}"

            await instance.change(put)
            said.is_accepted = True

        about = f" in answer to n{answered.number}" if parent_uri and answered else ""
        self.ask(site, f"{name} publishes n{said.number} {visibility.value}{about}", work)

    def _let_reach(self, unit: Unit, said: Said) -> None:
        # asked of the tables, not of the code that is judged
        rows = unit.tx.all(
            "SELECT a.host FROM follow f JOIN actor a ON a.uri = f.follower_uri WHERE f.followed_uri = ? AND f.state = 'accepted'",
            said.author,
        )
        said.reaches.update(str(row[0]) for row in rows)

    def edit(self, site: Site) -> None:
        said = self._own(site)
        if said is None:
            return
        said.tried += 1
        version = said.tried

        async def work(instance: Instance) -> None:
            def put(unit: Unit) -> None:
                actor = actor_store.load(unit.tx, said.author)
                before = publication_store.load(unit.tx, said.uri)
                texts = re.sub(r"canary-n\d+v\d+x", _words(said, version), before.original.content)
                source = re.sub(
                    r"canary-n\d+v\d+x", _words(said, version), before.original.source or ""
                )
                newer = _with_text(before, texts, source)
                if said.visibility is not Visibility.DIRECT:
                    self._let_reach(unit, said)
                update(unit, actor, newer)

            await instance.change(put)
            said.versions = max(said.versions, version)

        self.ask(site, f"n{said.number} is changed to version {version}", work)

    def withdraw(self, site: Site) -> None:
        said = self._own(site)
        if said is None:
            return
        said.wants_gone = True

        async def work(instance: Instance) -> None:
            def put(unit: Unit) -> None:
                said.told_gone = frozenset(follows.list_follower_uris(unit.tx, said.author))
                delete(unit, actor_store.load(unit.tx, said.author), said.uri)

            await instance.change(put)
            said.is_withdrawn = True

        self.ask(site, f"n{said.number} is withdrawn", work)

    def _own(self, site: Site) -> Said | None:
        own = [each for each in self.said if each.host == site.host and each.is_accepted]
        own = [each for each in own if not each.wants_gone]
        return self.chance.choice(own) if own else None

    def befriend(self, site: Site) -> None:
        (mine, name), (theirs, other) = self.someone(site), self.somebody_else(site)

        async def work(instance: Instance) -> None:
            known = await refresh.find_or_fetch_actor(instance, theirs)
            await instance.change(lambda unit: follow(unit, actor_store.load(unit.tx, mine), known))

        self.ask(site, f"{name} follows {other}", work)

    def part(self, site: Site) -> None:
        (mine, name), (theirs, other) = self.someone(site), self.somebody_else(site)
        self.parted[mine, theirs] = self.loop.time()

        async def work(instance: Instance) -> None:
            def put(unit: Unit) -> None:
                unfollow(unit, actor_store.load(unit.tx, mine), theirs)
                self.parted[mine, theirs] = self.loop.time()

            await instance.change(put)

        self.ask(site, f"{name} unfollows {other}", work)

    def thank(self, site: Site) -> None:
        self._react(site, "likes", like)

    def thank_no_more(self, site: Site) -> None:
        self._react(
            site, "likes no more", lambda unit, actor, uri: undo_reaction(unit, actor, "like", uri)
        )

    def pass_on(self, site: Site) -> None:
        self._react(site, "announces", announce)

    def _react(self, site: Site, what: str, act: Callable[[Unit, Actor, str], Any]) -> None:
        others = [each for each in self.said if each.host != site.host and each.is_accepted]
        if not others:
            return
        said = self.chance.choice(others)
        mine, name = self.someone(site)

        async def work(instance: Instance) -> None:
            await instance.change(lambda unit: act(unit, actor_store.load(unit.tx, mine), said.uri))

        self.ask(site, f"{name} {what} n{said.number}", work)

    def rotate(self, site: Site) -> None:
        _, name = self.someone(site)

        async def work(instance: Instance) -> None:
            await rotate_keys(instance, RotateOrder(actor=name.partition("@")[0]))

        self.ask(site, f"{name} has new keys", work)

    # --- what befalls -------------------------------------------------------------------------

    def arm(self, site: Site) -> None:
        """This process dies within its next steps, wherever that is."""
        if site.owner is not None:
            site.owner.dies_at = site.owner.steps + self.chance.randrange(1, 500)

    async def stop(self, site: Site) -> None:
        if site.instance is None:
            return
        self.note(f"{site.host} is told to stop")
        ending = self.loop.create_task(site.end())
        while not ending.done():
            await self.pause(0.5)
            if site.owner is None and not ending.done():
                ending.cancel()
                return
        ending.result()
        self.note(f"{site.host} stopped")

    def cut_off(self) -> None:
        source, target = self.chance.sample(HOSTS, 2)
        self.network.cut.add((source, target))
        if self.chance.random() < 0.5:
            self.network.cut.add((target, source))
        self.note(f"{source} does not reach {target}")

    def mend(self) -> None:
        if self.network.cut:
            self.network.cut.clear()
            self.note("everybody reaches everybody")

    def shift_clock(self, site: Site) -> None:
        site.clock.skew_s = self.chance.choice(
            (0.0, 0.0, 240.0, -240.0, 2 * HOUR_S, -2 * HOUR_S, -DAY_S, DAY_S)
        )
        self.note(f"the clock of {site.host} is off by {site.clock.skew_s:.0f} s")

    # --- the play -----------------------------------------------------------------------------

    async def play(self, acts: int) -> None:
        await self.build()
        self.network.weather = Weather.drawn(self.chance)
        self.note(f"the weather: {self.network.weather}")
        for mine in self.sites.values():
            for _ in range(2):
                self.befriend(mine)
        await self.pause(1.0)
        deeds: Sequence[tuple[int, Callable[[Site], None]]] = (
            (30, self.publish), (16, self.edit), (9, self.withdraw), (12, self.befriend), (7, self.part),
            (10, self.thank), (4, self.thank_no_more), (6, self.pass_on), (1, self.rotate),
        )  # fmt: skip
        fates = self.chance.choice((0.02, 0.1, 0.25))
        for _ in range(acts):
            site = self.sites[self.chance.choice(HOSTS)]
            if self.chance.random() < fates:
                await self.befall(site)
            else:
                self.chance.choices([deed for _, deed in deeds], [often for often, _ in deeds])[0](
                    site
                )
            await self.pause(
                self.chance.choice((0.0, 0.001, 0.1, 1.0, 30.0, 30.0, 600.0, 7200.0))
                * self.chance.random()
            )
            await self.raise_the_dead(0.3)
        await self.rest()

    async def befall(self, site: Site) -> None:
        fate = self.chance.choice(("arm", "arm", "arm", "stop", "cut", "mend", "clock", "night"))
        if fate == "arm":
            self.arm(site)
        elif fate == "stop":
            await self.stop(site)
        elif fate == "cut":
            self.cut_off()
        elif fate == "mend":
            self.mend()
        elif fate == "clock":
            self.shift_clock(site)
        else:
            await self.pause(self.chance.uniform(0.2, 2.0) * DAY_S)

    async def raise_the_dead(self, likely: float) -> None:
        for site in self.sites.values():
            if site.owner is None and self.chance.random() < likely:
                await self.rise(site.host)

    async def rest(self) -> None:
        """Everything is well again; whatever waits has all the time it may take."""
        self.is_resting = True
        self.network.weather = Weather()
        self.mend()
        for site in self.sites.values():
            site.clock.skew_s = 0.0
            if site.owner is not None:
                site.owner.dies_at = None
        self.note("the weather is fine, and stays so")
        while any(site.owner is None for site in self.sites.values()):
            await self.raise_the_dead(1.0)
        until = self.loop.time() + REST_DAYS * DAY_S
        while self.loop.time() < until:
            await self.pause(20.0)
            if not any(self.left(site) for site in self.sites.values()):
                break
            due = min(self._due(site) for site in self.sites.values())
            if due > self.loop.time() + 60:
                await self.pause(min(due, until) - self.loop.time())
        await self.pause(60.0)
        self.note("it has come to rest")

    def left(self, site: Site) -> int:
        """How much waits on a host."""
        rows = site.look(
            "SELECT (SELECT COUNT(*) FROM delivery WHERE state = 'waiting') + (SELECT COUNT(*) FROM inbox_activity "
            "WHERE state = 'waiting') + (SELECT COUNT(*) FROM chore)"
        )
        return int(rows[0][0]) + self.network.in_flight


def _words(said: Said, version: int) -> str:
    return f"canary-n{said.number}v{version}x"


def _with_text(publication: Any, content: str, source: str) -> Any:
    from dataclasses import replace

    language = publication.language
    texts = {
        **publication.texts,
        language: replace(publication.texts[language], content=content, source=source),
    }
    return replace(publication, texts=texts)


class _Listener(logging.Handler):
    """What the program says it did not foresee."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(logging.ERROR)
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        text = f"logged: {record.getMessage()}: {problem!r}"
        if problem is not None:
            steps = traceback.extract_tb(problem.__traceback__)[-3:]
            text += " at " + ", ".join(f"{Path(each.filename).name}:{each.name}" for each in steps)
        self._stage.note(text)
        self._stage.wrong.append(text)


@contextmanager
def listening(stage: Stage) -> Iterator[None]:
    listener = _Listener(stage)
    loggers = [logging.getLogger(name) for name in LOGGED]
    for each in loggers:
        each.addHandler(listener)
    try:
        yield
    finally:
        for each in loggers:
            each.removeHandler(listener)


def play(seed: int, acts: int = 60) -> Outcome:
    """The world of this number, from its beginning until it has come to rest; what is wrong with it is in the outcome."""
    from tests.simulation.judge import judge

    for host in HOSTS:
        template(host)
    chance = Random(f"world {seed}")
    loop = VirtualLoop(Random(f"threads {seed}"))
    place = str(SHM) if SHM.is_dir() else None
    folder = Path(mkdtemp(prefix="fedi-simulation-", dir=place))
    stage = Stage(seed, loop, chance, folder)
    loop.leap = stage.leap
    loop.kill = stage.kill
    loop.set_exception_handler(lambda _loop, context: unforeseen(stage, context))
    try:
        with inside(loop, Random(f"ids {seed}")), listening(stage):
            try:
                loop.run_until_complete(stage.play(acts))
            except Stuck as problem:
                stage.wrong.append(f"stuck: {problem}")
            else:
                stage.wrong += judge(stage)
        bury(stage)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    letters = stage.network._count
    days = loop.time() / DAY_S
    return Outcome(seed, stage.wrong, stage.trace, days, stage.deaths, loop.steps, letters)


def unforeseen(stage: Stage, context: dict[str, Any]) -> None:
    text = f"loop: {context.get('message')}: {context.get('exception')!r}"
    # what the dead were about is let go of at any time
    if "was destroyed but it is pending" not in text:
        stage.note(text)
        stage.wrong.append(text)


def bury(stage: Stage) -> None:
    """Let go of everybody. What the dead still have on their stacks is unwound here, where nobody listens any more."""
    loop = stage.loop
    for site in stage.sites.values():
        site.look_away()
        if site.owner is not None:
            site.owner.is_dead = True
            close_all(site.owner)
    tasks = asyncio.all_tasks(loop)
    loop.set_exception_handler(lambda _loop, _context: None)
    hook = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for task in tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                coroutine = task.get_coro()
                with suppress(BaseException):
                    coroutine.close()  # type: ignore[union-attr]
            loop.close()
            for site in stage.sites.values():
                site.grave.clear()
                site.life = site.instance = None
            del tasks
            gc.collect()
    finally:
        logging.disable(logging.NOTSET)
        sys.unraisablehook = hook
