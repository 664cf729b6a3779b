"""Pages of the house read along indexes: what a page costs does not grow with what is stored."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.model import Actor
from fedi.db.engine import Reader
from fedi.views.acquaintance import list_relations, list_said_by, look_standing
from fedi.views.found import find_words
from fedi.views.needing import look_needing, look_network
from fedi.views.saved import look_saved
from fedi.views.thread import look_thread
from fedi.views.timeline import Wanted, list_languages, look_timeline
from tests.harness.plans import Plan, plan_of
from tests.harness.world import a_note, an_event, world

# One row for each collective of this instance, or for each list of one of them: these do not grow with what is stored.
SMALL = (" FROM actor WHERE role = ?", " FROM circle c")


class Listening:
    """A reader that notes what it is asked."""

    def __init__(self, rx: Reader) -> None:
        self.rx = rx
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def one(self, sql: str, *values: object) -> Any:
        self.asked.append((sql, values))
        return self.rx.one(sql, *values)

    def all(self, sql: str, *values: object) -> Any:
        self.asked.append((sql, values))
        return self.rx.all(sql, *values)

    def plans(self) -> list[tuple[str, Plan]]:
        return [(sql, plan_of(self.rx, sql, *values)) for sql, values in self.asked]


LOOKS: dict[str, Callable[[Any, Actor, str], Any]] = {
    "everything": lambda rx, us, _: look_timeline(rx, us, Wanted()),
    "kind": lambda rx, us, _: look_timeline(rx, us, Wanted(kind="event")),
    "language": lambda rx, us, _: look_timeline(rx, us, Wanted(language="en")),
    "both": lambda rx, us, _: look_timeline(rx, us, Wanted(kind="note", language="en")),
    "author": lambda rx, us, _: look_timeline(rx, us, Wanted(kind="note", author=us.uri)),
    "languages": lambda rx, us, _: list_languages(rx, us.uri),
    "saved": lambda rx, us, _: look_saved(rx, us),
    "thread": look_thread,
    "needing": lambda rx, us, _: look_needing(rx, us, decides=True, is_house_steward=True),
    "network": lambda rx, us, _: look_network(rx, us, 0),
    "following": lambda rx, us, _: list_relations(rx, us, "following", None),
    "followers": lambda rx, us, _: list_relations(rx, us, "followers", None),
    "somebody": lambda rx, us, _: look_standing(rx, us, us),
    "said": lambda rx, us, _: list_said_by(rx, us, us.uri, None),
    "search": lambda rx, us, _: find_words(rx, us, "assembly everybody", others=True),
}
# Sorting is for pages of which only so much exists: the relations of one collective, a thread.
SORTED = {"following", "followers", "needing", "somebody"}


@pytest.mark.both_engines
@pytest.mark.parametrize("name", LOOKS)
async def test_no_page_reads_a_whole_table(name: str) -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        event = await made.publish(agora, an_event())
        await made.publish(agora, a_note("An answer", in_reply_to=event.uri), parent=event)

        def look(rx: Reader) -> list[tuple[str, Plan]]:
            listening = Listening(rx)
            LOOKS[name](listening, agora, event.uri)
            assert listening.asked
            return listening.plans()

        plans = await made["agora.test"].look(look)
        found = [(sql, plan) for sql, plan in plans if not any(part in sql for part in SMALL)]
        assert [(plan.whole, sql, plan.text) for sql, plan in found if plan.whole] == []
        if name not in SORTED:
            # what ends at the same moment is sorted among itself
            assert [(sql, plan.text) for sql, plan in found if plan.sorts] == []
