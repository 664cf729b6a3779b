"""Signs requests in the style of draft-cavage-12: method, address, body, key and time go in, headers to send come out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fedi.signatures import httpsig_door
from fedi.signatures.digest import digest
from fedi.signatures.keys import SigningKey, sign


@cache
def _signer() -> Any:
    """The class of our signers, made at the first signature: until then httpsig is not loaded."""

    class Signer(httpsig_door.HeaderSigner):  # type: ignore[misc]
        """httpsig's signer with the arithmetic done by `cryptography`, whose key is parsed already.

        Stock httpsig parses the key on every request, which makes a signature a hundred times dearer.
        """

        def __init__(self, key: SigningKey, covered: list[str]) -> None:
            # The parent's __init__ would parse a PEM; these are the attributes its `sign` reads.
            self._rsa = key.private
            self.headers = covered
            self.sign_header = "signature"
            # No blank after commas: Mitra splits there (wire.md 2.1). The template is filled in with `%`.
            key_id = key.key_id.replace("%", "%%")
            self.signature_template = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="%s"'

        def _sign_rsa(self, data: bytes) -> bytes:
            return sign(self._rsa, data)

    return Signer


def sign_cavage(
    method: str,
    url: str,
    body: bytes | None,
    key: SigningKey,
    now: datetime,
    content_type: str | None = None,
    *,
    with_query: bool = True,
    also: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers that make a request signed: Host, Date, Digest and Content-Type with a body, Signature.

    `url` is canonical and ASCII; `body` must be sent byte for byte. `also`: further headers to cover, returned too.
    `with_query=False` leaves the query out of `(request-target)`, for the second try at peers that do the same
    (wire.md 2.2). Only RSA: raises TypeError for another key, which would be our mistake.
    """
    if not isinstance(key.private, RSAPrivateKey):
        raise TypeError("draft-cavage signatures are made with RSA")
    parts = urlsplit(url)
    target = parts.path or "/"
    if with_query and parts.query:
        target += f"?{parts.query}"
    headers = {
        "Host": parts.netloc,
        "Date": format_datetime(now.astimezone(UTC), usegmt=True),
    }
    if body is not None:
        headers["Digest"] = digest(body)
        if content_type is not None:
            headers["Content-Type"] = content_type
    headers.update(also or {})
    covered = ["(request-target)", *(name.lower() for name in headers)]
    signed: Any = _signer()(key, covered).sign(headers, method=method, path=target)
    return {**headers, "Signature": signed["signature"]}
