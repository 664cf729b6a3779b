"""Addresses of ours under which pages show pictures from elsewhere. The address of a picture goes in, a path comes out,
and back. The path carries a code that only this instance can make, so nobody can ask us to fetch what we never named.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from fedi.canonical import canonical
from fedi.config import Config
from fedi.errors import Invalid
from fedi.urls import Urls

FULL: Final = "full"
SMALL: Final = "small"
VARIANTS: Final = (FULL, SMALL)
ROUTE: Final = "/seen/{variant}/{code}/{encoded}"

_PURPOSE: Final = b"mujawara: addresses of pictures from elsewhere, 1"
_CODE_BYTES: Final = 16
_ENCODED_CHARS_MAX: Final = 2732  # an address of 2048 bytes in base64


@dataclass(frozen=True, slots=True)
class Seen:
    """Makes and reads these paths. `is_on`: whether pictures from elsewhere are kept here at all."""

    key: bytes
    urls: Urls
    allows_http: bool = False
    is_on: bool = True

    @classmethod
    def of(cls, config: Config, urls: Urls, secret: bytes) -> "Seen":
        """`secret`: the instance's own; the key for these paths is derived from it."""
        key = hmac.digest(secret, _PURPOSE, "sha256")
        is_on = config.media.cache_bytes_max > 0
        return cls(key, urls, config.network.unsafe_allow_http, is_on)

    def __call__(self, url: str | None, variant: str = SMALL) -> str | None:
        """What stands in `src` for a picture, ours or not; None when it may only be linked.

        `variant`: small (WebP, sides up to 640 pixels) or full (JPEG or PNG, sides up to 2048 pixels).
        """
        address = self._address(url) if url else None
        if address is None:
            return None
        if self.urls.is_ours(address):
            path = address.removeprefix(self.urls.base)
            return path if path.startswith("/media/") else None
        return self._path(address, variant) if self.is_on else None

    def read(self, variant: str, code: str, encoded: str) -> str | None:
        """The address behind a path, or None unless we made exactly this path."""
        if variant not in VARIANTS or len(encoded) > _ENCODED_CHARS_MAX or not self.is_on:
            return None
        try:
            url = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
        given = f"/seen/{variant}/{code}/{encoded}".encode()
        if not hmac.compare_digest(self._path(url, variant).encode(), given):
            return None
        return url if self._address(url) == url else None

    def _address(self, url: str) -> str | None:
        """The one spelling of what may be asked for, without its fragment, which never reaches a server."""
        try:
            address = canonical(url.partition("#")[0])
        except Invalid:
            return None
        return address if self.allows_http or address.startswith("https:") else None

    def _path(self, address: str, variant: str) -> str:
        code = hmac.digest(self.key, f"{variant}\n{address}".encode(), "sha256")[:_CODE_BYTES]
        return f"/seen/{variant}/{_text(code)}/{_text(address.encode())}"


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
