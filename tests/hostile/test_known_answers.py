"""What the door answers by itself: only what is known, only in the usual way, and no visitor gains anything by it."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from fedi.cache import DocumentCache, Rendered, etag_of
from fedi.faces.fast import KnownAnswers
from fedi.http.door import DoorLimits
from tests.hostile.test_connections import QUICK, App, a_server, get, hear, status_of

HOST = b"Host: agora.test"
AS2 = b"Accept: application/activity+json"
BODY = '{"name": "أغورا"}'.encode()
ETAG = etag_of(BODY)
KNOWN = b"/actors/1"
WEBFINGER = b"/.well-known/webfinger?resource=acct:agora@agora.test"
ALWAYS: Mapping[bytes, bytes] = {b"x-content-type-options": b"nosniff"}


def a_memory(body: bytes = BODY) -> DocumentCache:
    found = DocumentCache()
    headers = (
        (b"content-type", b"application/activity+json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"vary", b"Accept"),
        (b"etag", etag_of(body)),
    )
    for key in (KNOWN, WEBFINGER):
        found.put(key, Rendered("https://agora.test/actors/1", body, etag_of(body), headers), 0)
    return found


def knowing(memory: DocumentCache) -> KnownAnswers:
    return KnownAnswers(memory, b"agora.test", ALWAYS)


@pytest.mark.parametrize(("target", "accept"), [(KNOWN, AS2), (WEBFINGER, b"Accept: */*")])
async def test_what_is_known_is_answered_whole_without_asking_the_application(
    target: bytes, accept: bytes
) -> None:
    app = App()
    async with a_server(app, shortcut=knowing(a_memory())) as server:
        heard = await server.say(get(HOST, accept, target=target))
    head, _, body = heard.partition(b"\r\n\r\n")
    assert (status_of(heard), body, app.scopes) == (200, BODY, [])
    assert b"\r\ndate: " in head
    assert b"\r\nx-content-type-options: nosniff" in head
    assert b"\r\netag: " + ETAG in head


@pytest.mark.parametrize("tag", [ETAG, b"W/" + ETAG, b'"other", ' + ETAG, b"*"])
async def test_who_has_it_is_told_so(tag: bytes) -> None:
    async with a_server(App(), shortcut=knowing(a_memory())) as server:
        heard = await server.say(get(HOST, AS2, b"If-None-Match: " + tag, target=KNOWN))
    assert status_of(heard) == 304
    assert heard.endswith(b"\r\n\r\n")
    assert b"content-length" not in heard


UNUSUAL = {
    "another host": get(b"Host: evil.test", AS2, target=KNOWN),
    "a page": get(HOST, b"Accept: text/html", target=KNOWN),
    "nothing said": get(HOST, target=KNOWN),
    "another query": get(HOST, AS2, target=KNOWN + b"?x"),
    "absolute form": get(HOST, AS2, target=b"http://agora.test" + KNOWN),
    "HEAD": get(HOST, AS2, target=KNOWN).replace(b"GET", b"HEAD"),
    "POST": get(HOST, AS2, b"Content-Length: 0", target=KNOWN).replace(b"GET", b"POST"),
    "a body": get(HOST, AS2, b"Content-Length: 3", target=KNOWN) + b"abc",
    "an empty body": get(HOST, AS2, b"Content-Length: 0", target=KNOWN),
    "chunks": get(HOST, AS2, b"Transfer-Encoding: chunked", target=KNOWN) + b"0\r\n\r\n",
    "first a nod": get(HOST, AS2, b"Expect: 100-continue", target=KNOWN),
    "the last": get(HOST, AS2, b"Connection: close", target=KNOWN),
    "an old reader": get(HOST, AS2, target=KNOWN).replace(b"HTTP/1.1", b"HTTP/1.0"),
}


@pytest.mark.parametrize("request_", UNUSUAL.values(), ids=UNUSUAL.keys())
async def test_what_is_unusual_goes_to_the_application(request_: bytes) -> None:
    app = App()
    async with a_server(app, shortcut=knowing(a_memory())) as server:
        await server.say(request_)
    assert len(app.scopes) == 1


async def test_no_body_is_taken_for_the_next_request() -> None:
    app = App()
    inner = get(HOST, AS2, target=KNOWN)
    outer = get(HOST, AS2, b"Content-Length: %d" % len(inner), target=KNOWN) + inner
    async with a_server(app, shortcut=knowing(a_memory())) as server:
        heard = await server.say(outer)
    assert (heard.count(b"HTTP/1.1 "), app.bodies) == (1, [inner])


async def test_nothing_that_is_known_overtakes_an_answer_under_way() -> None:
    app = App()
    known, asked = get(HOST, AS2, target=KNOWN), get(HOST, target=b"/page")
    async with a_server(app, shortcut=knowing(a_memory())) as server:
        heard = await server.say(known + known + asked + known + asked)
    lengths = [int(each) for each in re.findall(rb"content-length: (\d+)", heard)]
    # the fourth waits its turn behind the third, in the application
    assert lengths == [len(BODY), len(BODY), app.size, app.size, app.size]
    assert [scope["raw_path"] for scope in app.scopes] == [b"/page", KNOWN, b"/page"]


async def test_what_has_changed_is_no_longer_told() -> None:
    memory = a_memory()
    app = App()
    async with a_server(app, shortcut=knowing(memory)) as server:
        before = await server.say(get(HOST, AS2, target=KNOWN))
        memory.forget(["https://agora.test/actors/1"])
        after = await server.say(get(HOST, AS2, target=KNOWN))
        memory.put(KNOWN, a_memory(b"{}").find(KNOWN), memory.generation)  # type: ignore[arg-type]
        anew = await server.say(get(HOST, AS2, target=KNOWN))
    assert before.endswith(BODY)
    assert (after[-2:], len(app.scopes)) == (b"kk", 1)
    assert anew.endswith(b"{}")
    assert etag_of(b"{}") in anew


@pytest.mark.parametrize("after", [b"", b"\r\n"], ids=["silence", "a blank line"])
async def test_an_idle_connection_is_closed_after_a_known_answer(after: bytes) -> None:
    async with a_server(App(), shortcut=knowing(a_memory())) as server:
        reader, writer = await server.connect()
        writer.write(get(HOST, AS2, target=KNOWN) + after)
        await reader.readuntil(BODY)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_head_that_stops_after_a_known_answer_is_refused_in_time() -> None:
    async with a_server(App(), limits=QUICK, shortcut=knowing(a_memory())) as server:
        heard = await server.say(get(HOST, AS2, target=KNOWN) + b"GET /page HT")
    assert re.findall(rb"HTTP/1\.1 (\d+)", heard) == [b"200", b"408"]


async def test_who_asks_and_never_reads_is_cut_off_and_fills_no_memory() -> None:
    memory = a_memory(b"x" * 1_000_000)
    asked = get(HOST, AS2, target=KNOWN)
    async with a_server(App(), DoorLimits(write_stall_s=0.02), shortcut=knowing(memory)) as server:
        reader, writer = await server.connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(asked * 500)
        await asyncio.sleep(0.08)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await hear(reader)) < 20_000_000
        writer.close()
