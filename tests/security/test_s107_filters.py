"""S107: in the open posture what looks like a wave waits, with its reason; whom we have to do with is never filtered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from actors import store
from actors.model import Actor
from fedi.desk.held import DecideOrder, ListOrder, list_waiting, release
from fedi.desk.publishing import publish
from fedi.desk.wishes import PublishOrder, Words
from fedi.jobs.retention import forget
from fedi.text.bare import bare_of
from inbox import strangers
from outbox.actions.follow import follow
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import Person, Stranger, a_note_of, deliver, say, stranger

HERE = "agora.test"
OLD = "2020-01-01T00:00:00Z"
SENTENCE = "<p>Come and buy the best of all coins today, cheaper than ever</p>"


@asynccontextmanager
async def here(settings: str = "") -> AsyncIterator[tuple[World, Actor]]:
    """An open instance whose filters are those of the configuration, and its collective."""
    async with world() as made:
        environment = {"FEDI_INBOX_HOLD_ACCOUNTS_YOUNGER_DAYS": "7"}
        if "hold_accounts" in settings:
            environment = {"FEDI_INBOX_HOLD_ACCOUNTS_YOUNGER_DAYS": settings.rsplit(maxsplit=1)[-1]}
            settings = ""
        await made.start(HERE, settings, environment)
        yield made, await made.collective(HERE, "agora")


def somebody(there: Stranger, name: str = "ali", **members: Any) -> Person:
    """A person whose account is old enough."""
    return there.person(name, 0, **{"published": OLD, **members})


def mention(uri: str) -> dict[str, str]:
    return {"type": "Mention", "href": uri, "name": "@somebody"}


async def why(
    made: World, us: Actor, person: Person, content: str = "<p>A few words for you</p>",
    number: int = 1, **members: Any,
) -> list[str] | None:  # fmt: skip
    """Somebody names us: the reasons why that waits, nothing when it does not, None when it never came."""
    note = a_note_of(
        person, number, content, **{"cc": [us.uri], "tag": [mention(us.uri)], **members}
    )
    heard = await deliver(made, HERE, person.key, say(person, "Create", note, number, cc=[us.uri]))
    assert heard.status == 202
    await made.settle()
    row = await made[HERE].look(
        lambda rx: rx.one("SELECT is_held, held_why FROM publication WHERE uri = ?", note["id"])
    )
    if row is None:
        return None
    assert bool(row[0]) == bool(row[1])
    return str(row[1]).split()


async def test_words_of_an_established_stranger_are_shown() -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        assert await why(made, us, somebody(mars)) == []


@pytest.mark.parametrize(
    ("members", "reasons"),
    [
        ({"published": "2100-01-01T00:00:00Z"}, ["new_account"]),
        ({"followers": {"id": "https://mars.test/ali/followers", "totalItems": 0}}, ["no_followers"]),
        ({"followers": {"id": "https://mars.test/ali/followers", "totalItems": 3}}, []),
        ({"followers": {"id": "https://mars.test/ali/followers", "totalItems": "0"}}, []),
        ({"followers": {"id": "https://mars.test/ali/followers", "totalItems": False}}, []),
    ],
)  # fmt: skip
async def test_what_an_account_says_of_itself_is_looked_at(
    members: dict[str, Any], reasons: list[str]
) -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        assert await why(made, us, somebody(mars, **members)) == reasons


async def test_an_account_is_new_for_seven_days() -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        born = made.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        told, silent = somebody(mars, "a", published=born), somebody(mars, "b", published=None)
        assert await why(made, us, told) == ["new_account"]
        assert await why(made, us, silent) == ["new_account"]
        made.clock.advance(days=6)
        assert await why(made, us, told, number=2) == ["new_account"]
        assert await why(made, us, silent, number=2) == ["new_account"]
        made.clock.advance(days=2)
        assert await why(made, us, told, number=3) == []
        assert await why(made, us, silent, number=3) == []


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ('<p><a href="https://shop.example/">https://shop.example/</a></p>', ["link_only"]),
        ('<p><a class="mention" href="https://agora.test/@agora">@agora</a> '
         '<a href="https://shop.example/">look</a> !</p>', ["link_only"]),
        ("<p>@agora@agora.test https://shop.example/</p>", ["link_only"]),
        ('<p>We read this: <a href="https://news.example/">news</a></p>', []),
        ('<p><a class="mention" href="https://agora.test/@agora">@agora</a> ?</p>', []),
        ('<p><a class="hashtag" href="https://mars.test/t/aid">#aid</a></p>', []),
    ],
)  # fmt: skip
async def test_nothing_but_links_waits(content: str, reasons: list[str]) -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        assert await why(made, us, somebody(mars), content) == reasons


async def test_who_names_many_waits() -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        tags = [mention(us.uri), *(mention(mars.url(f"/p{n}")) for n in range(5))]
        person = somebody(mars)
        assert await why(made, us, person, tag=tags[:5]) == []
        assert await why(made, us, person, number=2, tag=tags) == ["mentions"]


async def test_the_same_words_from_three_hosts_within_a_day_wait() -> None:
    async with here() as (made, us):
        said = [
            SENTENCE,
            SENTENCE.upper().replace("<P>", "<p>").replace("</P>", "</p>"),
            "<p>@agora <b>Come</b> and buy the best of all coins today — cheaper than ever!!</p>",
            "<p>Come and buy the best of all coins today, cheaper than ever</p>",
        ]
        found = []
        for number, words in enumerate(said):
            async with stranger(made, f"h{number}.example") as there:
                found.append(await why(made, us, somebody(there), words))
        assert found == [[], [], ["same_words"], ["same_words"]]
        # one host that repeats itself is no wave, and neither is yesterday
        async with stranger(made, "mars.test") as mars:
            other = "<p>An honest invitation that is sent to many collectives</p>"
            assert [await why(made, us, somebody(mars), other, n) for n in range(4)] == [[]] * 4
            made.clock.advance(days=1, seconds=1)
            assert await why(made, us, somebody(mars), SENTENCE, 9) == []
            # long enough ago nothing of it is kept, and what was kept were never the words
            made.clock.advance(days=1, seconds=1)
            await forget(made[HERE])
            assert (await made.rows(HERE))["heard_words"] == 0


async def test_thanks_from_everywhere_are_no_wave() -> None:
    async with here() as (made, us):
        for number in range(4):
            async with stranger(made, f"h{number}.example") as there:
                assert await why(made, us, somebody(there), "<p>Thank you!</p>") == []


async def test_nobody_with_whom_we_have_to_do_is_filtered() -> None:
    """Somebody who follows us, whom we asked to follow, whom we answered: whatever they say."""
    spam = '<p><a href="https://shop.example/">https://shop.example/</a></p>'
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        follower = somebody(mars, "follower", published=None)
        await deliver(made, HERE, follower.key, say(follower, "Follow", us.uri))
        await made.settle()
        assert await why(made, us, follower, spam) == []
        answered = somebody(mars, "answered", published=None)
        assert await why(made, us, answered) == ["new_account"]
        await publish(
            made[HERE],
            PublishOrder(
                kind="note", words=(Words(source="yes"),), reply_to=f"{answered.uri}/notes/1"
            ),
        )
        assert await why(made, us, answered, spam, 2) == []
        followed = somebody(mars, "followed", published=None)
        assert await why(made, us, followed) == ["new_account"]
        known = await made[HERE].look(lambda rx: store.load(rx, followed.uri))
        await made[HERE].change(lambda unit: follow(unit, us, known))
        assert await why(made, us, followed, spam, 2) == []


@pytest.mark.parametrize(
    ("setting", "person", "note"),
    [
        ("hold_accounts_younger_days = 0", {"published": None}, {}),
        ("[inbox]\nhold_without_followers = false",
         {"followers": {"id": "https://mars.test/ali/followers", "totalItems": 0}}, {}),
        ("[inbox]\nhold_mentions_above = 0", {}, {"tag": [mention(f"https://agora.test/{n}") for n in range(40)]}),
        ("[inbox]\nhold_only_links = false", {}, {"content": "<p>https://shop.example/</p>"}),
    ],
)  # fmt: skip
async def test_each_filter_can_be_switched_off(
    setting: str, person: dict[str, Any], note: dict[str, Any]
) -> None:
    async with here(setting) as (made, us), stranger(made, "mars.test") as mars:
        assert await why(made, us, somebody(mars, **person), **note) == []
    if "inbox" in setting:
        async with here() as (made, us), stranger(made, "mars.test") as mars:
            assert await why(made, us, somebody(mars, **person), **note) != []


async def test_same_words_are_not_remembered_when_they_do_not_matter() -> None:
    async with here("[inbox]\nhold_same_words_hosts = 0") as (made, us):
        for number in range(4):
            async with stranger(made, f"h{number}.example") as there:
                assert await why(made, us, somebody(there), SENTENCE) == []
        assert (await made.rows(HERE))["heard_words"] == 0


async def test_the_reason_stands_beside_what_waits() -> None:
    async with here() as (made, us), stranger(made, "mars.test") as mars:
        steward = await a_member(made, us, "Salma", "steward")
        person = somebody(mars, published=None)
        spam = "<p>https://shop.example/</p>"
        assert await why(made, us, person, spam) == ["link_only", "new_account"]
        assert await why(made, us, somebody(mars, "b", published=None)) == ["new_account"]
        waiting = await list_waiting(made[HERE], ListOrder())
        assert [each.why for each in waiting.entries] == [
            ["new_account"],
            ["link_only", "new_account"],
        ]
        assert {each.reason: each.count for each in waiting.reasons} == {
            "new_account": 2,
            "link_only": 1,
        }
        page = await steward.get("/steward/moderation/held")
        assert "Nothing but links · A new account" in page.text
        await release(made[HERE], DecideOrder(which=(f"{person.uri}/notes/1",)))
        assert [each.why for each in (await list_waiting(made[HERE], ListOrder())).entries] == [
            ["new_account"]
        ]


@pytest.mark.embedded
async def test_looking_at_a_stranger_reads_no_table_through() -> None:
    asked = {strangers.KNOWN: (HERE, HERE, HERE), strangers.LOOK: ("words", HERE, 0, HERE)}
    async with here() as (made, _):
        for sql, values in asked.items():
            plan = await made[HERE].look(
                lambda rx, sql=sql, values=values: rx.all(f"EXPLAIN QUERY PLAN {sql}", *values)
            )
            read = [str(row[-1]) for row in plan]
            assert [
                line for line in read if line.startswith("SCAN") and "CONSTANT" not in line
            ] == []


def test_bare_words_are_what_is_said_beside_links() -> None:
    bare = bare_of(
        '<p><a class="mention" href="https://a/">@a</a> see <a href="https://b/">b</a> now</p>'
    )
    assert (bare.own, bare.all, bare.links) == ("see now", "see b now", 1)
    assert bare_of("x" * 100_000).own == "x" * 10_000
    assert strangers.print_of(bare.all) == ""
    assert "word" not in strangers.print_of("word " * 10)
