"""F30: words of every kind, and every door through which something leaves: what comes out is only what may.

One canary for each visibility, in text, hashtag and title. Each door is one line of a table with the kinds that may be seen
there; the doors of documents, pages, feeds and calendars for all kinds of strangers are walked in `test_s89_leaks.py` too.
"""

import logging
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from actors.model import Actor
from fedi.desk.taking import WriteOrder, write_file
from fedi.observe.now import measure
from fedi.publications.compose import Draft
from fedi.vocab.audience import Visibility
from tests.harness.backups import back_up
from tests.harness.browser import Browser
from tests.harness.members import a_member
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import AS2, Person, Stranger, deliver, say, stranger
from tests.security.asking import PAGE, ask

HERE = "agora.test"
SHARED = pytest.mark.asyncio(loop_scope="module")
OPEN = frozenset({"public", "quiet"})
NONE: frozenset[str] = frozenset()
WORD = {each: f"Kanari{each.value}vogel" for each in Visibility}
# What the doors leave behind while everybody comes and goes.
_logged: list[str] = []


@dataclass(slots=True)
class Scene:
    """A collective with words of every kind; another one on the same instance, of which somebody is a member; people elsewhere."""

    made: World
    us: Actor
    there: Stranger
    follower: Person
    unknown: Person
    own: Browser
    neighbour: Browser


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _logged.append(f"{record.getMessage()} {vars(record)}")


def drafts(visibility: Visibility) -> list[Draft]:
    word = WORD[visibility]
    text = f"{word} #{word}" + (" @named@mars.test" if visibility is Visibility.DIRECT else "")
    wishes = {"visibility": visibility}
    return [
        an_event(f"{word} feast", **wishes),
        a_statement(f"{word} letter", text, **wishes),
        a_note(text, **wishes),
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    # everybody's log, not only ours
    listener, root = _Listener(logging.DEBUG), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(HERE))
        there = await stack.enter_async_context(stranger(made, "mars.test"))
        us = await made.collective(HERE, "agora")
        souk = await made.collective(HERE, "souk")
        follower, unknown = there.person("follower", 0), there.person("unknown", 1)
        there.person("named", 2)
        await deliver(made, HERE, follower.key, say(follower, "Follow", us.uri))
        await made.settle()
        own = await a_member(made, us, "Ana")
        neighbour = await a_member(made, souk, "Badr")
        for visibility in Visibility:
            for draft in drafts(visibility):
                await made.publish(us, draft)
                made.clock.advance(seconds=1)
        await made.settle()
        yield Scene(made, us, there, follower, unknown, own, neighbour)
    root.removeHandler(listener)
    root.setLevel(level)


Door = Callable[[Scene], Awaitable[bytes]]


def page(path: str, accept: str = PAGE) -> Door:
    async def come(scene: Scene) -> bytes:
        return (await ask(scene.made, f"https://{HERE}{path}", accept)).body

    return come


def document(rest: str, who: str = "") -> Door:
    async def come(scene: Scene) -> bytes:
        person = getattr(scene, who) if who else None
        return (await ask(scene.made, f"{scene.us.uri}{rest}", AS2, person)).body

    return come


def house(path: str, who: str = "neighbour") -> Door:
    async def come(scene: Scene) -> bytes:
        found = await getattr(scene, who).get(path)
        assert found.status == 200, path
        return str(found.text).encode()

    return come


async def letters(scene: Scene) -> bytes:
    """Everything that was sent to the one follower's server."""
    return b"".join(post.body for post in scene.there.posts)


async def archive_of_neighbour(scene: Scene) -> bytes:
    return await _archive(scene, "souk")


async def archive_of_ours(scene: Scene) -> bytes:
    return await _archive(scene, "agora")


async def _archive(scene: Scene, username: str) -> bytes:
    path = scene.made.folder / f"{username}.zip"
    path.unlink(missing_ok=True)
    await write_file(scene.made[HERE], WriteOrder(path=str(path), actor=username))
    with zipfile.ZipFile(path) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())


async def backup(scene: Scene) -> bytes:
    """The file as it lies there, its name, and what is told about it."""
    done = await back_up(scene.made, HERE)
    return done.file.read_bytes() + repr(done).encode()


async def metrics(scene: Scene) -> bytes:
    return repr(await measure(scene.made[HERE])).encode()


async def log(_scene: Scene) -> bytes:
    assert _logged
    return "\n".join(_logged).encode()


EVERYTHING = frozenset(each.value for each in Visibility)
SEARCH = "/house/{}/search?q={}"
DOORS: dict[str, tuple[Door, frozenset[str]]] = {
    "home page": (page("/"), OPEN),
    "profile": (page("/@agora"), OPEN),
    "archive of notes": (page("/archive/note"), OPEN),
    "agenda": (page("/agenda"), OPEN),
    "calendar": (page("/events.ics"), OPEN),
    "calendar of the collective": (page("/@agora/events.ics"), OPEN),
    "feed": (page("/feed.atom"), OPEN),
    "feed of the collective": (page("/@agora/feed.atom"), OPEN),
    "map of the site": (page("/sitemap.xml"), OPEN),
    "outbox, asked by nobody": (document("/outbox/page"), OPEN),
    "outbox, asked by a stranger": (document("/outbox/page", "unknown"), OPEN),
    "outbox, asked by a follower": (document("/outbox/page", "follower"), OPEN | {"followers"}),
    "upcoming events": (document("/upcomingEvents"), OPEN),
    "featured": (document("/featured"), OPEN),
    "letters to a follower's server": (letters, OPEN | {"followers"}),
    "a neighbour's home": (house("/house/souk"), OPEN),
    "a neighbour's notices": (house("/house/souk/notifications"), NONE),
    "our own archive to take along": (archive_of_ours, EVERYTHING),
    "a neighbour's archive to take along": (archive_of_neighbour, NONE),
    "backup": (backup, NONE),
    "metrics": (metrics, NONE),
    "log": (log, NONE),
}


def seen(body: bytes) -> set[str]:
    lower = body.decode("utf-8", "replace").lower()
    return {each.value for each, word in WORD.items() if word.lower() in lower}


@SHARED
@pytest.mark.parametrize("door", DOORS)
async def test_through_no_door_comes_what_may_not(scene: Scene, door: str) -> None:
    come, may = DOORS[door]
    assert seen(await come(scene)) <= may


@SHARED
@pytest.mark.parametrize("visibility", list(Visibility))
async def test_a_neighbour_finds_only_what_everybody_may_read(
    scene: Scene, visibility: Visibility
) -> None:
    asked = SEARCH.format("souk", WORD[visibility].lower())
    found = (await scene.neighbour.get(asked)).text
    assert ("feast" in found) is visibility.is_public
    own = (await scene.own.get(SEARCH.format("agora", WORD[visibility].lower()))).text
    assert "feast" in own


@SHARED
@pytest.mark.parametrize(
    "door",
    [
        "home page",
        "feed",
        "calendar",
        "outbox, asked by nobody",
        "letters to a follower's server",
        "our own archive to take along",
    ],
)
async def test_the_canaries_would_be_seen(scene: Scene, door: str) -> None:
    come, may = DOORS[door]
    assert seen(await come(scene)) & may
