"""Who signed this request? A received request, our public base, the time and a look-up of keys go in; a verdict comes out.

Pure: it neither fetches nor waits. Of an `UnknownKey` the caller fetches the key, then asks again.
"""

from datetime import datetime

from fedi.signatures.cavage_check import check_cavage, read_cavage
from fedi.signatures.received import Circumstances, SignedRequest, with_origin_form
from fedi.signatures.rfc9421_check import check_rfc9421, rfc9421_key_id
from fedi.signatures.verdict import (
    LoadKey,
    Reason,
    Refused,
    UnknownKey,
    Verdict,
    Verified,
    refused,
)

__all__ = [
    "LoadKey",
    "Reason",
    "Refused",
    "SignedRequest",
    "UnknownKey",
    "Verdict",
    "Verified",
    "key_id_of",
    "verify",
]


def verify(
    request: SignedRequest, *, scheme: str, authority: str, now: datetime, load_key: LoadKey
) -> Verdict:
    """Whose key signed `request`, if any (draft-cavage-12 or RFC 9421; security.md S3-S10, S18).

    `scheme` and `authority` are the configured public base, never what the request says of itself. `Signature-Input`
    selects RFC 9421, without a second try in the older style. `Verified` says nothing yet about the activity:
    its `actor` must be `owner` (S2). Never raises, unless `load_key` does.
    """
    received = with_origin_form(request, scheme, authority)
    if received is None:
        return refused(Reason.MALFORMED)
    around = Circumstances(scheme, authority, now, load_key)
    if received.lines("signature-input"):
        return check_rfc9421(received, around)
    return check_cavage(received, around)


def key_id_of(request: SignedRequest) -> str | None:
    """The key id that `request` claims, for refusing hosts before anything is fetched. Proves nothing."""
    if request.lines("signature-input"):
        return rfc9421_key_id(request)
    header = read_cavage(request)
    return None if isinstance(header, Reason) else header.key_id
