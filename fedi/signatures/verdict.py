"""What a verification ends in. Expected refusals are values: a reason and a status leave, never an exception."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from fedi.signatures.keys import PublicKey

Style = Literal["cavage", "rfc9421", "proof"]
LoadKey = Callable[[str], PublicKey | None]


class Reason(StrEnum):
    """Why something was not believed. Stable codes: they are logged and counted, and contain nothing of the request."""

    MISSING = "signature.missing"  # no signature at all
    MALFORMED = "signature.malformed"  # cannot be read in exactly one way, or is too large
    DUPLICATE = "signature.duplicate"  # a parameter, a covered name or a covered field line comes twice (S9)
    ALGORITHM = "signature.algorithm"  # not what the type of the key prescribes (S3)
    COVERAGE = "signature.coverage"  # covers too little, or something that is not there (S4, S18)
    HOST = "signature.host"  # made for another host (S7)
    CLOCK = "signature.clock"  # too old, from the future, expired, or no readable date (S6)
    DIGEST = "signature.digest"  # the body is not the one that was signed (S5)
    PURPOSE = "signature.purpose"  # a proof made for something else than asserting
    MISMATCH = "signature.mismatch"  # everything is in place but the key did not make it


_STATUS_400 = frozenset({Reason.MALFORMED, Reason.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Verified:
    """Signed by the key `key_id` of `owner`. Whether `owner` may say this is for the caller to decide (S2)."""

    key_id: str
    owner: str
    scheme: Style


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """Everything that can be checked without the key is right; `key_id` has to be fetched, then ask again."""

    key_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not believed. `status` is the answer to give: 400 for what cannot be read, else 401."""

    reason: Reason
    status: int


Verdict = Verified | UnknownKey | Refused


def refused(reason: Reason) -> Refused:
    """The refusal for `reason`, with its status."""
    return Refused(reason, 400 if reason in _STATUS_400 else 401)
