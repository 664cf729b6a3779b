"""Keys: PEM and Multikey text go in, parsed keys come out, and the other way round. Nothing here fetches or stores.

The type of a key alone decides the algorithm (S3): RSA is PKCS#1 v1.5 with SHA-256, Ed25519 is Ed25519.
"""

import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)

from fedi.errors import Invalid
from fedi.signatures import base58

PEM_CHARS_MAX: Final = 8 * 1024
RSA_BITS_MIN: Final = 2048
RSA_BITS_MAX: Final = 4096
RSA_EXPONENT_MAX: Final = 2**32 - 1

# One block of SubjectPublicKeyInfo and nothing else: some libraries read the first block of several, some the last.
_ONE_BLOCK: Final = re.compile(
    r"[ \t\r\n]*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\r\n\t ]+-----END PUBLIC KEY-----[ \t\r\n]*"
)
_ED25519_PREFIX: Final = b"\xed\x01"
_PADDING: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Somebody's key as it was published: `key_id` and `owner` are uris."""

    key_id: str
    owner: str
    key: RSAPublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One of our keys, parsed once and kept: parsing costs a hundred times what a signature costs."""

    key_id: str
    private: RSAPrivateKey | Ed25519PrivateKey


def read_public_pem(pem: str) -> RSAPublicKey | Ed25519PublicKey:
    """The key in a published `publicKeyPem`, within the limits of S13. Raises Invalid."""
    if len(pem) > PEM_CHARS_MAX or _ONE_BLOCK.fullmatch(pem) is None:
        raise Invalid("key.unreadable", "not one block of SubjectPublicKeyInfo")
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise Invalid("key.unreadable", "no such key") from problem
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise Invalid("key.unreadable", "neither RSA nor Ed25519")
    if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise Invalid("key.unreadable", "RSA size out of bounds")
    exponent = key.public_numbers().e
    if not 3 <= exponent <= RSA_EXPONENT_MAX or exponent % 2 == 0:
        raise Invalid("key.unreadable", "RSA exponent out of bounds")
    return key


def read_private_pem(data: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    """One of our own stored keys; never for anything that came from outside. Raises Invalid.

    The consistency of an RSA key is not proved again on each start: that takes 30 ms, and we made the key.
    """
    try:
        key = serialization.load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise Invalid("key.unreadable", "no private key") from problem
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise Invalid("key.unreadable", "neither RSA nor Ed25519")
    return key


def new_pair() -> tuple[bytes, bytes]:
    """A fresh RSA and a fresh Ed25519 private key as PEM. Slow (tens of milliseconds): not inside a unit."""
    return new_rsa_private_pem(), new_ed25519_private_pem()


def new_rsa_private_pem() -> bytes:
    """A fresh RSA-2048 key, the only kind that every peer verifies (wire.md 2.1), as unencrypted PKCS#8 PEM."""
    return _private_pem(generate_private_key(public_exponent=65537, key_size=2048))


def new_ed25519_private_pem() -> bytes:
    """A fresh Ed25519 key for proofs, as unencrypted PKCS#8 PEM."""
    return _private_pem(Ed25519PrivateKey.generate())


def public_pem(private: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The `publicKeyPem` that belongs to `private`."""
    encoded = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded.decode("ascii")


def multikey(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The `publicKeyMultibase` of an Ed25519 key, `z6Mk…` (FEP-521a)."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return "z" + base58.encode(_ED25519_PREFIX + public.public_bytes_raw())


def read_multikey(text: str) -> Ed25519PublicKey:
    """The Ed25519 key in a `publicKeyMultibase`. Raises Invalid, also for other kinds of key."""
    raw = base58.decode(text[1:]) if text.startswith("z") else b""
    if len(raw) != 34 or not raw.startswith(_ED25519_PREFIX):
        raise Invalid("key.unreadable", "no Ed25519 Multikey")
    try:
        return Ed25519PublicKey.from_public_bytes(raw[2:])
    except ValueError as problem:
        raise Invalid("key.unreadable", "no Ed25519 Multikey") from problem


def sign(private: RSAPrivateKey | Ed25519PrivateKey, message: bytes) -> bytes:
    """The raw signature of `message`, by the algorithm of the key's type."""
    if isinstance(private, RSAPrivateKey):
        return private.sign(message, _PADDING, _SHA256)
    return private.sign(message)


def holds(key: RSAPublicKey | Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `key` made `signature` over `message`, by the algorithm of the key's type."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, message, _PADDING, _SHA256)
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _private_pem(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
