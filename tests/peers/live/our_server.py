"""Our side of a conversation with a program of others: one running instance, and collectives that act on it.

`open_our_server` starts the instance; each `Collective` publishes, follows and says what it knows, in plain values:
addresses and plain text.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import trustme

from actors import follows, refresh
from actors.model import Actor
from fedi.instance import Instance
from fedi.publications import reactions, store, timeline
from fedi.publications.aid.model import AidDetails
from fedi.publications.compose import Draft, DraftText
from fedi.publications.model import Publication
from fedi.publications.place import Place
from fedi.publications.reactions import ANNOUNCE, LIKE
from fedi.text.html import text_of
from fedi.unit import Unit
from fedi.views.conversation import look_conversation
from fedi.vocab.audience import Visibility
from outbox.actions.announce import announce
from outbox.actions.follow import follow
from outbox.actions.like import like
from outbox.actions.undo import undo_reaction, unfollow
from tests.harness.world import World, a_note, a_statement, an_event, world

MOST = 100


@dataclass(slots=True)
class OurServer:
    """A running instance, reached at 127.0.0.1:`port` under the name `host`."""

    host: str
    port: int
    world: World
    collectives: int = 0

    def route(self, host: str, port: int) -> None:
        """From now on the instance reaches https://host at 127.0.0.1:port."""
        self.world.wire.ports[host] = port

    async def settle(self) -> None:
        """Work inbox and outbox until nothing is due, at the time it is: the clock of a peer is never ahead."""
        clock = self.world.clock
        clock.advance(seconds=max(0.0, (datetime.now(UTC) - clock.now()).total_seconds()))
        await self.world.settle()

    async def fetch(self, url: str) -> dict[str, Any]:
        """The document at an address elsewhere, as this instance gets it."""
        fetched = await self.world[self.host].http.fetch_document(url, check_id=False)
        return fetched.document

    async def collective(self) -> "Collective":
        """A new collective, so that conversations on one instance do not meet."""
        self.collectives += 1
        made = await self.world.collective(self.host, f"agora{self.collectives}", "ساحة الجيران")
        return Collective(self, made)


@dataclass(frozen=True, slots=True)
class Collective:
    """One of our collectives. Whatever it does has left when the call returns."""

    server: OurServer
    made: Actor

    @property
    def uri(self) -> str:
        return self.made.uri

    @property
    def handle(self) -> str:
        return self.made.handle

    async def publish_event(self, title: str) -> str:
        """Publish a public event, return its uri."""
        return await self.publish(an_event(title))

    async def publish_statement(self, title: str) -> str:
        """Publish a public statement, return its uri."""
        return await self.publish(a_statement(title, language="ar"))

    async def publish_aid_request(self, title: str) -> str:
        """Publish a public aid request, return its uri."""
        details = AidDetails(
            "request",
            what="clothing",
            quantity="40",
            until=self.server.world.clock.now() + timedelta(days=9),
            place=Place(name="Dar Al-Jiran", locality="Tunis", country="TN"),
        )
        texts = {"ar": DraftText(title, "نجمع البطانيات قبل الشتاء.")}
        return await self.publish(Draft("aid_request", texts, details=details))

    async def publish_note(
        self, text: str, visibility: Visibility, *, to: str = "", in_reply_to: str | None = None
    ) -> str:
        """Publish a short message; `to`: the uri of an actor that it names."""
        mentioned = {}
        if to:
            actor = await self._known(to)
            mentioned[actor.handle.lower()] = actor
            text = f"{text} {actor.handle}"
        draft = a_note(text, visibility=visibility, in_reply_to=in_reply_to)
        return await self.publish(draft, mentioned=mentioned)

    async def publish(self, draft: Draft, **around: object) -> str:
        """Publish any draft, return its uri."""
        published = await self.server.world.publish(self.made, draft, **around)
        await self.server.settle()
        return published.uri

    async def edit(self, uri: str, title: str) -> None:
        """Give a publication another title."""
        was = await self.find(uri)
        assert was is not None
        texts = {was.language: replace(was.original, name=title)}
        await self.server.world.edit(self.made, replace(was, texts=texts))
        await self.server.settle()

    async def delete(self, uri: str) -> None:
        """Withdraw a publication."""
        was = await self.find(uri)
        assert was is not None
        await self.server.world.delete(self.made, was)
        await self.server.settle()

    async def follow(self, uri: str) -> None:
        """Ask to follow an actor elsewhere."""
        known = await self._known(uri)
        await self._change(lambda unit: follow(unit, self.made, known))

    async def unfollow(self, uri: str) -> None:
        await self._change(lambda unit: unfollow(unit, self.made, uri))

    async def like(self, uri: str) -> None:
        await self._change(lambda unit: like(unit, self.made, uri))

    async def boost(self, uri: str) -> None:
        await self._change(lambda unit: announce(unit, self.made, uri))

    async def unlike(self, uri: str) -> None:
        await self._change(lambda unit: undo_reaction(unit, self.made, LIKE, uri))

    async def unboost(self, uri: str) -> None:
        await self._change(lambda unit: undo_reaction(unit, self.made, ANNOUNCE, uri))

    async def find(self, uri: str) -> Publication | None:
        """A publication as this instance has it."""
        return await self._instance.look(lambda rx: store.find(rx, uri))

    async def followers(self) -> list[str]:
        return await self.server.world.followers(self.made)

    async def following(self) -> list[str]:
        """Only those who accepted."""
        known = await self._instance.look(lambda rx: follows.list_following(rx, self.uri))
        return [each.followed_uri for each in known if each.state == follows.ACCEPTED]

    async def replies(self, uri: str) -> list[tuple[int, str]]:
        """The answers that a visitor sees below a publication: how deep, and their plain text."""
        found = await self._instance.look(lambda rx: look_conversation(rx, uri))
        assert found is not None
        return [(each.depth, _words(each.listed.publication)) for each in found.replies]

    async def likes(self, uri: str) -> list[str]:
        """Actors who like it."""
        return await self._reacted(LIKE, uri)

    async def boosts(self, uri: str) -> list[str]:
        """Actors who passed it on."""
        return await self._reacted(ANNOUNCE, uri)

    async def read(self) -> list[str]:
        """Plain text of what lies before this collective, newest first."""
        entries = await self._instance.look(lambda rx: timeline.list_entries(rx, self.uri, MOST))
        found = [await self.find(entry.publication_uri) for entry in entries]
        return [_words(each) for each in found if each is not None]

    async def _known(self, uri: str) -> Actor:
        return await refresh.find_or_fetch_actor(self._instance, uri)

    async def _reacted(self, kind: str, uri: str) -> list[str]:
        return list(
            await self._instance.look(lambda rx: reactions.list_actors(rx, kind, uri, MOST))
        )

    async def _change(self, work: Callable[[Unit], object]) -> None:
        await self._instance.change(work)
        await self.server.settle()

    @property
    def _instance(self) -> Instance:
        return self.server.world[self.server.host]


def _words(publication: Publication) -> str:
    return text_of(publication.original.content).strip()


@asynccontextmanager
async def open_our_server(host: str, authority: trustme.CA) -> AsyncIterator[OurServer]:
    """A fresh instance that trusts `authority` and is certified by it."""
    async with world(host, authority=authority) as made:
        yield OurServer(host, made.wire.ports[host], made)
