"""Keys, times and signed requests for tests about signatures."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fedi.signatures.cavage import sign_cavage
from fedi.signatures.keys import (
    PublicKey,
    SigningKey,
    new_ed25519_private_pem,
    new_rsa_private_pem,
    read_private_pem,
    sign,
)
from fedi.signatures.request import SignedRequest, Verdict, verify
from fedi.signatures.rfc9421 import sign_rfc9421

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
FIXTURES = VECTORS.parent / "interop" / "fixtures"

NOW = datetime(2026, 11, 21, 7, 4, 52, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
DATE = "Sat, 21 Nov 2026 07:04:52 GMT"
OWNER = "https://beirut.test/actors/x"
RSA_ID = f"{OWNER}#main-key"
ED_ID = f"{OWNER}#ed25519-key"
INBOX = "https://agora.test/inbox"
BODY = '{"type":"Note","content":"سلام"}'.encode()
AS2 = "application/activity+json"
SIGN = {"cavage": sign_cavage, "rfc9421": sign_rfc9421}


@cache
def rsa_key() -> SigningKey:
    return SigningKey(RSA_ID, read_private_pem(new_rsa_private_pem()))


@cache
def ed_key() -> SigningKey:
    return SigningKey(ED_ID, read_private_pem(new_ed25519_private_pem()))


def public(key: SigningKey) -> PublicKey:
    return PublicKey(key.key_id, OWNER, key.private.public_key())


def known(key_id: str) -> PublicKey | None:
    return {RSA_ID: public(rsa_key()), ED_ID: public(ed_key())}.get(key_id)


def received(
    headers: Mapping[str, str], method: str = "POST", target: str = "/inbox", body: bytes = BODY
) -> SignedRequest:
    """What arrives when somebody sends `headers`."""
    lines = tuple((name.lower(), value) for name, value in headers.items())
    return SignedRequest(method, target, (("user-agent", "test"), *lines), body)


def judged(request: SignedRequest, **changed: Any) -> Verdict:
    """What we say of `request`."""
    given = {"scheme": "https", "authority": "agora.test", "now": NOW, "load_key": known}
    return verify(request, **{**given, **changed})


def post(scheme: str = "cavage", **changed: Any) -> dict[str, str]:
    """Honest headers of a delivery to our inbox."""
    given = {"key": rsa_key(), "now": NOW, "content_type": AS2}
    return SIGN[scheme]("POST", INBOX, BODY, **{**given, **changed})


def cavage(
    covered: str,
    values: Mapping[str, str],
    *,
    algorithm: str | None = "rsa-sha256",
    target: str = "post /inbox",
    key: SigningKey | None = None,
    more: str = "",
) -> str:
    """A `Signature` value over whatever is asked for, made without any code of ours but the arithmetic."""
    key = key or rsa_key()
    fields = {"(request-target)": target, **values}
    text = "\n".join(f"{name}: {fields[name]}" for name in covered.lower().split(" "))
    made = base64.b64encode(sign(key.private, text.encode())).decode()
    named = "" if algorithm is None else f'algorithm="{algorithm}",'
    return f'keyId="{key.key_id}",{named}{more}headers="{covered}",signature="{made}"'


def vector(path: str) -> Any:
    """A public test vector. Skips when the vectors are not beside the project."""
    return json.loads(vector_text(path))


def vector_text(path: str) -> str:
    file = VECTORS / path
    if not file.exists():
        pytest.skip(f"the public test vectors are not here: {file}")
    return file.read_text(encoding="utf-8")
