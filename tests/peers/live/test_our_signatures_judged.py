"""Our signatures before the judges, and the judges' signatures before ours: accepted as made, refused when altered."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import (
    PublicKey,
    SigningKey,
    public_pem,
    read_private_pem,
    read_public_pem,
)
from fedi.signatures.request import Refused, SignedRequest, Verdict, Verified, verify
from fedi.signatures.rfc9421 import sign_rfc9421
from tests.peers.live.oracles import JUDGES, Judge, Oracle, Request
from tests.peers.live.test_signature_judges import (
    ALTERATIONS,
    GET,
    KEY_ID,
    POST,
    REFUSALS,
    Pems,
    make_pems,
)

pytestmark = pytest.mark.peer

OWNER = KEY_ID.partition("#")[0]
SIGN = {"cavage": sign_cavage, "rfc9421": sign_rfc9421}
LONG = Request("GET", "https://peer.test/actors/y/outbox?page=2&min=%D8%B3", GET.headers, None)
# They leave the query out of `(request-target)`: what we try next when an address has one.
PATH_ONLY = {"fedify-cavage", "bovine-cavage"}
# Fedify writes `@query` without its question mark; it accepts what we try next, in the older style.
NO_QUERY = {"fedify-rfc9421"}
# One signer does not cover the content type.
NOT_COVERED = {("fedify-rfc9421", "another content type")}
EVERY_JUDGE = pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)

Find = Callable[[Judge], Oracle]


@pytest.fixture(scope="module")
def pems() -> Pems:
    return make_pems()


def signed_by_us(request: Request, scheme: str, pems: Pems, *, with_query: bool = True) -> Request:
    """The request as this server sends it."""
    key = SigningKey(KEY_ID, read_private_pem(pems[0].encode()))
    body = None if request.body is None else request.body.encode()
    content_type = request.headers.get("content-type")
    made = SIGN[scheme](
        request.method,
        request.url,
        body,
        key,
        datetime.now(UTC),
        content_type=content_type,
        with_query=with_query,
    )
    headers = {**request.headers, **{name.lower(): value for name, value in made.items()}}
    return Request(request.method, request.url, headers, request.body)


def judged_by_us(request: Request, pem: str) -> Verdict:
    """What the server at the address of a request says of it."""
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    # whatever the signer did not need to say, HTTP says
    headers = {"host": parts.netloc, **request.headers}
    key = PublicKey(KEY_ID, OWNER, read_public_pem(pem))
    return verify(
        SignedRequest(
            request.method, target, tuple(headers.items()), (request.body or "").encode()
        ),
        scheme="https",
        authority=parts.netloc,
        now=datetime.now(UTC),
        load_key={KEY_ID: key}.get,
    )


@pytest.mark.parametrize("request_", [POST, GET], ids=["POST", "GET"])
@EVERY_JUDGE
def test_a_judge_accepts_our_signature(
    oracle_of: Find, pems: Pems, judge: Judge, request_: Request
) -> None:
    signed = signed_by_us(request_, judge.scheme, pems)
    assert oracle_of(judge).verify(judge, signed, KEY_ID, pems[1]) == (True, None)


@pytest.mark.parametrize(
    "judge", [judge for judge in JUDGES if judge.name not in NO_QUERY], ids=lambda judge: judge.name
)
def test_a_judge_accepts_our_signature_of_an_address_with_a_query(
    oracle_of: Find, pems: Pems, judge: Judge
) -> None:
    signed = signed_by_us(LONG, judge.scheme, pems, with_query=judge.name not in PATH_ONLY)
    assert oracle_of(judge).verify(judge, signed, KEY_ID, pems[1]) == (True, None)


@pytest.mark.parametrize(("judge", "alteration"), REFUSALS)
def test_a_judge_refuses_our_signature_on_what_was_altered(
    oracle_of: Find, pems: Pems, judge: Judge, alteration: str
) -> None:
    altered = ALTERATIONS[alteration](signed_by_us(POST, judge.scheme, pems))
    assert oracle_of(judge).verify(judge, altered, KEY_ID, pems[1])[0] is False


@EVERY_JUDGE
def test_a_judge_refuses_our_signature_for_another_key(
    oracle_of: Find, pems: Pems, judge: Judge
) -> None:
    signed = signed_by_us(POST, judge.scheme, pems)
    other = public_pem(read_private_pem(make_pems()[0].encode()))
    assert oracle_of(judge).verify(judge, signed, KEY_ID, other)[0] is False


@pytest.mark.parametrize("request_", [POST, GET, LONG], ids=["POST", "GET", "GET with a query"])
@EVERY_JUDGE
def test_we_accept_a_judges_signature(
    oracle_of: Find, pems: Pems, judge: Judge, request_: Request
) -> None:
    signed = oracle_of(judge).sign(judge, request_, KEY_ID, pems[0])
    assert judged_by_us(signed, pems[1]) == Verified(KEY_ID, OWNER, judge.scheme)


@pytest.mark.parametrize(
    ("judge", "alteration"),
    [
        pytest.param(judge, alteration, id=f"{alteration} after {judge.name}")
        for judge in JUDGES
        for alteration in ALTERATIONS
        if (judge.name, alteration) not in NOT_COVERED
    ],
)
def test_we_refuse_a_judges_signature_on_what_was_altered(
    oracle_of: Find, pems: Pems, judge: Judge, alteration: str
) -> None:
    altered = ALTERATIONS[alteration](oracle_of(judge).sign(judge, POST, KEY_ID, pems[0]))
    assert isinstance(judged_by_us(altered, pems[1]), Refused)


@EVERY_JUDGE
def test_we_refuse_a_judges_signature_for_another_key(
    oracle_of: Find, pems: Pems, judge: Judge
) -> None:
    signed = oracle_of(judge).sign(judge, POST, KEY_ID, pems[0])
    assert isinstance(judged_by_us(signed, make_pems()[1]), Refused)
