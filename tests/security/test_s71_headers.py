"""S8, S71, S73, S74, S81, S117: what every answer carries, whatever it says and whoever asked."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.model import Actor
from fedi.web.headers import CONTENT_POLICY
from tests.harness.world import World, a_note, world
from tests.hostile.stranger import (
    AS2,
    Heard,
    a_note_of,
    deliver,
    headers_for,
    say,
    send_raw,
    stranger,
)
from tests.security.asking import PAGE, ask

HERE = "agora.test"
SHARED = pytest.mark.asyncio(loop_scope="module")
CAREFUL = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[World]:
    async with world(HERE) as made:
        us = await made.collective(HERE, "agora")
        note = await made.publish(us, a_note("gone"))
        await made.delete(us, note)
        made.wire.sent.append(("gone", note.uri))
        yield made


def gone_of(made: World) -> str:
    return next(uri for what, uri in made.wire.sent if what == "gone")


async def post(made: World, path: str, *headers: tuple[str, str], body: bytes = b"{}") -> Heard:
    return await send_raw(made, HERE, path, [("host", HERE), *headers], body)


async def answers(made: World) -> dict[int, list[Heard]]:
    """Answers of every kind, by status."""
    base = f"https://{HERE}"
    heard = [
        await ask(made, f"{base}/", PAGE),
        await ask(made, f"{base}/actor", AS2),
        await ask(made, f"{base}/.well-known/webfinger?resource=acct:agora@{HERE}"),
        await ask(made, f"{base}/.well-known/webfinger?resource=acct:agora@{HERE}"),
        await ask(made, f"{base}/.well-known/webfinger"),
        await ask(made, f"{base}/feed.atom", PAGE),
        await ask(made, f"{base}/nowhere", PAGE),
        await ask(made, f"{base}/nowhere", AS2),
        await ask(made, f"{base}/media/nothing.png", PAGE),
        await ask(made, f"{base}/static/nothing.css", PAGE),
        await ask(made, gone_of(made), PAGE),
        await ask(made, gone_of(made), AS2),
        await post(made, "/"),
        await post(made, "/inbox"),
        await post(made, "/inbox", ("content-type", AS2)),
        await post(made, "/inbox", ("content-type", AS2), body=b" " * 1_100_000),
        await send_raw(made, HERE, "/", [("host", "other.test")], b"", "GET"),
        await ask(made, f"{base}/healthz", PAGE),
    ]
    by_status: dict[int, list[Heard]] = {}
    for each in heard:
        by_status.setdefault(each.status, []).append(each)
    return by_status


@SHARED
async def test_every_answer_tells_browsers_to_be_careful(made: World) -> None:
    heard = await answers(made)
    assert set(heard) >= {200, 400, 404, 405, 410, 413, 415, 421}
    for status, several in heard.items():
        for each in several:
            assert {n: each.headers.get(n) for n in CAREFUL} == CAREFUL, status


@SHARED
async def test_no_answer_names_the_program_that_gave_it(made: World) -> None:
    for several in (await answers(made)).values():
        for each in several:
            assert {"server", "x-powered-by"}.isdisjoint(each.headers)


@SHARED
async def test_what_is_not_there_is_kept_by_no_cache(made: World) -> None:
    for accept in (PAGE, AS2):
        heard = await ask(made, f"https://{HERE}/statement/nothing", accept)
        assert heard.status == 404
        assert "no-store" in heard.headers["cache-control"]
        assert "etag" not in heard.headers


@SHARED
async def test_both_faces_of_an_address_say_that_it_has_two(made: World) -> None:
    us = await made.collective(HERE, "faces")
    note = await made.publish(us, a_note("words"))
    page, document = await ask(made, note.uri, PAGE), await ask(made, note.uri, AS2)
    assert "Accept" in page.headers["vary"]
    assert "Accept" in document.headers["vary"]
    assert page.headers["etag"] != document.headers["etag"]


@SHARED
async def test_no_address_is_built_from_what_the_request_says_of_itself(made: World) -> None:
    lies = {"x_forwarded_host": "evil.test", "x_forwarded_proto": "http", "forwarded": "host=evil.test"}  # fmt: skip
    for accept in (PAGE, AS2):
        for path in ("/", "/@agora", "/actor", "/about", "/feed.atom"):
            heard = await ask(made, f"https://{HERE}{path}", accept, None, **lies)
            assert "evil.test" not in heard.body.decode("utf-8", "replace") + str(heard.headers)


@SHARED
@pytest.mark.parametrize("path", ["/actor/", "/about/", "//evil.test", "/@agora/"])
async def test_a_slash_too_many_leads_nowhere(made: World, path: str) -> None:
    heard = await send_raw(made, HERE, path, [("host", HERE), ("accept", PAGE)], b"", "GET")
    assert heard.status == 404
    assert "location" not in heard.headers


async def test_the_path_that_is_signed_is_the_one_that_came() -> None:
    """S8: `/%69nbox` is not `/inbox`, though it leads to the same door."""
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        body = _mention(us, ali.uri)
        for signed, sent, expected in (
            ("/inbox", "/%69nbox", {401}),
            ("/%69nbox", "/inbox", {401}),
            ("/inbox?a=1", "/inbox?a=2", {401}),
            ("/inbox", "/inbox", {202}),
        ):
            headers = headers_for(ali.key, f"https://{HERE}{signed}", body, made.clock.now())
            heard = await send_raw(made, HERE, sent, headers, body)
            assert heard.status in expected, (signed, sent)


def _mention(us: Actor, speaker: str) -> bytes:
    import json

    note = {"id": f"{speaker}/notes/1", "type": "Note", "attributedTo": speaker, "content": "x"}
    activity = {
        "id": f"{speaker}/activities/1", "type": "Create", "actor": speaker,
        "object": note, "to": [us.uri],
    }  # fmt: skip
    return json.dumps(activity).encode()


async def test_who_is_told_to_wait_is_told_how_long() -> None:
    settings = "[inbox]\nfollows_per_host = 1\n"
    async with world(HERE, settings=settings) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        for number, expected in ((0, 202), (1, 429)):
            person = mars.person(f"p{number}", number)
            heard = await deliver(made, HERE, person.key, say(person, "Follow", us.uri))
            assert heard.status == expected
        assert 1 <= int(heard.headers["retry-after"]) <= 3600


@pytest.mark.parametrize("accept", [PAGE, AS2])
async def test_a_source_that_asks_too_often_is_told_how_long_to_wait(accept: str) -> None:
    async with world() as made:
        few = {"FEDI_SERVER_REQUESTS_PER_SOURCE": "3"}
        await made.start(HERE, environment=few)
        heard = [await ask(made, f"https://{HERE}/nowhere{n}", accept) for n in range(4)]
        assert [each.status for each in heard] == [404, 404, 404, 429]
        assert 1 <= int(heard[-1].headers["retry-after"]) <= 300
        assert heard[-1].headers["content-security-policy"] == CONTENT_POLICY


async def test_a_post_that_everybody_fetches_at_once_is_refused_to_nobody() -> None:
    """R17: once it was rendered it is in memory, and what is there costs nothing."""
    async with world() as made:
        await made.start(HERE, environment={"FEDI_SERVER_REQUESTS_PER_SOURCE": "3"})
        us = await made.collective(HERE, "agora")
        note = await made.publish(us, a_note("words"))
        assert {(await ask(made, note.uri, AS2)).status for _ in range(12)} == {200}


async def test_a_rewritten_note_reaches_no_more_people_than_before() -> None:
    """S88: an Update cannot widen the audience of what was sent to few."""
    async with world(HERE) as made, stranger(made, "mars.test") as mars:
        us = await made.collective(HERE, "agora")
        ali = mars.person("ali")
        few: dict[str, list[str]] = {"to": [us.uri], "cc": []}
        note = a_note_of(ali, 1, "<p>for you</p>", **few)
        assert (await deliver(made, HERE, ali.key, say(ali, "Create", note, **few))).status == 202
        await made.settle()
        wider = a_note_of(ali, 1, "<p>for all</p>", updated="2026-06-01T00:00:00Z")
        await deliver(made, HERE, ali.key, say(ali, "Update", wider))
        await made.settle()
        stored = await made.find(HERE, f"{ali.uri}/notes/1")
        assert stored is not None
        assert stored.original.content == "<p>for all</p>"
        assert not stored.visibility.is_public
