"""What the client asks, in which order, and what it makes of the answers. The network is a script."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from fedi.errors import (
    ForbiddenAddress,
    RemoteError,
    RemoteGone,
    RemoteMalformed,
    RemoteRefused,
    RemoteUnreachable,
)
from fedi.http.client import FederationClient, SignatureRefused
from fedi.http.guard import Policy, check_url
from fedi.http.schemes import CAVAGE, RFC9421, SchemeMemory
from fedi.http.transport import Limits, Request, Response
from fedi.signatures.keys import SigningKey

NOW = datetime(2026, 11, 21, 7, 0, 0, tzinfo=UTC)
AS2 = {"content-type": "application/activity+json"}
KEY = SigningKey("https://here.test/actors/x#main-key", generate_private_key(65537, 2048))
SERVER = SigningKey("https://here.test/server#main-key", KEY.private)
DOC = "https://agora.test/objects/1"


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


class Script:
    """A transport that answers from a table, or by a function, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Response] | Callable[[Request], Response]) -> None:
        self._answers = answers
        self.asked: list[Request] = []

    async def send(self, request: Request, limits: Limits) -> Response:
        check_url(request.url, Policy(own_hosts=frozenset({"here.test"})))
        self.asked.append(request)
        if callable(self._answers):
            return self._answers(request)
        found = self._answers.get(request.url, Response(404, {}, b"", ""))
        return Response(found.status, found.headers, found.body, request.url)

    async def close(self) -> None:
        pass

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.asked]


def doc(id_: Any = DOC, headers: Mapping[str, str] = AS2) -> Response:
    return Response(200, headers, json.dumps({"id": id_, "type": "Note"}).encode(), "")


def to(location: str, status: int = 302) -> Response:
    return Response(status, {"location": location}, b"", "")


def status(code: int, **headers: str) -> Response:
    return Response(
        code, {name.replace("_", "-"): value for name, value in headers.items()}, b"", ""
    )


def a_client(transport: Script, schemes: SchemeMemory | None = None) -> FederationClient:
    return FederationClient(
        transport,
        StoppedClock(),
        server_key=lambda: SERVER,
        user_agent="Mujawara (+https://here.test/)",
        schemes=schemes or SchemeMemory(),
    )


def style(request: Request) -> str:
    return RFC9421 if "Signature-Input" in request.headers else CAVAGE


async def fetch_problem(answers: Any, url: str = DOC, **more: Any) -> tuple[RemoteError, Script]:
    script = Script(answers)
    with pytest.raises(RemoteError) as refused:
        await a_client(script).fetch_document(url, **more)
    return refused.value, script


async def test_a_document_is_fetched_signed_by_the_server() -> None:
    script = Script({DOC: doc()})
    fetched = await a_client(script).fetch_document(DOC)
    headers = script.asked[0].headers
    assert (fetched.document["id"], fetched.url, fetched.status) == (DOC, DOC, 200)
    assert "https://here.test/server#main-key" in headers["Signature"]
    assert headers["Host"] == "agora.test"
    assert headers["Accept"].startswith("application/activity+json")
    assert "Cookie" not in headers
    assert "Referer" not in headers


async def test_a_fragment_is_not_asked_for() -> None:
    script = Script({"https://agora.test/a": doc("https://agora.test/a")})
    fetched = await a_client(script).fetch_document("https://agora.test/a#main-key")
    assert fetched.url == "https://agora.test/a"


async def test_a_path_beyond_ascii_is_encoded_before_it_is_signed() -> None:
    script = Script({"https://agora.test/%D8%A3?q=%7e": doc("x")})
    await a_client(script).fetch_document("https://agora.test/أ?q=%7e", check_id=False)
    assert script.urls == ["https://agora.test/%D8%A3?q=%7e"]


@pytest.mark.parametrize(
    "url", ["http://agora.test/a", "https://here.test/a", "https://u@agora.test/", "nonsense", ""]
)
async def test_a_forbidden_address_is_never_asked(url: str) -> None:
    problem, script = await fetch_problem({}, url)
    assert (type(problem), script.urls) == (ForbiddenAddress, [])


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_origin_is_followed_and_signed_anew(code: int) -> None:
    script = Script({"https://agora.test/old": to("/objects/1", code), DOC: doc()})
    fetched = await a_client(script).fetch_document("https://agora.test/old")
    assert fetched.url == DOC
    assert script.asked[0].headers["Signature"] != script.asked[1].headers["Signature"]


@pytest.mark.parametrize(
    ("location", "kind", "code"),
    [
        ("https://evil.test/objects/1", RemoteMalformed, "redirect_origin"),
        ("//evil.test/objects/1", RemoteMalformed, "redirect_origin"),
        ("https://agora.test:8443/objects/1", RemoteMalformed, "redirect_origin"),
        ("https://10.0.0.1/", RemoteMalformed, "redirect_origin"),
        ("http://agora.test/objects/1", ForbiddenAddress, "scheme"),
        ("/old", RemoteMalformed, "redirect_loop"),
        ("#again", RemoteMalformed, "redirect_loop"),
        ("", RemoteMalformed, "redirect"),
        ("/a\tb", RemoteMalformed, "redirect"),
        ("\\\\evil.test/", RemoteMalformed, "redirect"),
        ("https://agora.test\\@evil.test/", RemoteMalformed, "redirect"),
        ("https://u@agora.test/", ForbiddenAddress, "not_a_url"),
        ("javascript:alert(1)", ForbiddenAddress, "not_a_url"),
        ("file:///etc/passwd", ForbiddenAddress, "not_a_url"),
        ("https://[::1", RemoteMalformed, "redirect"),
    ],
)
async def test_a_redirect_that_leads_astray_is_refused(
    location: str, kind: type[RemoteError], code: str
) -> None:
    answers = {"https://agora.test/old": to(location), DOC: doc()}
    problem, script = await fetch_problem(answers, "https://agora.test/old")
    assert (type(problem), problem.detail, len(script.asked)) == (kind, code, 1)


async def test_ten_thousand_redirects_are_three() -> None:
    def onwards(request: Request) -> Response:
        step = int(request.url.rpartition("/")[2])
        return to(f"/{step + 1}")

    problem, script = await fetch_problem(onwards, "https://agora.test/0")
    assert (problem.detail, len(script.asked)) == ("redirects", 4)


async def test_a_lookup_by_a_member_may_cross_origins_and_is_judged_where_it_ends() -> None:
    script = Script({"https://short.test/x": to(DOC), DOC: doc()})
    fetched = await a_client(script).fetch_document("https://short.test/x", across_origins=True)
    assert fetched.url == DOC


async def test_a_lookup_that_crosses_origins_still_obeys_the_guard() -> None:
    answers = {"https://short.test/x": to("https://127.0.0.1/")}
    problem, _ = await fetch_problem(answers, "https://short.test/x", across_origins=True)
    assert isinstance(problem, ForbiddenAddress)


async def test_a_page_address_leads_to_the_document_at_its_own_id() -> None:
    page = "https://agora.test/@a/1"
    script = Script({page: doc(), DOC: doc()})
    fetched = await a_client(script).fetch_document(page)
    assert (fetched.url, script.urls) == (DOC, [page, DOC])


@pytest.mark.parametrize(
    "id_",
    [
        None,
        "",
        7,
        [DOC],
        "https://evil.test/objects/1",
        "https://agora.test.evil.test/objects/1",
        "http://agora.test/objects/2",
        "https://AGORA.test/objects/1",
        "https://agora.test:443/objects/1",
        "https://agora.test/objects/1#x",
        "acct:a@agora.test",
    ],
)
async def test_a_document_that_names_another_place_as_its_own_is_refused(id_: Any) -> None:
    problem, script = await fetch_problem({DOC: doc(id_)})
    assert (type(problem), problem.detail, len(script.asked)) == (RemoteMalformed, "id", 1)


async def test_a_document_that_names_yet_another_place_the_second_time_is_refused() -> None:
    other = "https://agora.test/objects/2"
    answers = {DOC: doc(other), other: doc("https://agora.test/objects/3")}
    problem, script = await fetch_problem(answers)
    assert (problem.detail, len(script.asked)) == ("id", 2)


async def test_whose_id_it_is_can_be_left_to_the_caller() -> None:
    script = Script({DOC: doc("https://agora.test/other")})
    fetched = await a_client(script).fetch_document(DOC, check_id=False)
    assert fetched.document["id"] == "https://agora.test/other"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/html",
        "application/json",
        "application/ld+json",
        "text/plain;application/activity+json",
    ],
)
async def test_a_document_of_another_type_is_refused(content_type: str) -> None:
    problem, _ = await fetch_problem({DOC: doc(headers={"content-type": content_type})})
    assert (type(problem), problem.detail) == (RemoteMalformed, "content_type")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"x"', b'{"id":1,"id":2}', b'{"a":NaN}', b"\xff"]
)
async def test_a_body_that_is_no_strict_json_object_is_refused(body: bytes) -> None:
    problem, _ = await fetch_problem({DOC: Response(200, AS2, body, "")})
    assert (type(problem), problem.detail) == (RemoteMalformed, "json")


@pytest.mark.parametrize(
    ("answer", "kind", "wait_s"),
    [
        (status(404), RemoteGone, None),
        (status(410), RemoteGone, None),
        (status(403), RemoteRefused, None),
        (status(406), RemoteRefused, None),
        (status(451), RemoteRefused, None),
        (status(401), SignatureRefused, None),
        (status(408), RemoteUnreachable, None),
        (status(429, retry_after="90"), RemoteUnreachable, 90),
        (status(500), RemoteUnreachable, None),
        (status(503, retry_after="Sat, 21 Nov 2026 07:01:00 GMT"), RemoteUnreachable, 60),
        (status(503, retry_after="-1"), RemoteUnreachable, None),
        (status(403, cf_mitigated="challenge"), RemoteUnreachable, None),
        (status(304), RemoteMalformed, None),
    ],
)
async def test_a_status_becomes_the_error_that_says_what_to_do(
    answer: Response, kind: type[RemoteError], wait_s: int | None
) -> None:
    problem, _ = await fetch_problem({DOC: answer})
    assert (type(problem), problem.http_status, problem.retry_after_s) == (
        kind,
        answer.status,
        wait_s,
    )


async def test_a_refused_signature_tells_how_far_the_clocks_differ() -> None:
    late = status(401, date="Sat, 21 Nov 2026 08:00:00 GMT")
    problem, _ = await fetch_problem({DOC: late})
    assert isinstance(problem, SignatureRefused)
    assert problem.skew_s == 3600


async def test_json_is_fetched_unsigned_and_may_be_redirected_to_another_host() -> None:
    jrd = Response(200, {"content-type": "application/jrd+json"}, b'{"subject":"acct:a@b"}', "")
    start = "https://agora.test/.well-known/webfinger?resource=acct:a@agora.test"
    script = Script({start: to("https://fedi.agora.test/wf"), "https://fedi.agora.test/wf": jrd})
    found = await a_client(script).fetch_json(start, "application/jrd+json, application/json")
    assert found == {"subject": "acct:a@b"}
    assert "Signature" not in script.asked[0].headers
    assert script.asked[0].headers["Accept"] == "application/jrd+json, application/json"


async def test_json_is_never_fetched_over_plain_http_after_a_redirect() -> None:
    script = Script({DOC: to("http://agora.test/x")})
    with pytest.raises(ForbiddenAddress):
        await a_client(script).fetch_json(DOC, "application/json")


INBOX = "https://agora.test/inbox"
BODY = b'{"type": "Create"}'


def understanding(*styles: str, otherwise: int = 401) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return status(202 if style(request) in styles else otherwise)

    return answer


async def test_a_delivery_goes_out_as_given_and_signed_now() -> None:
    script = Script(lambda _: status(202))
    posted = await a_client(script).post(INBOX, BODY, KEY, also={"x-thing": "y"})
    sent = script.asked[0]
    assert (posted.status, posted.scheme, sent.method, sent.body) == (202, CAVAGE, "POST", BODY)
    assert sent.headers["Content-Type"] == "application/activity+json"
    assert sent.headers["Date"] == "Sat, 21 Nov 2026 07:00:00 GMT"
    assert sent.headers["Digest"].startswith("SHA-256=")
    assert sent.headers["X-Thing"] == "y"
    assert "https://here.test/actors/x#main-key" in sent.headers["Signature"]


@pytest.mark.parametrize("code", [200, 204, 301, 403, 404, 410, 413, 429, 500, 503])
async def test_every_other_status_of_a_delivery_is_an_answer_at_the_first_knock(code: int) -> None:
    script = Script(lambda _: status(code, location="https://evil.test/", retry_after="5"))
    posted = await a_client(script).post(INBOX, BODY, KEY)
    assert (posted.status, posted.retry_after_s, len(script.asked)) == (code, 5, 1)


@pytest.mark.parametrize("code", [400, 401])
async def test_a_misunderstood_signature_is_tried_in_the_other_style(code: int) -> None:
    schemes = SchemeMemory()
    script = Script(understanding(RFC9421, otherwise=code))
    posted = await a_client(script, schemes).post(INBOX, BODY, KEY)
    assert (posted.status, posted.scheme) == (202, RFC9421)
    assert [style(request) for request in script.asked] == [CAVAGE, RFC9421]
    assert schemes.recall("https://agora.test") == RFC9421


async def test_what_worked_is_tried_first_the_next_time() -> None:
    script = Script(understanding(RFC9421))
    client = a_client(script)
    await client.post(INBOX, BODY, KEY)
    await client.post("https://agora.test/users/a/inbox", BODY, KEY)
    assert [style(request) for request in script.asked] == [CAVAGE, RFC9421, RFC9421]


async def test_an_origin_that_forgot_a_style_is_learnt_anew() -> None:
    schemes = SchemeMemory()
    schemes.remember("https://agora.test", RFC9421)
    script = Script(understanding(CAVAGE))
    posted = await a_client(script, schemes).post(INBOX, BODY, KEY)
    assert (posted.scheme, schemes.recall("https://agora.test")) == (CAVAGE, CAVAGE)


async def test_when_nobody_understands_the_first_answer_counts() -> None:
    codes = iter([400, 401])
    script = Script(lambda _: status(next(codes)))
    posted = await a_client(script).post(INBOX, BODY, KEY)
    assert (posted.status, posted.scheme, len(script.asked)) == (400, CAVAGE, 2)


async def test_a_refused_delivery_tells_how_far_the_clocks_differ() -> None:
    script = Script(lambda _: status(401, date="Sat, 21 Nov 2026 06:00:00 GMT"))
    assert (await a_client(script).post(INBOX, BODY, KEY)).skew_s == -3600


async def test_an_address_with_a_query_is_knocked_at_without_it_too_but_thrice_at_most() -> None:
    script = Script(lambda _: status(401))
    with pytest.raises(SignatureRefused):
        await a_client(script).fetch_document("https://agora.test/outbox?page=1")
    assert [style(request) for request in script.asked] == [CAVAGE, CAVAGE, RFC9421]
    assert len({request.headers["Signature"] for request in script.asked}) == 3
    assert set(script.urls) == {"https://agora.test/outbox?page=1"}


def test_the_memory_of_styles_is_bounded_and_reports_changes_once() -> None:
    heard: list[tuple[str, str]] = []
    memory = SchemeMemory(lambda origin, scheme: heard.append((origin, scheme)), origins_max=2)
    memory.remember("a", CAVAGE)
    memory.remember("a", CAVAGE)
    memory.remember("b", RFC9421)
    memory.recall("a")
    memory.remember("c", CAVAGE)
    assert [memory.recall(origin) for origin in "abc"] == [CAVAGE, None, CAVAGE]
    assert heard == [("a", CAVAGE), ("b", RFC9421), ("c", CAVAGE)]
