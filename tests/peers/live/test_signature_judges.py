"""The judges judged: each accepts the others' signatures and refuses what was altered.

A judge that accepted everything would prove nothing about our own signatures.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.peers.live.oracles import JUDGES, Judge, Oracle, Request

pytestmark = pytest.mark.peer

KEY_ID = "https://agora.test/actors/x#main-key"
POST = Request(
    "POST",
    "https://peer.test/inbox",
    {"content-type": "application/activity+json"},
    '{"type":"Note","content":"سلام"}',
)
GET = Request("GET", "https://peer.test/actors/y", {"accept": "application/activity+json"}, None)

Find = Callable[[Judge], Oracle]
Pems = tuple[str, str]


def make_pems() -> Pems:
    """A fresh RSA key as (private, public) PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture(scope="module")
def pems() -> Pems:
    return make_pems()


def with_header(request: Request, name: str, value: str) -> Request:
    return replace(request, headers={**request.headers, name: value})


def another_digest(request: Request) -> Request:
    digest = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    if "content-digest" in request.headers:
        return with_header(request, "content-digest", f"sha-256=:{digest}:")
    return with_header(request, "digest", f"SHA-256={digest}")


def another_host(request: Request) -> Request:
    moved = replace(request, url="https://other.test/inbox")
    return with_header(moved, "host", "other.test") if "host" in request.headers else moved


def another_body_and_its_digest(request: Request) -> Request:
    return another_digest(replace(request, body="other"))


ALTERATIONS: dict[str, Callable[[Request], Request]] = {
    "another path": lambda signed: replace(signed, url="https://peer.test/other"),
    "another method": lambda signed: replace(signed, method="PUT"),
    "another host": another_host,
    "another digest": another_digest,
    "another body and its digest": another_body_and_its_digest,
    "another body": lambda signed: replace(signed, body="other"),
    "another content type": lambda signed: with_header(signed, "content-type", "text/plain"),
}

PAIRS = [
    pytest.param(signer, judge, id=f"{judge.name} on {signer.name}")
    for signer in JUDGES
    for judge in JUDGES
    if signer.scheme == judge.scheme
]

# Some judges leave the body to their user; one signer does not cover the content type.
NOT_JUDGED = {
    *((judge.name, "another body") for judge in JUDGES if not judge.reads_body),
    ("fedify-rfc9421", "another content type"),
}
REFUSALS = [
    pytest.param(judge, alteration, id=f"{judge.name} on {alteration}")
    for judge in JUDGES
    for alteration in ALTERATIONS
    if (judge.name, alteration) not in NOT_JUDGED
]


@pytest.mark.parametrize(("signer", "judge"), PAIRS)
@pytest.mark.parametrize("request_", [POST, GET], ids=["POST", "GET"])
def test_a_judge_accepts_what_another_signed(
    oracle_of: Find, pems: Pems, signer: Judge, judge: Judge, request_: Request
) -> None:
    private, public = pems
    signed = oracle_of(signer).sign(signer, request_, KEY_ID, private)
    assert oracle_of(judge).verify(judge, signed, KEY_ID, public) == (True, None)


@pytest.mark.parametrize(("judge", "alteration"), REFUSALS)
def test_a_judge_refuses_what_was_altered(
    oracle_of: Find, pems: Pems, judge: Judge, alteration: str
) -> None:
    private, public = pems
    signed = oracle_of(judge).sign(judge, POST, KEY_ID, private)
    altered = ALTERATIONS[alteration](signed)
    assert oracle_of(judge).verify(judge, altered, KEY_ID, public)[0] is False


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_judge_refuses_another_key(oracle_of: Find, pems: Pems, judge: Judge) -> None:
    signed = oracle_of(judge).sign(judge, POST, KEY_ID, pems[0])
    assert oracle_of(judge).verify(judge, signed, KEY_ID, make_pems()[1])[0] is False
