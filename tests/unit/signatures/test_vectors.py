"""The public test vectors: drafts, RFCs and W3C documents agree with us byte for byte."""

import base64
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPSignatureAlgorithm

from fedi.errors import Invalid
from fedi.signatures import base58
from fedi.signatures.httpsig_door import generate_message
from fedi.signatures.jcs import canonical_json
from fedi.signatures.keys import (
    PublicKey,
    SigningKey,
    holds,
    multikey,
    read_multikey,
    read_private_pem,
    sign,
)
from fedi.signatures.proofs import add_proof, check_proof
from fedi.signatures.request import Reason, Refused, SignedRequest, Verified
from fedi.signatures.rfc9421 import signature_headers
from fedi.signatures.rfc9421_check import Lines, Message, Verifier
from tests.unit.signatures.makers import FIXTURES, judged, vector, vector_text

MADE = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
BASES = ["b21", "b23", "b26"]


@pytest.mark.parametrize("case", [0, 1, 2], ids=["C.1", "C.2", "C.3"])
class TestCavageAppendixC:
    def test_the_signing_string_is_the_drafts(self, case: int) -> None:
        told = vector("cavage/appendix-c.json")
        request, wanted = told["request"], told["cases"][case]
        made = generate_message(
            wanted["headers"], request["headers"], method=request["method"], path=request["path"]
        )
        assert made.decode() == wanted["signing_string"]

    def test_our_arithmetic_makes_the_drafts_signature(self, case: int) -> None:
        told = vector("cavage/appendix-c.json")
        wanted = told["cases"][case]
        private = read_private_pem(told["private_key"].encode())
        made = sign(private, wanted["signing_string"].encode())
        assert base64.b64encode(made).decode() == wanted["signature"]

    def test_our_arithmetic_accepts_the_drafts_signature(self, case: int) -> None:
        told = vector("cavage/appendix-c.json")
        wanted = told["cases"][case]
        public = load_pem_public_key(told["public_key"].encode())
        assert isinstance(public, RSAPublicKey)
        signature = base64.b64decode(wanted["signature"])
        assert holds(public, signature, wanted["signing_string"].encode())


def rfc9421(case_id: str) -> tuple[dict[str, Any], Message]:
    """A case of appendix B and the request it is about."""
    told = vector("rfc9421/appendix-b.json")
    case = next(case for case in told["cases"] if case["id"] == case_id)
    head = told["messages"][case["message"]].split("\n\n")[0].split("\n")
    method, target, _ = head[0].split(" ")
    lines = [tuple(line.split(": ", 1)) for line in head[1:]]
    lines += [("Signature-Input", case["signature_input"]), ("Signature", case["signature"])]
    return case, Message(method, f"https://example.com{target}", Lines(lines))


class _Overheard(HTTPSignatureAlgorithm):
    """Keeps what it was asked to verify."""

    algorithm_id = "overheard"
    bases: ClassVar[list[bytes]]

    def __init__(self, public_key: Any = None, private_key: Any = None) -> None:
        pass

    def verify(self, signature: bytes, message: bytes) -> None:
        self.bases.append(message)


@pytest.mark.parametrize("case_id", BASES)
def test_the_signature_base_is_that_of_rfc_9421(case_id: str) -> None:
    case, message = rfc9421(case_id)

    class Overheard(_Overheard):
        bases: ClassVar[list[bytes]] = []

    verifier = Verifier(
        lambda _: PublicKey("any", "any", Ed25519PrivateKey.generate().public_key())
    )
    verifier.algorithms = (Overheard, Overheard)
    verifier.verify(message, max_age=None)
    assert Overheard.bases == [case["signature_base"].encode()]


def test_b_2_6_is_accepted_where_we_do_not_ask_for_more() -> None:
    _, message = rfc9421("b26")
    pem = vector("rfc9421/appendix-b.json")["keys"]["test-key-ed25519"]["private"]
    key = PublicKey("k", "o", read_private_pem(pem.encode()).public_key())
    assert len(Verifier(lambda _: key).verify(message, max_age=None)) == 1


def test_b_2_6_comes_out_of_our_signer_byte_for_byte() -> None:
    case, message = rfc9421("b26")
    pem = vector("rfc9421/appendix-b.json")["keys"]["test-key-ed25519"]["private"]
    key = SigningKey("test-key-ed25519", read_private_pem(pem.encode()))
    covered = ["date", "@method", "@path", "@authority", "content-type", "content-length"]
    created = datetime.fromtimestamp(1618884473, UTC)
    made = signature_headers(message, covered, key, created, label="sig-b26")
    assert made == {
        "Signature-Input": case["signature_input"],
        "Signature": case["signature"],
    }


@pytest.mark.parametrize("case_id", BASES)
def test_what_the_rfc_signs_as_an_example_is_not_enough_for_us(case_id: str) -> None:
    _, message = rfc9421(case_id)
    lines = tuple((name.lower(), value) for name, value in message.headers.items())
    request = SignedRequest("POST", "/foo?param=Value&Pet=dog", lines, b'{"hello": "world"}\n')
    moment = datetime.fromtimestamp(1618884473, UTC)
    verdict = judged(request, authority="example.com", now=moment)
    # B.2.3 covers enough, but digests with SHA-512 alone and signs with RSA-PSS.
    reason = Reason.DIGEST if case_id == "b23" else Reason.COVERAGE
    assert verdict == Refused(reason, 401)


def test_rsa_pss_is_not_taken_for_our_kind_of_rsa() -> None:
    told = vector("rfc9421/appendix-b.json")
    case, _ = rfc9421("b23")
    public = load_pem_public_key(told["keys"]["test-key-rsa-pss"]["public"].encode())
    assert isinstance(public, RSAPublicKey)
    signature = base64.b64decode(case["signature"].partition("=:")[2].rstrip(":"))
    assert not holds(public, signature, case["signature_base"].encode())


def test_ecdsa_responses_do_not_concern_us() -> None:
    pytest.skip(
        "B.2.4 signs a response with ECDSA: we verify requests, and only RSA and Ed25519 (S3)"
    )


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode"])
def test_jcs_writes_the_published_bytes(name: str) -> None:
    wanted = bytes.fromhex(vector_text(f"jcs/outhex/{name}.txt"))
    assert canonical_json(vector(f"jcs/input/{name}.json")) == wanted


def eddsa_key() -> SigningKey:
    told = vector("eddsa/keyPair.json")
    raw = base58.decode(told["privateKeyMultibase"][1:])[2:]
    signed = vector("eddsa/eddsa-jcs-2022/signedJCS.json")
    return SigningKey(
        signed["proof"]["verificationMethod"], Ed25519PrivateKey.from_private_bytes(raw)
    )


def test_the_multikey_of_the_w3c_pair_is_read_and_written() -> None:
    told = vector("eddsa/keyPair.json")
    private = eddsa_key().private
    assert isinstance(private, Ed25519PrivateKey)
    assert multikey(private) == told["publicKeyMultibase"]
    assert multikey(read_multikey(told["publicKeyMultibase"])) == told["publicKeyMultibase"]


def test_our_proof_is_the_w3c_proof() -> None:
    made = add_proof(vector("eddsa/unsigned.json"), eddsa_key(), MADE)
    assert made == vector("eddsa/eddsa-jcs-2022/signedJCS.json")


def test_the_w3c_proof_verifies() -> None:
    key = eddsa_key()
    public = PublicKey(key.key_id, "did:example:owner", key.private.public_key())
    verdict = check_proof(vector("eddsa/eddsa-jcs-2022/signedJCS.json"), lambda _: public)
    assert verdict == Verified(key.key_id, "did:example:owner", "proof")


@pytest.mark.parametrize("part", ["Doc", "Proof"])
def test_canonical_parts_are_the_w3c_ones(part: str) -> None:
    source = "unsigned.json" if part == "Doc" else "eddsa-jcs-2022/proofConfigJCS.json"
    names = {"Doc": "canonDocJCS.txt", "Proof": "proofCanonJCS.txt"}
    wanted = vector_text(f"eddsa/eddsa-jcs-2022/{names[part]}")
    assert canonical_json(vector(f"eddsa/{source}")).decode() == wanted


def fep_key() -> SigningKey:
    secret = vector("fep-8b32/vector.json")["private_jwk"]["d"]
    raw = base64.urlsafe_b64decode(secret + "=")
    return SigningKey(
        "https://server.example/users/alice#ed25519-key", Ed25519PrivateKey.from_private_bytes(raw)
    )


def test_our_proof_is_the_one_of_fep_8b32() -> None:
    signed = vector("fep-8b32/vector.json")["signed"]
    assert add_proof(signed, fep_key(), MADE) == signed


def test_the_proof_of_fep_8b32_verifies() -> None:
    key = fep_key()
    public = PublicKey(key.key_id, "https://server.example/users/alice", key.private.public_key())
    verdict = check_proof(vector("fep-8b32/vector.json")["signed"], lambda _: public)
    assert verdict == Verified(public.key_id, public.owner, "proof")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("fep/8b32-signed-create.json", None),
        (
            "tootik/portable-actor-ed25519-proof.json",
            "z6Mkm8WZrNcWpbqjJWZC3zs18P4f8cWyqaEoBmhiv5wvMUFL",
        ),
    ],
)
def test_proofs_other_programs_made_verify(path: str, key: str | None) -> None:
    document = vector(str(FIXTURES / path))
    held = fep_key().private.public_key() if key is None else read_multikey(key)
    assert isinstance(check_proof(document, lambda k: PublicKey(k, "owner", held)), Verified)


def test_signatures_made_with_rdf_canonicalisation_hold_over_their_hashes() -> None:
    # The credentials context of these vectors is not ours to bundle, so only hash and arithmetic are compared.
    combined = bytes.fromhex(vector_text("eddsa/eddsa-rdfc-2022/combinedHashDataInt.txt"))
    signature = base58.decode(vector_text("eddsa/eddsa-rdfc-2022/sigBTC58DataInt.txt")[1:])
    assert sign(eddsa_key().private, combined) == signature


def test_base58_is_not_read_beyond_what_a_signature_needs() -> None:
    with pytest.raises(Invalid):
        base58.decode("z" * (base58.CHARS_MAX + 1))
