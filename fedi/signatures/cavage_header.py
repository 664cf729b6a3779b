"""The `Signature` header of draft-cavage-12: its text goes in, its parameters or the reason for refusing come out.

Strict where two readers could differ (S9, S10): nothing twice, nothing escaped, nothing between the parameters.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from fedi.signatures.received import COVERED_MAX, KEY_ID_CHARS_MAX, SIGNATURE_CHARS_MAX
from fedi.signatures.verdict import Reason

CREATED: Final = "(created)"
EXPIRES: Final = "(expires)"
REQUEST_TARGET: Final = "(request-target)"

_PARAMETER: Final = re.compile(
    r'([A-Za-z]{1,32})=(?:"([^"\\]*)"|([0-9]+(?:\.[0-9]+)?))[ \t]*(?:(,)[ \t]*)?'
)
_NUMBERS: Final = frozenset({"created", "expires"})
_NAME: Final = re.compile(r"\(request-target\)|\(created\)|\(expires\)|[a-z0-9!#$%&'*+.^_`|~-]+")

# `algorithm` chooses nothing (S3); what contradicts both kinds of key is refused before a key is looked for.
ALGORITHMS: Final = frozenset({"", "hs2019", "rsa-sha256", "ed25519"})


@dataclass(frozen=True, slots=True)
class CavageHeader:
    """`algorithm` is lower-case, empty when absent. `covered`: lower-case names. Stamps keep the sender's spelling."""

    key_id: str
    algorithm: str
    covered: tuple[str, ...]
    signature: bytes
    created: str | None
    expires: str | None


def parse_cavage_header(text: str) -> CavageHeader | Reason:
    """The parameters of a `Signature` header. Unknown ones are ignored, as the draft says.

    Blanks after commas and unquoted numbers for `created` and `expires` are read: peers send them.
    """
    parameters = _parameters(text)
    if isinstance(parameters, Reason):
        return parameters
    key_id = parameters.get("keyid", "")
    signature = _decoded(parameters.get("signature", ""))
    if not 0 < len(key_id) <= KEY_ID_CHARS_MAX or not key_id.isprintable() or not signature:
        return Reason.MALFORMED
    algorithm = parameters.get("algorithm", "").lower()
    covered = _covered(parameters.get("headers"))
    if isinstance(covered, Reason):
        return covered
    if algorithm not in ALGORITHMS:
        return Reason.ALGORITHM
    if algorithm == "rsa-sha256" and (CREATED in covered or EXPIRES in covered):
        # The draft forbids it, and peers that follow it would read another signature than we do.
        return Reason.ALGORITHM
    return CavageHeader(
        key_id,
        algorithm,
        covered,
        signature,
        parameters.get("created"),
        parameters.get("expires"),
    )


def _parameters(text: str) -> dict[str, str] | Reason:
    if len(text) > SIGNATURE_CHARS_MAX:
        return Reason.MALFORMED
    parameters: dict[str, str] = {}
    at, comma = 0, ","
    while comma:
        found = _PARAMETER.match(text, at)
        if found is None:
            return Reason.MALFORMED
        name, quoted, number, comma = found.groups("")
        name = name.lower()
        if name in parameters:
            return Reason.DUPLICATE
        if number and name not in _NUMBERS:
            return Reason.MALFORMED
        parameters[name] = number or quoted
        at = found.end()
    return parameters if at == len(text) else Reason.MALFORMED


def _covered(text: str | None) -> tuple[str, ...] | Reason:
    # Absent means `(created)` alone by the draft, which covers too little for anybody.
    if text is None:
        return Reason.COVERAGE
    names = tuple(text.lower().split(" "))
    if len(names) > COVERED_MAX or not all(map(_NAME.fullmatch, names)):
        return Reason.COVERAGE
    if len(set(names)) != len(names):
        return Reason.DUPLICATE
    return names


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
