"""S15: a changed key of somebody whom people here have to do with is written down and shown to moderators."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from actors import journal, keys, refresh
from fedi.doctor.inspect import InspectOrder, inspect
from fedi.jobs.retention import forget
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import deliver, say, stranger

HERE = "agora.test"


async def noted(made: World, actor_uri: str) -> list[str]:
    found = await made[HERE].look(lambda rx: journal.list_newest(rx, actor_uri, 50))
    return [each.about for each in found if each.done == "journal.key_changed"]


async def test_a_changed_key_of_a_follower_is_in_the_journal_and_before_moderators() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        await made.settle()
        steward = await a_member(made, us)
        about = f"/steward/moderation/about?target={quote(ali.uri, safe='')}"
        # asked for again, with the same key: nothing to tell
        await refresh.fetch_actor(made[HERE], ali.uri)
        assert "signing key" not in (await steward.get(about)).text
        mars.person("ali", 1)
        await refresh.fetch_actor(made[HERE], ali.uri)
        assert await noted(made, us.uri) == [ali.uri]
        assert await noted(made, journal.HOUSE) == [ali.uri]
        assert "Its signing key was replaced" in (await steward.get(about)).text
        assert ali.uri in (await steward.get("/steward/journal")).text
        seen = await inspect(made[HERE], InspectOrder(address=ali.uri))
        assert "inspect.keys.changed" in {each.key for each in seen.findings}


async def test_a_key_that_came_in_addition_is_no_change() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        await made.settle()
        more = {
            "id": f"{ali.uri}#ed",
            "type": "Multikey",
            "controller": ali.uri,
            "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        }
        mars.person("ali", assertionMethod=[more])
        await refresh.fetch_actor(made[HERE], ali.uri)
        assert await noted(made, us.uri) == []


async def test_nobody_hears_of_the_keys_of_strangers() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await refresh.fetch_actor(made[HERE], ali.uri)
        mars.person("ali", 1)
        await refresh.fetch_actor(made[HERE], ali.uri)
        assert (await noted(made, us.uri), await noted(made, journal.HOUSE)) == ([], [])
        assert await made[HERE].look(lambda rx: keys.changed_at(rx, ali.uri)) is None


@pytest.mark.parametrize(("apart", "lines"), [(timedelta(hours=1), 1), (timedelta(days=2), 3)])
async def test_who_changes_keys_all_the_time_does_not_fill_the_journal(
    apart: timedelta, lines: int
) -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        await made.settle()
        for number in (1, 0, 1):
            mars.person("ali", number)
            await refresh.fetch_actor(made[HERE], ali.uri)
            made.clock.advance(seconds=apart.total_seconds())
        assert len(await noted(made, us.uri)) == lines
        rows = await made[HERE].look(lambda rx: rx.all("SELECT times FROM key_change"))
        assert [row[0] for row in rows] == [3]


async def test_it_is_forgotten_with_the_account() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
        await made.settle()
        mars.person("ali", 1)
        await refresh.fetch_actor(made[HERE], ali.uri)
        changed = mars.person("ali", 1)
        await deliver(made, HERE, changed.key, say(changed, "Delete", ali.uri))
        await made.settle()
        await forget(made[HERE])
        assert await made[HERE].look(lambda rx: keys.changed_at(rx, ali.uri)) is None
