"""Three made-up instances on loopback that really talk to one another: the demonstration, and a world to try things in.

Each is a whole instance with its own folder, database and web server. Names such as `agora.localhost` lead to loopback
in every browser; between the instances our own resolver does the same.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from actors import births, follows, refresh
from actors import store as actor_store
from actors.model import Actor
from fedi.config import parse_config
from fedi.db.engine import Reader
from fedi.demonstration_texts import COLLECTIVES, EVENT, NEED, REPLY, STATEMENTS, Collective
from fedi.errors import SetupError
from fedi.http.guard import Policy
from fedi.http.pool import PooledTransport
from fedi.ids import new_public_id
from fedi.instance import Instance
from fedi.localhost_tls import Certificates
from fedi.opening import Outside, open_instance
from fedi.publications import reactions, store
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText, Setting, compose
from fedi.publications.event.model import EventDetails
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.serving import serve_open_instance
from fedi.text.plain import from_plain_text
from fedi.unit import Unit
from outbox import store as outbox_store
from outbox.actions.announce import announce
from outbox.actions.create import create
from outbox.actions.follow import follow
from outbox.actions.like import like

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.05
TEXTS_MAX = 8

Say = Callable[[str, Mapping[str, object]], None]


@dataclass(slots=True)
class Neighbour:
    """One instance of the demonstration and its collective."""

    about: Collective
    instance: Instance
    actor: Actor


@dataclass(slots=True)
class Demonstration:
    """The neighbours, in the order of `COLLECTIVES`, and what each of them said."""

    neighbours: list[Neighbour] = field(default_factory=list)
    said: list[Publication] = field(default_factory=list)

    async def arrivals(self) -> list[tuple[Publication, list[str]]]:
        """Each publication with the hosts that hold it now."""
        table = []
        for publication in self.said:
            holders = [
                each.instance.urls.host
                for each in self.neighbours
                if await each.instance.look(partial(_holds, publication.uri))
            ]
            table.append((publication, holders))
        return table


@asynccontextmanager
async def demonstrate(
    folder: Path, *, with_tls: bool, texts: Sequence[Path], say: Say
) -> AsyncIterator[Demonstration]:
    """Start the three, let them meet and speak, and keep them running until the context ends.

    `say` hears message keys with values as things happen. Raises SetupError when something never arrives.
    """
    certificates = Certificates(folder / "certificates") if with_tls else None
    ports = {about.host: _free_port() for about in COLLECTIVES}
    made = Demonstration()
    async with AsyncExitStack() as stack:
        for about in COLLECTIVES:
            neighbour = await _open(stack, folder, about, ports, certificates)
            made.neighbours.append(neighbour)
            say(
                "world.started",
                {
                    "name": about.name,
                    "address": neighbour.instance.urls.base,
                    "handle": neighbour.actor.handle,
                },
            )
        await _meet(made)
        say("world.met", {})
        await _speak(made, texts, say)
        yield made


async def _open(
    stack: AsyncExitStack,
    folder: Path,
    about: Collective,
    ports: Mapping[str, int],
    certificates: Certificates | None,
) -> Neighbour:
    port = ports[about.host]
    scheme = "https" if certificates else "http"
    settings = {
        "FEDI_INSTANCE_BASE_URL": f"{scheme}://{about.host}:{port}",
        "FEDI_INSTANCE_LANGUAGE": about.language,
        "FEDI_INSTANCE_TIMEZONE": about.zone,
        "FEDI_SERVER_BIND": f"127.0.0.1:{port}",
        "FEDI_STORAGE_FOLDER": str(folder / about.username),
        "FEDI_NETWORK_ALLOWED_NETWORKS": str(LOOPBACK),
        "FEDI_NETWORK_UNSAFE_ALLOW_HTTP": "false" if certificates else "true",
    }
    if certificates:
        certificate, key = certificates.issue(about.host)
        settings |= {
            "FEDI_SERVER_TLS_CERTIFICATE": str(certificate),
            "FEDI_SERVER_TLS_KEY": str(key),
        }
    config = parse_config("", settings)
    transport = PooledTransport(
        Policy(
            allow_http=certificates is None,
            allowed_networks=(LOOPBACK,),
            own_hosts=frozenset({f"{about.host}:{port}"}),
        ),
        extra_ca_file=str(certificates.authority_file) if certificates else None,
        resolver=lambda _host, asked: [("127.0.0.1", asked)],
    )
    instance = await stack.enter_async_context(open_instance(config, Outside(transport=transport)))
    await _serve(stack, instance)
    return Neighbour(about, instance, await _ensure_collective(instance, about))


async def _serve(stack: AsyncExitStack, instance: Instance) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(
        serve_open_instance(instance, stop=stop, on_ready=lambda _address: ready.set())
    )

    async def end() -> None:
        stop.set()
        await serving

    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        waiting.cancel()
        await serving
    stack.push_async_callback(end)


async def _ensure_collective(instance: Instance, about: Collective) -> Actor:
    known = await instance.look(lambda rx: actor_store.find_local(rx, about.username))
    if known is not None:
        return known
    wanted = births.NewCollective(
        about.username, about.name, summary=f"<p>{about.summary}</p>", language=about.language
    )
    return await births.add_collective(instance, wanted)


async def _meet(made: Demonstration) -> None:
    """Everybody follows everybody, over the wire, and waits until all are accepted."""
    for one in made.neighbours:
        for other in made.neighbours:
            if one is not other:
                known = await refresh.find_or_fetch_by_handle(one.instance, other.actor.handle)
                await one.instance.change(partial(follow, follower=one.actor, followed=known))
    for one in made.neighbours:
        for other in made.neighbours:
            if one is not other:
                await _until(one.instance, partial(_follows, one.actor.uri, other.actor.uri))


async def _speak(made: Demonstration, texts: Sequence[Path], say: Say) -> None:
    agora, maison, casa = made.neighbours
    for draft in _statements(texts):
        await _publish(made, agora, draft, say)
    event = await _publish(made, maison, _event(maison), say)
    need = await _publish(made, casa, _need(casa), say)
    for neighbour in made.neighbours:
        for publication in tuple(made.said):
            await _until(neighbour.instance, partial(_holds, publication.uri))
    reply = Draft("note", {"ar": DraftText("", REPLY)}, in_reply_to=event.uri)
    await _publish(made, agora, reply, say, parent=event, answered=maison.actor.uri)
    await agora.instance.change(lambda unit: like(unit, agora.actor, need.uri))
    await maison.instance.change(lambda unit: announce(unit, maison.actor, need.uri))
    await _until(
        casa.instance,
        lambda rx: (
            bool(reactions.count(rx, reactions.LIKE, need.uri))
            and bool(reactions.count(rx, reactions.ANNOUNCE, need.uri))
        ),
    )
    say("world.thanked", {"one": agora.about.name, "other": maison.about.name})
    reply_uri = made.said[-1].uri
    await _until(maison.instance, partial(_holds, reply_uri))
    for neighbour in made.neighbours:
        await _until(neighbour.instance, lambda rx: outbox_store.count_waiting(rx) == 0)


async def _publish(
    made: Demonstration,
    neighbour: Neighbour,
    draft: Draft,
    say: Say,
    *,
    parent: Publication | None = None,
    answered: str | None = None,
) -> Publication:
    author = neighbour.actor

    def work(unit: Unit) -> Publication:
        setting = Setting(
            author=author,
            uri=unit.urls.publication(draft.kind, new_public_id(unit.told)),
            published_at=unit.told,
            hashtag_url=unit.urls.hashtag,
            mentioned={},
            parent=parent,
            answered=actor_store.find(unit.tx, answered) if answered else None,
            zone=neighbour.about.zone,
        )
        publication = compose(draft, setting)
        create(unit, author, publication)
        return publication

    publication = await neighbour.instance.change(work)
    made.said.append(publication)
    title = publication.original.name or ""
    say(
        "world.said",
        {
            "name": neighbour.about.name,
            "kind": draft.kind,
            "title": title,
            "address": publication.uri,
        },
    )
    return publication


def _statements(texts: Sequence[Path]) -> list[Draft]:
    found = []
    for file in texts[:TEXTS_MAX]:
        lines = file.read_text(encoding="utf-8").strip().splitlines()
        title = lines[0].strip(" #*") if lines else ""
        body = from_plain_text("\n".join(lines[1:]).strip())
        if title and body:
            found.append(Draft("statement", {"ar": DraftText(title, body)}))
    samples = [
        Draft("statement", {language: DraftText(*words) for language, words in sample.items()})
        for sample in STATEMENTS
    ]
    return found or samples


def _event(neighbour: Neighbour) -> Draft:
    now = neighbour.instance.clock.now()
    starts_at = (now + timedelta(days=7)).replace(hour=17, minute=0, second=0, microsecond=0)
    details = EventDetails(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        timezone=neighbour.about.zone,
        place=Place(
            name=EVENT.place, street=EVENT.street, locality=EVENT.city, country=EVENT.country
        ),
    )
    words = {language: DraftText(*text) for language, text in EVENT.words.items()}
    return Draft("event", words, details=details)


def _need(neighbour: Neighbour) -> Draft:
    details = AidDetails(
        "request",
        what="clothing",
        quantity="40",
        until=neighbour.instance.clock.now() + timedelta(days=20),
        place=Place(locality=NEED.city, country=NEED.country),
    )
    words = {language: DraftText(*text) for language, text in NEED.words.items()}
    return replace(Draft("aid_request", words), details=details)


def _follows(follower_uri: str, followed_uri: str, rx: Reader) -> bool:
    return follows.is_follower(rx, follower_uri, followed_uri)


def _holds(uri: str, rx: Reader) -> bool:
    return store.find_row_id(rx, uri) is not None


async def _until(instance: Instance, seen: Callable[[Reader], bool]) -> None:
    """Look until something is there. Raises SetupError when it never comes."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await instance.look(seen):  # noqa: ASYNC110 - no bell rings for a reader
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as problem:
        raise SetupError(
            detail="the instances of the demonstration do not reach one another"
        ) from problem


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
