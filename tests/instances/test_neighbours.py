"""Collectives of one instance among themselves, and what a collective that shut somebody out hears of them."""

from actors import notifications, refresh
from actors.model import Actor
from fedi.publications import timeline
from fedi.publications.compose import Draft
from fedi.publications.model import Publication
from fedi.vocab.audience import Visibility
from outbox.actions.announce import announce
from outbox.actions.block import block
from outbox.actions.like import like
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import a_note_of, deliver, say, stranger

HERE = "agora.test"


async def told(made: World, actor: Actor) -> list[tuple[str, str]]:
    listed = await made[HERE].look(lambda rx: notifications.list_newest(rx, actor.uri))
    return sorted((each.kind, each.from_uri) for each in listed)


async def seen(made: World, actor: Actor) -> list[str]:
    entries = await made[HERE].look(lambda rx: timeline.list_entries(rx, actor.uri, 50))
    return [each.publication_uri for each in entries]


async def say_to(made: World, author: Actor, to: Actor, visibility: Visibility) -> Publication:
    draft: Draft = a_note(f"{to.handle} listen", visibility=visibility)
    note = await made.publish(author, draft, answered=to)
    await made.settle()
    return note


async def test_neighbours_follow_and_read_each_other() -> None:
    async with world(HERE) as made:
        agora, banat = [await made.collective(HERE, name) for name in ("agora", "banat")]
        await made.follow(banat, agora)
        assert await made.followers(agora) == [banat.uri]
        note = await made.publish(agora, a_note("words"))
        await made.settle()
        assert await seen(made, banat) == [note.uri]
        await made.delete(agora, note)
        await made.settle()
        assert await seen(made, banat) == []


async def test_a_neighbour_that_is_named_is_told_whatever_the_audience() -> None:
    for visibility in (
        Visibility.PUBLIC,
        Visibility.FOLLOWERS,
        Visibility.DIRECT,
        Visibility.LOCAL,
    ):
        async with world(HERE) as made:
            agora, banat = [await made.collective(HERE, name) for name in ("agora", "banat")]
            note = await say_to(made, agora, banat, visibility)
            assert (visibility, await told(made, banat)) == (visibility, [("mention", agora.uri)])
            if visibility is not Visibility.LOCAL:
                assert (visibility, await seen(made, banat)) == (visibility, [note.uri])


async def test_a_neighbour_hears_of_thanks_and_of_being_passed_on() -> None:
    async with world(HERE) as made:
        agora, banat = [await made.collective(HERE, name) for name in ("agora", "banat")]
        note = await made.publish(agora, a_note("words"))
        await made[HERE].change(lambda unit: like(unit, banat, note.uri))
        await made[HERE].change(lambda unit: announce(unit, banat, note.uri))
        await made.settle()
        assert await told(made, agora) == [("announce", banat.uri), ("like", banat.uri)]


async def test_who_was_shut_out_by_a_collective_is_not_heard_by_it_any_more() -> None:
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        agora, banat = [await made.collective(HERE, name) for name in ("agora", "banat")]
        ali = mars.person("ali")
        await made.follow(banat, await refresh.fetch_actor(made[HERE], ali.uri))
        row = await made[HERE].look(lambda rx: rx.one("SELECT activity_uri FROM follow"))
        asked = {"id": row[0], "type": "Follow", "actor": banat.uri, "object": ali.uri}
        await deliver(made, HERE, ali.key, say(ali, "Accept", asked))
        spoken = await made.publish(agora, a_note("words"))
        await made[HERE].change(lambda unit: block(unit, agora, ali.uri))
        await made.settle()
        naming = a_note_of(ali, 1, inReplyTo=spoken.uri) | {"to": [agora.uri, banat.uri]}
        for number, activity in enumerate(
            [
                say(ali, "Create", naming),
                say(ali, "Create", a_note_of(ali, 2, inReplyTo=spoken.uri), 2),
                say(ali, "Like", spoken.uri),
                say(ali, "EmojiReact", spoken.uri, content="✊"),
                say(ali, "Announce", spoken.uri),
                say(ali, "Follow", agora.uri),
            ]
        ):
            activity["id"] += f"-{number}"
            assert (await deliver(made, HERE, ali.key, activity)).status == 202
        await made.settle()
        assert await told(made, agora) == []
        assert await seen(made, agora) == [spoken.uri]
        assert ("mention", ali.uri) in await told(made, banat)
