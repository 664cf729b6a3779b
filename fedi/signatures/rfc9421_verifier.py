"""What we take from http-message-signatures, which is slow to load: its verifier, with our decisions, and its signer.

Import it inside functions only.
"""

from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
)
from http_message_signatures.algorithms import ED25519, RSA_V1_5_SHA256

from fedi.signatures.keys import PublicKey

Unverified: Final = HTTPMessageSignaturesException

# The algorithm named here is not used: `alg` is left out and the type of the key decides.
SIGNER: Final = HTTPMessageSigner(signature_algorithm=RSA_V1_5_SHA256)


class _Resolver(HTTPSignatureKeyResolver):
    """Hands over the key that was already decided on."""

    def __init__(self) -> None:
        self.key: PublicKey | None = None

    def resolve_public_key(self, key_id: str) -> RSAPublicKey | Ed25519PublicKey | None:
        return None if self.key is None else self.key.key


class Verifier(HTTPMessageVerifier):
    """The library's verifier with our decisions in place of its clock. For one request.

    `decide` sees the parsed `Signature-Input` (names with parameters, and `params`), returns the key that must have
    signed, and raises what ends the verification. The type of that key fixes the algorithm (S3).
    """

    algorithms: tuple[type[HTTPSignatureAlgorithm], type[HTTPSignatureAlgorithm]] = (
        RSA_V1_5_SHA256,
        ED25519,
    )

    def __init__(self, decide: Callable[[Any], PublicKey]) -> None:
        self._resolver = _Resolver()
        self._decide = decide
        super().__init__(signature_algorithm=self.algorithms[0], key_resolver=self._resolver)

    @property
    def key(self) -> PublicKey | None:
        """The key that was decided on; None until then."""
        return self._resolver.key

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Called by the library before the key is used, with the parsed member of `Signature-Input`."""
        key = self._decide(sig_input)
        self._resolver.key = key
        for_rsa, for_ed25519 = self.algorithms
        self.signature_algorithm = for_rsa if isinstance(key.key, RSAPublicKey) else for_ed25519
