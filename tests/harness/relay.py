"""A relay as real ones behave, in either style (FEP-ae0c): subscribers ask, and what one says in public the others get.

It answers at once and keeps its own letters until `work` sends them, so that nothing happens behind a test's back.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fedi.vocab.terms import PUBLIC
from tests.harness.world import World
from tests.hostile.stranger import Document, Heard, Person, Post, Stranger, deliver, say, stranger

MASTODON, LITEPUB = "mastodon", "litepub"
ANSWERED = (202, dict[str, str]())


@dataclass(slots=True)
class RelayProgram:
    """`subscribers`: actor → the Follow with which it came. `accepts`: what it answers to the next Follow."""

    made: World
    there: Stranger
    actor: Person
    style: str
    accepts: bool = True
    subscribers: dict[str, str] = field(default_factory=dict)
    followed_back: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    _letters: list[tuple[str, Document]] = field(default_factory=list)
    _said: int = 0

    @property
    def address(self) -> str:
        """What a steward types."""
        return self.there.url("/inbox") if self.style == MASTODON else self.actor.uri

    @property
    def heard(self) -> list[Document]:
        """Everything that was sent to it, in order."""
        return [post.document for post in self.there.posts]

    def heard_of(self, kind: str) -> list[Document]:
        return [each for each in self.heard if each["type"] == kind]

    async def work(self) -> list[Heard]:
        """Send what it has to say; what it was answered."""
        letters, self._letters = self._letters, []
        return [
            await deliver(self.made, host, self.actor.key, activity) for host, activity in letters
        ]

    def say(self, kind: str, subject: object, **members: Any) -> Document:
        """An activity of the relay's own."""
        self._said += 1
        return say(self.actor, kind, subject, self._said, **members)

    def answer(self, post: Post) -> tuple[int, dict[str, str]]:
        """As real ones do: strangers are told 401, an address that is no list 400."""
        activity = post.document
        speaker, kind = activity["actor"], activity["type"]
        if not isinstance(activity.get("to"), list):
            return 400, {}
        if kind == "Follow":
            return self._subscribe(activity)
        if not any(_host(speaker) == _host(known) for known in self.subscribers):
            self.refused.append(kind)
            return 401, {}
        if kind == "Accept":
            self.followed_back.add(speaker)
        elif kind == "Undo" and _type(activity["object"]) == "Follow":
            self.subscribers.pop(speaker, None)
            self.followed_back.discard(speaker)
        elif kind != "Reject":
            self._pass_on(activity, json.loads(post.body))
        return ANSWERED

    def _subscribe(self, follow: Document) -> tuple[int, dict[str, str]]:
        wanted = PUBLIC if self.style == MASTODON else self.actor.uri
        answer = "Accept" if self.accepts and follow["object"] == wanted else "Reject"
        speaker = follow["actor"]
        # ActivityRelay names itself as the object, whatever was asked
        quoted = {"id": follow["id"], "type": "Follow", "actor": speaker, "object": self.actor.uri}
        self._letters.append((_host(speaker), self.say(answer, quoted, to=[speaker])))
        if answer == "Accept":
            self.subscribers[speaker] = follow["id"]
            if self.style == LITEPUB:
                self._letters.append((_host(speaker), self.say("Follow", speaker, to=[speaker])))
        return ANSWERED

    def _pass_on(self, activity: Document, body: Document) -> None:
        if self.style == MASTODON:
            is_public = PUBLIC in [*activity["to"], *activity["cc"]]
            if not is_public or "signature" not in activity:
                self.refused.append(activity["type"])
                return
            letter = body
        elif activity["type"] in ("Announce", "Create"):
            object_uri = activity["object"]
            assert isinstance(object_uri, str), "announced by id"
            letter = self.say("Announce", object_uri, to=[self.actor.followers], cc=[])
        else:
            letter = body
        sender = _host(activity["actor"])
        self._letters += [
            (_host(each), letter) for each in self.subscribers if _host(each) != sender
        ]


@asynccontextmanager
async def relay_program(made: World, host: str, style: str) -> AsyncIterator[RelayProgram]:
    """A relay that the instances of the world reach under this name."""
    async with stranger(made, host) as there:
        actor = there.person("actor", type="Application", inbox=there.url("/inbox"))
        program = RelayProgram(made, there, actor, style)
        there.answer = program.answer
        yield program


def _host(uri: str) -> str:
    return uri.split("/")[2]


def _type(value: object) -> object:
    return value.get("type") if isinstance(value, dict) else None
