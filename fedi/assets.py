"""The files in `static/`: found in a checkout and in an installed wheel, kept in memory with the names they are served by.

A served name carries a hash of the content, so that it may be cached for ever; a changed file has another name.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fedi.errors import SetupError

PREFIX: Final = "/static/"
_HERE: Final = Path(__file__).resolve().parent
_PLACES: Final = (_HERE / "_static", _HERE.parent / "static")
# What is not in this table is not served.
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".js": "text/javascript; charset=utf-8",
}
_COMPRESSED: Final = frozenset({".css", ".svg", ".js"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `path` is the address with the hash, `gzipped` None where compressing gains nothing."""

    name: str
    path: str
    body: bytes
    gzipped: bytes | None
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them, by the name in the folder and by the address they are served at."""

    by_name: Mapping[str, Asset]
    by_path: Mapping[str, Asset]

    def path(self, name: str) -> str:
        """The address of the file called `name` in the folder; KeyError is a mistake in a template."""
        return self.by_name[name].path


def load(folder: Path) -> Assets:
    """Read every file of a known type directly in `folder`; hidden ones stay unread."""
    found = [
        _asset_of(file)
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith(".") and file.suffix in MEDIA_TYPES
    ]
    return Assets({each.name: each for each in found}, {each.path: each for each in found})


@lru_cache(maxsize=1)
def shipped() -> Assets:
    """The files that came with this program, read once. Raises SetupError when they are missing."""
    for place in _PLACES:
        if place.is_dir():
            return load(place)
    raise SetupError(
        detail=f"the files for pages are missing: neither {_PLACES[0]} nor {_PLACES[1]} exists; install again"
    )


def _asset_of(file: Path) -> Asset:
    body = file.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:12]
    packed = gzip.compress(body, 9, mtime=0) if file.suffix in _COMPRESSED else None
    return Asset(
        name=file.name,
        path=f"{PREFIX}{file.stem}.{digest}{file.suffix}",
        body=body,
        gzipped=packed if packed is not None and len(packed) < len(body) else None,
        media_type=MEDIA_TYPES[file.suffix],
        etag=f'"{digest}"',
    )
