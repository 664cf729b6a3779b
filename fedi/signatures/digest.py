"""Digests of a body: the two header values we send, and the check of those we receive. Bytes in, text or reason out."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from fedi.signatures.verdict import Reason

LINE_CHARS_MAX: Final = 1024
PARTS_MAX: Final = 8


def digest(body: bytes) -> str:
    """The value of `Digest` (RFC 3230): upper-case name and one part only, which is all that some peers read."""
    return f"SHA-256={_sha256(body)}"


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest` (RFC 9530)."""
    return f"sha-256=:{_sha256(body)}:"


def digest_problem(lines: Sequence[str], body: bytes) -> Reason | None:
    """What is wrong with the `Digest` field lines of a request that came with `body` (S5); None if nothing.

    Exactly one line and exactly one SHA-256 part, in any case. Other algorithms may stand beside it.
    """
    return _problem(lines, body, ("", ""))


def content_digest_problem(lines: Sequence[str], body: bytes) -> Reason | None:
    """The same for `Content-Digest`, whose values stand between colons."""
    return _problem(lines, body, (":", ":"))


def _problem(lines: Sequence[str], body: bytes, marks: tuple[str, str]) -> Reason | None:
    if len(lines) > 1:
        return Reason.DUPLICATE
    if not lines or len(lines[0]) > LINE_CHARS_MAX:
        return Reason.DIGEST
    found = _sha256_parts(lines[0])
    if len(found) != 1:
        return Reason.DIGEST
    opening, closing = marks
    value = found[0]
    if len(value) < 2 or not (value.startswith(opening) and value.endswith(closing)):
        return Reason.DIGEST
    claimed = _decoded(value[len(opening) : len(value) - len(closing)])
    matches = hmac.compare_digest(claimed, hashlib.sha256(body).digest())
    return None if matches else Reason.DIGEST


def _sha256_parts(line: str) -> list[str]:
    """The values called SHA-256; none when the line has another shape than `name=value, name=value`."""
    parts = line.split(",")
    if len(parts) > PARTS_MAX:
        return []
    found = []
    for part in parts:
        name, equals, value = part.strip(" \t").partition("=")
        if not (name and equals and value):
            return []
        if name.lower() == "sha-256":
            found.append(value)
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
