"""An event of ours, people elsewhere who answer it in the words of their servers, and the form for everybody else."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from actors.model import Actor
from fedi.desk import attendance as desk
from fedi.publications.compose import Draft
from fedi.publications.model import Publication
from tests.harness.browser import Browser, Page
from tests.harness.world import World, an_event
from tests.hostile.stranger import Heard, Person, Stranger, deliver, say

HERE = "agora.test"
# Of whoever answered without an account, or was written to.
LINK = re.compile(r"/attendance/[\w-]+")


@dataclass(slots=True)
class Scene:
    """One collective, one event of it."""

    made: World
    agora: Actor
    event: Publication

    @property
    def which(self) -> str:
        return self.event.uri.rpartition("/")[2]

    async def hear(self, who: Person, verb: str, subject: object, number: object = 1, **more: Any) -> Heard:  # fmt: skip
        """Something arrives and is worked, and what comes of it is delivered."""
        activity = say(who, verb, subject, number, **{"to": [self.agora.uri], "cc": [], **more})
        heard = await deliver(self.made, HERE, who.key, activity)
        await self.made.settle()
        return heard

    async def join(self, who: Person, number: object = 1, **more: Any) -> Heard:
        return await self.hear(who, "Join", self.event.uri, number, **more)

    async def reply(self, who: Person, words: str, number: object = 1, **more: Any) -> Heard:
        """A reply to the event, as Mastodon sends it."""
        note = {
            "id": f"{who.uri}/notes/{number}",
            "type": "Note",
            "attributedTo": who.uri,
            "inReplyTo": self.event.uri,
            "content": f'<p><span class="h-card"><a href="{self.agora.uri}">@agora</a></span> {words}</p>',
            "published": "2026-01-01T00:00:00Z",
            "to": [self.agora.uri],
            "cc": [],
            "tag": [{"type": "Mention", "name": "@agora@agora.test", "href": self.agora.uri}],
            **more,
        }
        return await self.hear(who, "Create", note, number)

    async def state(self, who: str) -> str:
        """How it stands with somebody; empty without an entry."""
        row = await self.made[HERE].look(
            lambda rx: rx.one(
                "SELECT state FROM attendance WHERE event_uri = ? AND (who = ? OR name = ?)",
                self.event.uri,
                who,
                who,
            )
        )
        return row[0] if row else ""

    async def people(self) -> dict[str, int]:
        """State → how many people."""
        return (await self.sheet()).people

    async def sheet(self) -> desk.Sheet:
        return await desk.show(self.made[HERE], desk.ShowOrder(which=self.which))

    async def sign_up(self, name: str, browser: Browser | None = None, **typed: str) -> Page:
        """Fill in the form on the page, as somebody without an account."""
        visitor = browser or Browser(self.made, HERE)
        page = await visitor.get(f"/event/{self.which}/attend")
        self.made.clock.advance(seconds=5)
        form = page.form(f"/event/{self.which}/attend")
        return await visitor.send(form, **{"name": name, **typed})

    async def document(self) -> dict[str, Any]:
        """The event as others read it."""
        accept = {"Accept": "application/activity+json"}
        page = await Browser(self.made, HERE).get(f"/event/{self.which}", **accept)
        found: dict[str, Any] = json.loads(page.text)
        return found


async def an_organiser(made: World, **details: Any) -> Scene:
    """A collective and an event of it. `details`: of the event."""
    agora = await made.collective(HERE, "agora")
    event = await made.publish(agora, with_details(an_event("Assembly"), **details))
    return Scene(made, agora, event)


def with_details(draft: Draft, **details: Any) -> Draft:
    """The draft of an event with other details."""
    return replace(draft, details=replace(draft.details, **details))  # type: ignore[type-var]


def told(there: Stranger, verb: str) -> list[dict[str, Any]]:
    """What arrived at a stranger's server, of one kind."""
    return [post.document for post in there.posts if post.document["type"] == verb]


def messages(there: Stranger) -> list[str]:
    """What was written to people at a stranger's server."""
    return [str(each["object"]["content"]) for each in told(there, "Create")]


async def edited(scene: Scene, **details: Any) -> None:
    """The event with other details, and everybody told who is to be."""
    await scene.made.edit(scene.agora, replace(scene.event, details=replace(scene.event.event, **details)))  # fmt: skip
    await scene.made.settle()
