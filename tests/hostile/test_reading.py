"""Every address that can be read, asked in every wrong way: a plain refusal, never a defect."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import pytest_asyncio
from starlette.routing import Route

from actors.model import Actor
from fedi.app import assemble
from fedi.publications.model import Publication
from inbox.limits import HostLimits
from tests.harness.world import World, a_note, a_statement, an_event, world
from tests.hostile.stranger import Heard, send_raw

HERE = "agora.test"
SHARED = pytest.mark.asyncio(loop_scope="module")
AS2 = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@dataclass(slots=True)
class Library:
    """One instance with something to read."""

    made: World
    agora: Actor
    shown: dict[str, Publication]
    withdrawn: Publication

    async def get(self, path: str, *headers: tuple[str, str], method: str = "GET") -> Heard:
        named = {name for name, _ in headers}
        host = [] if "host" in named else [("host", HERE)]
        return await send_raw(self.made, HERE, path, [*host, *headers], b"", method)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library() -> AsyncIterator[Library]:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(HERE))
        agora = await made.collective(HERE, "agora")
        drafts = {"event": an_event(), "statement": a_statement(), "note": a_note()}
        shown = {kind: await made.publish(agora, draft) for kind, draft in drafts.items()}
        withdrawn = await made.publish(agora, a_note("gone"))
        await made.delete(agora, withdrawn)
        yield Library(made, agora, shown, withdrawn)


def path_of(uri: str) -> str:
    return uri.removeprefix(f"https://{HERE}")


def routes_of(made: World) -> list[Route]:
    """Every GET route, whoever mounted it."""
    # the application proper is reached through the layers around it
    app, found = assemble(made[HERE], HostLimits(1)), []
    waiting, seen = [app], set()
    while waiting:
        layer = waiting.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        if hasattr(layer, "routes"):
            found += [each for each in layer.routes if isinstance(each, Route)]
        closure = getattr(layer, "__closure__", None) or ()
        waiting += [cell.cell_contents for cell in closure if callable(cell.cell_contents)]
    return [route for route in found if "GET" in (route.methods or set())]


WRONG = [
    "x",
    "-1",
    "9" * 30,
    "9" * 5000,
    "%00",
    "%ff%fe",
    "..%2f..%2fsecret",
    quote("ليس هنا"),
    "a" * 3000,
    "%0d%0aSet-Cookie:x",
]
QUERIES = [
    "",
    "?after=x&before=-1&page=%ff&lang=%00",
    "?after=" + "9" * 5000,
    "?after=1.5e308&lang=" + "a" * 2000,
    "?resource=acct:%ff@agora.test",
    "?resource=" + quote("acct:agora@agora.test" * 100),
    "?resource=x&resource=y",
    "?width=-1&height=99999999999999999999&url=https%3A%2F%2F127.0.0.1",
    "?" + "&".join(f"a{number}=1" for number in range(1500)),
    "?%",
]


@SHARED
async def test_no_wrong_value_in_any_address_is_a_defect(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    broken = []
    routes = routes_of(library.made)
    assert len(routes) > 30
    for route in routes:
        pattern = route.path_format
        for number, wrong in enumerate(WRONG[routes.index(route) % 2 :: 2]):
            path = pattern
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", wrong)
            if path == pattern and number > 0:
                break
            heard = await library.get(path, ("accept", (AS2, "text/html")[number % 2]))
            if not (200 <= heard.status < 500):
                broken.append((path[:80], heard.status))
        plain = pattern
        for name in route.param_convertors:
            plain = plain.replace(f"{{{name}}}", {"row": "1"}.get(name, "agora"))
        for query in QUERIES[routes.index(route) % 5 :: 5]:
            heard = await library.get(plain + query, ("accept", "text/html"))
            if not (200 <= heard.status < 500):
                broken.append((plain + query[:60], heard.status))
    assert broken == []
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []


@SHARED
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
async def test_no_other_method_is_answered(library: Library, method: str) -> None:
    for path in ("/", "/actor", path_of(library.agora.uri), path_of(library.agora.outbox or "")):
        assert (await library.get(path, method=method)).status == 405


@SHARED
@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox"])
async def test_what_others_sent_is_not_to_be_read(library: Library, path: str) -> None:
    assert (await library.get(path, ("accept", AS2))).status in (404, 405)
    assert (await library.get(path)).status in (404, 405)


@SHARED
@pytest.mark.parametrize(
    "host", ["evil.test", "agora.test.evil.test", "agora.test:444", "127.0.0.1", ""]
)
async def test_another_host_is_not_ours_to_answer_for(library: Library, host: str) -> None:
    for path in ("/", "/actor", "/.well-known/webfinger?resource=acct:agora@agora.test"):
        await library.get(path, ("accept", AS2))  # what may be remembered is remembered by now
        heard = await library.get(path, ("accept", AS2), ("host", host))
        assert heard.status in (400, 421), path
        assert heard.headers.get("location") is None


ACCEPTS = [
    AS2,
    LD,
    "application/ld+json",
    f"text/html;q=0.1, {AS2}",
    f"{AS2}, {LD}",
    f"{LD}, {AS2}",
    f"{AS2}; charset=utf-8",
    AS2.upper(),
    f"*/*;q=0.1,{AS2}",
    'application/ld+json;profile="https://www.w3.org/ns/activitystreams", application/activity+json;q=0.9',
]


@SHARED
@pytest.mark.parametrize("accept", ACCEPTS)
async def test_who_names_the_media_type_gets_the_document(library: Library, accept: str) -> None:
    for uri in (library.agora.uri, *(each.uri for each in library.shown.values())):
        for _ in ("rendered", "remembered"):
            heard = await library.get(path_of(uri), ("accept", accept))
            assert heard.status == 200
            assert heard.headers["content-type"] == f"{AS2}; charset=utf-8"
            assert "accept" in heard.headers["vary"].lower()


@SHARED
@pytest.mark.parametrize(
    "accept", [None, "*/*", "text/html", "application/json", "text/*", "image/png"]
)
async def test_anybody_else_gets_the_page(library: Library, accept: str | None) -> None:
    named = [] if accept is None else [("accept", accept)]
    for each in library.shown.values():
        await library.get(path_of(each.uri), ("accept", AS2))
        heard = await library.get(path_of(each.uri), *named)
        assert heard.status == 200
        assert heard.headers["content-type"].startswith("text/html")
        assert "accept" in heard.headers["vary"].lower()


@SHARED
async def test_head_says_what_get_would(library: Library) -> None:
    for accept in (AS2, "text/html"):
        for each in library.shown.values():
            path = path_of(each.uri)
            got = await library.get(path, ("accept", accept))
            raw = await library.get(
                path, ("accept", accept), ("connection", "close"), method="HEAD"
            )
            assert raw.status == got.status == 200
            assert raw.body == b""
            assert raw.headers["content-type"] == got.headers["content-type"]


@SHARED
@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
async def test_who_has_it_is_told_so(library: Library, form: str) -> None:
    path = path_of(library.shown["event"].uri)
    tag = (await library.get(path, ("accept", AS2))).headers["etag"]
    condition = ("if-none-match", form.format(tag=tag))
    heard = await library.get(path, ("accept", AS2), condition)
    assert (heard.status, heard.body) == (304, b"")
    assert heard.headers["etag"] == tag
    page = await library.get(path, ("accept", "text/html"), ("if-none-match", tag))
    assert page.status == 200


@SHARED
async def test_a_withdrawn_publication_is_a_tombstone(library: Library) -> None:
    heard = await library.get(path_of(library.withdrawn.uri), ("accept", AS2))
    assert (heard.status, heard.headers["content-type"]) == (410, f"{AS2}; charset=utf-8")
    assert b'"type":"Tombstone"' in heard.body
    assert b"gone" not in heard.body
    assert (
        await library.get(path_of(library.withdrawn.uri), ("accept", "text/html"))
    ).status == 410
