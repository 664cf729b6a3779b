"""Whatever a known server signs and sends, the inbox answers plainly and no activity breaks its worker."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from inbox.handlers import BY_ACTIVITY
from tests.harness.chance import examples
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import Person, Stranger, deliver, say, stranger

HERE = "agora.test"
MEMBERS = [
    "id", "type", "attributedTo", "content", "contentMap", "name", "summary", "to", "cc", "tag", "attachment",
    "inReplyTo", "published", "updated", "startTime", "endTime", "location", "url", "icon", "object", "actor",
    "target", "replies", "quote", "instrument", "purpose", "publishes", "timezone", "sensitive", "oneOf",
]  # fmt: skip
WORDS = st.sampled_from(
    [
        "Note", "Event", "Article", "Proposal", "Question", "Person", "Tombstone", "Mention", "Hashtag", "Link",
        "https://mars.test/ali", "https://mars.test/ali/notes/1", "https://agora.test/actor", "2026-13-45T99:99:99Z",
        "2026-02-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "as:Public", "<p dir=rtl>نص</p>",
        "", "\u202e", "x" * 3000, "https://", "acct:a@b", "ar", "Africa/Tunis", "../..",
    ]
)  # fmt: skip
VALUES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e300, 1e300),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS) | st.just("ar"), inner, max_size=6)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=12)


class Theatre:
    """A world that lives across examples, on a loop of its own."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.number = 0
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.made: World = await self.stack.enter_async_context(world(HERE))
        self.mars: Stranger = await self.stack.enter_async_context(stranger(self.made, "mars.test"))
        self.agora = await self.made.collective(HERE, "agora")
        self.ali: Person = self.mars.person("ali")
        self.note = await self.made.publish(self.agora, a_note("words"))

    async def told(self, verb: str, subject: Any, members: dict[str, Any]) -> tuple[int, list[Any]]:
        self.number += 1
        activity = {**members, **say(self.ali, verb, subject, self.number)}
        activity["to"] = [self.agora.uri]
        heard = await deliver(self.made, HERE, self.ali.key, activity)
        await self.made.settle()
        rows = await self.made[HERE].look(
            lambda rx: rx.all(
                "SELECT state, reason FROM inbox_activity WHERE state = 'quarantined' OR reason = 'internal'"
            )
        )
        return heard.status, list(rows)

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    made = Theatre()
    yield made
    made.close()


@examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(BY_ACTIVITY)),
    OBJECTS,
    OBJECTS,
    st.sampled_from(["own", "ours", "as it is", "text"]),
)
def test_no_document_breaks_the_inbox_or_its_worker(
    theatre: Theatre, verb: str, subject: dict[str, Any], members: dict[str, Any], whose: str
) -> None:
    found: Any = subject
    if whose == "own":
        uri = f"{theatre.ali.uri}/notes/{theatre.number}"
        found = {"type": "Note"} | subject | {"id": uri, "attributedTo": theatre.ali.uri}
    elif whose == "ours":
        found = subject | {"id": theatre.note.uri}
    elif whose == "text":
        found = theatre.note.uri
    status, broken = theatre.runner.run(theatre.told(verb, found, members))
    assert status in {202, 400}
    assert broken == []
