"""Two instances that disagree about who follows find out with the next delivery (FEP-8fcf)."""

from actors import follows
from actors.model import Actor
from tests.harness.world import World, a_note, world


async def _friends(made: World) -> tuple[Actor, Actor, Actor]:
    agora = await made.collective("agora.test", "agora")
    one = await made.collective("beirut.test", "one")
    other = await made.collective("beirut.test", "other")
    await made.follow(one, agora)
    await made.follow(other, agora)
    return agora, one, other


async def test_a_follow_that_the_author_lost_ends_at_the_follower_too() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, one, other = await _friends(made)
        await made["agora.test"].change(lambda unit: follows.remove(unit, one.uri, agora.uri))
        await made.publish(agora, a_note("words"))
        await made.settle()
        here = made["beirut.test"]
        assert await here.look(lambda rx: follows.find(rx, one.uri, agora.uri)) is None
        assert await here.look(lambda rx: follows.is_follower(rx, other.uri, agora.uri))


async def test_a_follower_that_does_not_follow_takes_itself_off_the_authors_list() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, one, other = await _friends(made)
        await made["beirut.test"].change(lambda unit: follows.remove(unit, one.uri, agora.uri))
        await made.publish(agora, a_note("words"))
        await made.settle()
        assert await made.followers(agora) == [other.uri]


async def test_instances_that_agree_ask_nothing_of_each_other() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora, _, _ = await _friends(made)
        await made.publish(agora, a_note("words"))
        made.wire.sent.clear()
        await made.settle()
        assert [url for method, url in made.wire.sent if method == "GET"] == []


async def test_the_partial_list_is_for_the_hosts_own_followers_only() -> None:
    async with world("agora.test", "beirut.test", "tunis.test") as made:
        agora, one, other = await _friends(made)
        await made.collective("tunis.test", "stranger")
        url = f"{agora.uri}/followers_synchronization"
        ours = await made["beirut.test"].http.fetch_document(url)
        theirs = await made["tunis.test"].http.fetch_document(url)
        assert sorted(ours.document["orderedItems"]) == sorted([one.uri, other.uri])
        assert theirs.document["orderedItems"] == []
