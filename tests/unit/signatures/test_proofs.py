"""Proofs on documents: what is altered, misplaced or oddly shaped is refused for its reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fedi.clock import iso
from fedi.errors import Invalid
from fedi.signatures.jcs import canonical_json
from fedi.signatures.keys import SigningKey
from fedi.signatures.proofs import add_proof, check_proof
from fedi.signatures.request import Reason, Refused, UnknownKey, Verified
from tests.unit.signatures.makers import ED_ID, NOW, OWNER, ed_key, known, public, rsa_key

AS2 = "https://www.w3.org/ns/activitystreams"
DOCUMENT: dict[str, Any] = {
    "@context": [AS2, "https://w3id.org/security/data-integrity/v2"],
    "id": "https://beirut.test/statements/1",
    "attributedTo": OWNER,
    "contentMap": {"ar": "بيان مشترك", "fr": "Déclaration"},
    "latitude": 36.0,
}
VERIFIED = Verified(ED_ID, OWNER, "proof")


def signed(**changed: Any) -> dict[str, Any]:
    return {**add_proof(DOCUMENT, ed_key(), NOW), **changed}


def with_proof(**changed: Any) -> dict[str, Any]:
    made = signed()
    return {**made, "proof": {**made["proof"], **changed}}


def signed_with(**more: Any) -> dict[str, Any]:
    """Honestly signed over further members of the proof, as other programs may write them."""
    from fedi.signatures import base58
    from fedi.signatures.keys import sign
    from fedi.signatures.proofs import _to_sign

    made = signed()
    proof = {name: value for name, value in made["proof"].items() if name != "proofValue"} | more
    unsigned = {name: value for name, value in made.items() if name != "proof"}
    value = "z" + base58.encode(sign(ed_key().private, _to_sign(unsigned, proof)))
    return {**unsigned, "proof": {**proof, "proofValue": value}}


HONEST: dict[str, Callable[[], dict[str, Any]]] = {
    "as it was made": signed,
    "keys in another order": lambda: dict(reversed(signed().items())),
    "36 for 36.0": lambda: signed(latitude=36),
    "an LD signature added afterwards": lambda: signed(signature={"type": "RsaSignature2017"}),
    "a context appended on the way": lambda: signed(
        **{"@context": [*DOCUMENT["@context"], {"x": "https://x.test/"}]}
    ),
    "not expired": lambda: signed_with(expires=iso(NOW + timedelta(hours=1))),
}

LIES: dict[str, tuple[Callable[[], dict[str, Any]], Reason]] = {
    "no proof": (lambda: DOCUMENT, Reason.MISSING),
    "a list of proofs": (lambda: signed(proof=[signed()["proof"]]), Reason.MALFORMED),
    "a text for a proof": (lambda: signed(proof="z"), Reason.MALFORMED),
    "another type": (lambda: with_proof(type="Ed25519Signature2020"), Reason.ALGORITHM),
    "another suite": (lambda: with_proof(cryptosuite="eddsa-rdfc-2022"), Reason.ALGORITHM),
    "another purpose": (lambda: with_proof(proofPurpose="authentication"), Reason.PURPOSE),
    "no key named": (lambda: with_proof(verificationMethod=None), Reason.MALFORMED),
    "an endless key id": (lambda: with_proof(verificationMethod="x" * 9999), Reason.MALFORMED),
    "a number for a value": (lambda: with_proof(proofValue=5), Reason.MALFORMED),
    "an empty value": (lambda: with_proof(proofValue=""), Reason.MALFORMED),
    "a value in another base": (lambda: with_proof(proofValue="uAAAA"), Reason.MALFORMED),
    "an endless value": (lambda: with_proof(proofValue="z" + "2" * 9999), Reason.MALFORMED),
    "a short value": (lambda: with_proof(proofValue="z2NEpo7TZRRrLZSi2U"), Reason.MISMATCH),
    "another date of making": (lambda: with_proof(created=iso(NOW)[:-1] + "Z "), Reason.MISMATCH),
    "another text": (lambda: signed(contentMap={"ar": "بيان"}), Reason.MISMATCH),
    "a member added": (lambda: signed(extra=1), Reason.MISMATCH),
    "another context": (lambda: signed(**{"@context": "https://x.test/"}), Reason.MALFORMED),
    "no context": (
        lambda: {name: value for name, value in signed().items() if name != "@context"},
        Reason.MALFORMED,
    ),
    "a number that has no canonical form": (lambda: signed(latitude=2**60), Reason.MALFORMED),
    "expired": (lambda: signed_with(expires=iso(NOW - timedelta(seconds=1))), Reason.CLOCK),
    "expires nobody knows when": (lambda: signed_with(expires="soon"), Reason.CLOCK),
    "expires in no time zone": (lambda: signed_with(expires="2027-01-01T00:00:00"), Reason.CLOCK),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_proof_names_its_owner(name: str) -> None:
    assert check_proof(HONEST[name](), known, now=NOW) == VERIFIED


@pytest.mark.parametrize("name", LIES)
def test_a_bad_proof_is_refused_for_its_reason(name: str) -> None:
    document, reason = LIES[name]
    status = 400 if reason is Reason.MALFORMED else 401
    assert check_proof(document(), known, now=NOW) == Refused(reason, status)


def test_without_the_time_a_proof_that_expires_is_not_believed() -> None:
    document = signed_with(expires=iso(NOW + timedelta(hours=1)))
    assert check_proof(document, known) == Refused(Reason.CLOCK, 401)


def test_an_unknown_key_is_named() -> None:
    assert check_proof(signed(), lambda _: None) == UnknownKey(ED_ID)


def test_an_rsa_key_proves_nothing() -> None:
    assert check_proof(signed(), lambda _: public(rsa_key())) == Refused(Reason.ALGORITHM, 401)


def test_a_second_proof_replaces_the_first() -> None:
    again = add_proof(signed(), ed_key(), NOW)
    assert again == signed()


def test_a_document_without_context_can_be_proved() -> None:
    assert check_proof(add_proof({"a": 1}, ed_key(), NOW), known) == VERIFIED


def test_proofs_are_not_made_with_rsa() -> None:
    key = SigningKey("https://beirut.test/#main-key", rsa_key().private)
    with pytest.raises(TypeError):
        add_proof(DOCUMENT, key, NOW)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        float("nan"),
        float("inf"),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        {"a": b""},
        nested(100_000),
    ],
    ids=[
        "large",
        "small",
        "nan",
        "infinite",
        "surrogate",
        "surrogate key",
        "number key",
        "bytes",
        "deep",
    ],
)
def test_what_has_no_canonical_form_is_invalid(value: Any) -> None:
    with pytest.raises(Invalid):
        canonical_json({"value": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [(25.0, "25"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (-0.0, "0"), (1e-7, "1e-7")],
)
def test_numbers_are_written_as_ecmascript_writes_them(value: float, text: str) -> None:
    assert canonical_json(value).decode() == text


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    wanted = '{"\U0001f600":2,"\ufb33":1}'
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}).decode() == wanted
