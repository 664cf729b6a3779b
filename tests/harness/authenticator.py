"""A device that makes and uses passkeys (WebAuthn level 2, ES256), in software; and it can be told to lie.

device = Device("https://agora.test")
said = device.make(options)          # what the browser would put into the form
said = device.use(options)
"""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(f"{text}==")


@dataclass(slots=True)
class Key:
    """One passkey on the device. `count`: how often it was used; None for a device that does not count."""

    id: bytes
    rp_id: str
    handle: bytes
    private: ec.EllipticCurvePrivateKey
    count: int | None


@dataclass(frozen=True, slots=True)
class Lie:
    """What is said other than it is. `rp_id`: for whom the answer is signed; `key_id`: whose key it claims to be."""

    origin: str = ""
    rp_id: str = ""
    challenge: str = ""
    kind: str = ""
    flags: int = PRESENT | VERIFIED
    key_id: bytes = b""
    handle: bytes | None = None
    fmt: str = "none"


HONEST = Lie()


@dataclass(slots=True)
class Device:
    """A device in the hands of somebody who stands before `origin`."""

    origin: str
    counts: bool = True
    keys: list[Key] = field(default_factory=list)

    def make(self, options: dict[str, Any], lie: Lie = HONEST) -> str:
        """A new passkey, as the browser says it in JSON."""
        rp_id = options["rp"]["id"]
        key = Key(
            lie.key_id or os.urandom(32),
            rp_id,
            bytes_of(options["user"]["id"]),
            ec.generate_private_key(ec.SECP256R1()),
            0 if self.counts else None,
        )
        self.keys.append(key)
        numbers = key.private.public_key().public_numbers()
        # COSE_Key: EC2, ES256, P-256
        cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21" + _bytes(numbers.x.to_bytes(32, "big"))
        cose += b"\x22" + _bytes(numbers.y.to_bytes(32, "big"))
        attested = bytes(16) + struct.pack(">H", len(key.id)) + key.id + cose
        data = self._data(lie.rp_id or rp_id, lie.flags | ATTESTED, 0) + attested
        attestation = b"\xa3" + _string("fmt") + _string(lie.fmt)
        attestation += _string("attStmt") + b"\xa0" + _string("authData") + _bytes(data)
        return self._said(
            key.id,
            clientDataJSON=self._client("webauthn.create", options, lie),
            attestationObject=attestation,
        )

    def use(self, options: dict[str, Any], lie: Lie = HONEST, key: Key | None = None) -> str:
        """The answer of the newest passkey for this place, as the browser says it in JSON."""
        key = key or [each for each in self.keys if each.rp_id == options["rpId"]][-1]
        if key.count is not None:
            key.count += 1
        data = self._data(lie.rp_id or key.rp_id, lie.flags, key.count or 0)
        client = self._client("webauthn.get", options, lie)
        signed = data + hashlib.sha256(client).digest()
        return self._said(
            lie.key_id or key.id,
            clientDataJSON=client,
            authenticatorData=data,
            signature=key.private.sign(signed, ec.ECDSA(hashes.SHA256())),
            userHandle=key.handle if lie.handle is None else lie.handle,
        )

    def copy(self) -> "Device":
        """The same keys in other hands, at this moment."""
        return Device(self.origin, self.counts, [replace(each) for each in self.keys])

    def _data(self, rp_id: str, flags: int, count: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)

    def _client(self, kind: str, options: dict[str, Any], lie: Lie) -> bytes:
        said = {
            "type": lie.kind or kind,
            "challenge": lie.challenge or options["challenge"],
            "origin": lie.origin or self.origin,
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    @staticmethod
    def _said(key_id: bytes, **response: bytes) -> str:
        return json.dumps(
            {
                "id": text_of(key_id),
                "rawId": text_of(key_id),
                "type": "public-key",
                "response": {name: text_of(raw) for name, raw in response.items() if raw},
            }
        )


def _bytes(raw: bytes) -> bytes:
    """A byte string of CBOR."""
    return (
        b"\x58" + bytes([len(raw)]) if len(raw) < 256 else b"\x59" + struct.pack(">H", len(raw))
    ) + raw


def _string(text: str) -> bytes:
    """A short text of CBOR."""
    return bytes([0x60 + len(text)]) + text.encode()
