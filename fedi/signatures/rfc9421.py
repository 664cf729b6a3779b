"""Signs requests in the style of RFC 9421: method, address, body, key and time go in, headers to send come out."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fedi.signatures.digest import content_digest
from fedi.signatures.keys import SigningKey, sign
from fedi.signatures.rfc9421_check import Lines, Message

LABEL: Final = "sig1"


def sign_rfc9421(
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
    """The headers that make a request signed: Content-Digest and Content-Type with a body, Signature-Input, Signature.

    The arguments are those of `sign_cavage`. `@query` is covered where there is one, and `content-type` with a body,
    because tootik demands both and nobody minds (wire.md 2.6).
    """
    parts = urlsplit(url)
    query = parts.query if with_query else ""
    target = f"{parts.scheme}://{parts.netloc}{parts.path or '/'}" + (query and f"?{query}")
    headers = {} if body is None else {"Content-Digest": content_digest(body)}
    if body is not None and content_type is not None:
        headers["Content-Type"] = content_type
    headers.update(also or {})
    covered = ["@method", "@target-uri", *(["@query"] if query else [])]
    covered += [name.lower() for name in headers]
    message = Message(method.upper(), target, Lines(headers.items()))
    return {**headers, **signature_headers(message, covered, key, now)}


def signature_headers(
    message: Message, covered: list[str], key: SigningKey, created: datetime, label: str = LABEL
) -> dict[str, str]:
    """`Signature-Input` and `Signature` over the components `covered` of `message`."""
    from fedi.signatures.rfc9421_verifier import SIGNER  # noqa: PLC0415 - slow

    prepared = SIGNER.prepare(
        message,
        key_id=key.key_id,
        created=created,
        include_alg=False,
        covered_component_ids=covered,
        # Else the library insists on making the digest itself.
        use_existing_digest=any(
            name.lower() == "content-digest" for name, _ in message.headers.items()
        ),
    )
    signature = base64.b64encode(sign(key.private, prepared.signature_base)).decode("ascii")
    return {
        "Signature-Input": f"{label}={prepared.signature_params}",
        "Signature": f"{label}=:{signature}:",
    }
