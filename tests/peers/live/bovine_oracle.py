"""Judge of HTTP signatures made of bovine; runs in an environment of its own, never imported.

Same line protocol as `fedify/oracle.mjs`: one JSON question per line in, one answer per line out.
"""

import asyncio
import json
import logging
import sys
from typing import Any

from bovine.clients import signed_http_methods  # type: ignore[import-not-found]
from bovine.crypto import build_validate_http_signature_raw  # type: ignore[import-not-found]
from bovine.crypto.helper import content_digest_sha256  # type: ignore[import-not-found]
from bovine.crypto.types import CryptographicIdentifier, CryptographicSecret  # type: ignore[import-not-found]

logging.disable(logging.CRITICAL)


class Notebook:
    """Stands where bovine expects a client session; keeps the headers it would have sent."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    async def get(self, _url: str, *, headers: dict[str, str], **_: Any) -> None:
        self.headers = headers

    async def post(self, _url: str, *, headers: dict[str, str], **_: Any) -> None:
        self.headers = headers


def digest(body: bytes) -> tuple[str, str]:
    return "digest", content_digest_sha256(body, prefix="SHA-256")


async def sign(question: dict[str, Any]) -> dict[str, Any]:
    notebook = Notebook()
    secret = CryptographicSecret.from_pem(question["keyId"], question["privateKey"])
    if question["method"] == "GET":
        await signed_http_methods.signed_get(notebook, secret, question["url"])
    else:
        await signed_http_methods.signed_post(
            notebook,
            secret,
            question["url"],
            question["body"],
            digest,
            content_type=question["headers"].get("content-type"),
        )
    return {"headers": {name.lower(): value for name, value in notebook.headers.items()}}


async def verify(question: dict[str, Any]) -> dict[str, Any]:
    owner = question["keyId"].split("#")[0]

    async def key(_key_id: str) -> CryptographicIdentifier:
        return CryptographicIdentifier.from_pem(question["publicKey"], owner)

    async def body() -> bytes:
        return (question["body"] or "").encode()

    judge = build_validate_http_signature_raw(key)
    headers = {name.lower(): value for name, value in question["headers"].items()}
    found = await judge(question["method"], question["url"], headers, body)
    return {"verified": found == owner, "reason": None}


def main() -> None:
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = asyncio.run({"sign": sign, "verify": verify}[question["deed"]](question))
        except Exception as problem:  # noqa: BLE001 - whatever bovine raises is its answer
            answer = {"verified": False, "reason": repr(problem)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
