"""Linked Data signatures, `RsaSignature2017`: made on our public activities so that Mastodon passes them on (wire 2.7).

Never believed on receipt: what arrives through a third party is fetched from its origin (security.md D2). pyld does the
canonical form, so this module is imported only by whoever is about to sign.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fedi.clock import iso
from fedi.signatures.keys import SigningKey, sign
from fedi.vocab.jsonld import canonicalise

KIND: Final = "RsaSignature2017"

# The two terms of https://w3id.org/identity/v1 that the options use: that address serves nothing any more.
_OPTIONS_CONTEXT: Final = {
    "creator": {"@id": "http://purl.org/dc/terms/creator", "@type": "@id"},
    "created": {
        "@id": "http://purl.org/dc/terms/created",
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
    },
}


def add_signature(document: Mapping[str, Any], key: SigningKey, now: datetime) -> dict[str, Any]:
    """`document` with a signature by `key` (RSA), over everything in it, a proof included.

    `document` must be ours: canonicalising what others wrote is forbidden (S48). Raises Invalid beyond the limits of
    canonicalisation.
    """
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    options = {"creator": key.key_id, "created": iso(now)}
    text = _digest({"@context": _OPTIONS_CONTEXT, **options}) + _digest(unsigned)
    value = base64.b64encode(sign(key.private, text.encode())).decode()
    return {**unsigned, "signature": {"type": KIND, **options, "signatureValue": value}}


def _digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, in lower-case hexadecimal: both are joined as text before signing."""
    return hashlib.sha256(canonicalise(document).encode()).hexdigest()
