"""Verifies RFC 9421 signatures: a received request goes in, a verdict comes out.

http-message-signatures reads the structured fields and builds the signature base; what must be covered, the time and
the algorithm are decided here. The library is loaded by the first signature.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fedi.signatures.digest import content_digest_problem
from fedi.signatures.keys import PublicKey
from fedi.signatures.received import (
    COVERED_MAX,
    KEY_ID_CHARS_MAX,
    SIGNATURE_CHARS_MAX,
    Circumstances,
    SignedRequest,
    is_field_value,
)
from fedi.signatures.verdict import Reason, UnknownKey, Verdict, Verified, refused
from fedi.signatures.window import is_current, is_expired

_PARAMETERS: Final = frozenset({"alg", "created", "expires", "keyid", "nonce", "tag"})
_KEY_ID: Final = re.compile(r';[ ]*keyid="([^"\\]*)"')


def __getattr__(name: str) -> Any:
    """`Verifier`, which cannot be had without the library."""
    if name != "Verifier":
        raise AttributeError(name)
    from fedi.signatures.rfc9421_verifier import Verifier  # noqa: PLC0415 - slow

    return Verifier


def rfc9421_key_id(request: SignedRequest) -> str | None:
    """The key id a `Signature-Input` seems to name. Cheap and unverified."""
    lines = request.lines("signature-input")
    if len(lines) != 1 or len(lines[0]) > SIGNATURE_CHARS_MAX:
        return None
    found = _KEY_ID.findall(lines[0])
    return found[0] if len(found) == 1 and 0 < len(found[0]) <= KEY_ID_CHARS_MAX else None


def check_rfc9421(request: SignedRequest, around: Circumstances) -> Verdict:
    """Whether the one signature of `request` holds. A `Signature` of the older style is never tried instead (S18)."""
    from fedi.signatures.rfc9421_verifier import Unverified, Verifier  # noqa: PLC0415 - slow

    for name in ("signature-input", "signature"):
        lines = request.lines(name)
        if len(lines) != 1:
            return refused(Reason.DUPLICATE if lines else Reason.MISSING)
        if len(lines[0]) > SIGNATURE_CHARS_MAX or not is_field_value(lines[0]):
            return refused(Reason.MALFORMED)
    verifier = Verifier(lambda signature: _decide(request, around, signature))
    url = f"{around.scheme}://{around.authority}{request.target}"
    try:
        verifier.verify(Message(request.method, url, Lines(request.headers)), max_age=None)
    except _Stop as stop:
        return stop.verdict
    except Unverified as problem:
        return refused(_reason_of(problem, verifier.key))
    key = verifier.key
    return refused(Reason.MALFORMED) if key is None else Verified(key.key_id, key.owner, "rfc9421")


class _Stop(Exception):
    """Ends the library's verification with a verdict of ours."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict)


class Lines:
    """Field lines as the library wants to see them."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._lines = tuple(lines)

    def items(self) -> Iterable[tuple[str, str]]:
        return self._lines


@dataclass(frozen=True, slots=True)
class Message:
    """The three attributes the library reads of a request."""

    method: str
    url: str
    headers: Lines


def _decide(request: SignedRequest, around: Circumstances, signature: Any) -> PublicKey:
    """The key that must have signed, when everything else is right. Raises `_Stop`."""
    problem = _shape_problem(signature) or _coverage_problem(request, signature)
    problem = problem or _problem(request, around, signature)
    if problem is not None:
        raise _Stop(refused(problem))
    key_id: str = signature.params["keyid"]
    key = around.load_key(key_id)
    if key is None:
        raise _Stop(UnknownKey(key_id))
    name = "rsa-v1_5-sha256" if isinstance(key.key, RSAPublicKey) else "ed25519"
    if signature.params.get("alg", name) != name:
        raise _Stop(refused(Reason.ALGORITHM))
    return key


def _shape_problem(signature: Any) -> Reason | None:
    """Whether anything is there that we do not read, or too much of it."""
    if len(signature) > COVERED_MAX or not _PARAMETERS.issuperset(signature.params):
        return Reason.MALFORMED
    if not all(isinstance(getattr(item, "value", None), str) for item in signature):
        return Reason.MALFORMED
    key_id = signature.params.get("keyid", "")
    return None if 0 < len(key_id) <= KEY_ID_CHARS_MAX else Reason.MALFORMED


def _coverage_problem(request: SignedRequest, signature: Any) -> Reason | None:
    """S18, and each covered field exactly once (S9). Only names without parameters count as covered."""
    covered = {item.value for item in signature if not item.params}
    where = "@target-uri" in covered or (
        {"@authority", "@path"} <= covered and ("@query" in covered or "?" not in request.target)
    )
    body = request.body == b"" or "content-digest" in covered
    if not (where and body and "@method" in covered and "created" in signature.params):
        return Reason.COVERAGE
    names = [item.value for item in signature]
    fields = request.lines_of(name for name in names if not name.startswith("@"))
    if not all(fields.values()):
        return Reason.COVERAGE
    if any(len(lines) > 1 for lines in fields.values()):
        return Reason.DUPLICATE
    return None


def _problem(request: SignedRequest, around: Circumstances, signature: Any) -> Reason | None:
    """What is wrong apart from the key."""
    covered = [item.value for item in signature]
    if "host" in covered and not around.is_our_host(request.lines("host")[0]):
        return Reason.HOST
    created: int = signature.params["created"]
    expires: int | None = signature.params.get("expires")
    if not is_current(created, around.now):
        return Reason.CLOCK
    if expires is not None and is_expired(expires, created, around.now):
        return Reason.CLOCK
    if request.body:
        return content_digest_problem(request.lines("content-digest"), request.body)
    return None


def _reason_of(problem: Exception, key: PublicKey | None) -> Reason:
    """The library has one exception for everything; when it came and what caused it tell the kinds apart."""
    if key is None:
        return Reason.MALFORMED
    return Reason.MISMATCH if isinstance(problem.__cause__, WrongSignature) else Reason.COVERAGE
