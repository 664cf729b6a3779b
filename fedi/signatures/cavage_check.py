"""Verifies draft-cavage-12 signatures: a received request goes in, a verdict comes out.

httpsig builds the signing string; everything that decides is here, and `cryptography` does the arithmetic.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fedi.signatures import httpsig_door
from fedi.signatures.cavage_header import (
    CREATED,
    EXPIRES,
    REQUEST_TARGET,
    CavageHeader,
    parse_cavage_header,
)
from fedi.signatures.digest import digest_problem
from fedi.signatures.keys import PublicKey, holds
from fedi.signatures.received import Circumstances, SignedRequest, is_field_value
from fedi.signatures.verdict import Reason, UnknownKey, Verdict, Verified, refused
from fedi.signatures.window import is_current, is_expired, read_http_date, read_stamp

_SPECIAL: Final = frozenset({REQUEST_TARGET, CREATED, EXPIRES})
_NEEDED: Final = frozenset({REQUEST_TARGET, "host"})
_NEEDED_WITH_BODY: Final = _NEEDED | {"digest"}
_TIMES: Final = frozenset({"date", CREATED})


def read_cavage(request: SignedRequest) -> CavageHeader | Reason:
    """The one `Signature` header of `request`, or why there is none to be read."""
    lines = request.lines("signature")
    if len(lines) > 1:
        return Reason.DUPLICATE
    return parse_cavage_header(lines[0]) if lines else Reason.MISSING


def check_cavage(request: SignedRequest, around: Circumstances) -> Verdict:
    """Whether the `Signature` of `request` holds. What costs least is asked first, the key last but one."""
    header = read_cavage(request)
    if isinstance(header, Reason):
        return refused(header)
    values = _covered_values(request, header)
    if isinstance(values, Reason):
        return refused(values)
    problem = _problem(request, header, values, around)
    if problem is not None:
        return refused(problem)
    key = around.load_key(header.key_id)
    if key is None:
        return UnknownKey(header.key_id)
    problem = _key_problem(request, header, values, key)
    return Verified(key.key_id, key.owner, "cavage") if problem is None else refused(problem)


def _covered_values(request: SignedRequest, header: CavageHeader) -> dict[str, str] | Reason:
    """The value of every covered name but `(request-target)`. What is not there, or twice, is a refusal (S4, S9)."""
    covered = set(header.covered)
    needed = _NEEDED_WITH_BODY if request.protects_body else _NEEDED
    if not needed <= covered or _TIMES.isdisjoint(covered):
        return Reason.COVERAGE
    lines = request.lines_of(covered - _SPECIAL)
    values = {}
    for name, found in lines.items():
        if len(found) != 1:
            return Reason.DUPLICATE if found else Reason.COVERAGE
        if not is_field_value(found[0]):
            return Reason.MALFORMED
        values[name] = found[0]
    for name, stamp in ((CREATED, header.created), (EXPIRES, header.expires)):
        if name in covered:
            if stamp is None:
                return Reason.COVERAGE
            values[name] = stamp
    return values


def _problem(
    request: SignedRequest, header: CavageHeader, values: dict[str, str], around: Circumstances
) -> Reason | None:
    """What is wrong apart from the key."""
    if not around.is_our_host(values["host"]):
        return Reason.HOST
    if not _is_timely(header, values, around):
        return Reason.CLOCK
    if request.protects_body:
        return digest_problem([values["digest"]], request.body)
    return None


def _is_timely(header: CavageHeader, values: dict[str, str], around: Circumstances) -> bool:
    """Every covered time must be inside the window; `expires` only makes it narrower, covered or not."""
    made_at = [
        read(values[name])
        for name, read in (("date", read_http_date), (CREATED, read_stamp))
        if name in values
    ]
    if not all(is_current(at_s, around.now) for at_s in made_at):
        return False
    if header.expires is None:
        return True
    created_s = None if header.created is None else read_stamp(header.created)
    return not is_expired(read_stamp(header.expires), created_s, around.now)


def _key_problem(
    request: SignedRequest, header: CavageHeader, values: dict[str, str], key: PublicKey
) -> Reason | None:
    name = "rsa-sha256" if isinstance(key.key, RSAPublicKey) else "ed25519"
    if header.algorithm not in {"", "hs2019", name}:
        return Reason.ALGORITHM
    path, question, _ = request.target.partition("?")
    targets = [request.target]
    if question and request.method in {"GET", "HEAD"}:
        # Some peers leave the query out of `(request-target)` (wire.md 2.2); of a POST it is always demanded (S8).
        targets.append(path)
    for target in targets:
        message = httpsig_door.generate_message(
            header.covered, values, method=request.method, path=target
        )
        if holds(key.key, header.signature, message):
            return None
    return Reason.MISMATCH
