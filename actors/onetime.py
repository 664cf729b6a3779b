"""Codes of six digits that a program on a telephone shows (RFC 4226, RFC 6238), and codes on paper. Pure."""

import base64
import hashlib
import hmac
import unicodedata
from datetime import datetime
from typing import Final
from urllib.parse import quote

from fedi.clock import to_ms
from fedi.ids import new_token

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
# Clocks of telephones go wrong by a little: the step before and the step after count too (RFC 6238, 5.2).
_AROUND: Final = (0, -1, 1)
_PAPER: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAPER_LENGTH: Final = 12
_TYPED_MAX: Final = 60


def new_secret() -> bytes:
    """What the telephone and we share: 160 bits."""
    return hashlib.sha256(new_token().encode()).digest()[:SECRET_BYTES]


def new_recovery_codes() -> list[str]:
    """Ten codes of 60 bits, in groups that can be read aloud."""
    return [
        _grouped(_on_paper(hashlib.sha256(new_token().encode()).digest()))
        for _ in range(RECOVERY_CODES)
    ]


def step_of(now: datetime) -> int:
    """The step of time at this moment."""
    return to_ms(now) // 1000 // STEP_S


def code_at(secret: bytes, step: int) -> str:
    """The code that belongs to this step of time."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """The step whose code this is, near this moment; None when it is none of them. Looks at all of them every time."""
    code, here = digits_of(typed), step_of(now)
    if len(code) != DIGITS:
        return None
    found = [
        here + offset
        for offset in _AROUND
        if hmac.compare_digest(code_at(secret, here + offset), code)
    ]
    return found[0] if found else None


def digits_of(typed: str) -> str:
    """The digits of what was typed, whichever script they are in; empty when there is anything else but spaces."""
    kept = "".join(typed[:_TYPED_MAX].split()).replace("-", "")
    return "".join(str(unicodedata.decimal(each)) for each in kept) if kept.isdecimal() else ""


def paper_of(typed: str) -> str:
    """A recovery code as it was given out, however it was typed; empty when it cannot be one."""
    plain = unicodedata.normalize("NFKC", typed[:_TYPED_MAX]).lower()
    kept = "".join(each for each in plain if each.isalnum())
    kept = kept.translate(str.maketrans("oil", "011"))
    return kept if len(kept) == _PAPER_LENGTH and set(kept) <= set(_PAPER) else ""


def key_uri(secret: bytes, issuer: str, name: str) -> str:
    """The address that a QR code carries to the telephone."""
    issuer = issuer.replace(":", " ").strip() or "fedi"
    label = quote(f"{issuer}:{name}", safe=":")
    return f"otpauth://totp/{label}?secret={in_letters(secret)}&issuer={quote(issuer)}"


def in_letters(secret: bytes) -> str:
    """The secret as it is typed where no picture can be taken."""
    return base64.b32encode(secret).decode().rstrip("=")


def _on_paper(digest: bytes) -> str:
    return "".join(_PAPER[each & 31] for each in digest[:_PAPER_LENGTH])


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
