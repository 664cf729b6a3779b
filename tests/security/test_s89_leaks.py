"""S81, S87, S88, S89: what is not for everybody is nowhere, on every road, for everybody it is not for.

The marker stands in the title, the text, a hashtag, a place: a single byte of it in an answer is a leak.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from actors import blocks, follows, refresh
from actors.model import Actor
from fedi.publications import featured
from fedi.publications.model import Publication
from fedi.unit import Unit
from fedi.vocab.audience import Visibility
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import (
    AS2,
    Heard,
    Person,
    Stranger,
    a_note_of,
    deliver,
    say,
    stranger,
)
from tests.security.asking import PAGE, ask

HERE = "agora.test"
MARK = "Verborgen1871"
PRIVATE = [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.LOCAL]
OUTSIDERS = ["nobody", "unknown", "left", "blocked", "shut_out"]
SHARED = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Scene:
    """One instance with public and secret words, and people of every kind elsewhere."""

    made: World
    there: Stranger
    us: Actor
    open_event: Publication
    secrets: dict[Visibility, list[Publication]]
    people: dict[str, Person | None]

    def documents(self, activities: list[str]) -> list[str]:
        """Every address of a document that could show something of what is secret."""
        about = [each.uri for several in self.secrets.values() for each in several]
        return [
            *(f"{uri}{rest}" for uri in [*about, self.open_event.uri] for rest in _HANGING),
            *activities,
            *(f"{self.us.uri}{rest}" for rest in _OF_ACTOR),
        ]

    def pages(self) -> list[str]:
        """Every address of a list, a feed, a calendar that could."""
        base = f"https://{HERE}"
        kinds = ["event", "statement", "note", "aid_request"]
        return [
            *(f"{base}{path}" for path in _LISTS),
            *(f"{base}/@{self.us.username}{rest}" for rest in ("", "/feed.atom", "/events.ics")),
            *(f"{base}/@{self.us.username}/{kind}.rss" for kind in kinds),
            *(f"{base}/archive/{kind}{rest}" for kind in kinds for rest in ("", ".atom")),
            f"{base}/tag/{MARK.lower()}",
        ]


_HANGING = ("", "/replies", "/context", "/event.ics", ".json")
_OF_ACTOR = (
    "",
    "/outbox",
    "/outbox/page",
    "/featured",
    "/upcomingEvents",
    "/followers",
    "/following",
)
_LISTS = (
    "/", "/agenda", "/agenda.ics", "/agenda.atom", "/agenda.rss", "/agenda.json", "/agenda?past=1", "/needs", "/about", "/feed.atom", "/feed.rss", "/events.ics",
    "/nodeinfo/2.1", "/robots.txt", "/sitemap.xml",
)  # fmt: skip


async def set_the_scene(stack: AsyncExitStack, posture: str) -> Scene:
    made = await stack.enter_async_context(
        world(HERE, settings=f'[instance]\nposture = "{posture}"\n')
    )
    there = await stack.enter_async_context(stranger(made, "mars.test"))
    shut = await stack.enter_async_context(stranger(made, "shut.test"))
    us = await made.collective(HERE, "agora")
    names = ["follower", "left", "blocked", "unknown", "named"]
    people: dict[str, Person | None] = {name: there.person(name, n) for n, name in enumerate(names)}
    people |= {"nobody": None, "shut_out": shut.person("shut_out", 5)}
    for name in ("follower", "left", "blocked", "shut_out"):
        person = people[name]
        assert person is not None
        await refresh.fetch_actor(made[HERE], person.uri)
        uri = person.uri
        await made[HERE].change(lambda unit, uri=uri: _follows(unit, uri, us.uri))  # type: ignore[misc]
    named = people["named"]
    assert named is not None
    addressed = await refresh.fetch_actor(made[HERE], named.uri)
    open_event = await made.publish(us, an_event("Everybody is welcome"))
    secrets = {}
    for visibility in PRIVATE:
        wishes = {"visibility": visibility}
        text = f"{MARK} #{MARK}" + (" @named@mars.test" if visibility is Visibility.DIRECT else "")
        is_direct = visibility is Visibility.DIRECT
        around = {"mentioned": {"@named@mars.test": addressed} if is_direct else {}}
        secrets[visibility] = [
            await made.publish(us, an_event(f"{MARK} event", **wishes), **around),
            await made.publish(us, a_statement(MARK, text, **wishes), **around),
            await made.publish(
                us,
                a_note(text, in_reply_to=open_event.uri, **wishes),
                parent=open_event,
                **around,
            ),
        ]

    await made.settle()

    def pin_and_part(unit: Unit) -> None:
        for each in (one for several in secrets.values() for one in several):
            featured.add(unit, us.uri, each.uri)
        left, blocked = people["left"], people["blocked"]
        assert left is not None
        assert blocked is not None
        follows.remove(unit, left.uri, us.uri)
        blocks.add(unit, us.uri, blocked.uri, blocks.ACTOR)
        blocks.add(unit, blocks.INSTANCE, "shut.test", blocks.HOST)

    await made[HERE].change(pin_and_part)
    return Scene(made, there, us, open_event, secrets, people)


def _follows(unit: Unit, follower: str, followed: str) -> None:
    follows.ask(unit, follower, followed, f"{follower}#follow")
    follows.decide(unit, follower, followed, follows.ACCEPTED)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened() -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await set_the_scene(stack, "open")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded() -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await set_the_scene(stack, "guarded")


@pytest.fixture(params=["open", "guarded"])
def scene(request: pytest.FixtureRequest, opened: Scene, guarded: Scene) -> Scene:
    return opened if request.param == "open" else guarded


async def activities(scene: Scene) -> list[str]:
    rows = await scene.made[HERE].look(lambda rx: rx.all("SELECT uri FROM outbox_activity"))
    return [row[0] for row in rows]


def leaks(heard: Heard, address: str) -> bool:
    """Whether the answer tells something. That a page repeats the address it was asked for tells nothing."""
    said = heard.body.decode("utf-8", "replace").lower().replace(f"/tag/{MARK.lower()}", "")
    said = said.replace(f"#{MARK.lower()}", "") if "/tag/" in address else said
    return MARK.lower() in said or MARK.lower() in str(heard.headers).lower()


@SHARED
@pytest.mark.parametrize("who", OUTSIDERS)
async def test_no_document_tells_an_outsider_what_is_not_for_them(scene: Scene, who: str) -> None:
    roads = scene.documents(await activities(scene))
    asker = scene.people[who]
    leaking = [uri for uri in roads if leaks(await ask(scene.made, uri, AS2, asker), uri)]
    assert leaking == []


@SHARED
async def test_no_page_feed_or_calendar_tells_what_is_not_for_everybody(opened: Scene) -> None:
    about = [each.uri for several in opened.secrets.values() for each in several]
    roads = [*opened.pages(), *about, opened.open_event.uri]
    leaking = [uri for uri in roads if leaks(await ask(opened.made, uri, PAGE), uri)]
    assert leaking == []


@SHARED
async def test_the_walk_would_find_a_leak(opened: Scene) -> None:
    """The same roads, walked by a follower: at least the words for followers and their activities are found."""
    roads = opened.documents(await activities(opened))
    follower = opened.people["follower"]
    found = [uri for uri in roads if leaks(await ask(opened.made, uri, AS2, follower), uri)]
    assert {each.uri for each in opened.secrets[Visibility.FOLLOWERS]} <= set(found)
    assert any("/activity/" in uri for uri in found)


@SHARED
@pytest.mark.parametrize(
    ("who", "visibility", "may"),
    [
        ("follower", Visibility.FOLLOWERS, True),
        ("named", Visibility.FOLLOWERS, False),
        ("follower", Visibility.DIRECT, False),
        ("named", Visibility.DIRECT, True),
        ("follower", Visibility.LOCAL, False),
        ("named", Visibility.LOCAL, False),
    ],
)
async def test_those_it_is_for_and_nobody_else_may_fetch_it(
    scene: Scene, who: str, visibility: Visibility, may: bool
) -> None:
    for each in scene.secrets[visibility][1:]:
        heard = await ask(scene.made, each.uri, AS2, scene.people[who])
        assert heard.status == (200 if may else 404)
        if may:
            assert heard.headers["cache-control"] == "private, no-store"
            assert "Signature" in heard.headers["vary"]


@SHARED
@pytest.mark.parametrize("visibility", PRIVATE)
@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("rest", ["", "/replies"])
async def test_what_is_forbidden_and_what_is_missing_get_the_same_answer(
    scene: Scene, who: str, visibility: Visibility, rest: str
) -> None:
    secret = scene.secrets[visibility][1].uri
    missing = secret[:-4] + ("0000" if not secret.endswith("0000") else "1111")
    accepts = [AS2, PAGE] if who == "nobody" and not rest else [AS2]
    for accept in accepts:
        told = [
            await ask(scene.made, uri + rest, accept, scene.people[who], accept_encoding="identity")
            for uri in (secret, missing)
        ]
        bodies = [heard.body.replace(uri.encode(), b"") for heard, uri in zip(told, (secret, missing), strict=True)]  # fmt: skip
        bodies = [_without_addresses(body, secret, missing) for body in bodies]
        assert told[0].status == told[1].status
        assert bodies[0] == bodies[1]
        assert _comparable(told[0]) == _comparable(told[1])


def _without_addresses(body: bytes, *uris: str) -> bytes:
    for uri in uris:
        body = body.replace(uri.removeprefix(f"https://{HERE}").encode(), b"")
    return body


def _comparable(heard: Heard) -> dict[str, str]:
    return {name: value for name, value in heard.headers.items() if name != "date"}


@SHARED
@pytest.mark.parametrize("visibility", PRIVATE)
@pytest.mark.parametrize("verb", ["Announce", "Like", "QuoteRequest", "Flag"])
async def test_who_tries_to_act_on_secret_words_learns_nothing_and_shows_them_to_nobody(
    opened: Scene, verb: str, visibility: Visibility
) -> None:
    left = opened.people["left"]
    assert left is not None
    secret = opened.secrets[visibility][1].uri
    missing = secret[:-4] + "0000"
    said = []
    for number, uri in enumerate((secret, missing)):
        subject: object = [uri] if verb == "Flag" else uri
        activity = say(
            left, verb, subject, f"{visibility}{number}", to=[opened.us.uri],
            instrument=f"{left.uri}/notes/1",
        )  # fmt: skip
        opened.there.posts.clear()
        heard = await deliver(opened.made, HERE, left.key, activity)
        await opened.made.settle()
        answers = [post for post in opened.there.posts if left.uri in str(post.document)]
        said.append((heard.status, heard.body, len(answers)))
        assert not any(MARK in str(post.body) for post in opened.there.posts)
    assert said[0] == said[1]


@SHARED
async def test_an_answer_by_others_to_secret_words_is_in_no_public_collection(
    opened: Scene,
) -> None:
    follower = opened.people["follower"]
    assert follower is not None
    answer = a_note_of(
        follower, "secret-answer", f"<p>{MARK}</p>",
        inReplyTo=opened.open_event.uri, to=[opened.us.uri], cc=[],
    )  # fmt: skip
    create = say(follower, "Create", answer, "secret-answer", to=[opened.us.uri], cc=[])
    assert (await deliver(opened.made, HERE, follower.key, create)).status == 202
    await opened.made.settle()
    for rest in ("", "/replies", "/context"):
        for accept in (AS2, PAGE):
            uri = opened.open_event.uri + rest
            assert not leaks(await ask(opened.made, uri, accept), uri)


@SHARED
async def test_words_that_stay_here_are_in_no_letter(opened: Scene) -> None:
    uris = [each.uri for each in opened.secrets[Visibility.LOCAL]]
    rows = await opened.made[HERE].look(lambda rx: rx.all("SELECT body FROM outbox_activity"))
    assert rows
    assert [uri for uri in uris for (body,) in rows if uri in body.decode()] == []
