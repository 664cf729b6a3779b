"""WebFinger: which of our actors a resource names, and that the answer leads to its id byte for byte."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio

from actors import store
from actors.intents import FEP_3B86, SUBSCRIBE, Wish, find_door
from actors.model import ROLE_COLLECTIVE, ROLE_REMOTE, ROLE_SERVER, Actor, ActorImage
from actors.webfinger import build_jrd, find_subject, host_meta, host_meta_json, split_handle
from fedi.app import assemble
from fedi.db.engine import Database, Writer
from fedi.db.migrate import migrate
from fedi.db.sqlite import open_sqlite
from fedi.errors import Invalid
from fedi.unit import Unit
from fedi.urls import Urls
from inbox.limits import HostLimits
from tests.harness.world import world

URLS = Urls.of("https://agora.test")
NOW = datetime(2027, 1, 1, tzinfo=UTC)
AGORA = "https://agora.test/actor/0abc"
LEFT = "https://agora.test/actor/0left"
SERVER = "https://agora.test/actor"
REMOTE = "https://beirut.test/users/jiran"
AS2 = "application/activity+json"


def an_actor(uri: str, username: str, role: str = ROLE_COLLECTIVE, **more: object) -> Actor:
    host = uri.split("/")[2]
    return Actor(uri, host, role, "Group", username, username, "", f"{uri}/inbox", **more)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Two collectives of ours, one of which left, our server actor and somebody elsewhere."""
    opened = await open_sqlite(tmp_path / "fedi.db", readers=1)
    await migrate(opened, now_ms=0)

    def fill(tx: Writer) -> None:
        unit = Unit(tx, NOW, URLS)
        store.save(unit, an_actor(AGORA, "agora", url="https://agora.test/@agora"))
        store.save(unit, an_actor(LEFT, "left"))
        store.mark_deleted(unit, LEFT)
        store.save(unit, an_actor(SERVER, "agora.test", ROLE_SERVER))
        store.save(unit, an_actor(REMOTE, "jiran", ROLE_REMOTE))

    await opened.write(fill)
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("@agora@agora.test", ("agora", "agora.test")),
        ("agora@agora.test", ("agora", "agora.test")),
        ("acct:agora@agora.test", ("agora", "agora.test")),
        ("acct:@agora@agora.test", ("agora", "agora.test")),
        ("  @agora@agora.test\n", ("agora", "agora.test")),
        ("@Agora@AGORA.Test", ("Agora", "agora.test")),
        ("@agora@agora.test:443", ("agora", "agora.test")),
        ("@agora@agora.test:8443", ("agora", "agora.test:8443")),
        ("@agora@bücher.example", ("agora", "xn--bcher-kva.example")),
        ("@جوار@agora.test", ("جوار", "agora.test")),
    ],
)
def test_a_handle_is_a_name_and_a_host(handle: str, expected: tuple[str, str]) -> None:
    assert split_handle(handle) == expected


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "@",
        "@@",
        "acct:",
        "agora",
        "@agora",
        "agora@",
        "@@agora.test",
        "@agora@agora.test@beirut.test",
        "@agora@agora test",
        "@agora@agora.test\x00",
        "@agora@agora.test\\x",
        "@agora@agora.test:0",
        "@agora@agora.test:99999",
        "@agora@agora.test/inbox",
        "@agora@agora.test?x=y",
        "@agora@agora.test#x",
        "@agora@[::1",
        "@agora@127.1",
        "@agora@-.test",
        "@agora@\ud800.test",
        "a@" + "h" * 600,
        "a" * 600 + "@h.example",
    ],
)
def test_what_is_no_handle_is_refused(handle: str) -> None:
    with pytest.raises(Invalid) as caught:
        split_handle(handle)
    assert caught.value.message_key == "actor.handle_form"


@pytest.mark.parametrize(
    ("resource", "uri"),
    [
        ("acct:agora@agora.test", AGORA),
        ("ACCT:agora@agora.test", AGORA),
        ("acct:@agora@agora.test", AGORA),
        ("agora@agora.test", AGORA),
        ("@agora@agora.test", AGORA),
        ("acct:AGORA@agora.test", AGORA),
        ("acct:agora@AGORA.TEST", AGORA),
        ("acct:agora%40agora.test", AGORA),
        ("acct%3Aagora%40agora.test", AGORA),
        (" acct:agora@agora.test ", AGORA),
        (AGORA, AGORA),
        (quote(AGORA, safe=""), AGORA),
        ("https://agora.test/@agora", AGORA),
        ("https://agora.test/@AGORA", AGORA),
        ("https://agora.test", SERVER),
        ("https://agora.test/", SERVER),
        (SERVER, SERVER),
        ("acct:agora.test@agora.test", SERVER),
        ("acct:actor@agora.test", SERVER),
        ("acct:left@agora.test", LEFT),
        (LEFT, LEFT),
    ],
)
async def test_a_resource_names_one_of_ours(database: Database, resource: str, uri: str) -> None:
    found = await database.read(lambda rx: find_subject(rx, URLS, resource))
    assert found is not None
    assert found.uri == uri


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nobody@agora.test",
        "acct:agora@beirut.test",
        "acct:agora@agora.test:8443",
        "acct:jiran@agora.test",
        "acct:jiran@beirut.test",
        "acct:%@agora.test",
        "acct:' OR 1=1 --@agora.test",
        REMOTE,
        f"{AGORA}/",
        AGORA.upper(),
        "http://agora.test/@agora",
        "https://agora.test/@",
        "https://agora.test/@agora/inbox",
        "https://agora.test.evil.example/@agora",
        "https://agora.test@evil.example/",
    ],
)
async def test_a_resource_that_is_not_ours_names_nobody(database: Database, resource: str) -> None:
    assert await database.read(lambda rx: find_subject(rx, URLS, resource)) is None


@pytest.mark.parametrize(
    "resource", ["", "agora", "acct:agora", "acct:@agora.test@", "a@b@c", "x:y"]
)
async def test_what_is_no_resource_is_refused(database: Database, resource: str) -> None:
    with pytest.raises(Invalid):
        await database.read(lambda rx: find_subject(rx, URLS, resource))


def test_the_self_links_are_the_id_byte_for_byte() -> None:
    uri = "https://agora.test/actor/0AbC%2f"
    links = build_jrd(an_actor(uri, "agora"), URLS)["links"]
    assert [link["href"] for link in links if link["rel"] == "self"] == [uri, uri]


def test_the_first_link_is_the_one_that_every_peer_follows() -> None:
    first = build_jrd(an_actor(AGORA, "agora"), URLS)["links"][0]
    assert first == {"rel": "self", "type": AS2, "href": AGORA}


def test_the_subject_carries_the_host_with_its_port() -> None:
    urls = Urls.of("http://localhost:8080/")
    jrd = build_jrd(an_actor("http://localhost:8080/actor/0a", "agora"), urls)
    assert jrd["subject"] == "acct:agora@localhost:8080"


def test_id_and_page_are_the_aliases() -> None:
    page = "https://agora.test/@agora"
    assert build_jrd(an_actor(AGORA, "agora", url=page), URLS)["aliases"] == [AGORA, page]


def test_an_actor_without_a_page_has_one_alias() -> None:
    assert build_jrd(an_actor(AGORA, "agora"), URLS)["aliases"] == [AGORA]


@pytest.mark.parametrize(
    ("media_type", "expected"), [("image/png", {"type": "image/png"}), (None, {})]
)
def test_a_picture_is_linked_with_its_type_where_known(
    media_type: str | None, expected: dict[str, str]
) -> None:
    icon = ActorImage("https://agora.test/media/a.png", media_type, None)
    last = build_jrd(an_actor(AGORA, "agora", icon=icon), URLS)["links"][-1]
    assert last == {"rel": "http://webfinger.net/rel/avatar", "href": icon.url, **expected}


def test_only_the_server_actor_is_linked_as_the_service() -> None:
    service = "https://www.w3.org/ns/activitystreams#Service"

    def rels(role: str) -> set[str]:
        return {link["rel"] for link in build_jrd(an_actor(SERVER, "x", role), URLS)["links"]}

    assert (service in rels(ROLE_SERVER), service in rels(ROLE_COLLECTIVE)) == (True, False)


BACK = "on-success={on-success}&on-cancel={on-cancel}"
DOORS = [
    (SUBSCRIBE, "https://agora.test/authorize_interaction?uri={uri}"),
    (f"{FEP_3B86}Object", "https://agora.test/authorize_interaction?uri={object}"),
    (f"{FEP_3B86}Follow", "https://agora.test/intent/follow?object={object}&" + BACK),
    (f"{FEP_3B86}Like", "https://agora.test/intent/like?object={object}&" + BACK),
    (f"{FEP_3B86}Join", "https://agora.test/intent/join?object={object}&" + BACK),
    (f"{FEP_3B86}Announce", "https://agora.test/intent/announce?object={object}&" + BACK),
    (
        f"{FEP_3B86}Create",
        "https://agora.test/intent/create?content={content}&inReplyTo={inReplyTo}",
    ),
]


def test_a_collective_names_the_doors_that_its_members_are_sent_to() -> None:
    links = build_jrd(an_actor(AGORA, "agora"), URLS)["links"]
    doors = [link for link in links if "template" in link]
    assert doors == [{"rel": rel, "template": template} for rel, template in DOORS]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (
            "follow",
            "https://agora.test/intent/follow?object=https%3A%2F%2Fx.test%2F1&on-success=&on-cancel=",
        ),
        ("answer", "https://agora.test/intent/create?content=&inReplyTo=https%3A%2F%2Fx.test%2F1"),
    ],
)
def test_what_we_say_of_our_doors_we_understand_ourselves(wish: Wish, expected: str) -> None:
    door = find_door(build_jrd(an_actor(AGORA, "agora"), URLS), wish, "https://x.test/1")
    assert door is not None
    assert door.href == expected


def test_nobody_signs_in_as_the_server() -> None:
    links = build_jrd(an_actor(SERVER, "x", ROLE_SERVER), URLS)["links"]
    assert not any("template" in link for link in links)


def test_host_meta_says_the_same_template_twice() -> None:
    template = host_meta_json(URLS)["links"][0]["template"]
    assert template == "https://agora.test/.well-known/webfinger?resource={uri}"
    assert f'template="{template}"'.encode() in host_meta(URLS)


def ask(*resources: str) -> str:
    return "&".join(f"resource={quote(each, safe='')}" for each in resources)


QUESTIONS = {
    "known": (ask("acct:agora@agora.test"), 200),
    "encoded twice": (ask(quote("acct:agora@agora.test", safe="")), 200),
    "the instance": (ask("https://agora.test"), 200),
    "the instance with a slash": (ask("https://agora.test/"), 200),
    "unknown": (ask("acct:nobody@agora.test"), 404),
    "elsewhere": (ask("acct:agora@beirut.test"), 404),
    "deleted": (ask("acct:left@agora.test"), 410),
    "missing": ("", 400),
    "empty": (ask(""), 400),
    "two": (ask("acct:agora@agora.test", "acct:left@agora.test"), 400),
    "not a resource": (ask("agora"), 400),
    "bytes that are no text": ("resource=acct:%ff%fe@agora.test", 404),
    "a zero byte": (ask("acct:ag\x00ora@agora.test"), 404),
    "half a pair": ("resource=%ed%a0%80", 400),
}


async def _ask_all() -> dict[str, httpx2.Response]:
    async with world("agora.test") as made:
        await made.collective("agora.test", "agora")
        left = await made.collective("agora.test", "left")
        here = made["agora.test"]
        await here.change(lambda unit: store.mark_deleted(unit, left.uri))
        transport = httpx2.ASGITransport(app=assemble(here, HostLimits(1_000)))
        async with httpx2.AsyncClient(transport=transport, base_url="https://agora.test") as client:
            return {
                name: await client.get(f"/.well-known/webfinger?{query}")
                for name, (query, _) in QUESTIONS.items()
            }


@pytest.fixture(scope="module")
def answers() -> dict[str, httpx2.Response]:
    """What an instance with one living and one deleted collective answers; it is opened once."""
    return asyncio.run(_ask_all())


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_gets_the_status_it_deserves(
    answers: dict[str, httpx2.Response], name: str
) -> None:
    assert answers[name].status_code == QUESTIONS[name][1]


def test_the_answer_is_a_jrd_that_every_page_may_read(answers: dict[str, httpx2.Response]) -> None:
    headers = answers["known"].headers
    assert headers["content-type"].startswith("application/jrd+json")
    assert headers["access-control-allow-origin"] == "*"


def test_the_address_of_the_instance_leads_to_the_server_actor(
    answers: dict[str, httpx2.Response],
) -> None:
    bare, slashed = answers["the instance"].json(), answers["the instance with a slash"].json()
    assert bare["links"][0]["href"] == "https://agora.test/actor"
    assert bare == slashed
