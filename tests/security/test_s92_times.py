"""S92: an instance that tells its times by the hour tells them nowhere finer: documents, ids, pages, feeds, addresses."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from actors.model import Actor
from fedi.clock import from_ms, rounded_down
from fedi.config import Config, parse_config
from fedi.desk.house import pin
from fedi.desk.publishing import delete, edit, publish
from fedi.desk.relations import ReactionOrder
from fedi.desk.wishes import (
    DeleteOrder,
    EditOrder,
    EventWish,
    Picture,
    PlaceWish,
    PublishOrder,
    Words,
)
from fedi.errors import SetupError
from fedi.ids import new_public_id
from fedi.views.archive import list_author
from fedi.views.paging import Cursor, open_cursor, parse_cursor, seal_cursor
from tests.harness.clock import FakeClock
from tests.harness.gallery import a_picture
from tests.harness.members import a_member
from tests.harness.world import World, world
from tests.hostile.stranger import AS2, Stranger, deliver, say, stranger
from tests.security.asking import ask

HERE = "agora.test"
START = datetime.now(UTC).replace(hour=10, minute=37, second=41, microsecond=123_000)
# How often something can be said again within one hour and still be told as later.
AGAIN = timedelta(seconds=30)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
ICS = re.compile(r"\d{8}T\d{6}")
MAIL = re.compile(r"\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}")
CLOCK = re.compile(r"(?<![\d:.-])(\d{1,2}):(\d{2})(?![\d:])")
ID = re.compile(rf"(?<![0-9a-z])[{ALPHABET}]{{26}}(?![0-9a-z])")
NUMBER = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
LINK = re.compile(
    r"""(?:href|src|content)="(?:https://agora\.test)?(/[^"#]*)"|"https://agora\.test(/[^"#]*)\""""
)


def moments_in(text: str) -> Iterator[datetime]:
    """Every moment that a text tells, in whatever form."""
    for found in ISO.findall(text):
        yield datetime.fromisoformat(found).replace(tzinfo=UTC)
    for found in ICS.findall(text):
        yield datetime.strptime(found, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    for found in MAIL.findall(text):
        yield datetime.strptime(found, "%d %b %Y %H:%M:%S").replace(tzinfo=UTC)
    for found in ID.findall(text):
        number = 0
        for letter in found:
            number = number << 5 | ALPHABET.index(letter)
        yield from_ms(number >> 80)
    for found in NUMBER.findall(text):
        for ms in (int(found), int(found) >> 20):
            if ms < 4_000_000_000_000:
                yield from_ms(ms)


def fine(text: str, until: datetime) -> set[str]:
    """What of a text tells more than the hour of something that was said since `START`."""
    first = rounded_down(START, timedelta(hours=1))
    found = {
        moment.isoformat()
        for moment in moments_in(text)
        # the moment at which somebody asks is no secret of ours
        if first <= moment < until and moment - rounded_down(moment, timedelta(hours=1)) > AGAIN
    }
    return found | {f"{h}:{m}" for h, m in CLOCK.findall(text) if m != "00" and h in ("10", "11")}


async def said(made: World, us: Actor, there: Stranger) -> list[str]:
    """A collective lives for a while: everything of it that has a time."""
    ali = there.person("ali")
    await deliver(made, HERE, ali.key, say(ali, "Follow", us.uri))
    await made.settle()
    here = made[HERE]
    event = await publish(
        here,
        PublishOrder(
            kind="event",
            words=(Words(title="Assembly", source="Come, all of you #assembly"),),
            event=EventWish(starts=f"{(START + timedelta(days=9)).date()}T18:00"),
            place=PlaceWish(name="Dar", city="Tunis"),
            pictures=(Picture(content=a_picture(), alt="a square"),),
        ),
    )
    for number in range(24):
        made.clock.advance(seconds=7)
        await publish(
            here, PublishOrder(kind="note", words=(Words(source=f"Word {number} #assembly"),))
        )
    made.clock.advance(minutes=3)
    await edit(
        here, EditOrder(which=event.uri, words=(Words(title="Assembly", source="Come soon"),))
    )
    await edit(
        here, EditOrder(which=event.uri, words=(Words(title="Assembly", source="Come now"),))
    )
    # that it moves is said in a message of its own
    later = EventWish(starts=f"{(START + timedelta(days=9)).date()}T19:00")
    await edit(here, EditOrder(which=event.uri, event=later))
    await pin(here, ReactionOrder(which=event.uri))
    gone = await publish(here, PublishOrder(kind="note", words=(Words(source="A mistake"),)))
    await made.settle()
    made.clock.advance(minutes=4)
    await delete(here, DeleteOrder(which=gone.uri))
    await made.settle()
    made.clock.advance(minutes=2)
    return [event.uri, gone.uri]


async def walk(made: World, first: list[str]) -> dict[str, str]:
    """Everything that anybody can read, from link to link, as a page and as a document: address → what came."""
    todo, seen = list(first), {}
    while todo:
        path = todo.pop()
        if path in seen or len(seen) > 400 or path.startswith("/static/"):
            continue
        shown = []
        for accept in ("text/html", AS2):
            heard = await ask(made, f"https://{HERE}{path}", accept=accept)
            head = "\n".join(f"{k}: {v}" for k, v in heard.headers.items() if k != "date")
            body = "" if path.startswith("/media/") else heard.body.decode(errors="replace")
            shown.append(f"{head}\n{body}")
            found = LINK.findall(body.replace("&amp;", "&"))
            todo += [one or other for one, other in found]
        seen[path] = "\n".join(shown)
    return seen


async def everything_told(settings: str) -> tuple[dict[str, str], list[str], datetime]:
    async with (
        world(HERE, settings=settings, clock=FakeClock(START)) as made,
        stranger(made, "mars.test") as there,
    ):
        us = await made.collective(HERE, "agora")
        uris = await said(made, us, there)
        paths = ["/", "/agenda", "/agenda.ics", "/agenda.atom", "/agenda.json", "/archive/note", "/feed.atom", "/feed.rss", "/events.ics", "/sitemap.xml",
                 "/robots.txt", "/about", "/nodeinfo/2.1", "/@agora", "/@agora/feed.rss", "/tag/assembly",
                 f"/.well-known/webfinger?resource=acct:agora@{HERE}"]  # fmt: skip
        for uri in (*uris, us.uri, f"{us.uri}/outbox/page", f"{us.uri}/featured"):
            paths.append(uri.removeprefix(f"https://{HERE}"))
        for uri in uris:
            paths += [
                uri.removeprefix(f"https://{HERE}") + rest
                for rest in ("/history", "/event.ics", "/replies")
            ]
        told = await walk(made, paths)
        letters = [post.body.decode() for post in there.posts]
        return told, letters, made.clock.now()


async def test_nothing_public_tells_a_time_finer_than_the_grain() -> None:
    told, letters, until = await everything_told('[instance]\npublished_times = "hour"\n')
    assert {
        path: fine(text + path, until) for path, text in told.items() if fine(text + path, until)
    } == {}
    assert [fine(each, until) for each in letters if fine(each, until)] == []
    # the walk came to what has times
    assert sum("?after=" in path for path in told) >= 3
    assert any(re.search(r"/outbox/page/.", path) for path in told)
    assert any(path.startswith("/media/") for path in told)
    assert {"Create", "Update", "Delete", "Accept", "Add"} <= {
        kind for each in letters for kind in re.findall(r'"type":"(\w+)"', each)
    }
    assert '"proof":' in "".join(letters)


async def test_the_walk_would_find_a_finer_time() -> None:
    """The same without rounding: what is told then is found in documents, ids, pages, feeds, calendars and letters."""
    told, letters, until = await everything_told("")
    found = {path for path, text in told.items() if fine(text, until)}
    for path in ("/", "/feed.atom", "/feed.rss", "/events.ics", "/@agora", "/archive/note"):
        assert path in found, path
    assert any("/outbox/page" in path for path in found)
    assert all(fine(each, until) for each in letters)


async def test_order_and_pages_stay_as_things_were_said() -> None:
    settings = '[instance]\npublished_times = "hour"\n'
    async with world(HERE, settings=settings, clock=FakeClock(START)) as made:
        us = await made.collective(HERE, "agora")
        for number in range(25):
            made.clock.advance(milliseconds=1)
            order = PublishOrder(kind="note", words=(Words(source=f"Word {number}"),))
            await publish(made[HERE], order)
        listed: list[str] = []
        after = None
        while True:
            page = await made[HERE].look(lambda rx, after=after: list_author(rx, us.uri, after))  # type: ignore[misc]
            listed += [each.publication.original.content for each in page.items]
            if page.next is None:
                break
            secret = made[HERE].keyring.secret
            text = seal_cursor(secret, page.next)
            assert parse_cursor(text) is None
            after = open_cursor(secret, text)
            assert after == page.next
        assert listed == [f"<p>Word {number}</p>" for number in reversed(range(25))]


async def test_nobody_finds_a_moment_by_asking_where_pages_begin() -> None:
    """A row is numbered by its moment: whoever may name any row as the place to begin after halves the hour until it is one."""
    settings = '[instance]\npublished_times = "hour"\n'
    async with world(HERE, settings=settings, clock=FakeClock(START)) as made:
        us = await made.collective(HERE, "agora")
        await publish(made[HERE], PublishOrder(kind="note", words=(Words(source="Word"),)))
        rows = await made[HERE].look(
            lambda rx: [
                rx.one("SELECT id, published_at FROM publication"),
                rx.one("SELECT id, published_at FROM outbox_activity WHERE type = 'Create'"),
            ]
        )
        (said, at), (sent, _) = (row for row in rows if row)
        outbox = f"{us.uri}/outbox/page"
        for before, after, accept in (
            (f"https://{HERE}/@agora?after={at}.{said}", f"https://{HERE}/@agora?after={at}.{said + 1}", "text/html"),
            (f"{outbox}/{sent}", f"{outbox}/{sent + 1}", AS2),
        ):  # fmt: skip
            heard = [await ask(made, url, accept=accept) for url in (before, after)]
            assert ["Word" in each.body.decode() for each in heard] in ([True] * 2, [False] * 2)


def test_a_cursor_opens_with_its_secret_only() -> None:
    secret, cursor = b"s" * 32, Cursor(1_767_225_600_000, 1_853_020_188_851_841)
    text = seal_cursor(secret, cursor)
    assert open_cursor(secret, text) == cursor
    assert open_cursor(b"t" * 32, text) != cursor
    for other in (
        None,
        "",
        "1.2",
        text + "A",
        text[:-1],
        "é" * 22,
        "!" * 22,
        "A" * 22,
        "\n" + text[1:],
    ):
        assert open_cursor(secret, other) is None
    assert seal_cursor(secret, Cursor(-1, 2**63 - 1)) != text
    assert open_cursor(secret, seal_cursor(secret, Cursor(-1, 2**63 - 1))) == Cursor(-1, 2**63 - 1)


@pytest.mark.parametrize(
    ("settings", "times", "spread"),
    [
        ("", "exact", 0),
        ('posture = "guarded"', "five_minutes", 10),
        ('posture = "closed"', "hour", 10),
        ('posture = "closed"\npublished_times = "exact"\nscheduled_spread = "none"', "exact", 0),
        ('published_times = "hour"\nscheduled_spread = "hour"', "hour", 60),
    ],
)
def test_the_posture_says_how_finely_and_a_setting_wins(
    settings: str, times: str, spread: int
) -> None:
    config = configured(settings)
    assert config.instance.times == times
    assert config.instance.spread == timedelta(minutes=spread)


@pytest.mark.parametrize(
    "setting",
    ['published_times = "day"', 'scheduled_spread = "1"', "scheduled_spread = 10"],
)
def test_no_other_grain_is_taken(setting: str) -> None:
    with pytest.raises(SetupError):
        configured(setting)


def configured(settings: str) -> Config:
    return parse_config(f"[instance]\n{settings}\n", {})


def test_an_id_says_no_more_than_the_moment_it_is_given() -> None:
    told = rounded_down(START, timedelta(hours=1))
    one, other = new_public_id(told), new_public_id(told)
    assert one != other
    assert one[:9] == other[:9]
    assert set(moments_in(one)) == {told}


@pytest.mark.parametrize(("chance", "after"), [(0.0, 0), (0.5, 5), (1.0, 10)])
async def test_what_is_scheduled_goes_out_a_little_later_by_chance(
    chance: float, after: int
) -> None:
    settings = '[instance]\nscheduled_spread = "ten_minutes"\n'
    async with world(HERE, settings=settings, clock=FakeClock(START)) as made:
        us = await made.collective(HERE, "agora")
        ana = await a_member(made, us)
        page = await ana.get("/house/agora/write?kind=note")
        [form] = [each for each in page.forms if "kind" in dict(each.fields)]
        page = await ana.send(form, act="save", **{"text.en": "Good morning"})
        page = await ana.get(f"{page.path.partition('?')[0]}/look")
        assert "up to 10 minutes later" in page.text
        made.chance = chance
        look = page.form(page.path, "at_day")
        at = START.replace(hour=15, minute=0, second=0, microsecond=0)
        page = await ana.send(look, act="schedule", at_day=at.date().isoformat(), at_hour="15:00")
        assert page.status == 200, page.text
        made.chance = 0.0
        made.clock.advance(seconds=(at - made.clock.now()).total_seconds() + after * 60 - 1)
        await made.settle()
        assert await count(made) == 0
        made.clock.advance(seconds=1)
        await made.settle()
        assert await count(made) == 1


async def count(made: World) -> int:
    row = await made[HERE].look(lambda rx: rx.one("SELECT COUNT(*) FROM publication"))
    assert row is not None
    return int(row[0])
