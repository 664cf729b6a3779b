"""Names of onion services: whether a host is one, and whether its spelling can be right."""

import base64
import hashlib

SUFFIX = ".onion"
_VERSION = 3
_CHARS = 56
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz234567")


def is_onion(host: str) -> bool:
    """Whether only Tor can lead to `host` (RFC 7686). A port behind it does not matter."""
    return host.partition(":")[0].endswith(SUFFIX)


def is_spelled_right(name: str) -> bool:
    """Whether `name` is one whole name of version 3: its last bytes are a checksum of the others (rend-spec-v3, 6)."""
    label = name.removesuffix(SUFFIX)
    if label + SUFFIX != name or len(label) != _CHARS or not _LABEL.issuperset(label):
        return False
    raw = base64.b32decode(label.upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return version == bytes([_VERSION]) and checksum == _checksum(key)


def name_of(key: bytes) -> str:
    """The name that belongs to a service's public key (32 bytes)."""
    return base64.b32encode(key + _checksum(key) + bytes([_VERSION])).decode().lower() + SUFFIX


def _checksum(key: bytes) -> bytes:
    return hashlib.sha3_256(b".onion checksum" + key + bytes([_VERSION])).digest()[:2]
