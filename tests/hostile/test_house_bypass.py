"""Ways around the rules of the house: at the same moment, a moment too late, with a link kept for later, with strange bytes."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from actors import factors, members, people, sessions
from actors.model import Actor
from actors.rules import Rule, rule_of, set_rule
from fedi.app import assemble
from fedi.desk import writing
from fedi.desk.writing import publish_due
from fedi.errors import Forbidden, TooMany
from fedi.http.rates import Entrances
from fedi.publications import store
from fedi.unit import Unit
from tests.harness.browser import Browser
from tests.harness.members import PASSWORD, a_member
from tests.harness.post import post_office
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import changed
from tests.hostile.test_house_doors import a_draft, id_of, state, token_of

HERE = "agora.test"
NEW = "quatre lanternes au bord du canal"


async def published(made: World, actor: Actor) -> list[str]:
    return list(await made[HERE].look(lambda rx: store.list_uris_of_author(rx, actor.uri)))


async def link_for(who: Browser, made: World, username: str, name: str) -> str:
    """The path of a new link that a steward makes for somebody."""
    path = f"/house/{username}/people/{await id_of(made, name)}"
    page = await who.send((await who.get(path)).form(f"{path}/link"))
    found = re.search(r"https://agora\.test(/invitation/[\w-]+)", page.text)
    assert found, page.text
    return found[1]


# Links that somebody kept


async def test_a_link_kept_by_a_steward_does_not_open_a_collective_joined_later() -> None:
    async with world(HERE) as made:
        agora, atelier = [await made.collective(HERE, name) for name in ("agora", "atelier")]
        eve = await a_member(made, atelier, "Eve")
        await a_member(made, atelier, "Nour", "author", is_signed_in=False)
        link = await link_for(eve, made, "atelier", "Nour")
        ana = await a_member(made, agora, "Ana")
        page = await ana.get("/house/agora/people/new")
        nour = str(await id_of(made, "Nour"))
        page = await ana.send(page.form("/house/agora/people/known"), who=nour, role="steward")
        assert page.status == 200
        assert (await Browser(made, HERE).get(link)).status == 404


async def test_links_that_a_steward_made_end_when_the_steward_is_none_any_more() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana, eve = await a_member(made, agora, "Ana"), await a_member(made, agora, "Eve")
        await a_member(made, agora, "Nour", "editor", is_signed_in=False)
        link = await link_for(eve, made, "agora", "Nour")
        path = f"/house/agora/people/{await id_of(made, 'Eve')}"
        page = await ana.send((await ana.get(path)).form(f"{path}/remove"), sure="yes")
        assert page.status == 200
        assert (await Browser(made, HERE).get(link)).status == 404
        link = await link_for(ana, made, "agora", "Nour")
        assert (await Browser(made, HERE).get(link)).status == 200


async def test_a_new_password_ends_links_made_before() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora, "Ana")
        link = await link_for(ana, made, "agora", "Ana")
        form = (await ana.get("/me")).form("/me/password")
        page = await ana.send(form, old=PASSWORD, password=NEW, again=NEW)
        assert page.status == 200
        assert (await Browser(made, HERE).get(link)).status == 404


# At the same moment


async def test_guesses_at_the_same_moment_are_as_few_as_one_after_another() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        mallory = Browser(made, HERE)
        form = (await mallory.get("/sign-in")).form("/sign-in")
        guesses = [mallory.send(form, name="Ana", password=f"{NEW} {n}") for n in range(20)]
        pages = await asyncio.gather(*guesses)
        assert sorted(page.status for page in pages) == [403] * 5 + [429] * 15


async def test_codes_guessed_at_the_same_moment_are_as_few_as_one_after_another() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        await give_factor(made, "Ana")
        mallory = Browser(made, HERE)
        page = await mallory.sign_in("Ana", PASSWORD)
        form = page.form("/sign-in/code")
        pages = await asyncio.gather(*(mallory.send(form, code=f"{n:06}") for n in range(20)))
        assert sorted(page.status for page in pages) == [403] * 5 + [429] * 15


async def give_factor(made: World, name: str) -> bytes:
    shared, person = b"s" * 20, await id_of(made, name)
    secret = made[HERE].keyring.secret
    await made[HERE].change(lambda unit: factors.begin(unit, secret, person, shared, 1))
    return shared


async def test_right_attempts_at_the_same_moment_shut_nobody_out() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        for _ in range(3):
            pages = await asyncio.gather(
                *(Browser(made, HERE).sign_in("Ana", PASSWORD) for _ in range(4))
            )
            assert {page.status for page in pages} == {200}


def test_one_source_alone_shuts_nobody_else_out() -> None:
    entrances, now = Entrances(), 0.0
    for n in range(6 * 3600):
        now += 1.0
        try:
            entrances.begin(f"nobody {n}", "192.0.2.1", now)
        except TooMany:
            continue
    entrances.begin("ana", "198.51.100.7", now)


async def test_asking_for_letters_shuts_nobody_out() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, is_signed_in=False)
        stranger = Browser(made, HERE)
        form = (await stranger.get("/sign-in/lost")).form("/sign-in/lost")
        said = {(await stranger.send(form, address=f"a{n}@example.org")).status for n in range(30)}
        assert said == {200, 429}
        assert (await Browser(made, HERE).sign_in("Ana", PASSWORD)).status == 200


async def test_the_first_sentence_pressed_twice_at_once_is_said_once() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/house/agora/first")).form("/house/agora/first", "text")
        pages = await asyncio.gather(*(ana.send(form, text="Good morning") for _ in range(5)))
        assert {page.status for page in pages} == {200}
        assert len(await published(made, agora)) == 1


async def test_changing_and_withdrawing_at_once_leave_it_withdrawn() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        said = await made.publish(agora, a_note("Said"))
        path = f"/house/agora/publications/{said.uri.rpartition('/')[2]}"
        one = await ana.get(path)
        page = await ana.send(one.form(f"{path}/change"))
        [change] = [each for each in page.forms if "kind" in dict(each.fields)]
        pages = await asyncio.gather(
            ana.send(change, **{"text.en": "Said otherwise", "act": "publish"}),
            ana.send(one.form(f"{path}/delete"), sure="yes"),
            ana.send(one.form(f"{path}/delete"), sure="yes"),
        )
        assert all(page.status in (200, 404, 409, 410) for page in pages)
        assert await published(made, agora) == []


# A moment too late


async def test_who_is_removed_while_a_form_is_on_its_way_does_nothing_with_it() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, "Ana", is_signed_in=False)
        eve = await a_member(made, agora, "Eve", "editor")
        token = await token_of(eve)

        def remove(unit: Unit) -> None:
            members.remove(unit, people.load(unit.tx, "Eve"), members.MACHINE)

        async def pieces() -> AsyncIterator[bytes]:
            # whoever asks for the body has found her signed in
            yield f"form_token={token}&te".encode()
            await made[HERE].change(remove)
            yield b"xt=Said+by+nobody"

        assert await post_slowly(made, eve, "/house/agora/first", pieces()) == 401
        assert await published(made, agora) == []


async def post_slowly(made: World, who: Browser, path: str, body: AsyncIterator[bytes]) -> int:
    """Send a form piece by piece, each when it is asked for; the status of the answer."""
    site, said = made.sites[HERE], []
    cookie = "; ".join(f"{key}={value}" for key, value in who.cookies.items())
    lines = {"host": HERE, "cookie": cookie, "content-type": "application/x-www-form-urlencoded"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": ("192.0.2.1", 1),
        "server": (HERE, 443), "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        piece = await anext(body, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Any) -> None:
        said.append(message)

    await assemble(site.instance, site.limits)(scope, receive, send)
    return int(said[0]["status"])


async def test_a_role_taken_while_it_goes_out_stops_it() -> None:
    """Publishing asks other servers who is named, and that takes its time."""
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await a_member(made, agora, "Ana", is_signed_in=False)
        eve = await a_member(made, agora, "Eve", "editor")
        draft = await a_draft(eve, "agora", "Bread")
        person = await id_of(made, "Eve")
        await made[HERE].change(lambda unit: people.grant(unit, person, agora.uri, "author"))
        with pytest.raises(Forbidden):
            # the gate had looked before: this is what it hands over
            await writing.publish(made[HERE], agora, writing.Hand(person, True), draft, 1)
        assert await published(made, agora) == []


async def test_who_knows_a_password_alone_ends_nobodys_session() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        person = await id_of(made, "Ana")

        def knock(unit: Unit) -> None:
            for _ in range(sessions.SESSIONS_MAX + 5):
                sessions.begin(unit, person, stage=sessions.FACTOR)

        await made[HERE].change(knock)
        assert (await ana.get("/me")).path == "/me"


# Two people


async def test_a_form_that_says_nothing_does_not_end_the_rule_of_two() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        await made[HERE].change(lambda unit: set_rule(unit, agora.uri, Rule(True)))
        for said in ([], [("consent", "")], [("consent", "both")]):
            fields = [("form_token", await token_of(ana)), *said]
            page = await ana.post("/house/agora/people/consent", fields)
            assert page.status == 400
        assert (await made[HERE].look(lambda rx: rule_of(rx, agora.uri))).two_people


async def test_one_person_in_two_browsers_is_one_person() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await made[HERE].change(lambda unit: set_rule(unit, agora.uri, Rule(True)))
        ana = await a_member(made, agora)
        phone = Browser(made, HERE)
        await phone.sign_in("Ana", PASSWORD)
        draft = await a_draft(ana, "agora", "Alone")
        path = f"/house/agora/draft/{draft}/look"
        for act in ("publish", "schedule", "ask", "publish", "schedule"):
            for who in (ana, phone):
                fields = {"form_token": await token_of(who), "act": act, "version": "1"}
                fields |= {"at_day": "2026-12-01", "at_hour": "10:00"}
                assert (await who.post(path, list(fields.items()))).status in (200, 403, 409)
        made.clock.advance(days=30)
        assert await publish_due(made[HERE]) == 0
        assert await published(made, agora) == []


async def test_what_was_changed_after_it_was_asked_for_needs_another_look() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        await made[HERE].change(lambda unit: set_rule(unit, agora.uri, Rule(True)))
        ana, eve = await a_member(made, agora), await a_member(made, agora, "Eve", "editor")
        draft = await a_draft(ana, "agora", "Bread")
        path = f"/house/agora/draft/{draft}"
        looked = await eve.get(f"{path}/look")
        page = await ana.get(path)
        [form] = [each for each in page.forms if "kind" in dict(each.fields)]
        await asyncio.gather(
            ana.send(form, **{"text.en": "Stones", "act": "save"}),
            eve.send(looked.form(f"{path}/look", "version"), act="publish"),
        )
        for uri in await published(made, agora):
            found = await made.find(HERE, uri)
            assert found is not None
            assert "Bread" in found.original.content


# Strange bytes

HALVES = [
    ("multipart/form-data; boundary=x; charset=unicode_escape", rb"\ud83d"),
    ("multipart/form-data; boundary=x; charset=raw_unicode_escape", rb"\udc80"),
    ("multipart/form-data; boundary=x; charset=utf-7", b"+2D0-"),
]


@pytest.mark.parametrize(("kind", "value"), HALVES)
@pytest.mark.parametrize("path", ["/me", "/house/agora/write", "/house/agora/keep"])
async def test_halves_of_characters_are_no_text(path: str, kind: str, value: bytes) -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        token = (await token_of(ana)).encode()
        pairs = [(b"form_token", token), (b"name", value), (b"kind", b"note"), (b"once", b"x" * 24), (b"text.en", value),
                 (b"languages", b"en"), (b"back", value), (b"about", value), (b"what", b"save")]  # fmt: skip
        body = b"".join(
            b'--x\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + each + b"\r\n"
            for name, each in pairs
        )
        before = await state(made)
        status, text = await raw(made, ana, path, kind, body + b"--x--\r\n")
        assert status == 400, text
        assert changed(before, await state(made)) == {}


async def raw(made: World, who: Browser, path: str, kind: str, body: bytes) -> tuple[int, str]:
    """Post bytes that no browser sends."""
    headers = {
        "Host": HERE, "Cookie": "; ".join(f"{k}={v}" for k, v in who.cookies.items()), "Content-Type": kind,
        "Origin": f"https://{HERE}",
    }  # fmt: skip
    address = f"https://127.0.0.1:{made.wire.ports[HERE]}{path}"
    async with (
        aiohttp.ClientSession() as client,
        client.post(address, data=io.BytesIO(body), headers=headers, ssl=False, allow_redirects=False) as answer,
    ):  # fmt: skip
        return answer.status, (await answer.read()).decode("utf-8", "replace")


async def test_a_draft_does_not_grow_without_end() -> None:
    async with world(HERE) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        page = await ana.get("/house/agora/write?kind=note")
        statuses = []
        tags = ["en", "fr", "de", "it", "nl", "tr"]
        for tag, following in pairwise(tags):
            [form] = [each for each in page.forms if "kind" in dict(each.fields)]
            page = await ana.send(
                form, **{f"text.{tag}": "x" * 800_000, "act": "add.", "add_language": following}
            )
            statuses.append(page.status)
            if page.status != 200:
                break
            [form] = [each for each in page.forms if "kind" in dict(each.fields)]
            page = await ana.send(form, act=f"drop.{tag}")
            statuses.append(page.status)
        assert statuses[-1] == 413, statuses
        rows = await made[HERE].look(lambda rx: rx.all("SELECT length(content) FROM draft"))
        assert max(row[0] for row in rows) <= 2 * 1024 * 1024


async def test_codes_are_not_mailed_without_end_to_whoever_never_asked() -> None:
    async with post_office() as office, world(HERE, settings=office.settings) as made:
        agora = await made.collective(HERE, "agora")
        ana = await a_member(made, agora)
        form = (await ana.get("/me/mail")).form("/me/mail")
        said = [
            (await ana.send(form, address="victim@example.org", password=PASSWORD)).status
            for _ in range(12)
        ]
        assert said.count(200) == 5
        [row] = await made[HERE].look(lambda rx: rx.all("SELECT count(*) FROM letter"))
        assert row[0] == 5
