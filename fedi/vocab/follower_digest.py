"""Followers synchronisation, FEP-8fcf: the digest of a set of followers and the header that carries it. Pure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from fedi.canonical import is_canonical, origin_of, same_origin

HEADER = "Collection-Synchronization"
# What nobody adds up to.
NOBODY = "0" * 64
_PART = re.compile(r'\s*([A-Za-z]+)="([^"]{0,2048})"\s*(?:,|$)')
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What a sender says of its followers at one origin: the collection, their digest, where the list is."""

    collection: str
    digest: str
    url: str


def digest_of(followers: Iterable[str]) -> str:
    """SHA-256 of every follower's id, combined by exclusive or; 64 zeros for nobody."""
    combined = 0
    for uri in followers:
        combined ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{combined:064x}"


def digests_by_origin(followers: Iterable[str]) -> dict[str, str]:
    """The digest of the followers at each origin that has any."""
    by_origin: dict[str, list[str]] = {}
    for uri in followers:
        by_origin.setdefault(origin_of(uri), []).append(uri)
    return {origin: digest_of(uris) for origin, uris in by_origin.items()}


def at_origin(followers: Iterable[str], origin: str) -> list[str]:
    """The followers whose ids lie at this origin."""
    return [uri for uri in followers if origin_of(uri) == origin]


def build_header(said: Synchronisation) -> str:
    """The value of the header."""
    return f'collectionId="{said.collection}", url="{said.url}", digest="{said.digest}"'


def parse_header(value: str, *, followers_uri: str | None) -> Synchronisation | None:
    """What the header says, if it speaks of the sender's own followers and of an address at the same origin (S42)."""
    if len(value) > 5_000:
        return None
    parts = dict(_PART.findall(value))
    collection, url, digest = (parts.get(name, "") for name in ("collectionId", "url", "digest"))
    if collection != followers_uri or not is_canonical(url) or not same_origin(url, collection):
        return None
    return Synchronisation(collection, digest, url) if _DIGEST.fullmatch(digest) else None
