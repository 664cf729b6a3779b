"""Small worlds about death: one in which looking at a document kills whoever looks, and one with a death at a chosen step."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

from actors import refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.http.transport import Request, Response
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.actions.follow import follow
from outbox.activities import envelope
from outbox.send import Audience, send
from tests.simulation.judge import judge
from tests.simulation.loop import VirtualLoop
from tests.simulation.site import SHM, Site, inside, template
from tests.simulation.stage import HOSTS, Stage, bury, listening, unforeseen

NOTES = 8
KILLS = 20
LINGERS_S = 10.0
T = TypeVar("T")


def deadly() -> tuple[int, dict[str, int], list[tuple[str, str]]]:
    """How often the reader died, how many activities it has in each state, and type and reason of what was set aside."""
    return _staged(_play)


def killed_often() -> tuple[int, dict[str, int]]:
    """How often the reader was killed from outside, each time within a second of its start and with the same activity in
    hand, and how many activities it has in each state when it was left alone at last."""
    return _staged(_play_impatient)


def died_at(steps: int, *, of_speaker: bool) -> list[str] | None:
    """What is wrong when whoever publishes (or receives) dies after so many steps from the moment at which something is
    published; None when it had nothing to do any more by then."""

    async def play(stage: Stage) -> list[str] | None:
        await stage.build()
        speaker, reader, _ = (stage.sites[host] for host in HOSTS)
        await _let_follow(stage, speaker, reader)
        dying = speaker if of_speaker else reader
        assert dying.owner is not None
        dying.owner.dies_at = dying.owner.steps + steps
        while not any(each.visibility.is_public for each in stage.said):
            stage.publish(speaker)
        # before anything is due again that has nothing to do with it
        await stage.pause(3)
        has_died = dying.owner is None
        await stage.rest()
        return judge(stage) if has_died else None

    return _staged(play)


def _staged(play: Callable[[Stage], Awaitable[T]]) -> T:
    for host in HOSTS:
        template(host)
    loop = VirtualLoop(Random("deadly"))
    place = str(SHM) if SHM.is_dir() else None
    with TemporaryDirectory(prefix="fedi-simulation-", dir=place) as folder:
        stage = Stage(0, loop, Random("deadly"), Path(folder))
        loop.leap, loop.kill = stage.leap, stage.kill
        loop.set_exception_handler(lambda _loop, context: unforeseen(stage, context))
        with inside(loop, Random("deadly ids")), listening(stage):
            found = loop.run_until_complete(play(stage))
        bury(stage)
    assert stage.wrong == []
    return found


async def _play(stage: Stage) -> tuple[int, dict[str, int], list[tuple[str, str]]]:
    await stage.build()
    speaker, reader, _ = (stage.sites[host] for host in HOSTS)
    mine = await _let_follow(stage, speaker, reader)
    fatal = f"https://{HOSTS[2]}/note/fatal"
    _let_kill(stage, reader, fatal)
    _speak(stage, speaker, mine, fatal)
    for _ in range(40):
        await stage.pause(30)
        if reader.owner is None:
            await stage.rise(reader.host)
    aside = reader.look("SELECT type, reason FROM inbox_activity WHERE state = 'quarantined'")
    return stage.deaths, _states(reader), [(str(kind), str(reason)) for kind, reason in aside]


async def _play_impatient(stage: Stage) -> tuple[int, dict[str, int]]:
    await stage.build()
    speaker, reader, _ = (stage.sites[host] for host in HOSTS)
    mine = await _let_follow(stage, speaker, reader)
    slow = f"https://{HOSTS[2]}/note/slow"
    _let_linger(stage, reader, slow)
    _speak(stage, speaker, mine, slow)
    await stage.pause(5)
    for _ in range(KILLS):
        assert reader.owner is not None
        stage.kill(reader.owner)
        await stage.rise(reader.host)
        await stage.pause(stage.chance.uniform(0.05, 0.9))
    await stage.rest()
    return stage.deaths, _states(reader)


def _speak(stage: Stage, speaker: Site, mine: str, subject: str) -> None:
    """A row of likes, and among them something about a subject that has to be fetched."""
    agora = next(uri for uri, name in stage.names.items() if name == f"agora@{speaker.host}")

    async def speak(instance: Instance) -> None:
        for number in range(NOTES):
            about = subject if number == NOTES // 2 else mine
            kind = "Announce" if about == subject else "Like"

            def say(unit: Unit, kind: str = kind, about: str = about) -> None:
                actor = actor_store.load(unit.tx, agora)
                activity = envelope(unit, actor, kind, about, (PUBLIC,), (mine,))
                send(unit, actor, activity, Audience(followers=True, visibility="direct"))

            await instance.change(say)

    stage.ask(speaker, "speaks", speak)


def _states(site: Site) -> dict[str, int]:
    return dict(site.look("SELECT state, COUNT(*) FROM inbox_activity GROUP BY state"))


async def _let_follow(stage: Stage, followed: Site, follower: Site) -> str:
    """Somebody of one host follows everybody of the other, answers included; who."""
    mine, _ = stage.someone(follower)
    others = [uri for uri, name in stage.names.items() if name.endswith(f"@{followed.host}")]

    async def befriend(instance: Instance) -> None:
        for uri in others:
            known = await refresh.find_or_fetch_actor(instance, uri)

            def ask(unit: Unit, known: Actor = known) -> None:
                follow(unit, actor_store.load(unit.tx, mine), known)

            await instance.change(ask)

    stage.ask(follower, "follows", befriend)
    await stage.pause(120)
    return mine


def _let_kill(stage: Stage, reader: Site, fatal: str) -> None:
    """Whoever is answered from this address is dead before it hears the answer."""
    real = stage.network.take

    def take(source: str, request: Request) -> "asyncio.Future[Response]":
        if source == reader.host and request.url == fatal and reader.owner is not None:
            reader.owner.dies_at = reader.owner.steps + 1
        return real(source, request)

    stage.network.take = take  # type: ignore[method-assign]


def _let_linger(stage: Stage, reader: Site, slow: str) -> None:
    """Whoever asks for this address waits for the answer, and what it was asked for stays in hand meanwhile."""
    real = stage.network.take

    async def later(source: str, request: Request) -> Response:
        await asyncio.sleep(LINGERS_S)
        return await real(source, request)

    def take(source: str, request: Request) -> "asyncio.Future[Response]":
        if source == reader.host and request.url == slow:
            return asyncio.ensure_future(later(source, request))
        return real(source, request)

    stage.network.take = take  # type: ignore[method-assign]
