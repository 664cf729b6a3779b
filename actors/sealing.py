"""Sealing small secrets with the instance secret, which is a file of its own and never in the database (S19, S121).

A sealed text opens under the label it was sealed with and under no other, so rows cannot be exchanged.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fedi.errors import SetupError

_NONCE_BYTES: Final = 12


def seal(secret: bytes, label: str, plain: bytes) -> bytes:
    """What may be kept instead of `plain`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + ChaCha20Poly1305(secret).encrypt(nonce, plain, label.encode())


def unseal(secret: bytes, label: str, sealed: bytes) -> bytes:
    """What was sealed under this label. Raises SetupError when the secret does not fit."""
    try:
        return ChaCha20Poly1305(secret).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode()
        )
    except (InvalidTag, ValueError) as problem:
        raise SetupError(
            detail="the secret in the data folder does not open the keys in the database: put back the file `secret` "
            "that belongs to this database"
        ) from problem
