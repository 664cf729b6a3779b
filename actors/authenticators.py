"""What a browser says on behalf of somebody's device: here is a new passkey, here is the answer of one. Read and proved; pure.

Proved by py_webauthn, which is loaded by whoever needs it first. Beyond what it checks: everything has a largest size, the
person was always verified by the device (finger, face, PIN), and nothing is believed or even read that says who made the device.
"""

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fedi.errors import Invalid

if TYPE_CHECKING:
    from webauthn.helpers.structs import AttestationObject, AuthenticationCredential

SAID_MAX: Final = 20_000
ID_BYTES_MAX: Final = 1023
# RSA with 4096 bits, and what stands around it
KEY_BYTES_MAX: Final = 700
# Ed25519, P-256 with SHA-256, RSA with SHA-256: what devices have (COSE algorithms)
ALGORITHMS: Final = (-8, -7, -257)
TIMEOUT_MS: Final = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys count: `rp_id` is the name that devices keep them under, `origin` what browsers say they stand before."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class New:
    """A passkey that a device has just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says, unproved: which key it used, and for whom it keeps it."""

    credential_id: bytes
    user_handle: bytes
    credential: "AuthenticationCredential"


def place_of(base: str) -> Place | None:
    """Where passkeys of the instance at this address count; None where browsers have none: by number, and without TLS."""
    parts = urlsplit(base)
    name = parts.hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        is_safe = parts.scheme == "https" or name == "localhost"
        return Place(name, f"{parts.scheme}://{parts.netloc}") if name and is_safe else None
    return None


def handle_of(place: Place, person_id: int) -> bytes:
    """What devices keep passkeys of this person under: always the same, no secret, and without a word about the person."""
    return hashlib.sha256(f"passkeys {place.rp_id} {person_id}".encode()).digest()


def read_new(said: str, place: Place, question: bytes) -> New:
    """A new passkey that answers this question. Raises Invalid."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers import (  # noqa: PLC0415
        base64url_to_bytes,
        parse_attestation_object,
        parse_registration_credential_json,
    )
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415

    fields = _fields(said)
    try:
        credential = parse_registration_credential_json(fields)
        if not _is_plain(parse_attestation_object(credential.response.attestation_object)):
            raise Invalid("passkey.refused", detail="attestation")
        proved = verify_registration_response(
            credential=credential,
            expected_challenge=question,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(each) for each in ALGORITHMS],
        )
        is_same = base64url_to_bytes(str(fields["id"])) == proved.credential_id
    except Invalid:
        raise
    except Exception as problem:
        # whatever hostile bytes do to a reader, they make no passkey
        raise Invalid("passkey.refused", detail="new passkey") from problem
    if (
        not is_same
        or len(proved.credential_id) > ID_BYTES_MAX
        or len(proved.credential_public_key) > KEY_BYTES_MAX
    ):
        raise Invalid("passkey.refused", detail="new passkey")
    return New(proved.credential_id, proved.credential_public_key, proved.sign_count)


def read_answer(said: str) -> Answer:
    """What a device answered, before anything of it is proved. Raises Invalid."""
    from webauthn.helpers import parse_authentication_credential_json  # noqa: PLC0415

    fields = _fields(said)
    try:
        credential = parse_authentication_credential_json(fields)
    except Exception as problem:
        raise Invalid("passkey.refused", detail="answer of a passkey") from problem
    handle = credential.response.user_handle
    if not handle or not 0 < len(credential.raw_id) <= ID_BYTES_MAX:
        raise Invalid("passkey.refused", detail="answer of a passkey")
    return Answer(credential.raw_id, handle, credential)


def prove(answer: Answer, place: Place, question: bytes, public_key: bytes) -> int:
    """How often the device says that the key was used, when the answer is signed with it, for us, to this question.

    Raises Invalid. Whether that number may be is for the table to say: only there no two answers are looked at at once.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415

    try:
        proved = verify_authentication_response(
            credential=answer.credential,
            expected_challenge=question,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as problem:
        raise Invalid("passkey.refused", detail="answer of a passkey") from problem
    return int(proved.new_sign_count)


def _is_plain(attestation: "AttestationObject") -> bool:
    """Whether nothing is claimed of the device but that it has the key. Browsers take the rest away, as we ask them to."""
    # the library leaves the word as it came
    fmt: str = attestation.fmt
    return fmt == "none" or (fmt == "packed" and attestation.att_stmt.x5c is None)


def _fields(said: str) -> dict[str, Any]:
    if not 0 < len(said) <= SAID_MAX:
        raise Invalid("passkey.refused", detail="size of a passkey")
    try:
        fields = json.loads(said)
    except (ValueError, RecursionError) as problem:
        raise Invalid("passkey.refused", detail="form of a passkey") from problem
    if not isinstance(fields, dict):
        raise Invalid("passkey.refused", detail="form of a passkey")
    return fields
