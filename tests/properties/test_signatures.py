"""Signatures: what we sign we believe, what httpsig signs is the same, and nothing from outside makes us stumble."""

import string
from contextlib import suppress
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from fedi.errors import Invalid
from fedi.signatures import base58
from fedi.signatures.cavage import sign_cavage
from fedi.signatures.httpsig_door import HeaderSigner
from fedi.signatures.keys import SigningKey, new_rsa_private_pem, read_private_pem, read_public_pem
from fedi.signatures.proofs import add_proof, check_proof
from fedi.signatures.request import Refused, SignedRequest, UnknownKey, Verified, key_id_of
from fedi.signatures.verdict import Style
from fedi.signatures.window import read_http_date
from tests.harness.chance import examples
from tests.unit.signatures.makers import (
    AS2,
    ED_ID,
    NOW,
    OWNER,
    RSA_ID,
    SIGN,
    ed_key,
    judged,
    known,
    post,
    received,
    rsa_key,
)

URL_CHARS = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/"
paths = st.text(URL_CHARS, max_size=30).map(lambda text: f"/{text}")
queries = st.text(URL_CHARS + "?", min_size=1, max_size=20) | st.just("")
schemes = st.sampled_from(get_args(Style)[:2])
values = st.text(max_size=40) | st.sampled_from(
    list(post().values()) + list(post("rfc9421").values())
)
names = st.sampled_from(
    ["signature", "signature-input", "digest", "content-digest", "date", "host", "x", "(created)"]
) | st.text(max_size=10)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@examples(100)
@given(scheme=schemes, path=paths, query=queries, body=st.binary(max_size=200) | st.none())
def test_what_we_sign_we_believe(scheme: Style, path: str, query: str, body: bytes | None) -> None:
    target = path + (query and f"?{query}")
    method = "GET" if body is None else "POST"
    content_type = None if body is None else AS2
    headers = SIGN[scheme](
        method, f"https://agora.test{target}", body, rsa_key(), NOW, content_type
    )
    verdict = judged(received(headers, method, target, body or b""))
    assert verdict == Verified(RSA_ID, OWNER, scheme)


PEM = new_rsa_private_pem()


@examples(15)
@given(path=paths, query=queries, body=st.binary(max_size=100) | st.none())
def test_stock_httpsig_makes_the_same_signature(path: str, query: str, body: bytes | None) -> None:
    target = path + (query and f"?{query}")
    method = "GET" if body is None else "POST"
    key = SigningKey(RSA_ID, read_private_pem(PEM))
    ours = sign_cavage(
        method, f"https://agora.test{target}", body, key, NOW, None if body is None else AS2
    )
    covered = ["(request-target)", *(name for name in ours if name != "Signature")]
    stock = HeaderSigner(RSA_ID, PEM.decode(), "rsa-sha256", covered, "signature")
    sent = {name: value for name, value in ours.items() if name != "Signature"}
    theirs = stock.sign(sent, method=method, path=target)["signature"]
    # The order of the parameters is ours.
    assert sorted(ours["Signature"].split(",")) == sorted(theirs.split(","))


def believed_or_not(request: SignedRequest) -> None:
    assert isinstance(judged(request), Verified | UnknownKey | Refused)
    key_id_of(request)


@examples(300)
@given(
    method=st.sampled_from(["POST", "GET", "post"]) | st.text(max_size=5),
    target=paths | st.text(max_size=20),
    lines=st.lists(st.tuples(names, values), max_size=8),
    body=st.binary(max_size=50),
)
def test_no_request_makes_verification_stumble(
    method: str, target: str, lines: list[tuple[str, str]], body: bytes
) -> None:
    believed_or_not(SignedRequest(method, target, tuple(lines), body))


@examples(300)
@given(
    scheme=schemes,
    name=st.sampled_from(
        ["Signature", "Signature-Input", "Digest", "Content-Digest", "Date", "Host"]
    ),
    at=st.integers(0, 400),
    length=st.integers(0, 30),
    text=st.text(max_size=5) | st.text('"=:;,() \\', max_size=5),
)
def test_a_header_altered_anywhere_never_makes_verification_stumble(
    scheme: str, name: str, at: int, length: int, text: str
) -> None:
    made = post(scheme)
    value = made.get(name, "")
    believed_or_not(received({**made, name: value[:at] + text + value[at + length :]}))


@examples(100)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), body=st.binary(min_size=1, max_size=100))
def test_one_bit_of_the_body_is_enough_to_be_refused(at: int, bit: int, body: bytes) -> None:
    headers = SIGN["cavage"]("POST", "https://agora.test/inbox", body, rsa_key(), NOW, AS2)
    changed = bytearray(body)
    changed[at % len(body)] ^= 1 << bit
    assert isinstance(judged(received(headers, body=bytes(changed))), Refused)


@examples(100)
@given(document=st.dictionaries(st.text(), json_values, max_size=5))
def test_what_we_prove_verifies(document: dict[str, Any]) -> None:
    verdict = check_proof(add_proof(document, ed_key(), NOW), known)
    assert verdict == Verified(ED_ID, OWNER, "proof")


@examples(200)
@given(
    document=st.dictionaries(st.text(), json_values, max_size=3),
    proof=st.dictionaries(
        st.sampled_from(
            ["type", "@context", "proofValue", "proofPurpose", "expires", "created", "x"]
        ),
        json_values,
    ),
)
def test_no_proof_makes_the_check_stumble(document: dict[str, Any], proof: dict[str, Any]) -> None:
    made = add_proof(document, ed_key(), NOW)
    odd = {**made, "proof": {**made["proof"], **proof}}
    assert isinstance(check_proof(odd, known, now=NOW), Verified | UnknownKey | Refused)


@given(st.binary(max_size=60))
@examples(100)
def test_base58_reads_what_it_writes(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


@given(st.text(max_size=300))
@examples(100)
def test_no_text_makes_reading_a_key_stumble(text: str) -> None:
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"
    for candidate in (text, pem):
        with suppress(Invalid):
            read_public_pem(candidate)


@given(
    st.text(max_size=40) | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S} GMT")
)
@examples(100)
def test_no_date_makes_the_clock_stumble(text: str) -> None:
    at_s = read_http_date(text)
    assert at_s is None or isinstance(at_s, float)
