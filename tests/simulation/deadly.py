"""A world in which looking at one document kills the process that looks, every time."""

import asyncio
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from actors import refresh
from actors import store as actor_store
from fedi.http.transport import Request, Response
from fedi.instance import Instance
from fedi.unit import Unit
from fedi.vocab.terms import PUBLIC
from outbox.actions.follow import follow
from outbox.activities import envelope
from outbox.send import Audience, send
from tests.simulation.loop import VirtualLoop
from tests.simulation.site import SHM, Site, inside, template
from tests.simulation.stage import HOSTS, Stage, bury, listening, unforeseen

NOTES = 8


def deadly() -> tuple[int, dict[str, int], list[tuple[str, str]]]:
    """How often the reader died, how many activities it has in each state, and type and reason of what was set aside."""
    for host in HOSTS:
        template(host)
    loop = VirtualLoop(Random("deadly"))
    place = str(SHM) if SHM.is_dir() else None
    with TemporaryDirectory(prefix="fedi-simulation-", dir=place) as folder:
        stage = Stage(0, loop, Random("deadly"), Path(folder))
        loop.leap, loop.kill = stage.leap, stage.kill
        loop.set_exception_handler(lambda _loop, context: unforeseen(stage, context))
        with inside(loop, Random("deadly ids")), listening(stage):
            found = loop.run_until_complete(_play(stage))
        bury(stage)
    assert stage.wrong == []
    return found


async def _play(stage: Stage) -> tuple[int, dict[str, int], list[tuple[str, str]]]:
    await stage.build()
    speaker, reader, _ = (stage.sites[host] for host in HOSTS)
    agora = next(uri for uri, name in stage.names.items() if name == f"agora@{speaker.host}")
    mine, _ = stage.someone(reader)
    fatal = f"https://{HOSTS[2]}/note/fatal"

    async def befriend(instance: Instance) -> None:
        known = await refresh.find_or_fetch_actor(instance, agora)
        await instance.change(lambda unit: follow(unit, actor_store.load(unit.tx, mine), known))

    stage.ask(reader, "follows", befriend)
    await stage.pause(10)
    _let_kill(stage, reader, fatal)

    async def speak(instance: Instance) -> None:
        for number in range(NOTES):
            subject = fatal if number == NOTES // 2 else mine
            kind = "Announce" if subject == fatal else "Like"

            def say(unit: Unit, kind: str = kind, subject: str = subject) -> None:
                actor = actor_store.load(unit.tx, agora)
                activity = envelope(unit, actor, kind, subject, (PUBLIC,), (mine,))
                send(unit, actor, activity, Audience(followers=True, visibility="direct"))

            await instance.change(say)

    stage.ask(speaker, "speaks", speak)
    for _ in range(40):
        await stage.pause(30)
        if reader.owner is None:
            await stage.rise(reader.host)
    states = dict(reader.look("SELECT state, COUNT(*) FROM inbox_activity GROUP BY state"))
    aside = reader.look("SELECT type, reason FROM inbox_activity WHERE state = 'quarantined'")
    return stage.deaths, states, [(str(kind), str(reason)) for kind, reason in aside]


def _let_kill(stage: Stage, reader: Site, fatal: str) -> None:
    """Whoever is answered from this address is dead before it hears the answer."""
    real = stage.network.take

    def take(source: str, request: Request) -> "asyncio.Future[Response]":
        if source == reader.host and request.url == fatal and reader.owner is not None:
            reader.owner.dies_at = reader.owner.steps + 1
        return real(source, request)

    stage.network.take = take  # type: ignore[method-assign]
