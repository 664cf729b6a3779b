"""S107, S109, S113: what those without any relation may leave here is bounded in every posture."""

import pytest

from tests.harness.world import World, world
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, rsa, say, stranger

HERE = "agora.test"


async def count(made: World, what: str) -> int:
    row = await made[HERE].look(lambda rx: rx.one(f"SELECT COUNT(*) FROM {what}"))
    assert row is not None
    return int(row[0])


def somebody(there: Stranger, number: int) -> Person:
    """Another person with one and the same key: making keys is slow, and nobody can notice."""
    return there.person(f"p{number}", 0)


async def test_a_host_brings_a_hundred_new_actors_an_hour_and_no_more() -> None:
    settings = "[inbox]\nnew_actors_per_host = 5\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        people = [somebody(mars, number) for number in range(8)]
        statuses = [
            (await deliver(made, HERE, each.key, say(each, "Follow", us.uri))).status
            for each in people
        ]
        assert statuses == [202] * 5 + [429] * 3
        assert await count(made, "actor WHERE host = 'mars.test'") == 5
        made.clock.advance(hours=1)
        late = people[-1]
        assert (await deliver(made, HERE, late.key, say(late, "Follow", us.uri))).status == 202


async def test_hosts_without_number_below_one_domain_are_ten_a_day() -> None:
    settings = "[inbox]\nnew_hosts_per_domain = 2\n"
    async with world(HERE, settings=settings) as made:
        us = await made.collective(HERE, "agora")
        statuses = []
        for number in range(4):
            async with stranger(made, f"h{number}.wild.test") as there:
                person = somebody(there, number)
                heard = await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
                statuses.append(heard.status)
        assert statuses == [202, 202, 429, 429]


async def test_a_known_actor_of_a_full_host_is_heard() -> None:
    settings = "[inbox]\nnew_actors_per_host = 1\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        first, second = somebody(mars, 1), somebody(mars, 2)
        assert (await deliver(made, HERE, first.key, say(first, "Follow", us.uri))).status == 202
        assert (await deliver(made, HERE, second.key, say(second, "Follow", us.uri))).status == 429
        undo = say(first, "Undo", say(first, "Follow", us.uri))
        assert (await deliver(made, HERE, first.key, undo)).status == 202


async def mention(made: World, us_uri: str, person: Person, number: int) -> int:
    note = a_note_of(person, number, "<p>buy this</p>", cc=[us_uri])
    create = say(person, "Create", note, number, cc=[us_uri])
    return (await deliver(made, HERE, person.key, create)).status


@pytest.mark.parametrize("posture", ["open", "guarded"])
async def test_a_flood_of_strangers_is_told_to_come_later_in_every_posture(posture: str) -> None:
    settings = f'[instance]\nposture = "{posture}"\n[inbox]\nstrangers_per_hour = 12\n'
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        statuses = [await mention(made, us.uri, somebody(mars, n), n) for n in range(5)]
        await made.settle()
        assert statuses == [202, 202, 429, 429, 429]
        held = await count(made, "publication WHERE NOT is_local AND is_held")
        assert held == (2 if posture == "guarded" else 0)
        assert await count(made, "publication WHERE NOT is_local") == 2


async def test_a_follower_is_heard_during_a_flood_of_strangers() -> None:
    settings = "[inbox]\nstrangers_per_hour = 6\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        friend = somebody(mars, 0)
        await deliver(made, HERE, friend.key, say(friend, "Follow", us.uri))
        await made.settle()
        statuses = [await mention(made, us.uri, somebody(mars, n), n) for n in (1, 2, 3)]
        assert statuses == [202, 429, 429]
        assert [await mention(made, us.uri, friend, n) for n in (4, 5)] == [202, 202]


async def test_follows_above_the_cap_are_asked_to_come_later_and_flags_only_counted() -> None:
    settings = "[inbox]\nfollows_per_host = 2\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        people = [somebody(mars, number) for number in range(3)]
        follows = [
            (await deliver(made, HERE, each.key, say(each, "Follow", us.uri))).status
            for each in people
        ]
        assert follows == [202, 202, 429]
        for number in range(25):
            flag = say(people[0], "Flag", [us.uri], number, content="spam", to=[us.uri])
            assert (await deliver(made, HERE, people[0].key, flag)).status == 202
        await made.settle()
        assert await count(made, "flag") == 20


async def test_mentions_in_the_words_of_a_stranger_make_us_ask_nobody() -> None:
    """S62: nobody is looked up because a stranger wrote their name, their picture or their address."""
    async with (
        world(HERE) as made,
        stranger(made, "mars.test") as mars,
        stranger(made, "bystander.test") as bystander,
    ):
        us = await made.collective(HERE, "agora")
        there = bystander.url
        person = mars.person("ali", 0, icon={"type": "Image", "url": there("/icon.png")})
        note = a_note_of(
            person, 1, f'<p><a href="{there("/a")}">a</a><img src="{there("/i.png")}"></p>',
            cc=[us.uri, there("/omar")],
            tag=[
                {"type": "Mention", "href": there("/omar"), "name": "@omar@bystander.test"},
                {"type": "Emoji", "icon": {"url": there("/e.png")}, "name": ":e:"},
            ],
            attachment=[{"type": "Image", "url": there("/p.png"), "mediaType": "image/png"}],
        )  # fmt: skip
        create = say(person, "Create", note, cc=[us.uri])
        assert (await deliver(made, HERE, person.key, create)).status == 202
        await made.settle()
        assert await made.find(HERE, f"{person.uri}/notes/1") is not None
        assert bystander.asked == []
        assert rsa(0) is person.key.private
