"""From a name typed below a publication to the visitor's own server, and what is said when there is no way."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from actors import blocks
from actors.intents import FEP_3B86, SUBSCRIBE
from fedi.app import assemble
from fedi.errors import ForbiddenAddress, RemoteGone, RemoteMalformed, RemoteUnreachable
from fedi.vocab.audience import Visibility
from fedi.web.pages.own_server import PER_HOST_AND_MINUTE, PER_MINUTE, OwnServer
from inbox.limits import HostLimits
from tests.browser.sample import (
    BASE,
    PagesOnly,
    Sample,
    application,
    fill,
    open_pages,
    put,
)
from tests.harness.gallery import gallery
from tests.harness.world import a_note, count_rows, world

NAME = "salma@mastodon.example"
HOME = "https://mastodon.example/authorize_interaction?uri={uri}"


def jrd(*links: tuple[str, str]) -> dict[str, Any]:
    """What a host says of a name: the relations with their templates."""
    return {
        "subject": f"acct:{NAME}",
        "links": [{"rel": rel, "template": template} for rel, template in links],
    }


class Answer(HTMLParser):
    """Where a page leads to: by itself, by links, and the hosts its words name."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.status = response.status_code
        self.onward: str | None = None
        self.links: list[str] = []
        self.values: dict[str, str] = {}
        self.text = ""
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if found.get("http-equiv") == "refresh":
            self.onward = found["content"].removeprefix("0; url=")
        if tag == "a" and found.get("href", "").startswith("http"):
            self.links.append(found["href"])
        if tag == "input":
            self.values[found["name"]] = found["value"]

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass(frozen=True, slots=True)
class Here:
    instance: PagesOnly
    sample: Sample
    client: httpx2.AsyncClient

    async def say(self, about: str, handle: str = f"@{NAME}", **headers: str) -> Answer:
        return Answer(await self.send(about, handle, **headers))

    async def send(self, about: str, handle: str = f"@{NAME}", **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        form = {"about": about, "handle": handle}
        return await self.client.post(
            "/own-server", data=form, headers={"accept": "text/html", "origin": "null", **named}
        )

    def knows(self, *links: tuple[str, str], name: str = NAME) -> None:
        self.instance.http.names[name] = jrd(*links)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    instance = await open_pages(tmp_path)
    try:
        sample = await fill(instance)
        transport = httpx2.ASGITransport(app=application(instance))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Here(instance, sample, client)
    finally:
        await instance.db.close()


async def collective_uri(here: Here) -> str:
    row = await here.instance.look(
        lambda rx: rx.one("SELECT uri FROM actor WHERE username = 'mujawara'")
    )
    assert row is not None
    return str(row[0])


async def test_the_page_of_a_collective_opens_on_the_visitors_server(here: Here) -> None:
    here.knows((SUBSCRIBE, HOME))
    uri = quote(await collective_uri(here), safe="")
    expected = f"https://mastodon.example/authorize_interaction?uri={uri}"
    answer = await here.say("/@mujawara")
    assert (answer.status, answer.onward) == (200, expected)
    assert expected in answer.links


@pytest.mark.parametrize("kind", ["event", "statement", "request", "offer", "note"])
async def test_a_publication_opens_on_the_visitors_server(here: Here, kind: str) -> None:
    here.knows((SUBSCRIBE, HOME))
    path = getattr(here.sample, kind)
    assert (await here.say(path)).onward == HOME.replace("{uri}", quote(BASE + path, safe=""))


@pytest.mark.parametrize("page", ["/@mujawara", "event", "statement", "request", "note", "/"])
async def test_a_page_has_the_form_that_leads_there(here: Here, page: str) -> None:
    path = getattr(here.sample, page, page)
    form = Answer(await here.client.get(path)).values
    here.knows((SUBSCRIBE, HOME))
    assert form["about"] == ("/@mujawara" if page == "/" else path)
    assert (await here.say(form["about"])).onward is not None


async def test_whoever_says_how_to_follow_is_heard_before_the_older_way(here: Here) -> None:
    here.knows((SUBSCRIBE, HOME), (f"{FEP_3B86}Follow", "https://mastodon.example/f?o={object}"))
    onward = (await here.say("/@mujawara")).onward or ""
    assert onward.startswith("https://mastodon.example/f?o=https%3A%2F%2F")


@pytest.mark.parametrize(
    "handle", [NAME, f" @{NAME} ", f"acct:{NAME}", "@salma@MASTODON.example", "@salma@mastodon.example."]
)  # fmt: skip
async def test_a_name_may_be_written_in_many_ways(here: Here, handle: str) -> None:
    here.knows((SUBSCRIBE, HOME))
    assert (await here.say("/@mujawara", handle)).onward is not None


async def test_another_host_than_the_one_typed_is_named_before_anybody_goes_there(
    here: Here,
) -> None:
    here.knows((SUBSCRIBE, "https://elsewhere.example/follow?uri={uri}"))
    answer = await here.say("/@mujawara")
    assert answer.onward is None
    assert "elsewhere.example" in answer.text
    assert [each for each in answer.links if each.startswith("https://elsewhere.example/follow")]


@pytest.mark.parametrize(
    "template",
    [
        "http://mastodon.example/follow?uri={uri}",
        "javascript:alert('{uri}')",
        "//mastodon.example/{uri}",
        "https://{uri}/",
        "https://mastodon.example{uri}",
        "https://mastodon.example@evil.example/{uri}",
        "https://mastodon.example\\@evil.example/{uri}",
        "https://mastodon.example/follow",
        'https://mastodon.example/"><b onload>{uri}',
        "https://mastodon.example/ {uri}",
        "https://mastodon.example/{uri}\r\nset-cookie: a=b",
        "data:text/html,{uri}",
        "https://10/{uri}",
        "/follow?uri={uri}",
        "{uri}",
        "",
    ],
)
async def test_a_template_that_leads_astray_is_as_good_as_none(here: Here, template: str) -> None:
    here.knows((SUBSCRIBE, template))
    answer = await here.say("/@mujawara")
    assert (answer.onward, answer.links) == (None, [])
    assert "does not say" in answer.text


@pytest.mark.parametrize(
    "links",
    [None, {}, "x", [], [None], [{}], [{"rel": SUBSCRIBE}], [{"rel": 3, "template": HOME}],
     [{"rel": SUBSCRIBE, "template": {}}], [{"rel": SUBSCRIBE, "href": HOME}], [[SUBSCRIBE, HOME]]],
)  # fmt: skip
async def test_an_answer_without_a_way_is_explained(here: Here, links: object) -> None:
    here.instance.http.names[NAME] = {"links": links}
    answer = await here.say("/@mujawara")
    assert answer.status == 200
    assert "does not say" in answer.text
    assert "@mujawara@majaz.example" in answer.text


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (RemoteGone(detail="http_404"), "knows nobody of that name"),
        (RemoteUnreachable(detail="timeout"), "does not answer"),
        (RemoteMalformed(detail="json"), "does not answer"),
        (ForbiddenAddress(detail="private"), "does not answer"),
    ],
)
async def test_what_went_wrong_is_said_with_the_address_to_copy(
    here: Here, problem: Exception, words: str
) -> None:
    here.instance.http.names[NAME] = problem
    answer = await here.say(here.sample.event)
    assert answer.status == 200
    assert words in answer.text
    assert BASE + here.sample.event in answer.text
    assert answer.values["handle"] == f"@{NAME}"


@pytest.mark.parametrize(
    "handle",
    ["", "salma", "@salma", "@@", "salma@", "@mastodon.example", "a@b@c.example", "a@127.1", "a@x y",
     "a@b.example:0", "a@[::1", "a@\u202eelpmaxe.b", "x" * 9000, "<b onload>@x\"'>"],
)  # fmt: skip
async def test_what_is_no_name_asks_nobody(here: Here, handle: str) -> None:
    answer = await here.say("/@mujawara", handle)
    assert answer.status in (400, 413)
    assert answer.onward is None
    assert here.instance.http.asked == []


async def test_this_server_is_not_asked_about_itself(here: Here) -> None:
    answer = await here.say("/@mujawara", "@mujawara@majaz.example")
    assert "the server you are on" in answer.text
    assert here.instance.http.asked == []


async def test_a_host_that_is_shut_out_is_not_asked(here: Here) -> None:
    await here.instance.change(lambda unit: blocks.add(unit, "", "mastodon.example", blocks.HOST))
    answer = await here.say("/@mujawara")
    assert "exchanges no messages with" in answer.text
    assert here.instance.http.asked == []


@pytest.mark.parametrize(
    "about",
    ["", "/", "/@nobody", "/@", "/nothing", "//evil.example", "https://evil.example/", "gone",
     "https://mobilizon.example/events/1", "/agenda", "\x00", "/event/" + "0" * 26],
)  # fmt: skip
async def test_only_what_is_published_here_can_be_taken_elsewhere(here: Here, about: str) -> None:
    here.knows((SUBSCRIBE, HOME))
    answer = await here.say(getattr(here.sample, about, about) if about else about)
    assert (answer.status, answer.onward) == (404, None)
    assert here.instance.http.asked == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.LOCAL])
async def test_what_is_private_is_not_told_from_what_is_missing(
    here: Here, visibility: Visibility
) -> None:
    def publish(unit: Any) -> str:
        from fedi.desk.speaker import load_speaker

        us = load_speaker(unit.tx, "mujawara")
        note = put(unit, us, "note", {"en": ("", "secret")}, visibility=visibility)
        return note.uri.removeprefix(BASE)

    assert (await here.say(await here.instance.change(publish))).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "null", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": BASE, "sec_fetch_site": "same-origin"}, 200),
        ({"origin": BASE}, 200),
        ({"origin": "null"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": f"{BASE}.evil.example"}, 403),
        ({"origin": "http://majaz.example"}, 403),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, 403),
        ({"origin": "null", "sec_fetch_site": "same-site"}, 403),
        ({"origin": BASE, "sec_fetch_site": "cross-site"}, 403),
    ],
)
async def test_only_our_own_pages_may_send_the_form(
    here: Here, headers: dict[str, str], status: int
) -> None:
    here.knows((SUBSCRIBE, HOME))
    answer = await here.say("/@mujawara", **headers)
    assert answer.status == status
    assert len(here.instance.http.asked) == (1 if status == 200 else 0)


async def test_one_host_is_asked_only_so_often(here: Here) -> None:
    here.knows((SUBSCRIBE, HOME))
    answers = [await here.send("/@mujawara") for _ in range(PER_HOST_AND_MINUTE)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert len(here.instance.http.asked) == len(answers) - len(refused)


async def test_all_hosts_together_are_asked_only_so_often(here: Here) -> None:
    for number in range(PER_MINUTE):
        await here.send("/@mujawara", f"a@h{number}.example")
    assert len(here.instance.http.asked) < PER_MINUTE


async def test_the_answer_is_kept_by_nobody_and_the_name_is_in_no_log(
    here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    here.knows((SUBSCRIBE, HOME))
    with caplog.at_level(logging.DEBUG):
        answers = [
            await here.send("/@mujawara"),
            await here.send("/@mujawara", "x@nowhere.example"),
        ]
    assert {each.headers["cache-control"] for each in answers} == {"no-store"}
    assert "set-cookie" not in answers[0].headers
    ours = [each for each in caplog.records if each.name.startswith(("fedi", "actors", "inbox"))]
    assert [each for each in ours if "salma" in each.getMessage()] == []


async def test_nothing_is_written_down(here: Here) -> None:
    here.knows((SUBSCRIBE, HOME))

    before = await count_rows(here.instance)
    await here.say("/@mujawara")
    await here.say(here.sample.event, "x@nowhere.example")
    assert await count_rows(here.instance) == before


async def test_a_host_that_keeps_silent_is_not_waited_for(here: Here) -> None:
    here.instance.http.silence = asyncio.Event()
    page = OwnServer(wait_s=0.01)

    async def answer(request: Any) -> Any:
        return await page(here.instance, request)  # type: ignore[arg-type]

    app = Starlette(routes=[Route("/own-server", answer, methods=["POST"])])
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        said = await Here(here.instance, here.sample, client).say("/@mujawara")
    assert "does not answer" in said.text


@pytest.mark.parametrize(
    ("language", "word"), [("ar", "خادمكم"), ("es", "tu servidor"), ("fr", "votre serveur")]
)
async def test_it_is_said_in_the_language_of_its_reader(
    here: Here, language: str, word: str
) -> None:
    here.knows((SUBSCRIBE, HOME))
    answer = await here.say("/@mujawara", accept_language=language)
    assert word in answer.text


async def test_choosing_a_language_there_leads_back_to_what_it_was_about(here: Here) -> None:
    here.knows((SUBSCRIBE, HOME))
    assert (await here.say(here.sample.event)).values["next"] == here.sample.event


async def test_we_promise_no_page_that_we_do_not_have() -> None:
    async with world("agora.test") as made:
        agora = await made.collective("agora.test", "agora")
        app = assemble(made["agora.test"], HostLimits(60))
        async with client_of(app) as client:
            said = await client.get(f"/.well-known/webfinger?resource=acct:agora@{agora.host}")
            links = [link for link in said.json()["links"] if "template" in link]
            assert {link["rel"] for link in links} >= {SUBSCRIBE, f"{FEP_3B86}Follow"}
            for link in links:
                template = link["template"].removeprefix("https://agora.test")
                answer = await client.get(re.sub(r"\{[^}]*\}", "x", template))
                # not signed in: on to the door, and back here afterwards
                assert answer.status_code == 303, link
                assert answer.headers["location"].startswith("/sign-in?next="), link


@asynccontextmanager
async def client_of(app: Any) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://agora.test") as client:
        yield client


async def test_the_whole_application_asks_a_real_host() -> None:
    async with world("agora.test") as made, gallery(made, "mastodon.test") as host:
        agora = await made.collective("agora.test", "agora")
        note = await made.publish(agora, a_note("Who comes?"))
        body = msgspec.json.encode(jrd((SUBSCRIBE, "https://mastodon.test/go?uri={uri}")))
        host.hang(
            "/.well-known/webfinger?resource=acct:salma@mastodon.test",
            body,
            "application/jrd+json",
        )
        path = note.uri.removeprefix("https://agora.test")
        app = assemble(made["agora.test"], HostLimits(60))
        async with client_of(app) as client:
            form = {"about": path, "handle": "@salma@mastodon.test"}
            answer = Answer(await client.post("/own-server", data=form))
        assert answer.onward == f"https://mastodon.test/go?uri={quote(note.uri, safe='')}"


async def test_a_name_that_stands_elsewhere_than_its_own_server_is_followed_there() -> None:
    """Somebody with a domain of their own: its WebFinger is that of the server they use."""
    async with (
        world("agora.test") as made,
        gallery(made, "salma.test") as own,
        gallery(made, "mastodon.test") as host,
    ):
        await made.collective("agora.test", "agora")
        body = msgspec.json.encode(jrd((SUBSCRIBE, "https://mastodon.test/go?uri={uri}")))
        there = host.hang("/webfinger", body, "application/jrd+json")
        own.point("/.well-known/webfinger?resource=acct:me@salma.test", there)
        app = assemble(made["agora.test"], HostLimits(60))
        async with client_of(app) as client:
            form = {"about": "/@agora", "handle": "@me@salma.test"}
            answer = Answer(await client.post("/own-server", data=form))
        assert answer.onward is None
        assert [each for each in answer.links if each.startswith("https://mastodon.test/go?uri=")]
