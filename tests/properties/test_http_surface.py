"""Whatever is asked of the server, in whatever form: an answer below 500 that tells browsers to be careful, nothing in
the log about a defect, and nothing written for somebody who proved nothing.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from fedi.publications.kinds import KIND_NAMES
from fedi.web.routes import GET_PAGES
from fedi.web.shown.embedded import FRAMED_POLICY
from tests.harness.chance import examples
from tests.harness.surface import Surface
from tests.harness.world import a_note, a_statement, an_event, world
from tests.security.test_s71_headers import CAREFUL

HERE = "agora.test"
POLICY = "content-security-policy"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]
SHAPES = [
    *(path for path, _ in GET_PAGES),
    *(f"/{kind}/{{id}}{rest}" for kind in KIND_NAMES for rest in ("", "/replies", "/likes", "/shares", "/context")),
    "/inbox", "/actor/inbox", "/actor/{id}/inbox", "/actor", "/actor/{id}", "/actor/{id}/outbox",
    "/actor/{id}/outbox/page", "/actor/{id}/outbox/page/{id}", "/actor/{id}/followers", "/actor/{id}/following",
    "/actor/{id}/featured", "/actor/{id}/followers_synchronization", "/activity/{id}", "/stamp/{id}", "/media/{id}",
    "/remote/{id}/{id}/{id}", "/language", "/healthz", "/readyz", "/nodeinfo/{id}", "/.well-known/webfinger",
    "/.well-known/host-meta", "/.well-known/nodeinfo", "/{id}", "/{id}/{id}/{id}", "//{id}",
]  # fmt: skip
ODD = [
    "", ".", "..", "%00", "%2e%2e%2f", "%", "%zz", "%ff", "%D8%B3%D8%A7%D8%AD%D8%A9", "-1", "0", "9" * 30, "a" * 900,
    "1e9", "null", "'--", "<b>", "@agora", "agora", "agora@agora.test", "%0d%0aset-cookie:%20a=b", "\u0660", "feed.atom",
]  # fmt: skip
NAMES = [
    "accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since", "range", "cookie",
    "content-type", "content-length", "content-encoding", "digest", "date", "signature", "signature-input",
    "authorization", "x-forwarded-for", "forwarded", "referer", "origin", "host", "collection-synchronization", "expect",
]  # fmt: skip
VALUES = [
    "", "*/*", "text/html", "application/activity+json", "application/ld+json; profile=\"x\"", "ar, en;q=0.5, *;q=x",
    "*", '"a", W/"b"', "Sat, 21 Nov 2026 11:00:00 GMT", "Sat, 99 Foo 99999 99:99:99 -9999", "bytes=0-", "bytes=9-1,-5",
    "language=xx; language=ar", "application/x-www-form-urlencoded", "multipart/form-data; boundary=", "-5", "gzip",
    'keyId="https://mars.test/a#k",signature="x"', 'keyId="',
    'sig1=("@method");keyid="https://mars.test/a#k";created=1', "Basic \u00ff", "q" * 3_000, "SHA-256=", "\x80\xff",
]  # fmt: skip
BODIES = [
    b"",
    b"{}",
    b"[",
    b"a=b&next=//evil.test",
    b"language=ar&language=en",
    b"\xff" * 50,
    b'{"type":"Follow"}',
]

segments = st.sampled_from(ODD) | st.text(max_size=12)
headers = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=30)), max_size=5
)
queries = st.sampled_from(["", "resource=", "resource=acct:agora@agora.test", "page=x&page=-1", "before=9" * 9, "language=ar"]) | st.text(max_size=30)  # fmt: skip


@pytest.fixture(scope="module")
def surface() -> Iterator[tuple[Surface, list[str]]]:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def prepare() -> tuple[Surface, list[str]]:
        made = await stack.enter_async_context(world(HERE))
        us = await made.collective(HERE, "agora")
        said = [await made.publish(us, draft) for draft in (an_event(), a_statement(), a_note())]
        rows = await made[HERE].look(lambda rx: rx.all("SELECT uri FROM outbox_activity"))
        uris = [us.uri, *(each.uri for each in said), *(row[0] for row in rows)]
        return Surface(loop, made, HERE), [uri.rpartition("/")[2] for uri in uris]

    try:
        yield loop.run_until_complete(prepare())
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()


@given(data=st.data())
@examples(500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_whatever_is_a_defect(
    surface: tuple[Surface, list[str]], caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    caplog.clear()
    asked, ids = surface
    path = data.draw(st.sampled_from(SHAPES))
    while "{" in path:
        found = data.draw(st.sampled_from(ids) | segments)
        start, end = path.index("{"), path.index("}")
        path = path[:start] + found.replace("{", "").replace("}", "") + path[end + 1 :]
    before = asked.writes()
    came = asked.ask(
        data.draw(st.sampled_from(METHODS)),
        path,
        data.draw(queries),
        data.draw(headers),
        data.draw(st.sampled_from(BODIES)),
    )
    assert 200 <= came.status < 500
    assert asked.writes() == before
    careful = dict(CAREFUL)
    if "/embed" in path and came.get(POLICY) == FRAMED_POLICY:
        # made to stand in pages of others; it asks nothing and sends nothing
        careful[POLICY] = FRAMED_POLICY
    assert {name: came.get(name) for name in careful} == careful
    assert [
        record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info
    ] == []
