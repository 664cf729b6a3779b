"""Moving in: the first address works once, for who started the server, and says what cannot be changed."""

import asyncio
import re

import pytest

from actors import store as actor_store
from actors import welcome
from actors.model import Actor
from fedi.desk import people as desk
from fedi.desk.collectives import NoOrder
from tests.harness.browser import Browser
from tests.harness.members import PASSWORD, a_member
from tests.harness.world import World, world

ANSWERS = {
    "language": "ar",
    "collective": "مجاورة المجاز",
    "username": "majaz",
    "summary": "بيت للجيران.",
    "name": "سلمى",
    "password": PASSWORD,
    "again": PASSWORD,
}


async def address(made: World) -> str:
    url = (await desk.welcome(made["agora.test"], NoOrder())).url
    return url.removeprefix("https://agora.test")


async def first(made: World) -> Actor:
    return (await made["agora.test"].look(actor_store.list_collectives))[0]


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr"])
async def test_six_answers_and_the_collective_has_a_name_a_steward_and_a_handle(
    language: str,
) -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "collective")
        path = await address(made)
        salma = Browser(made, "agora.test", language)
        page = await salma.get(path)
        assert page.status == 200
        assert "@collective@agora.test" in page.text
        assert not re.search(r"[\s>\"](welcome|first|house)\.[a-z_]+", page.text), (
            "a text is missing"
        )
        page = await salma.send(page.forms[-1], **ANSWERS)
        assert page.path == "/house/majaz/first", page.text
        assert "@majaz@agora.test" in page.text
        assert not re.search(r"[\s>\"](welcome|first|house)\.[a-z_]+", page.text), (
            "a text is missing"
        )
        page = await salma.send(page.form("/house/majaz/first"), text="نحن هنا.")
        assert page.status == 200
        assert not any(each.action == "/house/majaz/first" for each in page.forms)
        public = await Browser(made, "agora.test").get("/@majaz")
        assert "نحن هنا." in public.text
        assert "مجاورة المجاز" in public.text
        found = await Browser(made, "agora.test").get(
            "/.well-known/webfinger?resource=acct:majaz@agora.test"
        )
        assert found.status == 200
        assert (await salma.get("/house/majaz/people")).status == 200
        assert (await salma.get(path)).status == 404
        assert await address(made) == ""


async def test_the_first_sentence_is_published_once_however_often_it_is_sent() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "collective")
        salma = Browser(made, "agora.test", "ar")
        page = await salma.send((await salma.get(await address(made))).forms[-1], **ANSWERS)
        form = page.form("/house/majaz/first")
        assert (await salma.send(form, text="  ")).status == 200
        for _ in range(2):
            assert (await salma.send(form, text="نحن هنا.")).status == 200
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM publication"))
        assert row is not None
        assert row[0] == 1


@pytest.mark.parametrize(
    ("answer", "value", "said"),
    [
        ("language", "xx", "languages offered"),
        ("collective", " ", "f-collective"),
        ("username", "الساحة", "f-username"),
        ("username", "admin", "f-username"),
        ("username", "", "f-username"),
        ("summary", "x" * 20_001, "f-summary"),
        ("name", "\u200b", "f-name"),
        ("name", "n" * 101, "f-name"),
        ("password", "short", "f-again"),
        ("again", "something else altogether", "f-again"),
    ],
)
async def test_a_wrong_answer_changes_nothing_and_loses_nothing(
    answer: str, value: str, said: str
) -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "collective")
        path = await address(made)
        salma = Browser(made, "agora.test")
        page = await salma.get(path)
        page = await salma.send(page.forms[-1], **ANSWERS | {answer: value})
        assert page.status == 400, page.text
        assert said in page.text
        kept = dict(page.forms[-1].fields)
        if answer != "collective":
            assert kept["collective"] == ANSWERS["collective"]
        assert (await first(made)).username == "collective"
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM person"))
        assert row is not None
        assert row[0] == 0
        assert (await salma.send(page.forms[-1], **ANSWERS)).path == "/house/majaz/first"


async def test_two_who_open_it_at_the_same_moment_make_one_steward() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "collective")
        path = await address(made)
        browsers = [Browser(made, "agora.test") for _ in range(2)]
        forms = [(await each.get(path)).forms[-1] for each in browsers]
        pages = await asyncio.gather(
            *(
                each.send(form, **ANSWERS | {"name": name})
                for each, form, name in zip(browsers, forms, ("Ana", "Mallory"), strict=True)
            )
        )
        assert sorted(each.status for each in pages) == [200, 404]
        row = await made["agora.test"].look(lambda rx: rx.one("SELECT count(*) FROM person"))
        assert row is not None
        assert row[0] == 1


async def test_the_address_is_gone_once_a_steward_can_sign_in_by_any_way() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "collective")
        path = await address(made)
        assert await address(made) == path, "the same until it is used"
        await a_member(made, agora, "Bob", "editor", is_signed_in=False)
        stranger = Browser(made, "agora.test")
        form = (await stranger.get(path)).forms[-1]
        await a_member(made, agora, "Ana", is_signed_in=False)
        assert (await stranger.get(path)).status == 404
        assert (await stranger.send(form, **ANSWERS)).status == 404
        for odd in ("", "x", "x" * 200, "%00", "%D9%A3"):
            assert (await stranger.get(f"/welcome/{odd}")).status == 404, odd
        rows = await made["agora.test"].look(lambda rx: rx.all("SELECT * FROM welcome"))
        assert not any(path.rsplit("/")[-1] in str(tuple(row)) for row in rows)


async def test_a_name_that_others_know_already_stays() -> None:
    async with world("agora.test", "beirut.test") as made:
        agora = await made.collective("agora.test", "collective")
        other = await made.collective("beirut.test", "beirut")
        path = await address(made)
        await made.follow(other, agora)
        salma = Browser(made, "agora.test")
        page = await salma.get(path)
        assert dict(page.forms[-1].fields)["username"] == "collective"
        refused = await salma.send(page.forms[-1], **ANSWERS)
        assert refused.status == 400
        assert (await first(made)).username == "collective"
        page = await salma.send(page.forms[-1], **ANSWERS | {"username": "collective"})
        assert page.path == "/house/collective/first"


async def test_an_address_from_elsewhere_or_a_form_without_its_word_moves_nobody_in() -> None:
    async with world("agora.test") as made:
        await made.collective("agora.test", "collective")
        path = await address(made)
        salma = Browser(made, "agora.test")
        fields = list(ANSWERS.items())
        assert (await salma.post(path, fields)).status == 403
        await salma.get(path)
        sent = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
        assert (await salma.post(path, fields, headers=sent)).status == 403
        assert await made["agora.test"].look(welcome.is_awaited)
