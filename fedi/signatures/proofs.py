"""Object integrity proofs, `eddsa-jcs-2022` (FEP-8b32, vc-di-eddsa): a document goes in, a signed one or a verdict comes out.

A proof on something received adds no authority (security.md D2). It is checked where it is the point: co-signatures.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fedi.clock import iso
from fedi.errors import Invalid
from fedi.signatures import base58
from fedi.signatures.jcs import canonical_json
from fedi.signatures.keys import SigningKey, holds, sign
from fedi.signatures.received import KEY_ID_CHARS_MAX
from fedi.signatures.verdict import LoadKey, Reason, UnknownKey, Verdict, Verified, refused

CRYPTOSUITE: Final = "eddsa-jcs-2022"

# An LD signature is made after the proof and over it, so the proof cannot cover it (wire.md 2.8).
_NOT_COVERED: Final = frozenset({"proof", "signature"})
_SIGNATURE_BYTES: Final = 64


def add_proof(document: Mapping[str, Any], key: SigningKey, now: datetime) -> dict[str, Any]:
    """`document` with one proof by `key` (Ed25519), in place of any proof or LD signature it had.

    Sign public documents only: a proof makes a leaked private one provable. Afterwards no value may change, though keys
    may be reordered. Raises Invalid for values without a canonical form, TypeError for another kind of key.
    """
    if not isinstance(key.private, Ed25519PrivateKey):
        raise TypeError("proofs are made with Ed25519")
    unsigned = _without(document, _NOT_COVERED)
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": key.key_id,
        "proofPurpose": "assertionMethod",
        "created": iso(now),
    }
    if "@context" in unsigned:
        proof["@context"] = unsigned["@context"]
    made = sign(key.private, _to_sign(unsigned, proof))
    return {**unsigned, "proof": {**proof, "proofValue": "z" + base58.encode(made)}}


def check_proof(
    document: Mapping[str, Any], load_key: LoadKey, *, now: datetime | None = None
) -> Verdict:
    """Whose key made the one proof on `document`. The caller compares `owner` with `actor` or `attributedTo`.

    `load_key` gets the `verificationMethod` and must return only keys that their owner lists as `assertionMethod`.
    Without `now` a proof that has `expires` is refused. Never raises, unless `load_key` does.
    """
    proof = document.get("proof")
    if proof is None:
        return refused(Reason.MISSING)
    if not isinstance(proof, Mapping):
        # Of a set of proofs anybody can take some away unnoticed, and peers refuse it.
        return refused(Reason.MALFORMED)
    problem = _problem(proof, now)
    return refused(problem) if problem is not None else _verdict(document, proof, load_key)


def _verdict(document: Mapping[str, Any], proof: Mapping[str, Any], load_key: LoadKey) -> Verdict:
    """Of a proof whose members are in order."""
    try:
        to_sign = _to_sign(_as_signed(document, proof), _without(proof, {"proofValue"}))
        signature = base58.decode(proof["proofValue"][1:])
    except Invalid:
        return refused(Reason.MALFORMED)
    key = load_key(proof["verificationMethod"])
    if key is None:
        return UnknownKey(proof["verificationMethod"])
    if not isinstance(key.key, Ed25519PublicKey):
        return refused(Reason.ALGORITHM)
    if len(signature) != _SIGNATURE_BYTES or not holds(key.key, signature, to_sign):
        return refused(Reason.MISMATCH)
    return Verified(key.key_id, key.owner, "proof")


def _problem(proof: Mapping[str, Any], now: datetime | None) -> Reason | None:
    """What is wrong with the members of `proof`, apart from its value."""
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != CRYPTOSUITE:
        return Reason.ALGORITHM
    if proof.get("proofPurpose") != "assertionMethod":
        return Reason.PURPOSE
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not 0 < len(method) <= KEY_ID_CHARS_MAX:
        return Reason.MALFORMED
    if not isinstance(value, str) or not value.startswith("z"):
        return Reason.MALFORMED
    if "expires" in proof and (now is None or not _is_ahead(proof["expires"], now)):
        return Reason.CLOCK
    return None


def _is_ahead(expires: Any, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(expires)
    except (TypeError, ValueError):
        return False
    return moment.tzinfo is not None and moment > now


def _as_signed(document: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """`document` as its signer saw it. Raises Invalid when its context does not start with the proof's.

    Whoever passes a document on may append contexts; the proof says which were there (vc-di-eddsa 3.3.2).
    """
    unsigned = _without(document, _NOT_COVERED)
    if "@context" in proof:
        signed, present = _listed(proof["@context"]), _listed(unsigned.get("@context"))
        if present[: len(signed)] != signed:
            raise Invalid(detail="contexts of proof and document differ", field="proof")
        unsigned["@context"] = proof["@context"]
    return unsigned


def _to_sign(unsigned: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """The 64 bytes that are signed. Raises Invalid."""
    return b"".join(hashlib.sha256(canonical_json(part)).digest() for part in (proof, unsigned))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without(document: Mapping[str, Any], names: frozenset[str] | set[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
